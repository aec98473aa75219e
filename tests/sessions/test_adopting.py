"""Meter values that name no running session of ours: late ones, ones of a charge never told of, or of nothing."""

from typing import Any

import pytest

from chargers.choices import ConnectorStatus
from chargers.events import MetersRead, Status
from chargers.models import Charger, Evse
from sessions.models import ClosedBy, IdToken, MeterReading, Session
from sessions.services import Outcome, adopt_readings, end_session, heed_status, start_session, store_readings
from tests.sessions.words import CARD, after, ended, heard, meters, read, started, status
from tests.sessions.yard import BAY, NOON, codes, shows

pytestmark = [pytest.mark.django_db, pytest.mark.storage]


def start(charger: Charger, **said: Any) -> Session:
    event = started(**said)
    session = start_session(charger, event, place=BAY, heard_at=event.at).session
    assert session is not None
    return session


def adopt(charger: Charger, event: MetersRead) -> Outcome:
    return adopt_readings(charger, event, place=BAY, heard_at=max(reading.at for reading in event.readings))


def test_a_charge_known_only_by_its_readings_becomes_a_session(charger: Charger, evse: Evse) -> None:
    """Free vending: the charger began by itself, and numbers it itself."""
    shows(evse, ConnectorStatus.CHARGING)

    outcome = adopt(charger, meters(read(1, 7_900_000, 7_000), read(2, 7_900_100, 7_000), reference=1))

    session = Session.objects.get()
    assert outcome == Outcome(session)
    assert (session.reference, session.evse, session.started_at) == ("1", evse, after(1))
    assert (session.energy_wh, session.bay_name, codes(session)) == (100, "A07", {"start_unknown"})


def test_what_it_tells_next_goes_the_short_way(charger: Charger, evse: Evse) -> None:
    shows(evse, ConnectorStatus.CHARGING)
    adopt(charger, meters(read(1, 7_900_000, 7_000), reference=1))

    assert store_readings([heard(charger, meters(read(2, 7_900_100, 7_000), reference=1))]) == []

    assert Session.objects.get().energy_wh == 100


def test_its_stop_ends_it(charger: Charger, evse: Evse) -> None:
    shows(evse, ConnectorStatus.CHARGING)
    adopt(charger, meters(read(1, 7_900_000, 7_000), reference=1))

    end_session(charger, ended(1, meter_wh=7_905_000), place=BAY, heard_at=after(60))

    session = Session.objects.get()
    assert (session.closed_by, session.energy_wh) == (ClosedBy.CHARGER, 5_000)
    assert codes(session) == {"start_unknown", "start_register_missing"}


def test_its_start_told_later_completes_it(charger: Charger, evse: Evse, card: IdToken) -> None:
    shows(evse, ConnectorStatus.CHARGING)
    adopted = adopt(charger, meters(read(1, 1_100, 7_000), reference=0)).session

    late = start_session(charger, started(), place=BAY, heard_at=after(2))

    session = Session.objects.get()
    assert late.session == adopted == session
    assert (session.started_at, session.vehicle, session.energy_wh) == (NOON, card.vehicle, 100)
    assert session.quality == []


@pytest.mark.parametrize("shown", [ConnectorStatus.AVAILABLE, ConnectorStatus.FINISHING, ConnectorStatus.FAULTED])
def test_readings_of_an_unknown_transaction_at_an_evse_that_does_not_charge_are_none(
    charger: Charger, evse: Evse, shown: ConnectorStatus
) -> None:
    shows(evse, shown)

    assert adopt(charger, meters(read(1, 900, 7_000), reference=4711)) == Outcome(None, None, is_news=False)

    kept = MeterReading.objects.get()
    assert (kept.session, kept.evse) == (None, evse)


def test_power_at_an_evse_of_unknown_status_is_a_charge(charger: Charger, evse: Evse) -> None:
    shows(evse, ConnectorStatus.UNKNOWN)

    adopt(charger, meters(read(1, 900, 0), reference=4711))
    assert not Session.objects.exists()

    adopt(charger, meters(read(2, 900, 7_000), reference=4711))
    assert Session.objects.count() == 1


def test_a_charger_that_names_its_sessions_means_one_by_each_name(newer: Charger) -> None:
    adopt(newer, meters(read(1, 900), reference="tx-9"))

    assert Session.objects.get().reference == "tx-9"


