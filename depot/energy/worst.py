"""Pure: the most that one charger may draw at each moment to come, whatever became of what it was sent.

Over every set of profiles that it may hold, whether its transaction goes on, ends, or another begins, after a boot,
without the link, and by a clock that may be wrong. Where nothing bounds it: its rating.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

import numpy as np
import numpy.typing as npt

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargers.profiles import (
    Circumstances,
    InstalledProfiles,
    Level,
    RunningTransaction,
    Supply,
    compose,
    hold_offline,
    survive_reboot,
)
from depot.energy.instance import Control

Floats = npt.NDArray[np.float64]
Curve = tuple[Floats, Floats]
LINES = (1, 2, 3)
FOR_EVER_S = 1e9
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
UNCONTROLLABLE = "uncontrollable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """An EVSE on its circuit."""

    key: int
    number: int  # at its charger
    circuit: int
    rating_w: float
    lines: tuple[int, ...] = LINES
    control: str = Control.MANAGED
    voltage_v: float = 230.0
    is_dc: bool = False
    min_a: float = 6.0
    exclusion: str = ""  # of one charger's points with the same word only one charges at a time
    transaction: str | None = None  # what the charger calls the one that runs
    charging_since: datetime | None = None
    is_starting: bool = False  # asked to start, and nothing seen of it yet
    ignores_limits: bool = False  # or is metered above what it holds

    @property
    def rating_a(self) -> float:
        return self.rating_w / self.voltage_v / len(self.lines)

    def draw(self, *, w: float | None, a: float | None) -> tuple[float, float]:
        """What a limit in each unit lets through: A on each of its lines, and W in all. None is no limit."""
        all_lines = self.voltage_v * len(self.lines)
        most_w = self.rating_w if w is None else min(w, self.rating_w)
        if self.is_dc:
            return most_w / all_lines, most_w
        # Between nothing and the least that a vehicle takes chargers differ: some give nothing, some the least.
        if 0 < most_w < self.min_a * all_lines:
            most_w = min(self.rating_w, self.min_a * all_lines)
        most_a = self.rating_a if a is None else min(a, self.rating_a)
        if 0 < most_a < self.min_a:
            most_a = min(self.rating_a, self.min_a)
        return most_a, min(most_w, most_a * all_lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A charger with its points, and what it may hold."""

    key: int
    name: str
    points: tuple[Point, ...]
    candidates: tuple[InstalledProfiles, ...] = ()
    is_known: bool = True
    is_online: bool = True
    starts_unasked: bool = False  # by a local list, a cache or for anybody


@dataclass(frozen=True, slots=True)
class Flow:
    """From each of `times` on (s from now; the last for ever): rows are A on L1, L2, L3, and W, by circuit."""

    times: Floats
    by_circuit: dict[int, Floats]
    by_point: dict[int, Floats]  # rows: A on each of its lines, and W


