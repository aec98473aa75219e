"""A session starts: now, told again, or long ago and told only now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargers.choices import CommandState, ConnectorStatus, EffectState
from chargers.events import Reading, StartDecision, Token, TokenDecision, TokenStatus
from chargers.models import Charger, Connector, Evse, IssuedCommand
from sessions.models import ClosedBy, IdToken, Session, TokenGroup, Vehicle, VehicleSource
from sessions.place import BayAccess
from sessions.services import Outcome, adopt_readings, end_session, start_session, store_readings
from sessions.services.finding import SEEN_ONLY
from tests.sessions.words import after, ended, heard, meters, read, started
from tests.sessions.yard import BAY, NOON, codes, make_card, make_charger, make_evse, shows

pytestmark = [pytest.mark.django_db, pytest.mark.storage]

NEVER_SET = datetime(1970, 1, 1, tzinfo=UTC)


def start(charger: Charger, heard_at: datetime = NOON, **said: Any) -> Session:
    session = tell(charger, heard_at, **said).session
    assert session is not None
    return session


def tell(charger: Charger, heard_at: datetime = NOON, *, place: Any = BAY, **said: Any) -> Outcome:
    return start_session(charger, started(**said), place=place, heard_at=heard_at)


def token_status(outcome: Outcome) -> TokenStatus:
    assert isinstance(outcome.decision, StartDecision)
    assert outcome.decision.token is not None
    return outcome.decision.token.status


def test_a_start_is_answered_with_the_number_of_the_session(charger: Charger, evse: Evse, card: IdToken) -> None:
    outcome = tell(charger)

    session = Session.objects.get()
    assert outcome == Outcome(session, StartDecision(str(session.pk), TokenDecision(TokenStatus.ACCEPTED)))
    assert session.reference == str(session.pk)
    assert (session.evse, session.started_at, session.meter_start_wh) == (evse, NOON, 1_000)


def test_a_charger_that_names_its_sessions_keeps_its_name(newer: Charger) -> None:
    outcome = tell(newer, reference="tx-1", token=None)

    assert outcome.decision == StartDecision("tx-1", None)


def test_a_session_knows_its_vehicle_and_driver_by_the_card(charger: Charger, evse: Evse, card: IdToken) -> None:
    session = start(charger)

    assert (session.vehicle, session.vehicle_source, session.driver) == (card.vehicle, VehicleSource.TOKEN, "Kim")


def test_a_card_is_known_in_any_case_and_with_what_a_charger_adds_to_it(charger: Charger, card: IdToken) -> None:
    session = start(charger, token=Token(" 04aB12cD\x10\x0e"))

    assert session.token == card


def test_the_place_is_copied_into_the_session(charger: Charger) -> None:
    session = start(charger)

    assert (session.depot_key, session.depot_name, session.bay_name) == (1, "North", "A07")
    assert (session.time_zone, session.currency, session.tariff_key) == ("Europe/Berlin", "EUR", 7)


def test_a_start_told_again_opens_one_session_and_has_the_same_answer(charger: Charger, card: IdToken) -> None:
    first = tell(charger)
    again = tell(charger, after(7))

    assert first.decision == again.decision
    assert (first.is_news, again.is_news) == (True, False)
    assert Session.objects.count() == 1


def test_a_start_told_again_after_the_stop_is_still_the_same(charger: Charger) -> None:
    session = start(charger)
    end_session(charger, ended(session.reference), place=BAY, heard_at=after(60))

    again = tell(charger, after(70))

    assert (again.session, again.is_news) == (session, False)


@pytest.mark.parametrize("different", [{"evse": 2}, {"meter_wh": 1_001}, {"at": after(1)}, {"token": Token("B")}])
def test_another_start_is_another_session(charger: Charger, different: dict[str, Any]) -> None:
    first = start(charger)

    other = start(charger, after(1), **different)

    assert other != first


def test_two_evses_that_start_in_the_same_second_have_numbers_of_their_own(charger: Charger) -> None:
    sessions = [start(charger, evse=number) for number in (1, 2)]

    assert sessions[0].reference != sessions[1].reference
    assert Session.objects.running().count() == 2


def test_a_charger_whose_clock_was_never_set_starts_a_session_each_time(charger: Charger) -> None:
    first = start(charger, at=NEVER_SET, meter_wh=0)
    again = start(charger, after(1), at=NEVER_SET, meter_wh=0)
    end_session(charger, ended(first.reference, at=NEVER_SET), place=BAY, heard_at=after(60))
    second = start(charger, after(90), at=NEVER_SET, meter_wh=0)
    second_again = start(charger, after(91), at=NEVER_SET, meter_wh=0)

    assert again == first
    assert second != first
    assert second_again == second
    assert second.started_at == after(90)
    assert codes(second) == {"time_repaired"}


def test_a_start_told_with_the_time_of_another_completes_the_session_that_lacks_one(charger: Charger) -> None:
    first = start(charger, at=NEVER_SET, meter_wh=0)
    end_session(charger, ended(first.reference, at=NEVER_SET), place=BAY, heard_at=after(60))
    seen = start(charger, after(90), at=after(90), meter_wh=5_000)
    Session.objects.filter(pk=seen.pk).update(start_key=f"{SEEN_ONLY}1")

    told = start(charger, after(91), at=NEVER_SET, meter_wh=0)

    assert told == seen
    assert Session.objects.count() == 2


def test_a_start_in_the_future_counts_from_its_receipt(charger: Charger) -> None:
    session = start(charger, at=after(60 * 24))

    assert (session.started_at, codes(session)) == (NOON, {"time_repaired"})


def test_a_start_in_the_future_is_mended_by_the_known_offset_of_the_clock(charger: Charger) -> None:
    charger.clock_offset_s = 24 * 3600

    session = start(charger, after(5), at=after(60 * 24))

    assert session.started_at == NOON


def test_an_unknown_card_has_its_session_too_for_the_charger_may_charge_all_the_same(charger: Charger) -> None:
    outcome = tell(charger, token=Token("STRANGER"))

    session = Session.objects.get()
    assert token_status(outcome) is TokenStatus.UNKNOWN
    assert (session.token_value, session.token, session.token_status) == ("STRANGER", None, "Unknown")


def test_a_blank_card_is_accepted_where_anyone_may_charge(charger: Charger) -> None:
    outcome = tell(charger, token=Token(""), place=replace(BAY, access=BayAccess.ANYONE))

    assert token_status(outcome) is TokenStatus.ACCEPTED


def test_the_bays_own_vehicle_charges_where_the_charger_starts_by_itself(charger: Charger, van: Vehicle) -> None:
    own = replace(BAY, access=BayAccess.OWN_VEHICLE, own_vehicle_id=van.pk)

    outcome = tell(charger, token=Token(""), place=own)

    session = Session.objects.get()
    assert token_status(outcome) is TokenStatus.ACCEPTED
    assert (session.vehicle, session.vehicle_source) == (van, VehicleSource.AUTOSTART)


def test_a_stranger_refused_at_the_bay_of_one_vehicle_is_not_that_vehicle(charger: Charger, van: Vehicle) -> None:
    own = replace(BAY, access=BayAccess.OWN_VEHICLE, own_vehicle_id=van.pk)

    session = start(charger, token=Token("STRANGER"), place=own)

    assert session.vehicle is None


@pytest.mark.parametrize("number", [0, None, 70_000])
def test_a_start_at_no_evse_is_kept_without_one(charger: Charger, number: int | None) -> None:
    session = start(charger, evse=number)

    assert (session.evse, codes(session)) == (None, {"evse_unknown"})


def test_an_evse_that_the_charger_tells_of_first_by_a_start_is_made(charger: Charger) -> None:
    session = start(charger, evse=2)

    assert session.evse is not None
    assert (session.evse.number, session.connector) == (2, Connector.objects.get(evse__number=2))


def test_of_an_evse_with_two_cables_none_is_guessed(newer: Charger) -> None:
    make_evse(newer, 2, connectors=2)

    session = start(newer, evse=2, connector=None, reference="tx-1")

    assert session.connector is None


def test_a_missing_register_is_not_zero(charger: Charger) -> None:
    session = start(charger, meter_wh=None)

    assert (session.meter_start_wh, session.energy_wh) == (None, None)


def test_the_next_start_closes_what_its_charger_forgot_to_end(charger: Charger, evse: Evse) -> None:
    forgotten = start(charger)
    store_readings([heard(charger, meters(read(30, 6_000, 11_000), reference=forgotten.reference))])

    start(charger, after(180), at=after(180))

    forgotten.refresh_from_db()
    assert (forgotten.closed_by, forgotten.ended_at, forgotten.energy_wh) == (ClosedBy.EVIDENCE, after(30), 5_000)
    assert "stop_estimated" in codes(forgotten)
    assert Session.objects.running().count() == 1


def test_a_forgotten_session_does_not_keep_its_card_from_starting_again(charger: Charger, card: IdToken) -> None:
    start(charger)

    assert token_status(tell(charger, after(180), at=after(180))) is TokenStatus.ACCEPTED


def test_a_vehicle_that_draws_energy_elsewhere_is_refused(charger: Charger, evse: Evse, card: IdToken) -> None:
    other = make_charger("CP-A08")
    there = make_evse(other)
    start(other)
    shows(there, ConnectorStatus.CHARGING)

    assert token_status(tell(charger, after(5), at=after(5))) is TokenStatus.CONCURRENT


@pytest.mark.parametrize("status", [ConnectorStatus.FAULTED, ConnectorStatus.FINISHING, ConnectorStatus.UNKNOWN])
def test_an_open_row_alone_does_not_prove_that_a_vehicle_charges(
    charger: Charger, evse: Evse, card: IdToken, status: ConnectorStatus
) -> None:
    other = make_charger("CP-A08")
    there = make_evse(other)
    start(other)
    shows(there, status)

    assert token_status(tell(charger, after(5), at=after(5))) is TokenStatus.ACCEPTED


@pytest.mark.parametrize(("minutes", "status"), [(1, TokenStatus.CONCURRENT), (3, TokenStatus.ACCEPTED)])
@pytest.mark.parametrize("limited_by", ["card", "group", "credit"])
def test_a_charge_that_was_just_let_begin_counts_for_the_limits_of_its_card(
    charger: Charger, evse: Evse, limited_by: str, minutes: float, status: TokenStatus
) -> None:
    TokenGroup.objects.create(name="night", max_concurrent=1)
    limits = {"card": {"max_concurrent": 1}, "group": {"group": "night"}, "credit": {"prepaid_balance": 20}}
    for name in ("FIRST", "SECOND"):
        make_card(name, **limits[limited_by])
    other = make_charger("CP-A08")
    make_evse(other)
    start(other, token=Token("FIRST"))

    second = Token("SECOND" if limited_by == "group" else "FIRST")
    assert token_status(tell(charger, after(minutes), at=after(minutes), token=second)) is status


def test_a_charge_that_broke_at_once_or_was_refused_takes_no_place(charger: Charger, evse: Evse) -> None:
    make_card("YARD", max_concurrent=1)
    other = make_charger("CP-A08")
    there = make_evse(other)
    start(other, token=Token("YARD"))
    shows(there, ConnectorStatus.FAULTED)

    assert token_status(tell(charger, after(1), at=after(1), token=Token("YARD"))) is TokenStatus.ACCEPTED


def test_a_charger_not_heard_of_for_long_does_not_hold_its_vehicle(charger: Charger, evse: Evse, card: IdToken) -> None:
    other = make_charger("CP-A08")
    there = make_evse(other)
    start(other)
    shows(there, ConnectorStatus.CHARGING)

    assert token_status(tell(charger, after(600), at=after(600))) is TokenStatus.ACCEPTED


def test_a_card_of_no_vehicle_may_start_several(charger: Charger, evse: Evse) -> None:
    make_card("YARD", vehicle=None)
    other = make_charger("CP-A08")
    there = make_evse(other)
    start(other, token=Token("YARD"))
    shows(there, ConnectorStatus.CHARGING)

    assert token_status(tell(charger, after(1), at=after(1), token=Token("YARD"))) is TokenStatus.ACCEPTED


def test_a_start_told_after_the_next_one_is_over_at_once_and_waits_for_its_stop(charger: Charger, evse: Evse) -> None:
    now_charging = start(charger, after(300), at=after(300), meter_wh=9_000)

    late = start(charger, after(301))

    now_charging.refresh_from_db()
    assert now_charging.ended_at is None
    assert (late.closed_by, late.ended_at) == (ClosedBy.EVIDENCE, NOON)
    assert late.settle_after == after(301) + timedelta(minutes=10)


def test_the_stop_of_a_start_told_late_replaces_what_was_estimated(charger: Charger, evse: Evse) -> None:
    start(charger, after(300), at=after(300), meter_wh=9_000)
    late = start(charger, after(301))

    end_session(charger, ended(late.reference), place=BAY, heard_at=after(302))

    late.refresh_from_db()
    assert (late.closed_by, late.ended_at, late.energy_wh) == (ClosedBy.CHARGER, after(60), 7_000)
    assert late.quality == []


def test_a_start_replayed_after_an_outage_still_runs(charger: Charger, evse: Evse) -> None:
    session = start(charger, after(300))

    assert (session.ended_at, session.started_at) == (None, NOON)


def test_a_replayed_start_is_judged_by_its_own_time(charger: Charger, card: IdToken) -> None:
    IdToken.objects.update(expires_at=after(10))

    assert token_status(tell(charger, after(300))) is TokenStatus.ACCEPTED


def test_the_start_told_after_its_stop_completes_it(charger: Charger, evse: Evse, card: IdToken) -> None:
    """The backlog came out of order, and the stop named no transaction."""
    stopped = end_session(charger, ended(-1, token=Token("04AB12CD")), place=BAY, heard_at=after(61)).session

    outcome = tell(charger, after(62))

    assert outcome.session == stopped
    session = Session.objects.get()
    assert (session.started_at, session.ended_at, session.energy_wh) == (NOON, after(60), 7_000)
    assert (session.evse, session.vehicle, session.quality) == (evse, card.vehicle, [])
    assert outcome.decision == StartDecision(str(session.pk), TokenDecision(TokenStatus.ACCEPTED))


def test_a_stop_of_another_card_is_not_completed_by_a_start(charger: Charger, evse: Evse) -> None:
    end_session(charger, ended(-1, token=Token("SOMEBODY")), place=BAY, heard_at=after(61))

    start(charger, after(62))

    assert Session.objects.count() == 2


def test_a_number_given_before_the_start_was_understood_stays_its_number(charger: Charger) -> None:
    """A start that was kept unread was answered with a provisional number, and the charger stops by that."""
    session = start(charger, reference="1073741900")

    end_session(charger, ended("1073741900"), place=BAY, heard_at=after(60))

    session.refresh_from_db()
    assert session.closed_by == ClosedBy.CHARGER


def test_a_start_understood_late_and_told_again_meanwhile_is_one_session(charger: Charger) -> None:
    told_again = start(charger)

    assert start(charger, after(1), reference="1073741900") == told_again


def test_a_start_told_again_after_its_number_went_to_another_session_is_still_answered_with_a_number(
    charger: Charger, evse: Evse
) -> None:
    """In 1.6 nothing but a number can be answered, whatever became of the session's name."""
    session = start(charger)
    end_session(charger, ended(session.reference), place=BAY, heard_at=after(60))
    shows(evse, ConnectorStatus.CHARGING)
    readings = meters(read(600, 2_000, 7_000), reference=session.reference)
    adopt_readings(charger, readings, place=BAY, heard_at=after(600))
    session.refresh_from_db()

    again = tell(charger, after(601))

    assert (session.reference, again.session) == ("", session)
    assert isinstance(again.decision, StartDecision)
    assert again.decision.reference == str(session.pk)


