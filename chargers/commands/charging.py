"""Start, stop, and how much: what we ask about a vehicle charging."""

from dataclasses import dataclass, field
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


class OperationMode(StrEnum):
    """Who decides what the vehicle does in a period (2.1 part 2, K 3.4 and Q 2.2)."""

    CHARGING_ONLY = "ChargingOnly"
    CENTRAL_SETPOINT = "CentralSetpoint"
    EXTERNAL_SETPOINT = "ExternalSetpoint"
    EXTERNAL_LIMITS = "ExternalLimits"
    CENTRAL_FREQUENCY = "CentralFrequency"
    LOCAL_FREQUENCY = "LocalFrequency"
    LOCAL_LOAD_BALANCING = "LocalLoadBalancing"
    IDLE = "Idle"


# The version in which a field came to be; a dialect that is older has no word for it.
IN_21 = {"since": "2.1"}
IN_20 = {"since": "2.0.1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """A per phase or W, as the schedule's unit says; where L2 or L3 are told, the first is L1's.

    A limit caps, a setpoint is followed; what is negative flows out of the vehicle.
    """

    limit: float | None = None  # nothing but 2.1 lets it be absent
    limit_l2: float | None = field(default=None, metadata=IN_21)
    limit_l3: float | None = field(default=None, metadata=IN_21)
    discharge_limit: float | None = field(default=None, metadata=IN_21)
    discharge_limit_l2: float | None = field(default=None, metadata=IN_21)
    discharge_limit_l3: float | None = field(default=None, metadata=IN_21)
    setpoint: float | None = field(default=None, metadata=IN_21)
    setpoint_l2: float | None = field(default=None, metadata=IN_21)
    setpoint_l3: float | None = field(default=None, metadata=IN_21)
    reactive_setpoint: float | None = field(default=None, metadata=IN_21)
    reactive_setpoint_l2: float | None = field(default=None, metadata=IN_21)
    reactive_setpoint_l3: float | None = field(default=None, metadata=IN_21)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePeriod(Rates):
    start_s: int
    phases: int | None = None
    phase_to_use: int | None = field(default=None, metadata=IN_20)
    operation_mode: OperationMode = field(default=OperationMode.CHARGING_ONLY, metadata=IN_21)
    keep_preconditioned: bool | None = field(default=None, metadata=IN_21)
    evse_sleeps: bool | None = field(default=None, metadata=IN_21)
    baseline_w: float | None = field(default=None, metadata=IN_21)
    frequency_curve: tuple[tuple[float, float], ...] = field(default=(), metadata=IN_21)  # (Hz, W)
    signal_curve: tuple[tuple[float, float], ...] = field(default=(), metadata=IN_21)  # (aFRR signal, W)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitAtSoc:
    """From this state of charge on, no more than this (2.1 K01.FR.100)."""

    soc_percent: int
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingSchedule:
    unit: RateUnit
    periods: tuple[SchedulePeriod, ...]
    duration_s: int | None = None
    start_at: datetime | None = None
    min_rate: float | None = None
    schedule_id: int = 1
    # The clock on the charger's wall shows `start_at`, whatever zone that is written with (2.1 K01.FR.90).
    use_local_time: bool = field(default=False, metadata=IN_21)
    randomized_delay_s: int = field(default=0, metadata=IN_21)
    limit_at_soc: LimitAtSoc | None = field(default=None, metadata=IN_21)


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
    max_offline_s: int | None = field(default=None, metadata=IN_21)  # longer offline than this, it does not hold
    dies_offline: bool = field(default=False, metadata=IN_21)  # and does not come back with the link
    update_interval_s: int | None = field(default=None, metadata=IN_21)  # a dynamic one is asked for this often
    updated_at: datetime | None = field(default=None, metadata=IN_21)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateDynamicSchedule(Command):
    """New values for the one period of a dynamic profile (2.1 K28)."""

    kind: ClassVar[str] = "update_dynamic_schedule"
    profile_id: int
    rates: Rates
