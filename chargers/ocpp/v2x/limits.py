"""Limits that others give a charger, and what a vehicle says that it needs (2.x K11-K17)."""

from datetime import datetime
from typing import Any

from chargers.commands import ChargingSchedule
from chargers.events import LimitImposed, LimitLifted, NeedsAnswer, NeedsStatus, NeedsTold, VehicleScheduleTold
from chargers.ocpp.dialect import Payload
from chargers.ocpp.v2x.charging_profiles import read_schedule
from chargers.ocpp.v2x.versions import both, v21, v201
from chargers.ocpp.v2x.words import read_number
from chargers.ocpp.values import moment, number, whole

# Our names, and where each stands in the parameters of either kind of current.
AC_WORDS = {
    "energy_wh": "energyAmount",
    "min_current_a": "evMinCurrent",
    "max_current_a": "evMaxCurrent",
    "max_voltage_v": "evMaxVoltage",
}
DC_WORDS = {
    "energy_wh": "energyAmount",
    "capacity_wh": "evEnergyCapacity",
    "max_current_a": "evMaxCurrent",
    "max_voltage_v": "evMaxVoltage",
    "max_power_w": "evMaxPower",
}
DC_WHOLE_WORDS = {"soc_percent": "stateOfCharge", "full_soc_percent": "fullSoC", "bulk_soc_percent": "bulkSoC"}
V2X_WORDS = {
    "energy_wh": "evTargetEnergyRequest",
    "min_energy_wh": "evMinEnergyRequest",
    "max_energy_wh": "evMaxEnergyRequest",
    "max_power_w": "maxChargePower",
    "max_discharge_w": "maxDischargePower",
    "min_current_a": "minChargeCurrent",
    "max_current_a": "maxChargeCurrent",
}


@both.tells("NotifyChargingLimit")
def limited(said: Payload, heard_at: datetime) -> LimitImposed:
    limit = said["chargingLimit"]
    read = [_schedule(told) for told in said.get("chargingSchedule") or ()]
    return LimitImposed(
        evse=read_number(said.get("evseId")),
        source=str(limit["chargingLimitSource"]),
        is_grid_critical=limit.get("isGridCritical"),
        is_local_generation=limit.get("isLocalGeneration"),
        schedules=tuple(schedule for schedule in read if schedule is not None),
        unreadable=read.count(None),
        at=heard_at,
    )


@both.tells("ClearedChargingLimit")
def released(said: Payload, heard_at: datetime) -> LimitLifted:
    return LimitLifted(evse=read_number(said.get("evseId")), source=str(said["chargingLimitSource"]), at=heard_at)


@both.tells("NotifyEVChargingNeeds")
def needs(said: Payload, heard_at: datetime) -> NeedsTold:
    told = said["chargingNeeds"]
    return NeedsTold(
        evse=read_number(said.get("evseId")) or 0,
        at=moment(said.get("timestamp")) or heard_at,
        transfer=str(told["requestedEnergyTransfer"]),
        departs_at=moment(told.get("departureTime")),
        max_periods=whole(said.get("maxScheduleTuples")),
        control_mode=told.get("controlMode") or "",
        told=told,
        **_parameters(told),
    )


def _parameters(told: Payload) -> dict[str, Any]:
    """By ISO 15118-2 alternating or direct; by -20 what both ways of flow have in common comes on top."""
    found: dict[str, Any] = {}
    for part, words in (
        ("acChargingParameters", AC_WORDS),
        ("dcChargingParameters", DC_WORDS),
        ("v2xChargingParameters", V2X_WORDS),
    ):
        values = told.get(part) or {}
        found |= {name: number(values[word]) for name, word in words.items() if word in values}
    dc, v2x = told.get("dcChargingParameters") or {}, told.get("v2xChargingParameters") or {}
    found |= {name: whole(dc[word]) for name, word in DC_WHOLE_WORDS.items() if word in dc}
    if "targetSoC" in v2x:
        found["target_soc_percent"] = whole(v2x["targetSoC"])
    return found


@v201.answers("NotifyEVChargingNeeds")
def needs_answer_201(answer: NeedsAnswer) -> Payload:
    word = NeedsStatus.REJECTED if answer.status is NeedsStatus.NO_PROFILE else answer.status
    return _answered(word.value, answer.reason)


@v21.answers("NotifyEVChargingNeeds")
def needs_answer_21(answer: NeedsAnswer) -> Payload:
    # There it is told apart from an energy transfer that cannot be had, which ends the charge (K18.FR.04, K19.FR.04).
    return _answered(answer.status.value, answer.reason)


@both.tells("NotifyEVChargingSchedule")
def vehicle_schedule(said: Payload, heard_at: datetime) -> VehicleScheduleTold:
    return VehicleScheduleTold(
        evse=read_number(said.get("evseId")) or 0,
        base_at=moment(said.get("timeBase")) or heard_at,
        schedule=_schedule(said["chargingSchedule"]),
        selected_schedule_id=whole(said.get("selectedChargingScheduleId")),
    )


@both.answers("NotifyEVChargingSchedule")
def vehicle_schedule_answer(is_within: bool) -> Payload:
    return _answered("Accepted") if is_within else _answered("Rejected", "LimitExceeded")


def _answered(status: str, reason: str = "") -> Payload:
    return {"status": status} | ({"statusInfo": {"reasonCode": reason[:20]}} if reason else {})


def _schedule(told: Payload) -> ChargingSchedule | None:
    """None for one that cannot be read; who told it hears no error, for the message as a whole keeps its schema."""
    try:
        return read_schedule(told)
    except (KeyError, ValueError, TypeError):
        return None
