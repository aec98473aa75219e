"""Pure: a plan as a charging profile of one charger, in its unit, within its periods, never above what was wanted.

Absolute, with a start in the past, so that a clock that is behind finds no gap before it (K01, 1.6 §3.13).
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    OperationMode,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from depot.energy.delivery.wanted import DAY_S, Step, Window, limit_at, merged, next_step_at

# Each of ours has its number, so that the next one replaces it in every version.
DEFAULT_IDS, PLAN_IDS, WINDOW_IDS, GIVING_IDS, LEADING_IDS, STATION_ID = 1000, 2000, 3000, 4000, 5000, 900
BEFORE_NOW = timedelta(minutes=10)
LONG_AGO = datetime.fromisoformat("2020-01-01T00:00:00Z")

Piece = tuple[int, float]  # from second, value in the charger's unit; below zero it gives back


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How one EVSE's charger is spoken to."""

    protocol: str
    evse: int
    unit: RateUnit
    purpose: ProfilePurpose
    stack_level: int = 0
    phases: int | None = 3  # None: direct current
    knows_phases: bool = True  # does the charger turn watts into amperes on so many lines?
    voltage_v: float = 230.0
    measured_v: float | None = None
    kind: ProfileKind = ProfileKind.ABSOLUTE
    min_a: float = 6.0
    max_periods: int = 24
    tells_phases: bool = False
    takes_zero: bool = True
    gives_back: bool = False  # 2.1: the part of the plan in which power comes out of the vehicle
    leads: bool = False  # 2.1: a limit of the moment above the plan
    max_offline_s: int | None = None  # 2.1: longer without us, the plan does not hold
    fallback_w: int = 0
    own_ids_to: int = 0  # 2.1: up to this number profiles are the charger's own

    @property
    def watts_per_unit(self) -> float:
        """Of what was planned for the nominal voltage. Below it the same watts would be more amperes (quirk 54)."""
        if self.unit is RateUnit.AMPERE:
            return self.voltage_v * (self.phases or 1)
        return max(1.0, self.voltage_v / (self.measured_v or self.voltage_v))

    @property
    def least_w(self) -> float:
        """Where nobody knows on how many lines a charger of watts charges, the lower power: on one."""
        if self.phases is None:
            return 0.0
        return self.min_a * self.voltage_v * (self.phases if self.knows_phases else 1)

    @property
    def tells_one_period(self) -> bool:
        # A relative schedule begins with the charge, whose begin each charger sees elsewhere: it tells of now only.
        return self.max_periods == 1 or self.kind is ProfileKind.RELATIVE

    @property
    def place(self) -> int:
        return 0 if self.purpose is ProfilePurpose.STATION_MAX else self.evse

    @property
    def profile_id(self) -> int:
        if self.purpose is ProfilePurpose.STATION_MAX:
            return self.numbered(STATION_ID)
        if self.purpose is not ProfilePurpose.TX:
            return self.numbered(DEFAULT_IDS + self.evse)
        return self.numbered((LEADING_IDS if self.leads else GIVING_IDS if self.gives_back else PLAN_IDS) + self.evse)

    def numbered(self, number: int) -> int:
        """Above the charger's own numbers, where those reach into ours (2.1 K01.FR.80)."""
        return number + (self.own_ids_to if self.own_ids_to >= STATION_ID else 0)


def value_of(limit_w: float, shape: Shape, *, down: bool = False) -> float:
    """In the charger's unit, rounded towards zero; between nothing and the least, whichever is nearer, or `down`."""
    if limit_w < 0:
        return -float(math.floor(-limit_w / shape.watts_per_unit)) if shape.gives_back else value_of(0, shape)
    if 0 < limit_w < shape.least_w:
        limit_w = 0.0 if down or limit_w < shape.least_w / 2 else shape.least_w
    if limit_w == 0 and not shape.takes_zero:
        limit_w = shape.least_w
    grain = 0.1 if shape.unit is RateUnit.AMPERE else 1.0
    # 16 A of three phases make 11040 W, and that must make 16 A again.
    return round(math.floor(limit_w / shape.watts_per_unit / grain + 1e-6) * grain, 1)