def test_what_a_charger_writes_into_its_words_never_costs_them(charger: Charger) -> None:
    session = start(charger, token=Token("04\x00AB" + "x" * 300))
    stop = ended(session.reference, reason="Other\x00" + "y" * 60, token=Token("\x00"))
    end_session(charger, stop, place=BAY, heard_at=after(60))

    session.refresh_from_db()
    assert (session.token_value[:6], len(session.token_value), len(session.stop_reason)) == ("04ABxx", 255, 40)


def test_a_name_used_again_is_a_new_session(newer: Charger) -> None:
    """Its counter began at one again after a reboot."""
    old = start(newer, reference="1")
    end_session(newer, ended("1"), place=BAY, heard_at=after(60))

    new = start(newer, after(120), reference="1", at=after(120))

    old.refresh_from_db()
    assert new != old
    assert (old.reference, new.reference) == ("", "1")
    assert "reference_reused" in codes(old)


def test_what_a_start_brings_of_readings_is_kept_once(newer: Charger) -> None:
    begin = Reading(NOON, energy_wh=1_000, soc_percent=31.0, context="Transaction.Begin")
    session = start(newer, reference="tx-1", readings=(begin,))
    start(newer, reference="tx-1", readings=(begin,))

    assert (session.readings.count(), session.soc_start_percent) == (1, 31.0)


