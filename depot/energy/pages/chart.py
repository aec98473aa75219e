"""Pure: a night as the paths of two charts on one time axis; values by quarter of an hour in, strings out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from depot.board.chart import Tick, hours, scale
from depot.energy.slots import start_of

WIDTH = 1120
LEFT, RIGHT = 128.0, 1104.0
TOP, BOTTOM = 16.0, 236.0
POWER_HEIGHT = 276
STRIP_Y, STRIP_HEIGHT = 240.0, 12.0
ROW_HEIGHT, ROWS_TOP, BAR = 18, 6, 12
NO_KW = 0.05
# So much room a price needs with its currency, and so much the bare figure.
WIDE_ENOUGH, NARROWEST = 46.0, 24.0

Values = Sequence[float | None]  # by slot of the axis; None: not known
Height = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Axis:
    first_slot: int
    slots: int
    zone: ZoneInfo

    @property
    def step(self) -> float:
        return (RIGHT - LEFT) / self.slots

    def x(self, slot: float) -> float:
        """`slot` is counted from the axis's first; what lies beyond an end is drawn at it."""
        return LEFT + self.step * min(float(self.slots), max(0.0, slot))

    @property
    def ticks(self) -> list[Tick]:
        begins, ends = start_of(self.first_slot), start_of(self.first_slot + self.slots)
        return [
            Tick(round(self.x((at - begins) / timedelta(minutes=15)), 1), f"{at:%H:%M}")
            for at in hours(begins, ends, self.zone)
        ]


@dataclass(frozen=True, slots=True)
class Area:
    key: str
    path: str


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    width: float
    key: str = ""
    label: str = ""
    title: str = ""

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerChart:
    areas: Sequence[Area]
    limit: str
    grid: str
    peak_y: float | None
    power_ticks: Sequence[Tick]
    time_ticks: Sequence[Tick]
    prices: Sequence[Box]
    closed: Sequence[Box]
    gaps: Sequence[Box]
    now_x: float | None
    top_kw: float
    xs: str
    width = WIDTH
    height = POWER_HEIGHT
    left, right, top, bottom = LEFT, RIGHT, TOP, BOTTOM
    strip_y, strip_height = STRIP_Y, STRIP_HEIGHT


