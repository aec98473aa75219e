"""What came of a command: sent, answered, not answered, its effect seen or not."""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from chargers.choices import CommandState, EffectState
from chargers.commands.base import KINDS
from chargers.events import CommandAnswered, CommandSent, CommandUnanswered
from chargers.held import services as held
from chargers.models import IssuedCommand
from chargers.ocpp.redact import redacted

OPEN = (CommandState.REQUESTED, CommandState.SENT)
# A late answer still settles what was given up.
SETTLED_BY_AN_ANSWER = (*OPEN, CommandState.UNANSWERED)


class CommandNoLongerWanted(Exception):
    """It was taken back, it expired, or another socket has it: it is not to be sent."""


def mark_sent(event: CommandSent) -> None:
    """Note that the frame goes out now. Raises CommandNoLongerWanted, and then it must not go out."""
    now = datetime.now(UTC)
    claimed = IssuedCommand.objects.filter(
        pk=event.command_id, state=CommandState.REQUESTED, send_before__gt=now
    ).update(state=CommandState.SENT, sent_at=now, message_id=event.message_id)
    if not claimed:
        raise CommandNoLongerWanted(event.command_id)


@transaction.atomic
def settle_command(event: CommandAnswered, *, now: datetime) -> IssuedCommand | None:
    """Keep the charger's answer; None when the command was settled before."""
    command = (
        IssuedCommand.objects.select_for_update(of=("self",))
        .select_related("charger", "issued_by")
        .filter(pk=event.command_id, state__in=SETTLED_BY_AN_ANSWER)
        .first()
    )
    if command is None:
        return None
    command.answered_at = datetime.now(UTC)
    command.status = event.status[:60]
    command.response = redacted(event.payload)
    command.error_code = event.error_code[:60]
    command.error_description = event.error_description[:300]
    command.sealed = None
    if event.error_code:
        command.state = CommandState.ERROR
    else:
        command.state = CommandState.ACCEPTED if event.accepted else CommandState.REJECTED
    within_s = KINDS[command.kind].effect_within_s
    if command.state == CommandState.ACCEPTED and within_s and command.effect == EffectState.NONE_EXPECTED:
        command.effect = EffectState.AWAITED
        command.effect_due_at = now + timedelta(seconds=within_s)
    command.save()
    held.note_settled(command, now=now)
    return command


@transaction.atomic
def settle_unanswered(event: CommandUnanswered, *, now: datetime) -> IssuedCommand | None:
    """No answer came. A command that was never sent is expired; one that was may have been heard all the same."""
    command = IssuedCommand.objects.select_related("charger").filter(pk=event.command_id, state__in=OPEN).first()
    if command is None:
        return None
    command.state = CommandState.UNANSWERED if event.was_sent else CommandState.EXPIRED
    command.error_description = event.reason[:300]
    command.sealed = None
    command.save(update_fields=["state", "error_description", "sealed"])
    held.note_settled(command, now=now)
    return command


def mark_effect(commands: "QuerySet[IssuedCommand]", *, now: datetime, note: str = "") -> int:
    """What was asked has shown, whether the answer has come yet or not (a stop may overtake its own answer)."""
    return commands.filter(effect__in=[EffectState.AWAITED, EffectState.NONE_EXPECTED]).update(
        effect=EffectState.SEEN, effect_at=now, effect_note=note[:200]
    )


def overdue_effects(now: datetime) -> list[IssuedCommand]:
    """Accepted commands whose effect should have shown by now: marked so, and given back."""
    due = list(
        IssuedCommand.objects.filter(effect=EffectState.AWAITED, effect_due_at__lt=now).select_related("charger")[:500]
    )
    IssuedCommand.objects.filter(pk__in=[command.pk for command in due], effect=EffectState.AWAITED).update(
        effect=EffectState.NOT_SEEN
    )
    return due


def expire_commands(now: datetime) -> list[IssuedCommand]:
    """Commands that nobody sent in time, and sent ones whose process died with the answer: settled, and given back."""
    real = datetime.now(UTC)
    overdue = list(
        IssuedCommand.objects.filter(
            Q(state=CommandState.REQUESTED, send_before__lt=real - timedelta(seconds=2))
            | Q(state=CommandState.SENT, sent_at__lt=real - timedelta(seconds=120))
        ).select_related("charger")[:500]
    )
    settled = []
    for command in overdue:
        unanswered = CommandUnanswered(
            command_id=command.pk,
            was_sent=command.state == CommandState.SENT,
            reason="No process had the charger's socket in time"
            if command.state == CommandState.REQUESTED
            else "The process that waited for the answer is gone",
        )
        done = settle_unanswered(unanswered, now=now)
        if done is not None:
            settled.append(done)
    return settled
