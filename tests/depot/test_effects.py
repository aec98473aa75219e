"""What a command brought about, beyond its answer."""

from datetime import UTC, datetime, timedelta

import pytest

from chargers.choices import CommandState, EffectState, Standing
from chargers.events import Booted, CommandAnswered, Status, StatusChanged
from chargers.inbox import Caller, Heard, installed
from chargers.models import Charger, IssuedCommand
from depot import effects
from depot.intake import Item
from depot.notices.models import Notice
from tests.factories import THURSDAY, make_charger, make_command, make_evse

pytestmark = [pytest.mark.django_db, pytest.mark.storage]


def caller(charger: Charger) -> Caller:
    return Caller(charger.pk, charger.identity, 0, "ocpp1.6", Standing.ADOPTED)


def tell(charger: Charger, status: Status) -> None:
    event = StatusChanged(evse=1, status=status, raw=status.value, at=THURSDAY)
    installed()._commit_batch([Item(caller(charger), event, Heard(THURSDAY))])  # type: ignore[attr-defined]


def availability(charger: Charger, operative: bool) -> IssuedCommand:
    wording = {"operative": operative, "evse": 1}
    return make_command(charger, "availability", wording=wording, evse_number=1, state=CommandState.SENT)


def accept(charger: Charger, command: IssuedCommand) -> IssuedCommand:
    event = CommandAnswered(command_id=command.pk, accepted=True, status="Accepted", payload={"status": "Accepted"})
    installed()._store(Item(caller(charger), event, Heard(THURSDAY)))  # type: ignore[attr-defined]
    command.refresh_from_db()
    return command


def test_out_of_service_is_seen_when_the_connector_says_so() -> None:
    charger = make_charger()
    make_evse(charger)
    command = accept(charger, availability(charger, operative=False))
    assert command.effect == EffectState.AWAITED

    tell(charger, Status.UNAVAILABLE)

    command.refresh_from_db()
    assert command.effect == EffectState.SEEN


def test_what_was_so_before_is_seen_at_once() -> None:
    charger = make_charger()
    make_evse(charger)

    command = accept(charger, availability(charger, operative=True))

    assert command.effect == EffectState.SEEN


def test_a_reset_is_seen_when_the_charger_boots() -> None:
    charger = make_charger()
    command = accept(charger, make_command(charger, "reset", state=CommandState.SENT))

    booted = Booted(vendor="Acme", model="One")
    installed()._store(Item(caller(charger), booted, Heard(THURSDAY)))  # type: ignore[attr-defined]

    command.refresh_from_db()
    assert command.effect == EffectState.SEEN


@pytest.mark.parametrize(("ago_min", "effect"), [(1, EffectState.SEEN), (11, EffectState.NONE_EXPECTED)])
def test_a_hard_reset_that_gave_no_answer_is_seen_when_the_charger_boots_soon(
    ago_min: int, effect: EffectState
) -> None:
    charger = make_charger()
    sent_at = datetime.now(UTC) - timedelta(minutes=ago_min)
    command = make_command(charger, "reset", state=CommandState.UNANSWERED, sent_at=sent_at)

    effects.booted(charger, now=THURSDAY)

    command.refresh_from_db()
    assert command.effect == effect


def test_an_accepted_command_without_effect_is_told_to_people() -> None:
    charger = make_charger()
    command = accept(charger, make_command(charger, "stop", state=CommandState.SENT))

    effects.note_overdue(THURSDAY + timedelta(minutes=10))

    command.refresh_from_db()
    assert command.effect == EffectState.NOT_SEEN
    assert Notice.objects.get().kind == "command.no_effect"
