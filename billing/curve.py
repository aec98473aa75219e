"""Pure: the meter curve of one session, and for how long of it energy flowed."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

# Below this a vehicle draws what its electronics need, and does not charge.
IDLE_BELOW_W = 100
# A register that counts in steps of 100 Wh stands still for minutes while a slow vehicle charges.
IDLE_AFTER = timedelta(minutes=10)
SECONDS_AN_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Point:
    """What the energy register showed at a moment."""

    at: datetime
    energy_wh: int | Fraction

    def __post_init__(self) -> None:
        # Python's difference of two moments in one zone is what the clock on the wall moved, and not what passed.
        object.__setattr__(self, "at", self.at.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class Curve:
    """At least two points, in the order of time, that never fall: from the session's start to its end."""

    points: tuple[Point, ...]
    left_out: int = 0  # readings that contradict the registers at start and end, or the readings around them

    @property
    def is_measured(self) -> bool:
        """Are there readings between start and end?"""
        return len(self.points) > 2

    @property
    def length(self) -> timedelta:
        return self.points[-1].at - self.points[0].at

    def charging(self) -> timedelta | None:
        """For how long energy flowed; None where nothing was read between start and end.

        A standstill counts as charging when it is short and energy flowed before and after it.
        """
        if not self.is_measured:
            return None
        charging, standstill, has_charged = timedelta(), timedelta(), False
        for before, after in pairwise(self.points):
            length = after.at - before.at
            if (after.energy_wh - before.energy_wh) * SECONDS_AN_HOUR <= IDLE_BELOW_W * length.total_seconds():
                standstill += length
                continue
            if has_charged and standstill < IDLE_AFTER:
                charging += standstill
            charging, standstill, has_charged = charging + length, timedelta(), True
        return charging


def make_curve(
    readings: Iterable[Point], *, starts: datetime, ends: datetime, register_wh: int | None, energy_wh: int
) -> Curve:
    """The curve that rises by `energy_wh` in all, from `register_wh` at the start, through every reading that fits.

    The session's energy was decided before, with its evidence; the readings only tell when it flowed.
    """
    ends = max(starts, ends)
    inside = sorted((p for p in readings if starts <= p.at <= ends), key=lambda p: (p.at, p.energy_wh))
    if register_wh is None:
        register_wh = int(inside[0].energy_wh) if inside else 0
    bounded = [p for p in inside if register_wh <= p.energy_wh <= register_wh + energy_wh]
    rising = _longest_rise(bounded)
    points = (Point(starts, register_wh), *rising, Point(ends, register_wh + energy_wh))
    return Curve(points, left_out=len(inside) - len(rising))


def _longest_rise(points: Sequence[Point]) -> list[Point]:
    """The most of the points that never fall: one reading that jumped up leaves the later ones in."""
    lowest_ends: list[int | Fraction] = []  # of the runs of each length, the lowest last value so far
    last_of: list[int] = []  # the point that ends that run
    came_from: list[int | None] = []
    for number, point in enumerate(points):
        length = bisect_right(lowest_ends, point.energy_wh)
        came_from.append(last_of[length - 1] if length else None)
        lowest_ends[length : length + 1] = [point.energy_wh]
        last_of[length : length + 1] = [number]
    rise: list[Point] = []
    number_or_end = last_of[-1] if last_of else None
    while number_or_end is not None:
        rise.append(points[number_or_end])
        number_or_end = came_from[number_or_end]
    return rise[::-1]
