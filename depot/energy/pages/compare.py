"""Two plans beside each other: the night as it is, and as it would be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from depot.board.chart import Tick, scale
from depot.energy.pages import chart
from depot.energy.pages.chart import Axis
from depot.energy.services.preview import Ahead, Preview, StayAhead
from depot.models import Bay, Depot

SAME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Side:
    ready: int
    vehicles: int
    cost: Decimal
    peak_kw: float
    energy_kwh: float
    missing: Sequence[StayAhead]


@dataclass(frozen=True, slots=True)
class Moved:
    """A vehicle for which the two plans differ."""

    name: str
    bay: str
    departs_at: datetime
    before: datetime | None
    after: datetime | None
    short_before_kwh: float
    short_after_kwh: float
    why: str

    @property
    def is_worse(self) -> bool:
        return self.short_after_kwh > self.short_before_kwh + 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    old: Side
    new: Side
    moved: Sequence[Moved]
    old_line: str
    new_line: str
    power_ticks: Sequence[Tick]
    time_ticks: Sequence[Tick]
    width = chart.WIDTH
    height = chart.POWER_HEIGHT
    left, right, top, bottom = chart.LEFT, chart.RIGHT, chart.TOP, chart.BOTTOM

    @property
    def costs_more(self) -> Decimal:
        return self.new.cost - self.old.cost

    @property
    def peak_rises_kw(self) -> float:
        return self.new.peak_kw - self.old.peak_kw


def compare(depot: Depot, found: Preview, now: datetime) -> Comparison:
    axis = Axis(found.first_slot, len(found.new.grid_kw), ZoneInfo(depot.time_zone))
    top_kw, step_kw = scale(max([0.0, *found.old.grid_kw, *found.new.grid_kw]) * 1.04)
    bays: dict[int | None, str] = dict(Bay.objects.filter(depot=depot, evse__isnull=False).values_list("evse", "name"))
    return Comparison(
        old=side_of(found.old),
        new=side_of(found.new),
        moved=moved_by(found, bays),
        old_line=chart.line_of(axis, found.old.grid_kw, top_kw),
        new_line=chart.line_of(axis, found.new.grid_kw, top_kw),
        power_ticks=chart.power_ticks(top_kw, step_kw),
        time_ticks=axis.ticks,
    )


def side_of(ahead: Ahead) -> Side:
    return Side(
        ready=len(ahead.stays) - len(ahead.will_miss),
        vehicles=len(ahead.stays),
        cost=Decimal(str(round(ahead.cost, 2))),
        peak_kw=ahead.peak_kw,
        energy_kwh=ahead.energy_kwh,
        missing=ahead.will_miss,
    )


def moved_by(found: Preview, bays: dict[int | None, str] | None = None) -> list[Moved]:
    """Those that are ready at another time, or leave with more or less."""
    before = {(stay.evse_id, stay.name): stay for stay in found.old.stays}
    moved = []
    for stay in found.new.stays:
        old = before.get((stay.evse_id, stay.name))
        if old is None or _is_same(old, stay):
            continue
        moved.append(
            Moved(
                name=stay.name,
                bay=(bays or {}).get(stay.evse_id, ""),
                departs_at=stay.departs_at,
                before=old.ready_at,
                after=stay.ready_at,
                short_before_kwh=old.unmet_kwh,
                short_after_kwh=stay.unmet_kwh,
                why=stay.why,
            )
        )
    return sorted(moved, key=lambda one: (not one.is_worse, one.departs_at, one.name))


def _is_same(old: StayAhead, new: StayAhead) -> bool:
    if abs(old.unmet_kwh - new.unmet_kwh) > 0.05 or (old.ready_at is None) != (new.ready_at is None):
        return False
    return old.ready_at is None or new.ready_at is None or abs(old.ready_at - new.ready_at) < SAME
