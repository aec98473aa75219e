"""Limits that somebody else gives a charger, and what a vehicle says it needs (2.x K11-K17)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chargers.commands.charging import ChargingSchedule
from chargers.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitImposed(Event[None]):
    """An energy manager or the grid operator limits the charger, not we (K11, K12)."""

    evse: int | None  # None: the whole charger
    source: str  # EMS, SO, Other; 2.1 has more
    is_grid_critical: bool | None = None
    is_local_generation: bool | None = None
    schedules: tuple[ChargingSchedule, ...] = ()  # told only where the charger is set so (K11.FR.03)
    unreadable: int = 0  # schedules that were told and could not be understood: they are no freedom
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLifted(Event[None]):
    """A limit of this source holds no longer (K13)."""

    evse: int | None
    source: str
    at: datetime


class NeedsStatus(StrEnum):
    """Will a schedule be given (K15.FR.03-05)?"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    PROCESSING = "Processing"
    NO_PROFILE = "NoChargingProfile"  # the transfer is accepted, and no schedule comes; 2.0.1 says Rejected


@dataclass(frozen=True, slots=True)
class NeedsAnswer:
    status: NeedsStatus
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsTold(Event[NeedsAnswer]):
    """What a vehicle wants, by ISO 15118 (K15, K17). What it did not say is None, never 0."""

    evse: int
    at: datetime
    transfer: str  # AC_three_phase, DC, DC_BPT, ...
    departs_at: datetime | None = None
    energy_wh: float | None = None
    min_energy_wh: float | None = None
    max_energy_wh: float | None = None
    capacity_wh: float | None = None
    soc_percent: int | None = None
    target_soc_percent: int | None = None
    full_soc_percent: int | None = None
    bulk_soc_percent: int | None = None
    min_current_a: float | None = None
    max_current_a: float | None = None
    max_voltage_v: float | None = None
    max_power_w: float | None = None
    max_discharge_w: float | None = None
    max_periods: int | None = None  # no more in a schedule for it (K15.FR.07)
    control_mode: str = ""  # 2.1: ScheduledControl, DynamicControl
    told: dict[str, Any]  # as it came, for what has no field


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleScheduleTold(Event[bool]):
    """What a vehicle means to draw; answered with whether that keeps within what we gave (K15.FR.11, FR.12)."""

    evse: int
    base_at: datetime  # the schedule's beginning
    schedule: ChargingSchedule | None  # None: it could not be understood
    selected_schedule_id: int | None = None
