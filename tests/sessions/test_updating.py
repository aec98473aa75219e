"""A session goes on, as 2.x tells it: states, tokens, EVSEs and readings; in time, late, and before the start."""

from typing import Any

import pytest

from chargers.choices import CommandState, ConnectorStatus, EffectState
from chargers.events import ChargingState, Status, Token, TokenDecision, TokenStatus
from chargers.models import Charger, Evse, IssuedCommand
from sessions.models import ClosedBy, IdToken, MeterReading, Session, SessionMessage, VehicleSource
from sessions.place import NOWHERE
from sessions.services import Outcome, end_session, heed_status, start_session, update_session
from tests.sessions.words import CARD, after, ended, read, started, status, updated
from tests.sessions.yard import BAY, NOON, codes, make_charger, make_evse, shows

pytestmark = [pytest.mark.django_db, pytest.mark.storage]


def start(charger: Charger, **said: Any) -> Session:
    event = started(**{"reference": "tx-1", **said})
    session = start_session(charger, event, place=BAY if event.evse else NOWHERE, heard_at=event.at).session
    assert session is not None
    return session


def update(charger: Charger, **said: Any) -> Outcome:
    event = updated(**said)
    return update_session(charger, event, place=BAY if event.evse else NOWHERE, heard_at=event.at)


def test_a_state_is_kept_as_the_newest_by_the_chargers_time(newer: Charger) -> None:
    session = start(newer)

    update(newer, state=ChargingState.SUSPENDED_EV, at=after(10), sequence=2)
    update(newer, state=ChargingState.CHARGING, at=after(5), sequence=1)

    session.refresh_from_db()
    assert (session.energy_state, session.energy_state_at) == ("suspended_ev", after(10))


def test_an_update_told_again_changes_nothing(newer: Charger) -> None:
    start(newer)
    said = {"readings": (read(5, 1_900, 11_000),), "state": ChargingState.CHARGING}

    first, again = update(newer, **said), update(newer, **said)

    assert (first.is_news, again.is_news) == (True, False)
    assert (MeterReading.objects.count(), SessionMessage.objects.count()) == (1, 1)


def test_two_updates_of_a_charger_whose_numbers_are_always_zero_are_two(newer: Charger) -> None:
    start(newer)

    for minutes in (5, 6):
        update(newer, sequence=0, at=after(minutes), digest=str(minutes))

    assert SessionMessage.objects.count() == 2


def test_a_token_told_later_names_the_vehicle_and_is_answered(newer: Charger, card: IdToken) -> None:
    session = start(newer, token=None)

    outcome = update(newer, token=CARD)

    session.refresh_from_db()
    assert outcome.decision == TokenDecision(TokenStatus.ACCEPTED)
    assert (session.vehicle, session.vehicle_source, session.token_status) == (
        card.vehicle, VehicleSource.TOKEN, "Accepted",
    )  # fmt: skip


def test_an_update_without_a_token_has_none_to_judge(newer: Charger) -> None:
    start(newer)

    assert update(newer).decision is None


def test_a_token_told_later_is_refused_where_its_vehicle_charges_elsewhere(newer: Charger, card: IdToken) -> None:
    other = make_charger("CP-A08")
    there = make_evse(other)
    start_session(other, started(), place=BAY, heard_at=NOON)
    shows(there, ConnectorStatus.CHARGING)
    start(newer, token=None)

    decision = update(newer, token=CARD).decision

    assert isinstance(decision, TokenDecision)
    assert (decision.status, decision.why) == (TokenStatus.CONCURRENT, "Its vehicle VAN-12 charges elsewhere")


def test_another_card_shown_later_is_the_one_that_ends_it(newer: Charger, card: IdToken) -> None:
    session = start(newer)

    update(newer, token=Token("OTHER"), trigger="StopAuthorized")

    session.refresh_from_db()
    assert (session.token, session.stop_token_value) == (card, "OTHER")


def test_an_evse_told_later_brings_its_place(newer: Charger) -> None:
    session = start(newer, evse=None, connector=None)

    update(newer, evse=1, connector=1)

    session.refresh_from_db()
    assert session.evse is not None
    assert session.connector is not None
    assert (session.evse.number, session.bay_name, session.quality) == (1, "A07", [])


def test_an_evse_told_later_ends_what_else_ran_there(newer: Charger) -> None:
    forgotten = start(newer, reference="tx-0")
    start(newer, evse=None, connector=None, at=after(30))

    update(newer, evse=1, at=after(31))

    forgotten.refresh_from_db()
    assert forgotten.closed_by == ClosedBy.EVIDENCE
    assert Session.objects.running().get().reference == "tx-1"


def test_an_update_before_its_start_is_a_session_with_an_unknown_start(newer: Charger) -> None:
    update(newer, evse=1, readings=(read(4, 1_700, 11_000), read(5, 1_900, 11_000)))

    session = Session.objects.get()
    assert (session.reference, session.started_at, codes(session)) == ("tx-1", after(4), {"start_unknown"})
    assert (session.energy_wh, session.power_w) == (200, 11_000)


