"""Monitors: what a charger watches by itself and tells of (2.x N02-N06)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from chargers.commands.base import Command
from chargers.events.provisioning import Setting


class MonitorKind(StrEnum):
    UPPER_THRESHOLD = "UpperThreshold"
    LOWER_THRESHOLD = "LowerThreshold"
    DELTA = "Delta"
    PERIODIC = "Periodic"
    PERIODIC_CLOCK_ALIGNED = "PeriodicClockAligned"
    TARGET_DELTA = "TargetDelta"  # 2.1
    TARGET_DELTA_RELATIVE = "TargetDeltaRelative"  # 2.1


class MonitoringBase(StrEnum):
    ALL = "All"
    FACTORY_DEFAULT = "FactoryDefault"
    HARD_WIRED_ONLY = "HardWiredOnly"


class MonitorFilter(StrEnum):
    THRESHOLD = "ThresholdMonitoring"
    DELTA = "DeltaMonitoring"
    PERIODIC = "PeriodicMonitoring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    setting: Setting
    kind: MonitorKind
    value: float
    severity: int  # 0 (danger) to 9 (debug)
    monitor_id: int | None = None  # told: this one is replaced
    in_transactions_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMonitors(Command):
    kind: ClassVar[str] = "set_monitors"
    monitors: tuple[Monitor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearMonitors(Command):
    kind: ClassVar[str] = "clear_monitors"
    monitor_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMonitoringBase(Command):
    kind: ClassVar[str] = "set_monitoring_base"
    base: MonitoringBase


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMonitoringLevel(Command):
    """Only what is as severe as this, or more (a lower number), is told."""

    kind: ClassVar[str] = "set_monitoring_level"
    severity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMonitors(Command):
    kind: ClassVar[str] = "report_monitors"
    request_id: int
    settings: tuple[Setting, ...] = ()
    filters: tuple[MonitorFilter, ...] = ()
