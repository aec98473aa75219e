"""Rules for a charger's inverter, the reserve signal, who charges first, which way energy may flow (2.1)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from chargers.commands.base import Command


class GridRuleKind(StrEnum):
    """What a rule of the inverter is about (2.1 DERControlEnumType)."""

    ENTER_SERVICE = "EnterService"
    FREQUENCY_DROOP = "FreqDroop"
    FREQUENCY_WATT = "FreqWatt"
    POWER_FACTOR_CHARGING = "FixedPFAbsorb"
    POWER_FACTOR_FEEDING = "FixedPFInject"
    REACTIVE_POWER = "FixedVar"
    GRADIENTS = "Gradients"
    HIGH_FREQUENCY_MUST_TRIP = "HFMustTrip"
    HIGH_FREQUENCY_MAY_TRIP = "HFMayTrip"
    HIGH_VOLTAGE_MUST_TRIP = "HVMustTrip"
    HIGH_VOLTAGE_PAUSE = "HVMomCess"
    HIGH_VOLTAGE_MAY_TRIP = "HVMayTrip"
    LIMIT_FEEDING = "LimitMaxDischarge"
    LOW_FREQUENCY_MUST_TRIP = "LFMustTrip"
    LOW_VOLTAGE_MUST_TRIP = "LVMustTrip"
    LOW_VOLTAGE_PAUSE = "LVMomCess"
    LOW_VOLTAGE_MAY_TRIP = "LVMayTrip"
    POWER_MUST_TRIP = "PowerMonitoringMustTrip"
    VOLT_VAR = "VoltVar"
    VOLT_WATT = "VoltWatt"
    WATT_FACTOR = "WattPF"
    WATT_VAR = "WattVar"


class EnergyTransfer(StrEnum):
    """2.1 EnergyTransferModeEnumType."""

    AC_SINGLE_PHASE = "AC_single_phase"
    AC_TWO_PHASE = "AC_two_phase"
    AC_THREE_PHASE = "AC_three_phase"
    DC = "DC"
    AC_BOTH_WAYS = "AC_BPT"
    AC_BOTH_WAYS_RULED = "AC_BPT_DER"
    AC_RULED = "AC_DER"
    DC_BOTH_WAYS = "DC_BPT"
    DC_ACDP = "DC_ACDP"
    DC_ACDP_BOTH_WAYS = "DC_ACDP_BPT"
    WIRELESS = "WPT"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetGridRule(Command):
    """`settings` are the numbers of the kind, in the words of 2.1: the grid operator gives them in these words too."""

    kind: ClassVar[str] = "set_grid_rule"
    rule_id: str
    rule: GridRuleKind
    is_default: bool = True
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportGridRules(Command):
    """Those of a kind, of one id, or all; the charger reports them in parts."""

    kind: ClassVar[str] = "report_grid_rules"
    request_id: int
    rule: GridRuleKind | None = None
    rule_id: str = ""
    is_default: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearGridRules(Command):
    """One by its id, or all default (or all scheduled) ones, of a kind where one is told (2.1 R04)."""

    kind: ClassVar[str] = "clear_grid_rules"
    is_default: bool
    rule: GridRuleKind | None = None
    rule_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReserveSignal(Command):
    """What the grid operator wants of the frequency reserve from `at` on; the profile's curve says how many watts."""

    kind: ClassVar[str] = "send_reserve_signal"
    signal: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UsePriority(Command):
    kind: ClassVar[str] = "use_priority"
    reference: str
    is_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowTransfer(Command):
    kind: ClassVar[str] = "allow_transfer"
    reference: str
    modes: tuple[EnergyTransfer, ...]
