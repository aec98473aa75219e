"""Start, stop, and how much: what we ask about a vehicle charging."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from chargers.commands.base import Command


class ProfilePurpose(StrEnum):
    """1.6 §7.11 and 2.x ChargingProfilePurposeEnumType in one list."""

    STATION_MAX = "station_max"  # ChargePointMaxProfile, ChargingStationMaxProfile
    TX_DEFAULT = "tx_default"
    TX = "tx"
    EXTERNAL_CONSTRAINTS = "external_constraints"  # 2.x, set by an energy manager on site, never by us
    PRIORITY = "priority"  # 2.1
    LOCAL_GENERATION = "local_generation"  # 2.1


class ProfileKind(StrEnum):
    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"
    DYNAMIC = "Dynamic"  # 2.1


class Recurrency(StrEnum):
    DAILY = "Daily"
    WEEKLY = "Weekly"


class RateUnit(StrEnum):
    AMPERE = "A"  # per phase
    WATT = "W"  # sum of phases


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePeriod:
    start_s: int
    limit: float  # A per phase or W, as the schedule's unit says
    phases: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingSchedule:
    unit: RateUnit
    periods: tuple[SchedulePeriod, ...]
    duration_s: int | None = None
    start_at: datetime | None = None
    min_rate: float | None = None
    schedule_id: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingProfile:
    profile_id: int
    stack_level: int
    purpose: ProfilePurpose
    kind: ProfileKind
    schedules: tuple[ChargingSchedule, ...]  # exactly one in 1.6
    recurrency: Recurrency | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    reference: str | None = None  # of the transaction; a Tx profile needs one (1.6 §3.13.1, 2.x K01.FR.09)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCharging(Command):
    kind: ClassVar[str] = "start"
    effect_within_s: ClassVar[int | None] = 90  # a setting of the charger, ConnectionTimeOut, + 30 s where it is known
    evse: int | None
    token: str
    token_type: str = "Central"
    remote_start_id: int  # 2.x only; 1.6 is matched by token and EVSE
    profile: ChargingProfile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCharging(Command):
    kind: ClassVar[str] = "stop"
    effect_within_s: ClassVar[int | None] = 60
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallProfile(Command):
    kind: ClassVar[str] = "install_profile"
    evse: int  # 0: the whole charger
    profile: ChargingProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearProfiles(Command):
    """All that match; nothing told clears everything in 1.6 (§5.4), while 2.x wants a criterion (K10.FR.02)."""

    kind: ClassVar[str] = "clear_profiles"
    profile_id: int | None = None
    evse: int | None = None
    purpose: ProfilePurpose | None = None
    stack_level: int | None = None
