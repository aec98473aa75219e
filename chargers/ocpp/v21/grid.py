"""The grid's rules for an inverter (2.1 R), the reserve signal (Q08), who charges first (K21), which way (Q02)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chargers.commands import (
    AllowTransfer,
    ClearGridRules,
    GridRuleKind,
    ReportGridRules,
    SendReserveSignal,
    SetGridRule,
    UsePriority,
)
from chargers.events import (
    GridAlarmed,
    GridRule,
    GridRulesCleared,
    GridRulesReported,
    GridRuleSwitched,
    GridRuleTaken,
    PriorityMoved,
    ReserveSignalTaken,
    TransferAllowed,
)
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v2x.versions import v21
from chargers.ocpp.v2x.words import hear_status
from chargers.ocpp.values import moment, whole, wire_moment

# Under which name the numbers of a kind stand; every other kind is a curve.
PARTS = {
    GridRuleKind.ENTER_SERVICE: "enterService",
    GridRuleKind.FREQUENCY_DROOP: "freqDroop",
    GridRuleKind.POWER_FACTOR_CHARGING: "fixedPFAbsorb",
    GridRuleKind.POWER_FACTOR_FEEDING: "fixedPFInject",
    GridRuleKind.REACTIVE_POWER: "fixedVar",
    GridRuleKind.GRADIENTS: "gradient",
    GridRuleKind.LIMIT_FEEDING: "limitMaxDischarge",
}
CURVE = "curve"
# A report says the kind of a curve only; of the others it is the name of the list they stand in.
KINDS = {name: kind for kind, name in PARTS.items()}


@v21.asks(SetGridRule)
def set_rule(command: SetGridRule) -> Call:
    """A default rule has no time of its own (R04): one that has would never be followed."""
    if command.is_default and {"startTime", "duration"} & command.settings.keys():
        raise CommandNotSpoken("A default rule has no start and no duration (R04)")
    return Call(
        "SetDERControl",
        {
            "isDefault": command.is_default,
            "controlId": command.rule_id,
            "controlType": command.rule.value,
            PARTS.get(command.rule, CURVE): command.settings,
        },
    )


@v21.hears("SetDERControl")
def rule_set(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    hearing = hear_status(response, "Accepted")
    if not hearing.accepted:
        return hearing
    kind = GridRuleKind(request["controlType"])
    rule = GridRule(
        rule_id=request["controlId"],
        kind=kind.value,
        is_default=request["isDefault"],
        settings=request.get(PARTS.get(kind, CURVE)) or {},
    )
    return Hearing(True, hearing.status, (GridRuleTaken(rule=rule, superseded=_ids(response)),))


@v21.asks(ReportGridRules)
def report(command: ReportGridRules) -> Call:
    payload: Payload = {"requestId": command.request_id}
    if command.is_default is not None:
        payload["isDefault"] = command.is_default
    return Call("GetDERControl", payload | _which(command.rule, command.rule_id))


@v21.hears("GetDERControl")
def report_promised(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # NotFound: it holds no such rule, and no report will come.
    return hear_status(response, "Accepted", "NotFound")


@v21.tells("ReportDERControl")
def reported(said: Payload, heard_at: datetime) -> GridRulesReported:
    return GridRulesReported(
        request_id=whole(said["requestId"]) or 0, more=bool(said.get("tbc")), rules=tuple(_rules(said))
    )


def _rules(said: Payload) -> Iterator[GridRule]:
    for name in (CURVE, *KINDS):
        for told in said.get(name) or ():
            yield GridRule(
                rule_id=told["id"],
                kind=told["curveType"] if name == CURVE else KINDS[name].value,
                # Entering service and gradients know no schedule: they always hold.
                is_default=bool(told.get("isDefault", True)),
                is_superseded=bool(told.get("isSuperseded")),
                # Both kinds of power factor are told under one name.
                settings=told["fixedPF" if name.startswith("fixedPF") else name],
            )


@v21.asks(ClearGridRules)
def clear(command: ClearGridRules) -> Call:
    return Call("ClearDERControl", {"isDefault": command.is_default} | _which(command.rule, command.rule_id))


@v21.hears("ClearDERControl")
def cleared(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # NotFound: it is not there, which is what was wanted.
    hearing = hear_status(response, "Accepted", "NotFound")
    if not hearing.accepted:
        return hearing
    event = GridRulesCleared(
        is_default=request["isDefault"],
        kind=request.get("controlType") or "",
        rule_id=request.get("controlId") or "",
    )
    return Hearing(True, hearing.status, (event,))


def _which(rule: GridRuleKind | None, rule_id: str) -> Payload:
    told: dict[str, Any] = {}
    if rule is not None:
        told["controlType"] = rule.value
    if rule_id:
        told["controlId"] = rule_id
    return told


@v21.tells("NotifyDERStartStop")
def switched(said: Payload, heard_at: datetime) -> GridRuleSwitched:
    return GridRuleSwitched(
        rule_id=said["controlId"],
        started=said["started"],
        at=moment(said.get("timestamp")) or heard_at,
        superseded=_ids(said),
    )


def _ids(said: Payload) -> tuple[str, ...]:
    return tuple(said.get("supersededIds") or ())


@v21.tells("NotifyDERAlarm")
def alarmed(said: Payload, heard_at: datetime) -> GridAlarmed:
    return GridAlarmed(
        kind=said["controlType"],
        at=moment(said.get("timestamp")) or heard_at,
        fault=said.get("gridEventFault") or "",
        has_ended=bool(said.get("alarmEnded")),
        info=said.get("extraInfo") or "",
    )


@v21.asks(SendReserveSignal)
def signal(command: SendReserveSignal) -> Call:
    return Call("AFRRSignal", {"timestamp": wire_moment(command.at), "signal": command.signal})


@v21.hears("AFRRSignal")
def signal_taken(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    hearing = hear_status(response, "Accepted")
    if not hearing.accepted:
        return hearing
    at = moment(request["timestamp"]) or heard_at
    return Hearing(True, hearing.status, (ReserveSignalTaken(signal=request["signal"], at=at),))


@v21.asks(UsePriority)
def use_priority(command: UsePriority) -> Call:
    return Call("UsePriorityCharging", {"transactionId": command.reference, "activate": command.is_on})


@v21.hears("UsePriorityCharging")
def priority_taken(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # NoProfile is a refusal: without a profile for it nothing goes first (K21.FR.01).
    hearing = hear_status(response, "Accepted")
    if not hearing.accepted:
        return hearing
    moved = PriorityMoved(reference=request["transactionId"], is_on=request["activate"])
    return Hearing(True, hearing.status, (moved,))


@v21.tells("NotifyPriorityCharging")
def priority_moved(said: Payload, heard_at: datetime) -> PriorityMoved:
    return PriorityMoved(reference=said["transactionId"], is_on=said["activated"])


@v21.asks(AllowTransfer)
def allow(command: AllowTransfer) -> Call:
    return Call(
        "NotifyAllowedEnergyTransfer",
        {"transactionId": command.reference, "allowedEnergyTransfer": [mode.value for mode in command.modes]},
    )


@v21.hears("NotifyAllowedEnergyTransfer")
def allowed(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    hearing = hear_status(response, "Accepted")
    if not hearing.accepted:
        return hearing
    event = TransferAllowed(reference=request["transactionId"], modes=tuple(request["allowedEnergyTransfer"]))
    return Hearing(True, hearing.status, (event,))
