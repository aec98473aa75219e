"""The yard file: which chargers stand where, and which vehicles come when."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import time
from pathlib import Path
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulator.frames import SUBPROTOCOLS
from simulator.manners import MANNERS

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class BadYard(Exception):
    """The yard file contradicts itself or is no yard file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorPlan:
    number: int = 1
    type: str = "cType2"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvsePlan:
    number: int
    bay: str = ""
    max_w: float
    phases: int = 1
    voltage_v: float = 230.0
    max_a: float = 32.0
    current: str = "AC"
    connectors: tuple[ConnectorPlan, ...] = (ConnectorPlan(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerPlan:
    identity: str
    name: str = ""
    password: str = ""
    version: str = "1.6"
    manners: str = "plain"
    vendor: str = "Demo"
    model: str = "Demo AC"
    serial: str = ""
    firmware: str = "1.0"
    evses: tuple[EvsePlan, ...]
    faults: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """When a vehicle comes home, when it leaves again, and what it used on the road."""

    bay: str
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    arrives: time = time(17, 0)
    leaves: time = time(6, 0)
    jitter_min: float = 20.0
    uses_kwh: tuple[float, float] = (20.0, 40.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class VehiclePlan:
    name: str
    id_token: str
    battery_kwh: float = 68.0
    max_ac_w: float = 11000.0
    max_dc_w: float = 0.0
    max_discharge_w: float = 0.0  # 0: it gives nothing back
    phases: int = 3
    min_a: float = 6.0
    taper_from_soc: float = 0.8
    efficiency: float = 0.92
    target_soc: float = 1.0
    emaid: str = ""  # whom its contract is with, where it has one
    contract: str = ""  # its contract certificate's chain, in PEM: it needs no card where this is understood
    days: DayPlan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class YardPlan:
    name: str = "Yard"
    time_zone: str = "UTC"
    seed: int = 1
    chargers: tuple[ChargerPlan, ...] = ()
    vehicles: tuple[VehiclePlan, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


Plan = TypeVar("Plan")


def _build(kind: type[Plan], told: Mapping[str, Any], **parts: Any) -> Plan:
    known = {each.name for each in fields(cast(Any, kind))}
    if unknown := set(told) - known:
        raise BadYard(f"{kind.__name__}: unknown {', '.join(sorted(unknown))}")
    try:
        return kind(**{**told, **parts})
    except TypeError as reason:
        raise BadYard(f"{kind.__name__}: {reason}") from reason


def _build_evse(told: Mapping[str, Any]) -> EvsePlan:
    cables = tuple(_build(ConnectorPlan, each) for each in told.get("connectors", [{"number": 1}]))
    return _build(EvsePlan, told, connectors=cables)


def _build_days(told: Mapping[str, Any]) -> DayPlan:
    parts: dict[str, Any] = {}
    try:
        if "weekdays" in told:
            parts["weekdays"] = tuple(WEEKDAYS.index(day) for day in told["weekdays"])
        for name in ("arrives", "leaves"):
            if name in told:
                parts[name] = time.fromisoformat(told[name])
        if "uses_kwh" in told:
            least, most = told["uses_kwh"]
            parts["uses_kwh"] = (float(least), float(most))
    except ValueError as reason:
        raise BadYard(f"days: {reason}") from reason
    return _build(DayPlan, told, **parts)


def _build_charger(told: Mapping[str, Any]) -> ChargerPlan:
    plan = _build(ChargerPlan, told, evses=tuple(_build_evse(each) for each in told.get("evses", ())))
    if plan.version not in SUBPROTOCOLS:
        raise BadYard(f"{plan.identity}: unknown version {plan.version}")
    if plan.manners not in MANNERS:
        raise BadYard(f"{plan.identity}: unknown manners {plan.manners}")
    if not plan.evses:
        raise BadYard(f"{plan.identity}: no evses")
    return plan


def _build_vehicle(told: Mapping[str, Any]) -> VehiclePlan:
    days = _build_days(told["days"]) if told.get("days") else None
    return _build(VehiclePlan, told, days=days)


def build_yard(told: Mapping[str, Any]) -> YardPlan:
    yard = _build(
        YardPlan,
        told,
        chargers=tuple(_build_charger(each) for each in told.get("chargers", ())),
        vehicles=tuple(_build_vehicle(each) for each in told.get("vehicles", ())),
    )
    _check(yard)
    return yard


def _check(yard: YardPlan) -> None:
    try:
        _ = yard.zone
    except (ZoneInfoNotFoundError, ValueError) as reason:
        raise BadYard(f"time_zone: {reason}") from reason
    identities = [charger.identity for charger in yard.chargers]
    names = [vehicle.name for vehicle in yard.vehicles]
    bays = [evse.bay for charger in yard.chargers for evse in charger.evses if evse.bay]
    for what, values in (("charger", identities), ("vehicle", names), ("bay", bays)):
        if twice := {value for value in values if values.count(value) > 1}:
            raise BadYard(f"{what} named twice: {', '.join(sorted(twice))}")
    for vehicle in yard.vehicles:
        if vehicle.days and vehicle.days.bay not in bays:
            raise BadYard(f"{vehicle.name}: no bay {vehicle.days.bay}")


def read_yard(path: Path) -> YardPlan:
    try:
        told = json.loads(path.read_text())
    except (OSError, json.JSONDecodeError) as reason:
        raise BadYard(f"{path}: {reason}") from reason
    return build_yard(told)
