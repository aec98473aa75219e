"""A start that we asked for is known as such by what the charger tells."""

from typing import Any

import pytest

from chargers.choices import CommandState, EffectState
from chargers.events import Token
from chargers.models import Charger, Evse, IssuedCommand
from sessions.models import IdToken, VehicleSource
from tests.sessions.starts import start
from tests.sessions.words import after
from tests.sessions.yard import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.storage]


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


def test_a_start_that_was_asked_for_costs_two_more(
    charger: Charger, evse: Evse, card: IdToken, django_assert_max_num_queries: Any
) -> None:
    command_to_start(charger)

    with django_assert_max_num_queries(8):
        start(charger)
