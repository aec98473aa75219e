"""The comparison itself: it sees what is lost, what is there twice, and what is another amount."""

from datetime import timedelta
from typing import Any

import pytest

from depot import settling
from sessions.models import ClosedBy, Session
from tests.chaos.books import Told, differences, faults_of_the_feed
from tests.factories import THURSDAY, make_bay, make_depot, make_session, make_vehicle

pytestmark = pytest.mark.django_db
ENDED = THURSDAY + timedelta(hours=1)


@pytest.fixture
def session(db: None) -> Session:
    return make_session(
        make_bay(make_depot()),
        make_vehicle("Van 12"),
        reference="tx-1",
        token_value="VAN12",
        started_at=THURSDAY,
        ended_at=ENDED,
        ended_heard_at=ENDED,
        settle_after=ENDED,
        stop_reason="Local",
        meter_start_wh=1_000,
        meter_stop_wh=8_000,
        energy_wh=7_000,
    )


@pytest.fixture
def told(session: Session) -> Told:
    """What the charger's own books say of it."""
    return {
        "charger": session.charger.identity,
        "transaction_id": "tx-1",
        "id_token": "VAN12",
        "vehicle": "Van 12",
        "register_start_wh": 1_000,
        "register_stop_wh": 8_000,
        "started_at": THURSDAY.isoformat(),
        "ended_at": ENDED.isoformat(),
        "stop_reason": "Local",
        "start_acknowledged": True,
        "stop_acknowledged": True,
        "abandoned": False,
        "refused": False,
    }


def test_equal_books_do_not_differ(told: Told) -> None:
    assert differences([told], now=ENDED) == []


@pytest.mark.parametrize(
    ("otherwise", "complaint"),
    [
        ({"transaction_id": "tx-2"}, "lost"),
        ({"register_stop_wh": 8_001}, "7000 Wh instead of 7001"),
        ({"ended_at": THURSDAY.isoformat()}, "end "),
        ({"stop_acknowledged": False}, "not acknowledged"),
        ({"refused": True}, "refused"),
        ({"vehicle": "Van 13"}, "vehicle Van 12 instead of Van 13"),
    ],
)
def test_what_differs_is_told(told: Told, otherwise: dict[str, Any], complaint: str) -> None:
    found = differences([told | otherwise], now=ENDED)

    assert any(complaint in one for one in found), found


def test_a_charge_that_no_charger_knows_is_told(told: Told) -> None:
    assert [one.endswith("no such charge at the charger") for one in differences([], now=ENDED)] == [True]


def test_a_session_that_still_runs_is_told(told: Told, session: Session) -> None:
    Session.objects.update(ended_at=None, closed_by=ClosedBy.OPEN, settle_after=None)

    assert any("still open" in one for one in differences([told], now=ENDED))


def test_a_session_that_is_missing_in_the_feed_is_told(session: Session) -> None:
    before = faults_of_the_feed()

    settling.settle_due(ENDED)

    assert before == [
        f"session {session.pk} is in the feed as []",
        f"session {session.pk}: 0 Wh in the feed, 7000 in the books",
    ]
    assert faults_of_the_feed() == []