def power_chart(
    axis: Axis,
    layers: Mapping[str, Values],
    *,
    limit_kw: Values,
    grid_kw: Values,
    peak_kw: float | None,
    prices: Values,
    price_label: Sequence[str],
    closed: Sequence[bool],
    now_slot: float | None,
) -> PowerChart:
    """`layers` from below; a slot in which any of them is unknown is a gap."""
    known = [all(values[slot] is not None for values in layers.values()) for slot in range(axis.slots)]
    tops = _tops(layers, axis.slots)
    highest = max([*(tops[-1] if tops else [0.0]), *(kw for kw in limit_kw if kw is not None), peak_kw or 0.0])
    top_kw, step_kw = scale(highest * 1.04)

    def y(kw: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * min(1.0, max(0.0, kw / top_kw))

    lower = [0.0] * axis.slots
    areas = []
    for key, upper in zip(layers, tops, strict=True):
        areas.append(Area(key, "".join(_steps_between(axis, run, lower, upper, y) for run in _runs_of(known))))
        lower = upper
    return PowerChart(
        areas=areas,
        limit=_step_line(axis, limit_kw, y),
        grid=_step_line(axis, grid_kw, y),
        peak_y=round(y(peak_kw), 1) if peak_kw else None,
        power_ticks=[Tick(round(y(n * step_kw), 1), f"{n * step_kw:g}") for n in range(round(top_kw / step_kw) + 1)],
        time_ticks=axis.ticks,
        prices=list(_price_boxes(axis, prices, price_label)),
        closed=list(_boxes(axis, closed)),
        gaps=list(_boxes(axis, [not one for one in known])),
        now_x=None if now_slot is None else round(axis.x(now_slot), 1),
        top_kw=top_kw,
        xs=" ".join(f"{axis.x(slot + 0.5):.1f}" for slot in range(axis.slots)),
    )


def _tops(layers: Mapping[str, Values], slots: int) -> list[list[float]]:
    tops: list[list[float]] = []
    lower = [0.0] * slots
    for values in layers.values():
        lower = [below + max(0.0, value or 0.0) for below, value in zip(lower, values, strict=True)]
        tops.append(lower)
    return tops


def _runs_of(known: Sequence[bool]) -> Iterator[range]:
    for is_known, run in groupby(range(len(known)), key=lambda slot: known[slot]):
        slots = list(run)
        if is_known:
            yield range(slots[0], slots[-1] + 1)


def _steps_between(axis: Axis, run: range, lower: Sequence[float], upper: Sequence[float], y: Height) -> str:
    if all(upper[slot] - lower[slot] < 1e-9 for slot in run):
        return ""
    up = "".join(f"L{axis.x(s):.1f} {y(upper[s]):.1f}H{axis.x(s + 1):.1f}" for s in run)
    down = "".join(f"L{axis.x(s + 1):.1f} {y(lower[s]):.1f}H{axis.x(s):.1f}" for s in reversed(run))
    return f"M{up[1:]}{down}Z"


def _step_line(axis: Axis, values: Values, y: Height) -> str:
    path, before = [], None
    for slot, value in enumerate(values):
        if value is not None:
            if before is None:
                path.append(f"M{axis.x(slot):.1f} {y(value):.1f}")
            elif abs(value - before) > 1e-9:
                path.append(f"V{y(value):.1f}")
            path.append(f"H{axis.x(slot + 1):.1f}")
        before = value
    return "".join(path)


def _boxes(axis: Axis, on: Sequence[bool]) -> Iterator[Box]:
    for run in _runs_of(on):
        yield Box(round(axis.x(run[0]), 1), round(axis.x(run[-1] + 1) - axis.x(run[0]), 1))


def _price_boxes(axis: Axis, prices: Values, labels: Sequence[str]) -> Iterator[Box]:
    """Three tones: the cheapest, the dearest, and what lies between."""
    told = sorted({price for price in prices if price is not None})
    for price, run in groupby(range(axis.slots), key=lambda slot: prices[slot]):
        slots = list(run)
        if price is None:
            continue
        share = (price - told[0]) / (told[-1] - told[0]) if told[-1] > told[0] else 0.0
        tone = "p0" if share < 1 / 3 else "p1" if share < 2 / 3 else "p2"
        x, width = axis.x(slots[0]), axis.step * len(slots)
        label = labels[slots[0]] if width > WIDE_ENOUGH else f"{price:.2f}" if width > NARROWEST else ""
        yield Box(round(x, 1), round(width, 1), tone, label, labels[slots[0]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """So long a vehicle draws the same for the same reason; slots of the axis."""

    begins: int
    ends: int
    kw: float
    letter: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bay's row of the second chart."""

    key: str
    bay: str
    vehicle: str
    y: float
    strong: str
    pale: str
    back: str
    hold: str
    letters: Sequence[Box]
    leaves_x: float | None
    leaves: str
    tone: str  # "", "warn", "bad"
    is_dc: bool
    is_absent: bool
    note: str = ""

    @property
    def text_y(self) -> float:
        return self.y + BAR - 1.5

    @property
    def diamond(self) -> str:
        return "" if self.leaves_x is None else f"M{self.leaves_x} {self.y + 0.5}l5.5 5.5-5.5 5.5-5.5-5.5z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a row is drawn from."""

    key: str
    bay: str
    vehicle: str
    runs: Sequence[Run]
    rating_kw: float
    leaves_slot: float
    leaves: str
    tone: str = ""
    is_dc: bool = False
    is_absent: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class BarChart:
    bars: Sequence[Bar]
    height: int
    time_ticks: Sequence[Tick]
    closed: Sequence[Box] = field(default=())
    now_x: float | None = None
    width = WIDTH
    left, right = LEFT, RIGHT

    @property
    def bottom(self) -> int:
        return self.height - 20


def bar_chart(axis: Axis, rows: Sequence[Planned], *, closed: Sequence[bool], now_slot: float | None) -> BarChart:
    bars = [_bar(axis, row, ROWS_TOP + n * ROW_HEIGHT) for n, row in enumerate(rows)]
    return BarChart(
        bars=bars,
        height=ROWS_TOP + len(rows) * ROW_HEIGHT + 24,
        time_ticks=axis.ticks,
        closed=list(_boxes(axis, closed)),
        now_x=None if now_slot is None else round(axis.x(now_slot), 1),
    )


# Below this share of its rating a bar is pale.
STRONG_FROM = 0.6


def _bar(axis: Axis, row: Planned, y: float) -> Bar:
    parts: dict[str, list[str]] = {"strong": [], "pale": [], "back": [], "hold": []}
    letters = []

    def kind(run: Run) -> str:
        if abs(run.kw) <= NO_KW:
            return ""
        return "back" if run.kw < 0 else "strong" if run.kw >= STRONG_FROM * row.rating_kw else "pale"

    for run in _joined(row.runs, axis.slots, kind):
        x, width = axis.x(run.begins), axis.x(run.ends) - axis.x(run.begins)
        if width > 0 and kind(run):
            parts[kind(run)].append(f"M{x:.1f} {y:.1f}h{max(0.6, width - 0.6):.1f}v{BAR}h-{max(0.6, width - 0.6):.1f}z")
        elif width > 0 and run.letter:
            parts["hold"].append(f"M{x + 2:.1f} {y + BAR - 3:.1f}H{max(x + 3, x + width - 2):.1f}")
            letters.append(Box(round(x + 3, 1), round(width, 1), "", run.letter, run.title))
    leaves_x = round(axis.x(row.leaves_slot), 1) if 0 <= row.leaves_slot <= axis.slots else None
    return Bar(
        key=row.key, bay=row.bay, vehicle=row.vehicle, y=y, letters=letters, leaves_x=leaves_x, leaves=row.leaves,
        tone=row.tone, is_dc=row.is_dc, is_absent=row.is_absent, note=row.note,
        **{kind: "".join(paths) for kind, paths in parts.items()},
    )  # fmt: skip


def _joined(runs: Sequence[Run], slots: int, kind: Callable[[Run], str]) -> Iterator[Run]:
    """Waiting for one reason in two ways of words is one line on the chart; a small wait carries no letter."""
    inside = [run for run in runs if run.begins < slots and run.ends > 0]
    for (_, letter), group in groupby(inside, key=lambda run: (kind(run), "" if kind(run) else run.letter)):
        same = list(group)
        yield Run(
            begins=max(0, same[0].begins), ends=min(slots, same[-1].ends), kw=same[0].kw, letter=letter,
            title=same[0].title,
        )  # fmt: skip


def line_of(axis: Axis, values: Values, top_kw: float) -> str:
    """One line over the axis of `power_chart`, for two plans beside each other."""
    return _step_line(axis, values, lambda kw: BOTTOM - (BOTTOM - TOP) * min(1.0, max(0.0, kw / top_kw)))


def power_ticks(top_kw: float, step_kw: float) -> list[Tick]:
    return [
        Tick(round(BOTTOM - (BOTTOM - TOP) * n * step_kw / top_kw, 1), f"{n * step_kw:g}")
        for n in range(round(top_kw / step_kw) + 1)
    ]
