"""What people ask: start this vehicle here, stop that session, this session is van 131."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction

from chargers.choices import ConnectorStatus
from chargers.events import ChargingState, Token, TokenPresented, TokenStatus, token_key
from chargers.models import Capability, Charger, Evse, IssuedCommand
from chargers.services import ChargerOffline
from sessions.models import IdToken, Session, TokenStanding, Vehicle, VehicleSource
from sessions.place import BayAccess
from sessions.services import (
    EvseOccupied,
    NeedsReplug,
    SessionAlreadyEnded,
    TokenMayNotCharge,
    VehicleHasNoToken,
    authorize,
    autostart,
    end_session,
    issue_own_token,
    name_vehicle,
    request_start,
    request_stop,
    start_session,
    update_session,
)
from sessions.services.asking import RESTARTS_WITHOUT_REPLUG
from tests.factories import connect
from tests.sessions.words import after, ended, started, updated
from tests.sessions.yard import BAY, NOON, make_card, make_evse, make_van, shows

pytestmark = [pytest.mark.django_db, pytest.mark.storage]


@pytest.fixture
def online(charger: Charger, evse: Evse) -> Evse:
    """Its EVSE 1."""
    connect(charger)
    return evse


@pytest.fixture
def dispatcher(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("dana")


def start(charger: Charger, **said: Any) -> Session:
    session = start_session(charger, started(**said), place=BAY, heard_at=NOON).session
    assert session is not None
    return session


def test_each_vehicle_has_one_token_of_ours_that_every_charger_takes(van: Vehicle) -> None:
    token = issue_own_token(van, NOON)

    assert re.fullmatch("[A-Z0-9]{18}", token.value)
    assert (token.key, token.is_ours, token.vehicle) == (token_key(token.value), True, van)
    assert issue_own_token(van, NOON) == token


def test_two_vehicles_have_different_tokens(van: Vehicle) -> None:
    assert issue_own_token(van, NOON).value != issue_own_token(make_van("VAN-13"), NOON).value


def test_a_vehicle_is_started_by_its_own_token(online: Evse, van: Vehicle, dispatcher: Any) -> None:
    token = issue_own_token(van, NOON)

    command = request_start(van, online, requested_by=dispatcher, now=NOON)

    assert (command.kind, command.charger, command.evse_number) == ("start", online.charger, 1)
    assert (command.token_key, command.issued_by) == (token.key, dispatcher)
    assert command.remote_start_id is not None
    assert 1 <= command.remote_start_id < 2**31


def test_a_card_is_started_by_itself(online: Evse, card: IdToken, dispatcher: Any) -> None:
    assert request_start(card, online, requested_by=dispatcher, now=NOON).token_key == "04ab12cd"


def test_a_vehicle_without_a_token_of_ours_cannot_be_started(online: Evse, card: IdToken, van: Vehicle) -> None:
    with pytest.raises(VehicleHasNoToken):
        request_start(van, online, requested_by=None, now=NOON)


def test_a_blocked_token_cannot_be_started(online: Evse, card: IdToken) -> None:
    card.standing = TokenStanding.BLOCKED
    card.save()

    with pytest.raises(TokenMayNotCharge):
        request_start(card, online, requested_by=None, now=NOON)


def test_an_evse_in_use_is_not_started(online: Evse, card: IdToken) -> None:
    session = start(online.charger)
    shows(online, ConnectorStatus.CHARGING)

    with pytest.raises(EvseOccupied) as refused:
        request_start(card, online, requested_by=None, now=NOON)

    assert refused.value.session == session


def test_of_two_evses_that_never_charge_together_one_is_started(online: Evse, card: IdToken) -> None:
    beside = make_evse(online.charger, 2)
    Evse.objects.update(exclusion_group="DC")
    beside.refresh_from_db()
    session = start(online.charger)
    assert request_start(card, beside, requested_by=None, now=NOON).kind == "start"

    Session.objects.update(power_w=40_000)

    with pytest.raises(EvseOccupied) as refused:
        request_start(card, beside, requested_by=None, now=NOON)
    assert refused.value.session == session


@pytest.mark.parametrize(("type_known", "told_as"), [("", "ISO14443"), ("eMAID", "eMAID")])
def test_a_card_is_started_as_the_card_that_it_is(newer: Charger, card: IdToken, type_known: str, told_as: str) -> None:
    connect(newer)
    IdToken.objects.update(type=type_known)
    card.refresh_from_db()

    command = request_start(card, newer.evses.get(), requested_by=None, now=NOON)

    assert command.request is not None
    assert command.wording["token_type"] == told_as


@pytest.mark.parametrize("shown", [ConnectorStatus.AVAILABLE, ConnectorStatus.PREPARING])
def test_a_session_its_charger_forgot_does_not_keep_the_next_one_out(
    online: Evse, card: IdToken, shown: ConnectorStatus
) -> None:
    start(online.charger)
    shows(online, shown)

    assert request_start(card, online, requested_by=None, now=NOON).kind == "start"


def test_a_charger_known_to_need_a_replug_is_not_asked_while_it_finishes(online: Evse, card: IdToken) -> None:
    shows(online, ConnectorStatus.FINISHING)
    Capability.objects.create(
        charger=online.charger, name=RESTARTS_WITHOUT_REPLUG, value="no", evidence="tried", seen_at=NOON
    )

    with pytest.raises(NeedsReplug):
        request_start(card, online, requested_by=None, now=NOON)


def test_a_charger_of_which_nothing_is_known_is_asked_while_it_finishes(online: Evse, card: IdToken) -> None:
    shows(online, ConnectorStatus.FINISHING)

    assert request_start(card, online, requested_by=None, now=NOON).kind == "start"


def test_a_charger_that_is_away_cannot_be_asked(evse: Evse, card: IdToken) -> None:
    with pytest.raises(ChargerOffline):
        request_start(card, evse, requested_by=None, now=NOON)


def test_a_session_is_asked_to_stop_by_the_name_its_charger_knows(online: Evse, dispatcher: Any) -> None:
    session = start(online.charger)

    command = request_stop(session, requested_by=dispatcher, now=after(5))

    assert (command.kind, command.reference, command.issued_by) == ("stop", session.reference, dispatcher)
    session.refresh_from_db()
    assert session.ended_at is None


def test_what_has_ended_cannot_be_stopped(online: Evse) -> None:
    session = start(online.charger)
    session = end_session(online.charger, ended(session.reference), place=BAY, heard_at=after(60)).session
    assert session is not None

    with pytest.raises(SessionAlreadyEnded):
        request_stop(session, requested_by=None, now=after(61))


def test_a_vehicle_plugged_in_at_its_own_bay_is_started_once(online: Evse, van: Vehicle) -> None:
    own = replace(BAY, access=BayAccess.OWN_VEHICLE, own_vehicle_id=van.pk)

    command = autostart(online, place=own, now=NOON)
    again = autostart(online, place=own, now=NOON)

    assert command is not None
    assert command.token_key == IdToken.objects.get(vehicle=van, is_ours=True).key
    assert (again, IssuedCommand.objects.count()) == (None, 1)


def test_a_session_that_runs_is_not_started_again(online: Evse, van: Vehicle) -> None:
    start(online.charger)

    own = replace(BAY, access=BayAccess.OWN_VEHICLE, own_vehicle_id=van.pk)
    assert autostart(online, place=own, now=NOON) is None


def plugged_in(newer: Charger) -> Evse:
    """A 2.x charger that begins a session by the plug alone, before anybody is authorized."""
    connect(newer)
    evse = Evse.objects.select_related("charger").get(charger=newer)
    event = started(reference="tx-1", token=None, state=ChargingState.EV_CONNECTED)
    start_session(newer, event, place=BAY, heard_at=NOON)
    shows(evse, ConnectorStatus.OCCUPIED)
    return evse


def test_a_vehicle_is_started_in_a_session_that_only_waits_for_that(newer: Charger, van: Vehicle) -> None:
    evse = plugged_in(newer)
    issue_own_token(van, NOON)

    assert request_start(van, evse, requested_by=None, now=NOON).kind == "start"


def test_a_session_begun_by_the_plug_at_the_bay_of_one_vehicle_is_started_for_it(newer: Charger, van: Vehicle) -> None:
    own = replace(BAY, access=BayAccess.OWN_VEHICLE, own_vehicle_id=van.pk)
    evse = plugged_in(newer)

    command = autostart(evse, place=own, now=NOON)

    assert command is not None
    token = IdToken.objects.get(vehicle=van)
    event = updated(token=Token(token.value, "Central"), remote_start_id=command.remote_start_id, trigger="RemoteStart")
    update_session(newer, event, place=own, heard_at=after(5))
    session = Session.objects.get()
    assert (session.vehicle, session.vehicle_source, session.started_by) == (van, VehicleSource.AUTOSTART, None)


def test_a_session_that_charges_without_a_token_is_not_started_again(newer: Charger, card: IdToken) -> None:
    evse = plugged_in(newer)
    Session.objects.update(energy_state="charging")

    with pytest.raises(EvseOccupied):
        request_start(card, evse, requested_by=None, now=NOON)


def test_nothing_is_started_by_plugging_in_at_a_bay_of_all(online: Evse, van: Vehicle) -> None:
    assert autostart(online, place=BAY, now=NOON) is None


def test_a_dispatcher_names_the_vehicle_of_an_open_session_at_once(
    charger: Charger, evse: Evse, card: IdToken, dispatcher: Any
) -> None:
    session = start(charger)
    van_131 = make_van("VAN-131")

    named = name_vehicle(session, van_131, said_by=dispatcher, now=after(5))

    session.refresh_from_db()
    assert named == session
    assert (session.vehicle, session.vehicle_source) == (van_131, VehicleSource.DISPATCHER)
    assert not session.needs_correction


@pytest.mark.django_db(transaction=True)
def test_a_vehicle_is_named_by_whoever_has_no_transaction_open(charger: Charger, evse: Evse, dispatcher: Any) -> None:
    with transaction.atomic():
        session = start(charger)

    assert name_vehicle(session, make_van(), said_by=dispatcher, now=NOON).vehicle == Vehicle.objects.get()


def test_a_dispatchers_word_stands_above_a_token_told_later(newer: Charger, card: IdToken, dispatcher: Any) -> None:
    event = ended("tx-1", evse=1, token=None)
    session = end_session(newer, event, place=BAY, heard_at=after(60)).session
    assert session is not None
    van_131 = make_van("VAN-131")
    name_vehicle(session, van_131, said_by=dispatcher, now=after(61))

    start_session(newer, started(reference="tx-1"), place=BAY, heard_at=after(62))

    session.refresh_from_db()
    assert (session.vehicle, session.token) == (van_131, card)


def test_a_dispatchers_word_on_a_settled_session_asks_for_a_correction(
    charger: Charger, evse: Evse, card: IdToken, dispatcher: Any
) -> None:
    session = start(charger)
    Session.objects.update(settled_at=after(90))

    name_vehicle(session, make_van("VAN-131"), said_by=dispatcher, now=after(100))

    session.refresh_from_db()
    assert session.needs_correction
    assert (session.correction_reason, session.correction_author) == ("It is vehicle VAN-131.", "dana")


def test_a_dispatcher_who_says_what_is_known_already_corrects_nothing(
    charger: Charger, evse: Evse, card: IdToken, dispatcher: Any
) -> None:
    session = start(charger)
    Session.objects.update(settled_at=after(90))
    assert card.vehicle

    name_vehicle(session, card.vehicle, said_by=dispatcher, now=after(100))

    session.refresh_from_db()
    assert session.vehicle_source == VehicleSource.DISPATCHER
    assert not session.needs_correction


def test_a_card_is_authorized_by_what_is_known_of_it(card: IdToken) -> None:
    make_card("OLD", expires_at=NOON)

    def answer(value: str) -> TokenStatus:
        return authorize(TokenPresented(token=Token(value)), place=BAY, now=NOON).status

    assert answer("04ab12CD ") is TokenStatus.ACCEPTED
    assert answer("OLD") is TokenStatus.EXPIRED
    assert answer("STRANGER") is TokenStatus.UNKNOWN
    assert answer("") is TokenStatus.INVALID


def test_a_card_that_comes_to_stop_its_session_is_not_called_concurrent(
    charger: Charger, evse: Evse, card: IdToken
) -> None:
    start(charger)
    shows(evse, ConnectorStatus.CHARGING)

    assert authorize(TokenPresented(token=Token("04AB12CD")), place=BAY, now=NOON).status is TokenStatus.ACCEPTED


def test_a_card_with_a_nul_in_its_midst_is_nobodys(card: IdToken) -> None:
    assert authorize(TokenPresented(token=Token("04AB\x0012CD")), place=BAY, now=NOON).status is TokenStatus.UNKNOWN


def test_to_authorize_costs_one_statement(card: IdToken, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(1):
        authorize(TokenPresented(token=Token("04AB12CD")), place=BAY, now=NOON)
