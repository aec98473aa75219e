"""Pure: when a vehicle leaves, what it still needs, and who says so.

Of a departure the dispatcher is believed before the vehicle itself, before another system, before the timetable, before
the depot's own hour. Energy is counted into the battery; what people and meters tell is what goes through the cable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from statistics import median

NIGHTS = 10
NIGHTS_MORE = 1.2  # a vehicle without a level gets what it took, and a fifth
LOOK_AHEAD_DAYS = 15


class DepartureSource(StrEnum):
    DISPATCHER = "dispatcher"
    VEHICLE = "vehicle"
    REST = "rest"
    TIMETABLE = "timetable"
    DEFAULT = "default"


class EnergySource(StrEnum):
    DISPATCHER = "dispatcher"
    VEHICLE = "vehicle"
    REST = "rest"
    LEVEL = "level"  # from its level and its target
    TIMETABLE = "timetable"
    NIGHTS = "nights"  # the median of its last nights, and a fifth
    FULL = "full"  # until it stops by itself
    HAS_ENOUGH = "has_enough"  # it draws nothing though it may


BELIEVED = (DepartureSource.DISPATCHER, DepartureSource.VEHICLE, DepartureSource.REST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What somebody said of tonight. `energy_kwh` was still to be charged when `charged_kwh` had been."""

    source: DepartureSource
    told_at: datetime
    departs_at: datetime | None = None
    energy_kwh: float | None = None
    charged_kwh: float = 0.0
    target_soc_percent: float | None = None
    priority: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """One line of the timetable. Times are those of the clock on the depot's wall."""

    leaves_at: time
    weekdays: frozenset[int] = frozenset(range(1, 8))  # on which it leaves
    comes_at: time | None = None
    energy_kwh: float | None = None
    target_soc_percent: float | None = None
    priority: int | None = None
    from_day: date | None = None
    until_day: date | None = None

    def holds_on(self, day: date) -> bool:
        return (
            day.isoweekday() in self.weekdays
            and (self.from_day is None or self.from_day <= day)
            and (self.until_day is None or day <= self.until_day)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that is known of a vehicle and its stay."""

    zone: tzinfo
    default_departure: time
    told: tuple[Told, ...] = ()
    timetable: tuple[Weekly, ...] = ()
    priority: int = 1
    battery_kwh: float | None = None
    target_soc_percent: float = 100.0
    soc_percent: float | None = None
    charged_kwh: float = 0.0  # through the cable since it was plugged in
    nights_kwh: tuple[float, ...] = ()  # of its last nights, through the cable, the newest first
    max_kw: float = 11.0  # the most that it can take where it stands, at the grid's side
    efficiency: float = 0.9  # of the grid's energy, what ends in the battery
    cable_efficiency: float = 0.9  # of what its meter counts, what ends in the battery
    has_enough: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    departs_at: datetime
    departure_source: DepartureSource
    energy_kwh: float  # into the battery, still to come
    energy_source: EnergySource
    priority: int
    had_kwh: float = 0.0  # went into the battery since it was plugged in


def wish_of(known: Known, now: datetime) -> Wish:
    departs_at, source, line = _departure(known, now)
    told = _newest(known.told)
    energy_kwh, energy_source = _energy(known, told, line, departs_at - now)
    priorities = [word.priority for word in told] + [line.priority if line is not None else None, known.priority]
    return Wish(
        departs_at=departs_at,
        departure_source=source,
        energy_kwh=energy_kwh,
        energy_source=energy_source,
        priority=next(priority for priority in priorities if priority is not None),
        had_kwh=known.charged_kwh * known.cable_efficiency,
    )


def _newest(told: Sequence[Told]) -> list[Told]:
    """The last word of each source, who is believed first before the others."""
    newest: dict[DepartureSource, Told] = {}
    for word in sorted(told, key=lambda word: word.told_at):
        before = newest.get(word.source)
        newest[word.source] = word if before is None else _joined(before, word)
    return [newest[source] for source in BELIEVED if source in newest]


def _joined(before: Told, word: Told) -> Told:
    """Who tells only the hour has not taken back the energy that was told before."""
    has_energy = word.energy_kwh is not None or word.target_soc_percent is not None
    return Told(
        source=word.source,
        told_at=word.told_at,
        departs_at=word.departs_at or before.departs_at,
        energy_kwh=word.energy_kwh if has_energy else before.energy_kwh,
        charged_kwh=word.charged_kwh if has_energy else before.charged_kwh,
        target_soc_percent=word.target_soc_percent if has_energy else before.target_soc_percent,
        priority=word.priority if word.priority is not None else before.priority,
    )


def _departure(known: Known, now: datetime) -> tuple[datetime, DepartureSource, Weekly | None]:
    upcoming = next_departure(known.timetable, known.zone, now)
    line = upcoming[1] if upcoming is not None else None
    for word in _newest(known.told):
        if word.departs_at is not None and word.departs_at > now:
            return word.departs_at, word.source, line
    if upcoming is not None:
        return upcoming[0], DepartureSource.TIMETABLE, line
    every_day = (Weekly(leaves_at=known.default_departure),)
    default = next_departure(every_day, known.zone, now)
    assert default is not None
    return default[0], DepartureSource.DEFAULT, None


def next_departure(timetable: Sequence[Weekly], zone: tzinfo, now: datetime) -> tuple[datetime, Weekly] | None:
    """The first departure after `now` within a fortnight."""
    today = now.astimezone(zone).date()
    for ahead in range(LOOK_AHEAD_DAYS):
        day = today + timedelta(days=ahead)
        times = [(moment_of(day, line.leaves_at, zone), n) for n, line in enumerate(timetable) if line.holds_on(day)]
        upcoming = [(at, n) for at, n in times if at > now]
        if upcoming:
            at, n = min(upcoming)
            return at, timetable[n]
    return None


def arrival_for(line: Weekly, departs_at: datetime, zone: tzinfo) -> datetime | None:
    """When a vehicle is back for a departure: the last time that the clock shows `comes_at` before it."""
    if line.comes_at is None:
        return None
    day = departs_at.astimezone(zone).date()
    arrives_at = moment_of(day, line.comes_at, zone)
    return arrives_at if arrives_at < departs_at else moment_of(day - timedelta(days=1), line.comes_at, zone)


def moment_of(day: date, wall: time, zone: tzinfo) -> datetime:
    """When the clock shows `wall` on `day`. Where it shows it twice, or jumps over it, the earlier one: be ready."""
    moments = [datetime.combine(day, wall.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1)]
    return min(moments)


def _energy(known: Known, told: Sequence[Told], line: Weekly | None, left: timedelta) -> tuple[float, EnergySource]:
    for word in told:
        if word.energy_kwh is not None:
            since_kwh = known.charged_kwh - word.charged_kwh
            return _into_battery(known, word.energy_kwh - since_kwh), EnergySource(word.source.value)
        if word.target_soc_percent is not None and (needs := _by_level(known, word.target_soc_percent)) is not None:
            return needs, EnergySource(word.source.value)
    target = line.target_soc_percent if line is not None else None
    if line is None or line.energy_kwh is None:
        by_level = _by_level(known, known.target_soc_percent if target is None else target)
        if by_level is not None:
            return by_level, EnergySource.LEVEL
    if known.has_enough:
        return 0.0, EnergySource.HAS_ENOUGH
    if line is not None and line.energy_kwh is not None:
        return _into_battery(known, line.energy_kwh - known.charged_kwh), EnergySource.TIMETABLE
    if known.nights_kwh:
        usual = median(known.nights_kwh[:NIGHTS]) * NIGHTS_MORE
        return _into_battery(known, usual - known.charged_kwh), EnergySource.NIGHTS
    most = known.max_kw * known.efficiency * max(0.0, left / timedelta(hours=1))
    if known.battery_kwh is not None:
        most = min(most, max(0.0, known.battery_kwh - known.charged_kwh * known.cable_efficiency))
    return most, EnergySource.FULL


def _by_level(known: Known, target_soc_percent: float) -> float | None:
    if known.soc_percent is None or known.battery_kwh is None:
        return None
    return max(0.0, (target_soc_percent - known.soc_percent) / 100 * known.battery_kwh)


def _into_battery(known: Known, cable_kwh: float) -> float:
    return max(0.0, cable_kwh) * known.cable_efficiency
