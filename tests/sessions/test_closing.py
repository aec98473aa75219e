"""Sessions that a charger forgot to end are closed by evidence."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chargers.choices import ConnectorStatus
from chargers.events import Status
from chargers.models import Charger, Connector, Evse
from sessions.models import ClosedBy, Session
from sessions.services import (
    HeardStatus,
    charger_left,
    charger_returned,
    close_forgotten,
    end_session,
    heed_status,
    start_session,
    statuses_that_matter,
    store_readings,
)
from tests.sessions.words import after, ended, heard, meters, read, started, status
from tests.sessions.yard import BAY, codes, make_charger, make_evse, shows

pytestmark = [pytest.mark.django_db, pytest.mark.storage]

MINUTES_TO_SETTLE, HOURS_TO_SETTLE = 10, 72


def start(charger: Charger, **said: Any) -> Session:
    event = started(**said)
    session = start_session(charger, event, place=BAY, heard_at=event.at).session
    assert session is not None
    return session


@pytest.fixture
def session(charger: Charger, evse: Evse) -> Session:
    session = start(charger)
    store_readings([heard(charger, meters(read(30, 6_000, 11_000), reference=session.reference))])
    return session


def told(charger: Charger, said: Status, minutes: float, evse: int = 1) -> HeardStatus:
    return HeardStatus(charger.pk, status(said, minutes, evse), after(minutes))


def test_only_an_available_connector_of_a_running_session_matters(charger: Charger, session: Session) -> None:
    others = [told(charger, said, 40) for said in Status if said is not Status.AVAILABLE]
    elsewhere = [told(charger, Status.AVAILABLE, 40, evse=0), told(charger, Status.AVAILABLE, 40, evse=2)]

    assert statuses_that_matter([*others, told(charger, Status.AVAILABLE, 40), *elsewhere]) == [len(others)]


def test_statuses_are_looked_at_together(
    charger: Charger, session: Session, django_assert_max_num_queries: Any
) -> None:
    batch = [told(charger, Status.AVAILABLE, 40, evse=number) for number in range(20)]

    with django_assert_max_num_queries(1):
        assert statuses_that_matter(batch) == [1]


def test_statuses_of_busy_connectors_are_not_looked_up_at_all(
    charger: Charger, session: Session, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(0):
        assert statuses_that_matter([told(charger, Status.CHARGING, 40)]) == []


def test_a_session_whose_connector_is_free_has_ended(charger: Charger, session: Session) -> None:
    outcome = heed_status(charger, status(Status.AVAILABLE, 40), heard_at=after(40))

    session.refresh_from_db()
    assert (outcome.session, outcome.is_news) == (session, True)
    assert (session.closed_by, session.ended_at, session.energy_wh) == (ClosedBy.EVIDENCE, after(40), 5_000)
    assert codes(session) == {"stop_estimated", "stop_register_missing"}
    assert session.settle_after == after(40 + MINUTES_TO_SETTLE)
    assert session.power_w == 0


def test_a_connector_that_became_free_during_an_outage_ended_its_session_then(
    charger: Charger, session: Session
) -> None:
    """After a reconnect some chargers report how they are with the time since when."""
    heed_status(charger, status(Status.AVAILABLE, 50), heard_at=after(400))

    session.refresh_from_db()
    assert session.ended_at == after(50)


def test_a_free_connector_with_an_hours_old_time_counts_when_heard(charger: Charger, session: Session) -> None:
    heed_status(charger, status(Status.AVAILABLE, -300), heard_at=after(40))

    session.refresh_from_db()
    assert session.ended_at == after(40)


def test_nothing_happens_where_nothing_runs(charger: Charger, evse: Evse) -> None:
    outcome = heed_status(charger, status(Status.AVAILABLE, 40), heard_at=after(40))

    assert (outcome.session, outcome.is_news) == (None, False)


def test_the_other_cable_of_an_evse_being_free_ends_nothing(newer: Charger) -> None:
    make_evse(newer, 2, connectors=2)
    session = start(newer, reference="tx-1", evse=2, connector=1)

    heed_status(newer, status(Status.AVAILABLE, 40, evse=2, connector=2), heard_at=after(40))

    session.refresh_from_db()
    assert session.ended_at is None


def test_where_the_cable_is_not_known_all_of_them_must_be_free(newer: Charger) -> None:
    evse = make_evse(newer, 2, connectors=2)
    session = start(newer, reference="tx-1", evse=2, connector=None)
    Connector.objects.filter(evse=evse, number=1).update(status=ConnectorStatus.OCCUPIED)

    heed_status(newer, status(Status.AVAILABLE, 40, evse=2, connector=2), heard_at=after(40))
    session.refresh_from_db()
    assert session.ended_at is None

    Connector.objects.update(status=ConnectorStatus.AVAILABLE)
    heed_status(newer, status(Status.AVAILABLE, 41, evse=2, connector=1), heard_at=after(41))
    session.refresh_from_db()
    assert session.ended_at == after(41)


def test_the_stop_that_comes_after_all_replaces_the_estimate(charger: Charger, session: Session) -> None:
    heed_status(charger, status(Status.AVAILABLE, 40), heard_at=after(40))

    end_session(charger, ended(session.reference, at=after(39), meter_wh=7_500), place=BAY, heard_at=after(41))

    session.refresh_from_db()
    assert (session.closed_by, session.ended_at, session.energy_wh) == (ClosedBy.CHARGER, after(39), 6_500)
    assert session.quality == []


def forgotten(charger: Charger, minutes: float) -> list[Session | None]:
    return [outcome.session for outcome in close_forgotten({charger.pk}, now=after(minutes))]


def test_a_session_replayed_beside_a_free_connector_and_then_silent_has_ended(
    charger: Charger, evse: Evse, session: Session
) -> None:
    """How the connector is was told first, then the queue; and the stop was not in it."""
    shows(evse, ConnectorStatus.AVAILABLE, after(35))

    assert forgotten(charger, 50) == []
    assert forgotten(charger, 61) == [session]

    session.refresh_from_db()
    assert (session.ended_at, session.closed_by) == (after(35), ClosedBy.EVIDENCE)


@pytest.mark.parametrize("shown", [ConnectorStatus.FINISHING, ConnectorStatus.FAULTED, ConnectorStatus.UNAVAILABLE])
def test_a_register_that_stands_still_beside_a_connector_that_no_longer_charges_has_ended(
    charger: Charger, evse: Evse, session: Session, shown: ConnectorStatus
) -> None:
    shows(evse, shown, after(31))
    for minutes in range(35, 100, 5):
        store_readings([heard(charger, meters(read(minutes, 6_000, 0), reference=session.reference))])

    assert forgotten(charger, 85) == []
    assert forgotten(charger, 99) == [session]


@pytest.mark.parametrize("shown", [ConnectorStatus.CHARGING, ConnectorStatus.SUSPENDED_EV, ConnectorStatus.OCCUPIED])
def test_a_vehicle_that_stands_plugged_in_all_weekend_is_still_charging(
    charger: Charger, evse: Evse, session: Session, shown: ConnectorStatus
) -> None:
    shows(evse, shown)

    assert forgotten(charger, 60 * 60) == []


def test_a_register_that_rises_beside_a_faulted_connector_goes_on(
    charger: Charger, evse: Evse, session: Session
) -> None:
    shows(evse, ConnectorStatus.FAULTED)
    store_readings([heard(charger, meters(read(80, 9_000, 7_000), reference=session.reference))])

    assert forgotten(charger, 100) == []


def test_where_no_status_was_ever_told_a_day_of_silence_ends_a_session(
    charger: Charger, evse: Evse, session: Session
) -> None:
    shows(evse, ConnectorStatus.UNKNOWN)

    assert forgotten(charger, 60 * 20) == []
    assert forgotten(charger, 60 * 25) == [session]

    session.refresh_from_db()
    assert session.ended_at == after(30)


def test_a_session_without_an_evse_ends_by_a_day_of_silence(newer: Charger) -> None:
    session = start(newer, reference="tx-1", evse=None)

    assert forgotten(newer, 60 * 20) == []
    assert forgotten(newer, 60 * 25) == [session]


def test_sessions_of_a_charger_that_is_away_are_left_alone(charger: Charger, evse: Evse, session: Session) -> None:
    other = make_charger("CP-A08")
    shows(evse, ConnectorStatus.AVAILABLE)

    assert forgotten(other, 60 * 60) == []


def settle_after(session: Session) -> datetime | None:
    session.refresh_from_db()
    return session.settle_after


def test_what_is_estimated_waits_for_its_charger_to_come_back(charger: Charger, session: Session) -> None:
    heed_status(charger, status(Status.AVAILABLE, 40), heard_at=after(40))

    charger_left([charger.pk], now=after(45))
    assert settle_after(session) == after(45) + timedelta(hours=HOURS_TO_SETTLE)

    charger_returned([charger.pk], now=after(300))
    assert settle_after(session) == after(300 + MINUTES_TO_SETTLE)


def test_what_is_due_or_settled_waits_for_nobody(charger: Charger, session: Session) -> None:
    end_session(charger, ended(session.reference), place=BAY, heard_at=after(60))

    charger_left([charger.pk], now=after(61))
    assert settle_after(session) == after(60)

    Session.objects.update(settled_at=after(61))
    charger_returned([charger.pk], now=after(70))
    assert settle_after(session) == after(60)


def test_the_wait_of_other_chargers_sessions_is_not_touched(charger: Charger, session: Session) -> None:
    other = make_charger("CP-A08")
    heed_status(charger, status(Status.AVAILABLE, 40), heard_at=after(40))

    charger_left([other.pk], now=after(45))

    assert settle_after(session) == after(50)