@dataclass(frozen=True, slots=True)
class Reach:
    """How far what is held goes: its last word, and how long what recurs takes to come round."""

    latest: datetime
    recurs: timedelta = timedelta(0)

    def and_of(self, unit: Unit) -> "Reach":
        latest, recurs = self.latest, self.recurs
        for installed in unit.candidates:
            for held in installed.held:
                latest = max(latest, *_last_words(held.profile, latest))
                if held.profile.kind is ProfileKind.RECURRING:
                    is_weekly = held.profile.recurrency is Recurrency.WEEKLY
                    recurs = max(recurs, 7 * DAY if is_weekly else DAY)
        return Reach(latest, recurs)

    def horizon(self, now: datetime) -> datetime:
        """After this moment nothing changes any more, or changes as it did before; whole days, so it stays put."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + ((self.latest - midnight) // DAY + 1) * DAY + self.recurs


def _last_words(profile: ChargingProfile, now: datetime) -> Iterator[datetime]:
    yield now
    yield from (each for each in (profile.valid_from, profile.valid_to) if each is not None)
    if profile.kind is ProfileKind.DYNAMIC and profile.updated_at is not None:
        yield profile.updated_at + timedelta(seconds=profile.schedules[0].duration_s or 0)
    if profile.kind is ProfileKind.ABSOLUTE:
        for schedule in profile.schedules:
            if schedule.start_at is not None:
                yield schedule.start_at + timedelta(seconds=schedule.periods[-1].start_s)
                yield schedule.start_at + timedelta(seconds=schedule.duration_s or 0)


def flow_of(unit: Unit, *, now: datetime, until: datetime, clock_error_s: float) -> Flow:
    """The worst case of a charger, from now on."""
    since, until = now - clock_error_s * SECOND, until + clock_error_s * SECOND
    curves = {point.key: _point_curve(unit, point, since, until) for point in unit.points}
    station = _station_curve(unit, since, until)
    edges = np.unique(np.concatenate([times for times, _ in (*curves.values(), *([station] if station else []))]))
    # Seconds from `since`, the true time lies up to the clock's error on either side.
    moments = np.unique(np.concatenate([[0.0], edges - 2 * clock_error_s, edges]))
    moments = moments[moments >= 0.0]
    by_point = {key: _widen(curve, moments, clock_error_s) for key, curve in curves.items()}
    by_circuit = _sum_up(unit, by_point, len(moments))
    if station is not None and len(by_circuit) == 1:
        bound = _widen(station, moments, clock_error_s)
        (key,) = by_circuit
        by_circuit[key] = np.minimum(by_circuit[key], bound[[0, 0, 0, 1]])
    return Flow(moments, by_circuit, by_point)


def _widen(curve: tuple[Floats, Floats], moments: Floats, clock_error_s: float) -> Floats:
    """The highest within the clock's error around each moment; `moments` count from now, the curve from that before."""
    times, values = curve
    ends = np.append(moments[1:], moments[-1] + 2.0)
    middles = (moments + ends) / 2 + clock_error_s
    first = np.searchsorted(times, middles - clock_error_s, side="right") - 1
    last = np.searchsorted(times, middles + clock_error_s, side="right") - 1
    return np.stack(
        [values[:, max(0, low) : high + 1].max(axis=1) for low, high in zip(first, last, strict=True)], axis=1
    )


def _sum_up(unit: Unit, by_point: dict[int, Floats], moments: int) -> dict[int, Floats]:
    """By circuit and line; of points that exclude each other, the highest."""
    groups: dict[tuple[int, str], Floats] = {}
    for point in unit.points:
        load = np.zeros((4, moments))
        amperes, watts = by_point[point.key]
        for line in point.lines:
            load[line - 1] = amperes
        load[3] = watts
        group = (point.circuit, point.exclusion or f"alone {point.key}")
        groups[group] = np.maximum(groups[group], load) if group in groups else load
    sums: dict[int, Floats] = {}
    for (circuit, _), load in groups.items():
        sums[circuit] = sums[circuit] + load if circuit in sums else load
    return sums


def _point_curve(unit: Unit, point: Point, since: datetime, until: datetime) -> tuple[Floats, Floats]:
    constant = _unmanaged(unit, point)
    if constant is not None:
        return _flat(constant)
    # From the full hour on, so that it is the same for some time; what is held changes less often than we look.
    hour = since.replace(minute=0, second=0, microsecond=0)
    curves = [_CURVES.of(installed, point, hour, until) for installed in unit.candidates]
    times, values = _highest(curves)
    times = times - (since - hour) / SECOND
    first = int(np.searchsorted(times, 0.0, side="right")) - 1
    return np.concatenate([[0.0], times[first + 1 :]]), values[:, first:]