def plan_profile(
    steps: tuple[Step, ...], until: datetime, shape: Shape, *, reference: str | None, now: datetime, down: bool = False
) -> ChargingProfile:
    """What is wanted from now until `until`; a transaction's plan ends there, anything else falls back there."""
    begins = (now - BEFORE_NOW).replace(second=0, microsecond=0)
    is_plan = shape.purpose is ProfilePurpose.TX
    current = limit_at(steps, until, now)
    told = [(0, shape.fallback_w if current is None else current)]
    told += [(_seconds(begins, step.starts_at), step.limit_w) for step in merged(steps) if now < step.starts_at < until]
    end_s = _seconds(begins, until)
    if not is_plan:
        told.append((end_s, shape.fallback_w))
    if shape.tells_one_period:
        # What holds now, until that changes; then it is told again.
        change = next_step_at(steps, now) or until
        told, end_s = told[:1], _seconds(begins, min(change, until))
    is_relative = shape.kind is ProfileKind.RELATIVE
    periods = _compress(_merge([(at, value_of(w, shape, down=down)) for at, w in told]), end_s, shape.max_periods)
    return ChargingProfile(
        profile_id=shape.profile_id,
        stack_level=shape.stack_level,
        purpose=shape.purpose,
        kind=shape.kind,
        schedules=(
            ChargingSchedule(
                unit=shape.unit,
                start_at=None if is_relative else begins,
                duration_s=end_s if is_plan and not is_relative else None,
                periods=tuple(_period(at, value, shape) for at, value in periods),
            ),
        ),
        reference=reference if is_plan else None,
        max_offline_s=shape.max_offline_s if is_plan and shape.protocol == "ocpp2.1" else None,
    )


def fallback_profile(shape: Shape) -> ChargingProfile:
    """What holds where no plan does, with us or without us."""
    # Down: the sum of all of them must fit.
    period = _period(0, value_of(shape.fallback_w, shape, down=True), shape)
    return ChargingProfile(
        profile_id=shape.profile_id,
        stack_level=shape.stack_level,
        purpose=shape.purpose,
        kind=shape.kind,
        schedules=(
            ChargingSchedule(
                unit=shape.unit,
                start_at=None if shape.kind is ProfileKind.RELATIVE else LONG_AGO,
                periods=(period,),
            ),
        ),
    )


def windows_profile(windows: tuple[Window, ...], shape: Shape, *, midnight: datetime) -> ChargingProfile:
    """A manager's windows for who starts without us: each day, never above the fallback, which it hides."""
    edges = sorted({0, *(edge % DAY_S for window in windows for edge in (window.from_s, window.to_s))})
    told: list[Piece] = []
    for edge in edges:
        limits = [window.limit_w for window in windows if _is_within(window, edge)]
        limit_w = min([shape.fallback_w, *limits])
        told.append((edge, value_of(limit_w, shape, down=True)))
    return ChargingProfile(
        profile_id=shape.numbered(WINDOW_IDS + shape.evse),
        stack_level=shape.stack_level + 1,
        purpose=ProfilePurpose.TX_DEFAULT,
        kind=ProfileKind.RECURRING,
        recurrency=Recurrency.DAILY,
        schedules=(
            ChargingSchedule(
                unit=shape.unit,
                start_at=midnight - timedelta(days=1),
                duration_s=DAY_S,
                use_local_time=False,
                periods=tuple(_period(at, value, shape) for at, value in _merge(told)),
            ),
        ),
    )


def _is_within(window: Window, second: int) -> bool:
    if window.from_s < window.to_s:
        return window.from_s <= second < window.to_s
    return second >= window.from_s or second < window.to_s


def _seconds(begins: datetime, at: datetime) -> int:
    return max(1, math.floor((at - begins).total_seconds()))


def _period(at: int, value: float, shape: Shape) -> SchedulePeriod:
    phases = shape.phases if shape.tells_phases else None
    if value < 0:
        # Given back to the site: followed, not only kept to (2.1 Q 2.2, V2X.05).
        return SchedulePeriod(
            start_s=at,
            limit=0.0,
            setpoint=value,
            discharge_limit=value,
            phases=phases,
            operation_mode=OperationMode.CENTRAL_SETPOINT,
        )
    return SchedulePeriod(start_s=at, limit=value, phases=phases)


def _merge(told: list[Piece]) -> list[Piece]:
    """Equal neighbours as one; of two within one second the lower is at once in force, a higher one a second later."""
    kept: list[Piece] = []
    for at, value in sorted(told, key=lambda one: one[0]):
        if kept and at <= kept[-1][0]:
            at = kept.pop()[0] if value <= kept[-1][1] else kept[-1][0] + 1
        if kept and kept[-1][1] == value:
            continue
        kept.append((at, value))
    return kept


def _compress(told: list[Piece], end_s: int, most: int) -> list[Piece]:
    """Neighbours as one, at what is safe for both, where that changes the least energy, until they fit."""
    told = list(told)
    while len(told) > max(1, most):
        ends = [at for at, _ in told[1:]] + [max(end_s, told[-1][0] + DAY_S)]
        safe = [_safe_for_both(one[1], other[1]) for one, other in pairwise(told)]
        losses = [
            abs(told[n][1] - value) * (ends[n] - told[n][0])
            + abs(told[n + 1][1] - value) * (ends[n + 1] - told[n + 1][0])
            for n, value in enumerate(safe)
        ]
        n = losses.index(min(losses))
        told[n : n + 2] = [(told[n][0], safe[n])]
        told = _merge(told)
    return told


def _safe_for_both(one: float, other: float) -> float:
    """The lower limit; of what is given back the least, and nothing where one of them gives and the other takes."""
    if one < 0 and other < 0:
        return max(one, other)
    return max(0.0, min(one, other))
