"""Post a command to the process that holds the charger's socket; the row is the command, this is only the nudge."""

from chargers import layer
from chargers.models import Connection


def nudge(charger_id: int, command_id: int) -> None:
    """Best effort: a nudge that is lost is made up for by the gateway's own look at its open commands."""
    channel = (
        Connection.objects.filter(charger=charger_id, closed_at=None)
        .order_by("-id")
        .values_list("channel", flat=True)
        .first()
    )
    if channel is not None:
        layer.send(channel, {"type": "command.issued", "command_id": command_id})


def tell_standing(charger_id: int, standing: str) -> None:
    """The charger's sockets act by its new standing from now on: adopted in place, or closed when refused.

    Best effort too: each gateway compares its sockets with the books whenever it renews its lease.
    """
    for channel in Connection.objects.filter(charger=charger_id, closed_at=None).values_list("channel", flat=True):
        layer.send(channel, {"type": "line.standing", "standing": standing})


def hang_up(charger_id: int, why: str) -> None:
    """Close the charger's sockets; it may come again, and is judged at the door again."""
    for channel in Connection.objects.filter(charger=charger_id, closed_at=None).values_list("channel", flat=True):
        layer.send(channel, {"type": "line.closed", "why": why})