class _Curves:
    """What was reckoned of a set at a point is known by the very set, not by its contents: comparing is slow."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._kept: OrderedDict[tuple[int, Point, datetime, datetime], tuple[InstalledProfiles, Curve]] = OrderedDict()

    def of(self, installed: InstalledProfiles, point: Point, since: datetime, until: datetime) -> Curve:
        key = (id(installed), point, since, until)
        with self._lock:
            known = self._kept.get(key)
            if known is not None and known[0] is installed:
                self._kept.move_to_end(key)
                return known[1]
        curve = _highest(
            [
                _compose_point(variant, where, point, since, until)
                for variant in _variants([installed])
                for where in _situations(variant, point)
            ]
        )
        with self._lock:
            self._kept[key] = (installed, curve)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return curve


_CURVES = _Curves(most=8192)


def _unmanaged(unit: Unit, point: Point) -> tuple[float, float] | None:
    """What a point draws at most that no profile bounds; None where profiles do."""
    full = point.draw(w=None, a=None)
    if point.control == Control.START_STOP:
        is_idle = unit.is_online and point.transaction is None and not point.is_starting
        return (0.0, 0.0) if is_idle and not unit.starts_unasked and not point.ignores_limits else full
    if point.control == UNCONTROLLABLE or point.ignores_limits or not unit.is_known or not unit.candidates:
        return full
    if point.is_dc and any(
        schedule.unit is RateUnit.AMPERE
        for installed in unit.candidates
        for held in installed.held
        for schedule in held.profile.schedules
    ):
        return full  # amperes of a battery whose voltage nobody told
    return None


def _flat(draw: tuple[float, float]) -> tuple[Floats, Floats]:
    return np.array([0.0]), np.array([[draw[0]], [draw[1]]])


def _highest(curves: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    times = np.unique(np.concatenate([each for each, _ in curves]))
    values = [of[:, np.searchsorted(its, times, side="right") - 1] for its, of in curves]
    return times, np.maximum.reduce(values)


def _variants(candidates: Iterable[InstalledProfiles]) -> list[InstalledProfiles]:
    """Each set as it is, after a boot, long without a link, and with its floating schedules at their highest."""
    found: dict[InstalledProfiles, None] = {}
    for installed in candidates:
        for left in (installed, survive_reboot(installed)):
            for held in (left, hold_offline(left, FOR_EVER_S)):
                found.update(dict.fromkeys(_pin_down(held)))
    return list(found)


def _pin_down(installed: InstalledProfiles) -> list[InstalledProfiles]:
    """A schedule that begins with a charge may be anywhere in its course: at its highest, or over."""
    sets: list[tuple[object, ...]] = [()]
    for held in installed.held:
        profile = held.profile
        is_floating = profile.kind is ProfileKind.RELATIVE or (
            profile.kind is not ProfileKind.DYNAMIC and any(each.start_at is None for each in profile.schedules)
        )
        if not is_floating:
            sets = [(*each, held) for each in sets]
            continue
        pinned = replace(held, profile=_at_its_highest(profile))
        ends = any(each.duration_s is not None for each in profile.schedules)
        sets = [(*each, pinned) for each in sets] + (sets if ends else [])
    return [replace(installed, held=each) for each in sets]  # type: ignore[arg-type]


def _at_its_highest(profile: ChargingProfile) -> ChargingProfile:
    periods = [period for schedule in profile.schedules for period in schedule.periods]
    limits = [period.limit for period in periods]
    highest = max(limit for limit in limits if limit is not None) if None not in limits else None
    fewest = min(period.phases or 3 for period in periods)
    period = SchedulePeriod(start_s=0, limit=highest, phases=fewest)
    schedule = ChargingSchedule(
        unit=profile.schedules[0].unit, periods=(period,), start_at=datetime.fromisoformat("1970-01-01T00:00:00Z")
    )
    return replace(profile, kind=ProfileKind.ABSOLUTE, recurrency=None, schedules=(schedule,))


def _situations(installed: InstalledProfiles, point: Point) -> Iterator[Circumstances]:
    """Without the transaction that runs, for it may end and another begin; and with it."""
    long_ago = datetime.fromisoformat("1970-01-01T00:00:00Z")
    yield Circumstances(evses=(point.number,), assumed_since=long_ago)
    has_priority = any(held.profile.purpose is ProfilePurpose.PRIORITY for held in installed.held)
    if point.transaction is not None or has_priority:
        for is_priority in (False, True) if has_priority else (False,):
            running = RunningTransaction(
                reference=point.transaction or "",
                charging_since=point.charging_since or long_ago,
                is_priority=is_priority,
            )
            yield Circumstances(evses=(point.number,), transactions={point.number: running})
    elif any(held.profile.purpose is ProfilePurpose.TX for held in installed.held):
        # One that came with a start, or whose transaction we do not know of: it leads as soon as that runs.
        for reference in {held.profile.reference or "" for held in installed.held}:
            running = RunningTransaction(reference=reference, charging_since=long_ago)
            yield Circumstances(evses=(point.number,), transactions={point.number: running})


def _compose_point(
    installed: InstalledProfiles, where: Circumstances, point: Point, since: datetime, until: datetime
) -> tuple[Floats, Floats]:
    """Amperes as if all went through one line, watts as if it went through all of them."""
    phases = None if point.is_dc else len(point.lines)

    def in_unit(unit: RateUnit, phases: int | None) -> list[tuple[float, float | None]]:
        supplied = replace(where, supply=Supply(voltage_v=point.voltage_v, phases=phases))
        slices = compose(installed, supplied, evse=point.number, since=since, until=until, unit=unit)
        return [((each.start_at - since) / SECOND, bound_of(each.level, unit)) for each in slices]

    watts = in_unit(RateUnit.WATT, phases)
    unbound: list[tuple[float, float | None]] = [(0.0, None)]
    amperes = unbound if point.is_dc else in_unit(RateUnit.AMPERE, 1)
    times = np.array(sorted({at for at, _ in (*watts, *amperes)}))
    draws = [point.draw(w=_at(watts, at), a=_at(amperes, at)) for at in times]
    return times, np.array(draws).T


def bound_of(level: Level, unit: RateUnit) -> float | None:
    """The most that flows in: amperes of the fullest line, watts of all. None: nothing bounds it."""
    bounds = [each for each in (level.limit, level.setpoint) if each is not None]
    if not bounds:
        return None
    return max(0.0, min(max(each) if unit is RateUnit.AMPERE else sum(each) for each in bounds))


def _at(steps: list[tuple[float, float | None]], at: float) -> float | None:
    return [value for since, value in steps if since <= at][-1]


def _station_curve(unit: Unit, since: datetime, until: datetime) -> tuple[Floats, Floats] | None:
    """What bounds all points of a charger together, if every set that it may hold does so."""
    if not unit.is_known or any(_unmanaged(unit, point) is not None for point in unit.points):
        return None
    curves = []
    voltage_v = max((point.voltage_v for point in unit.points), default=230.0)
    for installed in _variants(unit.candidates):
        held = tuple(each for each in installed.held if each.profile.purpose is ProfilePurpose.STATION_MAX)
        if not held:
            return None
        alone = replace(installed, held=held)
        parts = []
        for measure, phases in ((RateUnit.AMPERE, 1), (RateUnit.WATT, 3)):
            where = Circumstances(evses=(), supply=Supply(voltage_v=voltage_v, phases=phases))
            slices = compose(alone, where, evse=0, since=since, until=until, unit=measure)
            times = np.array([(each.start_at - since) / SECOND for each in slices])
            told = [bound_of(each.level, measure) for each in slices]
            parts.append((times, np.array([np.inf if each is None else each for each in told])))
        times = np.unique(np.concatenate([its for its, _ in parts]))
        rows = [of[np.searchsorted(its, times, side="right") - 1] for its, of in parts]
        curves.append((times, np.stack(rows)))
    return _highest(curves) if curves else None
