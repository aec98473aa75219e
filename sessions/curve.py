"""The curve of a session as it is drawn: few enough points, every peak and every hole still in it. Pure."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

# A hole is a time without readings of this many usual intervals, and never less than this long.
INTERVALS_OF_A_HOLE = 3
SHORTEST_HOLE = timedelta(minutes=2)
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """`energy_wh`: of the session, so far. None: not told."""

    at: datetime
    power_w: int | None = None
    energy_wh: int | None = None
    soc_percent: float | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """Stretches of points; between two of them nothing was read. `power_is_derived`: from energy, for none was told."""

    stretches: tuple[tuple[CurvePoint, ...], ...] = ()
    power_is_derived: bool = False
    readings: int = 0


def draw(readings: Sequence[CurvePoint], course: Sequence[tuple[datetime, int]], *, points_at_most: int = 720) -> Curve:
    """`readings` in the order of time; `course` is energy so far, as `sessions.energy` counts it."""
    points = [replace(point, energy_wh=_energy_at(point.at, course)) for point in readings]
    derived = bool(points) and all(point.power_w is None for point in points)
    if derived:
        points = _with_derived_power(points)
    stretches = list(_stretches(points))
    share = max(1, points_at_most // 2 // max(1, len(stretches)))
    thinned = tuple(tuple(_thinned(stretch, share, len(points), points_at_most)) for stretch in stretches)
    return Curve(thinned, derived, len(readings))


def _energy_at(at: datetime, course: Sequence[tuple[datetime, int]]) -> int | None:
    index = bisect_right(course, at, key=lambda step: step[0])
    return course[index - 1][1] if index else None


def _with_derived_power(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """Mean power since the reading before."""
    derived = [points[0]]
    for before, point in pairwise(points):
        seconds = (point.at - before.at).total_seconds()
        if seconds > 0 and before.energy_wh is not None and point.energy_wh is not None:
            power_w = round((point.energy_wh - before.energy_wh) * HOUR_S / seconds)
            derived.append(replace(point, power_w=power_w))
        else:
            derived.append(point)
    return derived


def _stretches(points: Sequence[CurvePoint]) -> Iterator[list[CurvePoint]]:
    if not points:
        return
    gaps = [later.at - earlier.at for earlier, later in pairwise(points)]
    usual = median(gap.total_seconds() for gap in gaps) if gaps else 0.0
    hole = max(SHORTEST_HOLE, timedelta(seconds=INTERVALS_OF_A_HOLE * usual))
    stretch = [points[0]]
    for gap, point in zip(gaps, points[1:], strict=True):
        if gap > hole:
            yield stretch
            stretch = []
        stretch.append(point)
    yield stretch


def _thinned(stretch: Sequence[CurvePoint], buckets: int, all_points: int, at_most: int) -> Iterator[CurvePoint]:
    """Of each bucket of time the point with the least and the one with the most power, in the order of time."""
    if all_points <= at_most:
        yield from stretch
        return
    begins, ends = stretch[0].at, stretch[-1].at
    width = (ends - begins) / buckets
    bucket: list[CurvePoint] = []
    edge = begins + width
    for point in stretch:
        if point.at > edge and bucket:
            yield from _extremes(bucket)
            bucket = []
            while point.at > edge:
                edge += width
        bucket.append(point)
    yield from _extremes(bucket)


def _extremes(bucket: Sequence[CurvePoint]) -> list[CurvePoint]:
    def power(point: CurvePoint) -> int:
        return point.power_w if point.power_w is not None else -1

    least, most = min(bucket, key=power), max(bucket, key=power)
    if least is most or power(least) == power(most):
        return [bucket[0]]
    return sorted((least, most), key=lambda point: point.at)