def test_the_start_told_after_an_update_completes_it(newer: Charger, card: IdToken) -> None:
    update(newer, evse=1, readings=(read(5, 1_900, 11_000),))

    session = start(newer)

    session.refresh_from_db()
    assert (session.started_at, session.meter_start_wh, session.energy_wh) == (NOON, 1_000, 900)
    assert (session.vehicle, session.quality) == (card.vehicle, [])
    assert Session.objects.count() == 1


def test_a_late_update_of_an_ended_session_goes_into_its_history(newer: Charger) -> None:
    session = start(newer)
    end_session(newer, ended("tx-1"), place=BAY, heard_at=after(60))

    update(newer, at=after(50), readings=(read(50, 7_000, 11_000),), state=ChargingState.CHARGING)

    session.refresh_from_db()
    assert (session.ended_at, session.energy_wh, session.power_w) == (after(60), 7_000, 0)
    assert (session.energy_state, session.readings.count()) == ("", 1)


def test_a_late_reading_that_changes_a_settled_figure_asks_for_a_correction(newer: Charger) -> None:
    session = start(newer)
    end_session(newer, ended("tx-1", meter_wh=None, readings=(read(30, 4_000),)), place=BAY, heard_at=after(60))
    Session.objects.update(settled_at=after(75))

    update(newer, at=after(50), readings=(read(50, 7_000, 11_000),))

    session.refresh_from_db()
    assert (session.energy_wh, session.needs_correction) == (6_000, True)


def test_a_session_that_goes_on_after_it_was_taken_for_ended_is_resumed(newer: Charger) -> None:
    """Some chargers say available while a vehicle is plugged in."""
    session = start(newer)
    heed_status(newer, status(Status.AVAILABLE, 10), heard_at=after(10))

    update(newer, at=after(20), state=ChargingState.CHARGING, readings=(read(20, 3_000, 11_000),))

    session.refresh_from_db()
    assert (session.ended_at, session.closed_by, session.settle_after) == (None, ClosedBy.OPEN, None)
    assert (session.energy_wh, session.energy_state, codes(session)) == (2_000, "charging", {"resumed"})
    assert session.power_w == 11_000


def test_a_resumed_session_is_not_ended_by_the_same_false_word_again(newer: Charger) -> None:
    session = start(newer)
    heed_status(newer, status(Status.AVAILABLE, 10), heard_at=after(10))
    update(newer, at=after(20), state=ChargingState.CHARGING)

    heed_status(newer, status(Status.AVAILABLE, 25), heard_at=after(25))

    session.refresh_from_db()
    assert session.ended_at is None


def test_a_session_is_not_resumed_where_the_next_one_runs(newer: Charger) -> None:
    session = start(newer)
    start(newer, reference="tx-2", at=after(30))

    update(newer, at=after(40), state=ChargingState.CHARGING)

    session.refresh_from_db()
    assert session.closed_by == ClosedBy.EVIDENCE
    assert Session.objects.running().get().reference == "tx-2"


def test_an_id_of_ours_that_comes_back_later_shows_the_start_that_was_asked_for(
    newer: Charger, card: IdToken, django_user_model: Any
) -> None:
    dispatcher = django_user_model.objects.create_user("dana")
    command = IssuedCommand.objects.create(
        charger=newer, kind="start", wording={}, state=CommandState.ACCEPTED, issued_at=NOON, send_before=NOON,
        effect=EffectState.AWAITED, remote_start_id=77, issued_by=dispatcher,
    )  # fmt: skip
    session = start(newer, token=None)

    update(newer, token=CARD, remote_start_id=77, trigger="RemoteStart")

    command.refresh_from_db()
    session.refresh_from_db()
    assert command.effect == EffectState.SEEN
    assert (session.started_by, session.vehicle_source) == (dispatcher, VehicleSource.REMOTE_START)


def test_a_name_used_again_long_after_is_another_session(newer: Charger) -> None:
    old = start(newer)
    end_session(newer, ended("tx-1"), place=BAY, heard_at=after(60))

    new = update(newer, evse=1, at=after(600), state=ChargingState.CHARGING).session

    assert new != old
    assert Session.objects.running().get() == new


def test_live_power_told_with_an_update_is_shown(newer: Charger) -> None:
    start(newer)

    update(newer, readings=(read(5, 1_900, 11_000),))

    assert Evse.objects.get().power_w == 11_000


def test_the_register_that_comes_with_the_cable_is_the_start_of_a_session_that_began_with_a_card(
    newer: Charger, evse: Evse
) -> None:
    session = start(newer, evse=None, connector=None, meter_wh=None)

    update(newer, evse=1, connector=1, readings=(read(5, 1_000, context="Transaction.Begin"),))
    end_session(newer, ended("tx-1", meter_wh=8_000), place=BAY, heard_at=after(60))

    session.refresh_from_db()
    assert (session.meter_start_wh, session.energy_wh, session.quality) == (1_000, 7_000, [])


def test_a_session_told_to_wait_unplugged_is_not_over_when_its_connector_is_free(newer: Charger, evse: Evse) -> None:
    session = start(newer)
    update(newer, state=ChargingState.IDLE, at=after(10))

    heed_status(newer, status(Status.AVAILABLE, 11), heard_at=after(11))

    session.refresh_from_db()
    assert session.ended_at is None
