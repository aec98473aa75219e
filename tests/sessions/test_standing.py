"""Does the vehicle of a charge that is over stand there still?"""

from datetime import UTC, datetime, timedelta

import pytest

from chargers.choices import ConnectorStatus as S
from chargers.models import Connector
from sessions.models import ClosedBy, Session
from sessions.standing import GOES_ON_WITHIN, still_stands

ENDED = datetime(2026, 3, 5, 20, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def over(reason: str = "Local", by: ClosedBy = ClosedBy.CHARGER) -> Session:
    return Session(ended_at=ENDED - MINUTE, ended_heard_at=ENDED, stop_reason=reason, closed_by=by)


def cable(status: S, *, heard: timedelta = timedelta(0)) -> Connector:
    return Connector(status=status, heard_at=ENDED + heard)


@pytest.mark.parametrize("status", [S.FINISHING, S.SUSPENDED_EV])
def test_it_does_where_its_charger_says_so(status: S) -> None:
    assert still_stands(over(), cable(status, heard=60 * MINUTE))


@pytest.mark.parametrize("status", [S.AVAILABLE, S.RESERVED, S.FAULTED, S.UNAVAILABLE, S.UNKNOWN])
def test_it_does_not_where_nobody_is_seen(status: S) -> None:
    assert not still_stands(over("PowerLoss"), cable(status))


@pytest.mark.parametrize(("heard", "stands"), [(-MINUTE, True), (MINUTE, False)])
def test_who_is_plugged_in_after_an_end_is_another(heard: timedelta, stands: bool) -> None:
    assert still_stands(over(), cable(S.OCCUPIED, heard=heard)) == stands
    assert not still_stands(over(), cable(S.PREPARING, heard=heard))


@pytest.mark.parametrize("status", [S.OCCUPIED, S.PREPARING])
@pytest.mark.parametrize("session", [over("PowerLoss"), over("Reboot"), over("", ClosedBy.EVIDENCE)])
@pytest.mark.parametrize(
    ("heard", "stands"), [(-MINUTE, True), (MINUTE, True), (GOES_ON_WITHIN, True), (GOES_ON_WITHIN + MINUTE, False)]
)
def test_with_its_power_a_charger_tells_its_cables_anew(
    status: S, session: Session, heard: timedelta, stands: bool
) -> None:
    assert still_stands(session, cable(status, heard=heard)) == stands