def command_to_start(charger: Charger, **fields: Any) -> IssuedCommand:
    usual = {
        "kind": "start", "wording": {}, "state": CommandState.ACCEPTED, "issued_at": NOON, "send_before": NOON,
        "effect": EffectState.AWAITED, "evse_number": 1, "token_key": "04ab12cd", "remote_start_id": 77,
    }  # fmt: skip
    return IssuedCommand.objects.create(charger=charger, **{**usual, **fields})


def test_in_1_6_a_start_that_was_asked_for_is_known_by_token_and_evse(
    charger: Charger, evse: Evse, card: IdToken, django_user_model: Any
) -> None:
    dispatcher = django_user_model.objects.create_user("dana")
    command = command_to_start(charger, issued_by=dispatcher)

    session = start(charger, after(1), at=after(1))

    command.refresh_from_db()
    assert (command.effect, command.effect_at) == (EffectState.SEEN, after(1))
    assert (session.started_by, session.vehicle_source) == (dispatcher, VehicleSource.REMOTE_START)


def test_a_start_at_another_evse_is_not_the_one_that_was_asked_for(charger: Charger, evse: Evse, card: IdToken) -> None:
    command = command_to_start(charger)

    start(charger, after(1), at=after(1), evse=2)

    command.refresh_from_db()
    assert command.effect == EffectState.AWAITED


