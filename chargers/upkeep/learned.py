"""What a charger's answers show of it that no entry of a table says; it outranks them from then on."""

from datetime import datetime

from chargers.choices import CommandState
from chargers.models import Capability, IssuedCommand

TRIGGERS = ("TriggerMessage", "ExtendedTriggerMessage")


def learn_from(command: IssuedCommand, *, now: datetime) -> Capability | None:
    """A refused trigger of meter values: they come at their interval and not for the asking (quirk 52)."""
    request = command.request if isinstance(command.request, dict) else {}
    if command.action not in TRIGGERS or request.get("requestedMessage") != "MeterValues":
        return None
    if command.state == CommandState.ACCEPTED:
        value = "yes"
    elif command.status in ("Rejected", "NotImplemented"):
        value = "no"
    else:
        return None
    capability, _ = Capability.objects.update_or_create(
        charger_id=command.charger_id,
        name="triggers_meter_values",
        defaults={
            "value": value,
            "evidence": f"it answered a trigger of MeterValues with {command.status}",
            "firmware": command.charger.firmware,
            "seen_at": now,
        },
    )
    return capability
