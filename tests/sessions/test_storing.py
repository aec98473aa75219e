"""Meter values of all chargers at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargers.events import ChargingState, Reading, Sample, SignedValue
from chargers.models import Charger, Evse
from sessions.models import MeterReading, Session
from sessions.services import end_session, start_session, store_readings
from tests.sessions.words import after, ended, heard, meters, read, started
from tests.sessions.yard import BAY, NOON, make_charger, make_evse

pytestmark = [pytest.mark.django_db, pytest.mark.storage]

ENERGY = "Energy.Active.Import.Register"


def start(charger: Charger, **said: Any) -> Session:
    session = start_session(charger, started(**said), place=BAY, heard_at=NOON).session
    assert session is not None
    return session


@pytest.fixture
def session(charger: Charger, evse: Evse) -> Session:
    return start(charger)


def test_readings_move_a_session_on(charger: Charger, session: Session) -> None:
    event = meters(read(10, 2_500, 11_000, soc_percent=40.0), reference=session.reference)

    assert store_readings([heard(charger, event)]) == []

    session.refresh_from_db()
    assert (session.energy_wh, session.power_w) == (1_500, 11_000)
    assert (session.soc_start_percent, session.soc_percent) == (40.0, 40.0)
    assert (session.last_reading_at, session.last_heard_at) == (after(10), after(10))


def test_a_reading_is_kept_with_all_that_was_told(charger: Charger, evse: Evse, session: Session) -> None:
    samples: tuple[Sample, ...] = ((ENERGY, 2_500.0, "Wh", "", "", ""), ("Voltage", 230.5, "V", "L1", "", ""))
    reading = Reading(
        after(10), energy_wh=2_500, power_w=11_000, context="Sample.Periodic", samples=samples,
        signed=(SignedValue("T0NNRg==", "OCMF"),),
    )  # fmt: skip

    store_readings([heard(charger, meters(reading, reference=session.reference), after(10, seconds=2))])

    kept = MeterReading.objects.get()
    assert (kept.charger, kept.evse, kept.session) == (charger, evse, session)
    assert (kept.at, kept.heard_at, kept.context) == (after(10), after(10, seconds=2), "Sample.Periodic")
    assert (kept.energy_wh, kept.power_w, kept.soc_percent) == (2_500, 11_000, None)
    assert kept.samples == f'[["{ENERGY}",2500.0,"Wh","","",""],["Voltage",230.5,"V","L1","",""]]'
    assert kept.signed == '[["T0NNRg==","OCMF","",""]]'


def test_readings_of_many_chargers_cost_the_same_few_statements(django_assert_num_queries: Any, db: None) -> None:
    batch = []
    for n in range(20):
        charger = make_charger(f"CP-{n}")
        make_evse(charger)
        session = start(charger)
        batch += [heard(charger, meters(read(m, 1_000 + 100 * m, 6_000), reference=session.reference)) for m in (1, 2)]

    # EVSEs, running sessions; readings, sessions, EVSEs.
    with django_assert_num_queries(5):
        assert store_readings(batch) == []

    assert set(Session.objects.values_list("energy_wh", flat=True)) == {200}
    assert MeterReading.objects.count() == 40


def test_the_newest_reading_of_a_batch_holds_whatever_its_order(charger: Charger, session: Session) -> None:
    told = [
        meters(read(minutes, 1_000 + minutes * 100, minutes * 100), reference=session.reference)
        for minutes in (3, 1, 2)
    ]

    store_readings([heard(charger, event, after(3)) for event in told])

    session.refresh_from_db()
    assert (session.energy_wh, session.power_w, session.last_reading_at) == (300, 300, after(3))


def test_a_reading_told_again_is_kept_once(charger: Charger, session: Session) -> None:
    event = meters(read(10, 2_500, 11_000), reference=session.reference)

    store_readings([heard(charger, event), heard(charger, event, after(11))])
    store_readings([heard(charger, event, after(12))])

    assert MeterReading.objects.count() == 1


def test_two_pieces_of_one_moment_are_both_kept(charger: Charger, session: Session) -> None:
    """Some chargers tell each measurand in a value of its own, all with the same time."""
    pieces = (read(10, 2_500), read(10, power_w=11_000), read(10, soc_percent=40.0))

    store_readings([heard(charger, meters(*pieces, reference=session.reference))])

    session.refresh_from_db()
    assert MeterReading.objects.count() == 3
    assert (session.energy_wh, session.power_w, session.soc_percent) == (1_500, 11_000, 40.0)


@pytest.mark.parametrize("without_register", [{"soc_percent": 50.0}, {"power_w": 0, "context": "Sample.Clock"}, {}])
def test_readings_without_a_register_take_nothing_back(
    charger: Charger, session: Session, without_register: dict[str, Any]
) -> None:
    store_readings([heard(charger, meters(read(10, 2_500), reference=session.reference))])

    store_readings([heard(charger, meters(read(11, **without_register), reference=session.reference))])

    session.refresh_from_db()
    assert session.energy_wh == 1_500


def test_a_register_that_lags_takes_nothing_back(charger: Charger, session: Session) -> None:
    for minutes, wh in ((10, 2_500), (11, 2_495)):
        store_readings([heard(charger, meters(read(minutes, wh), reference=session.reference))])

    session.refresh_from_db()
    assert session.energy_wh == 1_500


def test_a_lifetime_register_beside_the_sessions_is_not_booked(charger: Charger, evse: Evse) -> None:
    session = start(charger, meter_wh=0)
    for minutes in range(1, 6):
        two = (
            (ENERGY, 7_900_000.0 + minutes * 100, "Wh", "", "", ""),
            (ENERGY, minutes * 100.0, "Wh", "", "", ""),
        )
        reading = Reading(after(minutes), energy_wh=7_900_000 + minutes * 100, samples=two)
        store_readings([heard(charger, meters(reading, reference=session.reference))])

    session.refresh_from_db()
    end_session(charger, ended(session.reference, meter_wh=6_000), place=BAY, heard_at=after(60))
    ended_session = Session.objects.get()
    assert session.energy_wh == 500
    assert ended_session.energy_wh == 6_000


def test_without_a_register_at_the_start_it_counts_from_the_first_reading(charger: Charger, evse: Evse) -> None:
    session = start(charger, meter_wh=None)

    for minutes, wh in ((1, 7_900_000), (2, 7_900_150)):
        store_readings([heard(charger, meters(read(minutes, wh), reference=session.reference))])

    session.refresh_from_db()
    assert session.energy_wh == 150


def test_a_register_that_restarts_does_not_lose_what_was_counted(charger: Charger, session: Session) -> None:
    for minutes, wh in ((10, 3_000), (20, 5_000), (30, 100), (31, 200), (40, 1_500)):
        store_readings([heard(charger, meters(read(minutes, wh), reference=session.reference))])

    session.refresh_from_db()
    assert session.energy_wh == 4_000 + 1_500


def test_a_running_total_does_not_fall_where_another_register_turns_out_to_cover_more(
    charger: Charger, evse: Evse
) -> None:
    session = start(charger, meter_wh=None)
    totals = []
    for minutes, wh in ((1, 7_900_000), (5, 7_901_000), (2, 50), (20, 250)):
        store_readings([heard(charger, meters(read(minutes, wh), reference=session.reference), after(20))])
        session.refresh_from_db()
        totals.append(session.energy_wh)

    assert totals == [0, 1_000, 1_000, 1_000]


def test_readings_without_a_name_belong_to_what_runs_at_their_evse(charger: Charger, session: Session) -> None:
    assert store_readings([heard(charger, meters(read(10, 2_500)))]) == []

    assert MeterReading.objects.get().session == session


def test_readings_from_before_a_session_are_not_its_own(charger: Charger, evse: Evse, session: Session) -> None:
    store_readings([heard(charger, meters(read(-10, 900)), NOON)])

    kept = MeterReading.objects.get()
    assert (kept.session, kept.evse) == (None, evse)


def test_readings_of_an_idle_evse_are_kept_without_a_session(charger: Charger) -> None:
    assert store_readings([heard(charger, meters(read(10, 900, 0), evse=3))]) == []

    kept = MeterReading.objects.get()
    assert kept.session is None
    assert kept.evse is not None
    assert kept.evse.number == 3


def test_readings_of_the_main_meter_belong_to_the_charger(charger: Charger, evse: Evse) -> None:
    store_readings([heard(charger, meters(read(10, 900_000, 40_000), evse=0))])

    kept = MeterReading.objects.get()
    assert (kept.charger, kept.evse, kept.session) == (charger, None, None)


@pytest.mark.parametrize("reference", ["4711", "tx-unknown"])
def test_readings_of_a_transaction_that_does_not_run_come_back(charger: Charger, evse: Evse, reference: str) -> None:
    unknown = heard(charger, meters(read(10, 900), reference=reference))

    assert store_readings([unknown]) == [unknown]
    assert not MeterReading.objects.exists()


def test_a_transaction_of_another_charger_is_unknown_here(charger: Charger, session: Session) -> None:
    stranger = make_charger("CP-A08")
    make_evse(stranger)

    told = heard(stranger, meters(read(10, 900), reference=session.reference))

    assert store_readings([told]) == [told]


def test_transaction_zero_while_nothing_runs_and_nothing_flows_is_no_transaction(charger: Charger, evse: Evse) -> None:
    idle, charging = meters(read(1, 900, 0), reference=0), meters(read(2, 900, 7_000), reference=0)

    back = store_readings([heard(charger, idle), heard(charger, charging)])

    assert [one.event for one in back] == [charging]


def test_live_power_is_shown_at_the_evse(charger: Charger, evse: Evse, session: Session) -> None:
    store_readings([heard(charger, meters(read(10, 2_500, 11_000), reference=session.reference))])

    evse.refresh_from_db()
    assert (evse.power_w, evse.power_at) == (11_000, after(10))


@pytest.mark.parametrize(("heard_at", "said"), [(after(300), {}), (after(10), {"offline": True})])
def test_what_is_replayed_counts_for_history_and_not_for_now(
    charger: Charger, evse: Evse, session: Session, heard_at: datetime, said: dict[str, Any]
) -> None:
    event = meters(read(10, 2_500, 11_000), reference=session.reference, **said)

    store_readings([heard(charger, event, heard_at)])

    session.refresh_from_db()
    evse.refresh_from_db()
    assert (session.energy_wh, session.power_w, evse.power_w) == (1_500, None, None)


def test_readings_of_1970_are_put_at_their_receipt(charger: Charger, session: Session) -> None:
    reading = Reading(datetime(1970, 1, 1, tzinfo=UTC), energy_wh=1_200)

    store_readings([heard(charger, meters(reading, reference=session.reference), after(10))])

    assert MeterReading.objects.get().at == after(10)


def test_readings_of_1970_are_mended_by_the_known_offset_of_the_clock(charger: Charger, session: Session) -> None:
    never_set = datetime(1970, 1, 1, tzinfo=UTC)
    Charger.objects.update(clock_offset_s=(never_set - after(9)).total_seconds())

    reading = Reading(never_set + timedelta(minutes=1), energy_wh=1_200)
    store_readings([heard(charger, meters(reading, reference=session.reference), after(10))])

    assert MeterReading.objects.get().at == after(10)


def test_a_charging_state_told_with_readings_is_kept_unless_a_newer_one_is(newer: Charger) -> None:
    session = start(newer, reference="tx-1")
    for minutes, state in ((10, ChargingState.SUSPENDED_EV), (5, ChargingState.CHARGING)):
        event = meters(read(minutes, 2_000), reference="tx-1", state=state, at=after(minutes))
        store_readings([heard(newer, event, after(10))])

    session.refresh_from_db()
    assert (session.energy_state, session.energy_state_at) == ("suspended_ev", after(10))


def test_an_amount_beyond_all_measure_is_no_power(charger: Charger, session: Session) -> None:
    store_readings([heard(charger, meters(read(10, 1_500, 10**12), reference=session.reference))])

    assert MeterReading.objects.get().power_w is None


def test_an_empty_message_is_a_sign_of_life(charger: Charger, session: Session) -> None:
    event = meters(reference=session.reference)

    assert store_readings([heard(charger, event, after(10))]) == []

    session.refresh_from_db()
    assert (session.last_heard_at, session.last_reading_at) == (after(10), None)


def test_nothing_to_store_stores_nothing(db: None, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(2):
        assert store_readings([]) == []
