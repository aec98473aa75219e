"""What a command brought about, beyond its answer: seen in what the charger does next, or not seen in time."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from chargers import services as chargers
from chargers.choices import CommandState, ConnectorStatus, EffectState
from chargers.models import Charger, Connector, IssuedCommand
from chargers.prepared import Prepared, among, numbers
from depot import certificates, live, passwords, reserving
from depot.board import emergency
from depot.energy.delivery import hearing
from depot.notices import services as notices
from depot.upkeep import lists

# Beyond its time-out a reset may still show; a boot long after is another one.
OPEN = (CommandState.REQUESTED, CommandState.SENT, CommandState.ACCEPTED, CommandState.UNANSWERED)
# Of one that gave no answer; real time, as sending is.
BOOTS_WITHIN = timedelta(minutes=10)


_resets = Prepared(
    lambda charger: IssuedCommand.objects.filter(
        charger=charger, kind="reset", state__in=OPEN, effect__in=[EffectState.AWAITED, EffectState.NONE_EXPECTED]
    ).values_list("pk"),
    int,
)


def _open_resets(charger_id: int) -> list[int]:
    return [pk for (pk,) in _resets(charger_id)]


def booted(charger: Charger, *, now: datetime) -> None:
    """A boot is what a reset was asked for, whether it was answered or, as hard ones often are, not."""
    resets = _open_resets(charger.pk)
    if resets:
        just_sent = Q(effect=EffectState.NONE_EXPECTED, sent_at__gt=datetime.now(UTC) - BOOTS_WITHIN)
        these = IssuedCommand.objects.filter(Q(effect=EffectState.AWAITED) | just_sent, pk__in=resets)
        chargers.mark_effect(these, now=now, note="Booted")


def _awaited(charger_ids: int | str) -> QuerySet[IssuedCommand]:
    awaited = IssuedCommand.objects.filter(kind="availability", effect=EffectState.AWAITED)
    return among(awaited, "charger", charger_ids)


_availability_awaited = Prepared(_awaited, str)


def availability_shown(charger_ids: Collection[int], *, now: datetime) -> None:
    """A connector that is out of service, or no longer is, is what a change of availability was asked for."""
    for command in _availability_awaited(numbers(charger_ids)):
        if _is_as_asked(command):
            this = IssuedCommand.objects.filter(pk=command.pk)
            chargers.mark_effect(this, now=now, note="Its connectors say so")


def _is_as_asked(command: IssuedCommand) -> bool:
    connectors = Connector.objects.filter(evse__charger=command.charger_id)
    if command.evse_number:
        connectors = connectors.filter(evse__number=command.evse_number)
    statuses = set(connectors.values_list("status", flat=True))
    if command.wording["operative"]:
        return ConnectorStatus.UNAVAILABLE not in statuses
    return statuses == {ConnectorStatus.UNAVAILABLE}


def command_settled(command: IssuedCommand, *, now: datetime) -> None:
    """A command has its answer, or will have none: whoever waits for that goes on."""
    live.tell([command.charger_id], what="command")
    if command.kind == "availability" and command.effect == EffectState.AWAITED:
        # It may have been so before it was asked; then no status will come.
        availability_shown([command.charger_id], now=now)
    emergency.heed_command(command, now)
    hearing.command_settled(command, now=now)
    reserving.heed_command(command, now=now)
    lists.heed_command(command, now=now)
    certificates.command_settled(command, now=now)
    passwords.command_settled(command, now=now)


def note_overdue(now: datetime) -> int:
    """Commands that were accepted and changed nothing: marked, and told to people."""
    overdue = chargers.overdue_effects(now)
    for command in overdue:
        notices.write(
            "command.no_effect",
            command.charger,
            f"{command.charger} accepted {command.kind} and nothing happened",
            at=now,
            command=command.pk,
        )
    live.tell({command.charger_id for command in overdue}, what="command")
    return len(overdue)


def expire(now: datetime) -> int:
    """Commands that no process will answer for any more."""
    settled = chargers.expire_commands(now)
    for command in settled:
        command_settled(command, now=now)
    live.tell({command.charger_id for command in settled}, what="command")
    return len(settled)
