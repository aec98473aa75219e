"""A session starts: which number it has, and what is known of its place, its card and its vehicle."""

from dataclasses import replace
from typing import Any

import pytest

from chargers.events import Reading, StartDecision, Token, TokenDecision, TokenStatus
from chargers.models import Charger, Connector, Evse
from sessions.models import IdToken, Session, Vehicle, VehicleSource
from sessions.place import BayAccess
from sessions.services import Outcome, end_session
from tests.sessions.starts import start, tell, token_status
from tests.sessions.words import after, ended
from tests.sessions.yard import BAY, NOON, codes, make_evse

pytestmark = [pytest.mark.django_db, pytest.mark.storage]


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


@pytest.mark.parametrize("different", [{"evse": 2}, {"meter_wh": 1_001}, {"at": after(1)}, {"token": Token("B")}])
def test_another_start_is_another_session(charger: Charger, different: dict[str, Any]) -> None:
    first = start(charger)

    other = start(charger, after(1), **different)

    assert other != first


def test_two_evses_that_start_in_the_same_second_have_numbers_of_their_own(charger: Charger) -> None:
    sessions = [start(charger, evse=number) for number in (1, 2)]

    assert sessions[0].reference != sessions[1].reference
    assert Session.objects.running().count() == 2


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


def test_what_a_charger_writes_into_its_words_never_costs_them(charger: Charger) -> None:
    session = start(charger, token=Token("04\x00AB" + "x" * 300))
    stop = ended(session.reference, reason="Other\x00" + "y" * 60, token=Token("\x00"))
    end_session(charger, stop, place=BAY, heard_at=after(60))

    session.refresh_from_db()
    assert (session.token_value[:6], len(session.token_value), len(session.stop_reason)) == ("04ABxx", 255, 40)


def test_what_a_start_brings_of_readings_is_kept_once(newer: Charger) -> None:
    begin = Reading(NOON, energy_wh=1_000, soc_percent=31.0, context="Transaction.Begin")
    session = start(newer, reference="tx-1", readings=(begin,))
    start(newer, reference="tx-1", readings=(begin,))

    assert (session.readings.count(), session.soc_start_percent) == (1, 31.0)


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
