"""What a charger's answers show of it that no entry of a table says; it outranks them from then on."""

from datetime import datetime

from chargers.choices import CommandState, ConnectorStatus
from chargers.models import Capability, Connector, IssuedCommand

TRIGGERS = ("TriggerMessage", "ExtendedTriggerMessage")
REFUSED_ONCE = "start refused while finishing"


def learn_from(command: IssuedCommand, *, now: datetime) -> Capability | None:
    if command.action in TRIGGERS:
        return _triggers_meter_values(command, now)
    if command.kind == "start" and command.state in (CommandState.REJECTED, CommandState.ACCEPTED):
        return _restarts_without_replug(command, now)
    return None


def _triggers_meter_values(command: IssuedCommand, now: datetime) -> Capability | None:
    """A refused trigger of meter values: they come at their interval and not for the asking (quirk 52)."""
    request = command.request if isinstance(command.request, dict) else {}
    if request.get("requestedMessage") != "MeterValues":
        return None
    if command.state == CommandState.ACCEPTED:
        value = "yes"
    elif command.status in ("Rejected", "NotImplemented"):
        value = "no"
    else:
        return None
    return _keep(
        command, "triggers_meter_values", value, f"it answered a trigger of MeterValues with {command.status}", now
    )


def _restarts_without_replug(command: IssuedCommand, now: datetime) -> Capability | None:
    """Refused while the cable still stands from the last charge, twice: it wants the cable pulled (quirk 40).

    Once is no proof: a refusal may have another reason, and from the second on nobody is asked any more.
    """
    cables = Connector.objects.filter(evse__charger=command.charger_id, evse__number=command.evse_number or 0)
    if not cables.filter(status=ConnectorStatus.FINISHING).exists():
        return None
    before = Capability.objects.filter(charger=command.charger_id, name=REFUSED_ONCE)
    if command.state == CommandState.ACCEPTED:
        before.delete()
        return None
    if not before.filter(firmware=command.charger.firmware).exists():
        return _keep(command, REFUSED_ONCE, "yes", "it refused a start while its connector was finishing", now)
    return _keep(
        command, "restarts_without_replug", "no", "it refused a start twice while its connector was finishing", now
    )


def _keep(command: IssuedCommand, name: str, value: str, evidence: str, now: datetime) -> Capability:
    shown = {"value": value, "evidence": evidence, "firmware": command.charger.firmware, "seen_at": now}
    capability, _ = Capability.objects.update_or_create(charger_id=command.charger_id, name=name, defaults=shown)
    return capability
