"""Pure: a meter curve as the paths of an SVG. Points in, strings out; where nothing was read there is a gap."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

WIDTH, HEIGHT = 1040, 272
LEFT, RIGHT, TOP, BOTTOM = 48.0, 996.0, 16.0, 240.0
POINTS_AT_MOST = 720
# Three times the usual interval without a reading is a gap; never less than this.
SHORTEST_GAP = timedelta(minutes=2)
# Steps of a scale: whoever reads it counts 1, 2, 5.
STEPS = (1, 2, 2.5, 5, 10)
HOURS_BETWEEN_TICKS = (0.25, 0.5, 1, 2, 3, 6, 12, 24)
TICKS_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    power_w: float | None = None
    soc_percent: float | None = None
    energy_wh: int | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    position: float
    label: str


@dataclass(frozen=True, slots=True)
class Gap:
    x: float
    width: float
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Curve:
    """Everything an SVG of it needs; `xs`, `kws` and `socs` are for the cross-hair."""

    power_line: str
    power_area: str
    soc_line: str
    gaps: Sequence[Gap]
    power_ticks: Sequence[Tick]
    soc_ticks: Sequence[Tick]
    time_ticks: Sequence[Tick]
    xs: str
    times: str
    kws: str
    socs: str
    starts_at: datetime
    ends_at: datetime
    count: int

    @property
    def is_empty(self) -> bool:
        return self.count == 0

    width = WIDTH
    height = HEIGHT
    left, right, top, bottom = LEFT, RIGHT, TOP, BOTTOM


def curve_of(points: Sequence[Point], *, starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> Curve:
    """`points` in order of time."""
    gap_after = longest_interval(points)
    stretches = thinned(points, POINTS_AT_MOST, gap_after=gap_after)
    shown = [point for stretch in stretches for point in stretch]
    span_s = max((ends_at - starts_at).total_seconds(), 60.0)
    powers_kw = [(point.power_w or 0) / 1000 for point in shown]
    low_kw, top_kw, step_kw = span(min(powers_kw, default=0.0), max(powers_kw, default=0.0))

    def x(at: datetime) -> float:
        return LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, (at - starts_at).total_seconds() / span_s))

    def y_power(point: Point) -> float | None:
        return None if point.power_w is None else y_kw(point.power_w / 1000)

    def y_kw(kw: float) -> float:
        return _y((kw - low_kw) / (top_kw - low_kw))

    def y_soc(point: Point) -> float | None:
        return None if point.soc_percent is None else _y(point.soc_percent / 100)

    return Curve(
        power_line="".join(_line(stretch, x, y_power) for stretch in stretches),
        power_area="".join(_area(stretch, x, y_power, y_kw(0)) for stretch in stretches),
        soc_line="".join(_line(stretch, x, y_soc) for stretch in stretches),
        gaps=list(_gaps(points, gap_after, x)),
        power_ticks=[
            Tick(round(y_kw(n * step_kw), 1), f"{n * step_kw:g}")
            for n in range(round(low_kw / step_kw), round(top_kw / step_kw) + 1)
        ],
        soc_ticks=[Tick(round(_y(percent / 100), 1), f"{percent} %") for percent in (0, 25, 50, 75, 100)]
        if any(point.soc_percent is not None for point in shown)
        else [],
        time_ticks=[Tick(round(x(at), 1), f"{at.astimezone(zone):%H:%M}") for at in hours(starts_at, ends_at, zone)],
        xs=" ".join(f"{x(point.at):.1f}" for point in shown),
        times=" ".join(f"{point.at.astimezone(zone):%H:%M:%S}" for point in shown),
        kws=" ".join("" if point.power_w is None else f"{point.power_w / 1000:.2f}" for point in shown),
        socs=" ".join("" if point.soc_percent is None else f"{point.soc_percent:.0f}" for point in shown),
        starts_at=starts_at,
        ends_at=ends_at,
        count=len(shown),
    )


def _y(share: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * min(1.0, max(0.0, share))


def longest_interval(points: Sequence[Point]) -> timedelta:
    """Readings further apart than this leave a gap between them."""
    intervals = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(points)]
    usual = timedelta(seconds=3 * median(intervals)) if intervals else SHORTEST_GAP
    return max(usual, SHORTEST_GAP)


def runs(points: Sequence[Point], gap_after: timedelta) -> Iterator[list[Point]]:
    """Stretches without a gap."""
    run: list[Point] = []
    for point in points:
        if run and point.at - run[-1].at > gap_after:
            yield run
            run = []
        run.append(point)
    if run:
        yield run


def _gaps(points: Sequence[Point], gap_after: timedelta, x: Callable[[datetime], float]) -> Iterator[Gap]:
    for earlier, later in pairwise(points):
        if later.at - earlier.at > gap_after:
            left, right = x(earlier.at), x(later.at)
            yield Gap(round(left, 1), round(right - left, 1), earlier.at, later.at)


def thinned(points: Sequence[Point], at_most: int, *, gap_after: timedelta) -> list[list[Point]]:
    """The stretches; of a long curve the lowest and the highest power of each of `at_most` / 2 equal times.

    So no peak is lost, and a gap stays a gap: it is looked for before the curve is thinned.
    """
    stretches = list(runs(points, gap_after))
    if len(points) <= at_most:
        return stretches
    first, last = points[0].at, points[-1].at
    width = (last - first) / (at_most // 2 - 1)
    return [_thin(stretch, first, width) for stretch in stretches]


def _thin(stretch: Sequence[Point], first: datetime, width: timedelta) -> list[Point]:
    buckets: dict[int, list[Point]] = {}
    for point in stretch:
        buckets.setdefault(int((point.at - first) / width), []).append(point)
    kept: list[Point] = []
    for bucket in buckets.values():
        low, high = min(bucket, key=_power_or_zero), max(bucket, key=_power_or_zero)
        kept += sorted({id(point): point for point in (low, high)}.values(), key=lambda point: point.at)
    return kept


def _power_or_zero(point: Point) -> float:
    return point.power_w or 0


def scale(highest: float) -> tuple[float, float]:
    """The top of an axis that holds `highest`, and its steps: about four, each 1, 2, 2.5 or 5 times a power of ten."""
    if highest <= 0:
        return 4.0, 1.0
    rough = highest / 4
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in STEPS if factor * magnitude >= rough * 0.999)
    return math.ceil(highest / step - 1e-9) * step, step


def span(lowest: float, highest: float) -> tuple[float, float, float]:
    """An axis that holds both and nothing, with its steps; what is given back lies below nothing."""
    top, step = scale(max(highest, -lowest))
    if lowest >= 0:
        return 0.0, top, step
    return -math.ceil(-lowest / step - 1e-9) * step, max(0.0, math.ceil(highest / step - 1e-9) * step), step


def hours(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> list[datetime]:
    """Round moments of the zone's clock between the two, at most ten."""
    span_h = (ends_at - starts_at).total_seconds() / 3600
    every_h = next((step for step in HOURS_BETWEEN_TICKS if span_h / step <= TICKS_AT_MOST), span_h / TICKS_AT_MOST)
    local = starts_at.astimezone(zone)
    midnight = datetime(local.year, local.month, local.day, tzinfo=zone).timestamp()
    every_s = every_h * 3600
    first = math.ceil((starts_at.timestamp() - midnight) / every_s)
    ticks, number = [], first
    while midnight + number * every_s <= ends_at.timestamp():
        ticks.append(datetime.fromtimestamp(midnight + number * every_s, tz=zone))
        number += 1
    return ticks


def _line(run: Sequence[Point], x: Callable[[datetime], float], y: Callable[[Point], float | None]) -> str:
    """A path that lifts the pen where a value is missing."""
    path, pen_is_down = [], False
    for point in run:
        height = y(point)
        if height is None:
            pen_is_down = False
            continue
        path.append(f"{'L' if pen_is_down else 'M'}{x(point.at):.1f} {height:.1f}")
        pen_is_down = True
    return "".join(path)


def _area(run: Sequence[Point], x: Callable[[datetime], float], y: Callable[[Point], float | None], zero: float) -> str:
    """Between the line and nothing, on either side of it."""
    told = [(x(point.at), height) for point in run if (height := y(point)) is not None]
    if len(told) < 2:
        return ""
    along = "".join(f"L{left:.1f} {height:.1f}" for left, height in told)
    return f"M{told[0][0]:.1f} {zero:.1f}{along}L{told[-1][0]:.1f} {zero:.1f}Z"