def test_late_readings_do_not_bring_an_ended_session_back(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    end_session(charger, ended(session.reference), place=BAY, heard_at=after(60))
    shows(evse, ConnectorStatus.CHARGING)

    adopt(charger, meters(read(61, 8_010, 500), reference=session.reference))

    session.refresh_from_db()
    assert Session.objects.count() == 1
    assert (session.ended_at, session.energy_wh, session.power_w) == (after(60), 7_010, 0)
    assert MeterReading.objects.get().session == session


def test_a_number_used_again_long_after_is_another_session(charger: Charger, evse: Evse) -> None:
    shows(evse, ConnectorStatus.CHARGING)
    adopt(charger, meters(read(1, 900, 7_000), reference=1))
    end_session(charger, ended(1, meter_wh=2_000), place=BAY, heard_at=after(60))

    adopt(charger, meters(read(600, 2_000, 7_000), reference=1))

    old, new = Session.objects.order_by("pk")
    assert (old.reference, new.reference, new.started_at) == ("", "1", after(600))


@pytest.mark.parametrize("told_as", [0, -1, 4711])
def test_in_1_6_one_session_runs_at_an_evse_whatever_number_the_charger_thinks_it_has(
    charger: Charger, evse: Evse, told_as: int
) -> None:
    session = start(charger)
    shows(evse, ConnectorStatus.CHARGING)

    outcome = adopt(charger, meters(read(10, 2_500, 9_000), reference=told_as))

    session.refresh_from_db()
    assert outcome.session == session
    assert (session.energy_wh, session.power_w) == (1_500, 9_000)


def test_readings_without_a_name_from_before_a_session_are_not_its_own(charger: Charger, evse: Evse) -> None:
    start(charger)

    adopt(charger, meters(read(-10, 900, 0)))

    assert MeterReading.objects.get().session is None


def test_readings_without_a_name_are_no_session_where_sessions_have_names(newer: Charger) -> None:
    adopt(newer, meters(read(1, 900, 7_000)))

    assert not Session.objects.exists()
    assert MeterReading.objects.get().evse is not None


def test_an_evse_told_first_with_readings_brings_its_place(newer: Charger) -> None:
    event = started(reference="tx-1", evse=None, connector=None)
    session = start_session(newer, event, place=BAY, heard_at=NOON).session
    assert session is not None
    told = meters(read(5, 1_500), reference="tx-1", evse=1)
    assert store_readings([heard(newer, told)]) != []

    adopt(newer, told)

    session.refresh_from_db()
    assert session.evse is not None
    assert session.evse.number == 1


def test_a_session_taken_for_ended_that_still_draws_is_resumed(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    heed_status(charger, status(Status.AVAILABLE, 10), heard_at=after(10))

    adopt(charger, meters(read(20, 3_000, 7_000), reference=session.reference))

    session.refresh_from_db()
    assert (session.ended_at, session.power_w, session.energy_wh) == (None, 7_000, 2_000)


@pytest.mark.parametrize(("minutes", "power_w"), [(10.2, 7_000), (30, 0)])
def test_a_last_reading_does_not_resume_what_has_ended(
    charger: Charger, evse: Evse, minutes: float, power_w: int
) -> None:
    session = start(charger)
    heed_status(charger, status(Status.AVAILABLE, 10), heard_at=after(10))

    adopt(charger, meters(read(minutes, 2_000, power_w), reference=session.reference))

    session.refresh_from_db()
    assert (session.closed_by, session.energy_wh) == (ClosedBy.EVIDENCE, 1_000)


def test_a_settled_session_is_not_resumed_but_corrected(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    heed_status(charger, status(Status.AVAILABLE, 10), heard_at=after(10))
    Session.objects.update(settled_at=after(25))

    adopt(charger, meters(read(12, 3_000, 7_000), reference=session.reference))

    session.refresh_from_db()
    assert (session.closed_by, session.energy_wh, session.needs_correction) == (ClosedBy.EVIDENCE, 2_000, True)


def test_readings_told_again_change_nothing(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    end_session(charger, ended(session.reference, token=CARD), place=BAY, heard_at=after(60))

    for _ in range(2):
        adopt(charger, meters(read(50, 7_000, 7_000), reference=session.reference))

    assert MeterReading.objects.count() == 1