def test_a_replayed_start_is_not_the_one_that_was_asked_for_meanwhile(charger: Charger, evse: Evse) -> None:
    command = command_to_start(charger, issued_at=after(120))

    start(charger, after(121), at=NOON)

    command.refresh_from_db()
    assert command.effect == EffectState.AWAITED


def test_from_2_0_1_on_a_start_that_was_asked_for_is_known_by_the_id_it_brings_back(newer: Charger) -> None:
    others = command_to_start(newer, remote_start_id=78, evse_number=None)
    command = command_to_start(newer, evse_number=None)

    start(newer, reference="tx-1", token=Token("ANOTHER"), remote_start_id=77)

    for row in (command, others):
        row.refresh_from_db()
    assert (command.effect, others.effect) == (EffectState.SEEN, EffectState.AWAITED)


def test_a_start_costs_few_statements(
    charger: Charger, evse: Evse, card: IdToken, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(6):
        start(charger)


def test_a_start_that_brings_readings_costs_few_statements(
    newer: Charger, card: IdToken, django_assert_max_num_queries: Any
) -> None:
    begin = Reading(NOON, energy_wh=1_000, context="Transaction.Begin")

    with django_assert_max_num_queries(6):
        start(newer, reference="tx-1", readings=(begin,))


def test_a_start_that_was_asked_for_costs_two_more(
    charger: Charger, evse: Evse, card: IdToken, django_assert_max_num_queries: Any
) -> None:
    command_to_start(charger)

    with django_assert_max_num_queries(8):
        start(charger)
