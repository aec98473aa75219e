"""A depot's night as the page Energy shows it: what was measured, what is planned, and of each bay why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from depot.board import figures
from depot.energy.models import PlannedStay, SiteInterval, StoredPlan
from depot.energy.pages import chart
from depot.energy.pages.chart import Axis, BarChart, Planned, PowerChart, Run, Values
from depot.energy.pages.readiness import is_short
from depot.energy.pages.words import DEPARTURE_SOURCES, NEED_SOURCES, legend_of, letter_for, why_at
from depot.energy.queries.planned import newest_plan, stays_in
from depot.energy.queries.prices import prices_of
from depot.energy.queries.ruling import Yard, rules_in_force, sentence_of
from depot.energy.rules import Kind
from depot.energy.slots import SLOT, slot_at, start_of
from depot.models import Bay, Depot

# Of so many hours shown, so many are past.
RANGES: Mapping[int, int] = {24: 4, 48: 24}
USUAL_RANGE = 24
A_DAY_SLOTS = 96
LAYERS = {
    "building": "Building",
    "measured": "Chargers, measured",
    "ac": "AC bays",
    "dc": "DC bays",
    "expected": "Expected, not here yet",
}
PLAN_IS_OLD = timedelta(minutes=40)


@dataclass(frozen=True, slots=True)
class Stretch:
    """So long one vehicle draws the same, and why."""

    begins: datetime
    ends: datetime
    kw: float
    why: str
    letter: str
    words: str


@dataclass(frozen=True, slots=True)
class StayShown:
    stay: PlannedStay
    bay: str
    name: str
    stretches: Sequence[Stretch]
    departure_words: str
    need_words: str
    leaves: str
    ready: str

    @property
    def will_miss(self) -> bool:
        return is_short(self.stay.unmet_kwh, self.stay.needs_kwh)


@dataclass(frozen=True, slots=True)
class Quarter:
    """One line of the table that says what the chart shows."""

    begins: datetime
    layers: Mapping[str, float | None]
    grid_kw: float | None
    limit_kw: float | None
    price: float | None
    is_past: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    depot: Depot
    now: datetime
    hours: int
    plan: StoredPlan | None
    stays: Sequence[StayShown]
    quarters: Sequence[Quarter]
    layers: Mapping[str, str]  # those that there are, by their names
    power: PowerChart
    bars: BarChart
    letters: Sequence[tuple[str, str]]
    words: str  # of each quarter, for who reads the chart by keys
    peak_kw: float | None

    @property
    def is_old(self) -> bool:
        return self.plan is not None and self.now - self.plan.made_at > PLAN_IS_OLD

    @property
    def next_look_at(self) -> datetime:
        return start_of(slot_at(self.now) + 1)


@dataclass(frozen=True, slots=True)
class _Series:
    """By slot of the axis."""

    layers: Mapping[str, Values]
    grid_kw: Values
    limit_kw: Values
    prices: Values


def night_of(
    depot: Depot, now: datetime, hours: int, *, peak_kw: float | None, has_limit: bool, notes: Mapping[int, str]
) -> Night:
    """`notes`: by session, what its bay's state says: a fault, a cable, a vehicle that draws nothing."""
    zone = ZoneInfo(depot.time_zone)
    axis = Axis(slot_at(now) - RANGES[hours] * 4, hours * 4, zone)
    plan = newest_plan(depot)
    rows = stays_in(plan)
    series = _series_of(depot, axis, plan, rows, now, has_limit)
    now_slot = (now - start_of(axis.first_slot)) / SLOT
    closed = _closed(depot, axis, now)
    shown = list(_shown(depot, plan, rows, zone))
    used = {key for key, values in series.layers.items() if key == "building" or any(values)}
    layers = {key: values for key, values in series.layers.items() if key in used}
    sells = any(kw is not None and plan is not None and kw < 0 for kw in series.grid_kw) or (
        plan is not None and any(plan.solar_kw)
    )
    quarters = [_quarter(series, axis, slot, now) for slot in range(axis.slots)]
    planned = [_planned_row(one, axis, depot.currency, notes) for one in shown]
    letters = {run.letter for row in planned for run in row.runs if run.letter} | {
        note[:1] for row in planned if (note := row.note)
    }
    return Night(
        depot=depot,
        now=now,
        hours=hours,
        plan=plan,
        stays=shown,
        quarters=quarters,
        layers={key: name for key, name in LAYERS.items() if key in used},
        power=chart.power_chart(
            axis,
            layers,
            limit_kw=series.limit_kw,
            grid_kw=series.grid_kw if sells else (None,) * axis.slots,
            peak_kw=peak_kw,
            prices=series.prices,
            price_label=[_price(price, depot.currency) for price in series.prices],
            closed=closed,
            now_slot=now_slot,
        ),
        bars=chart.bar_chart(axis, planned, closed=closed, now_slot=now_slot),
        letters=legend_of(letters, depot.currency),
        words="|".join(_in_words(quarter, depot, zone) for quarter in quarters),
        peak_kw=peak_kw,
    )


def _series_of(
    depot: Depot, axis: Axis, plan: StoredPlan | None, rows: Sequence[PlannedStay], now: datetime, has_limit: bool
) -> _Series:
    begins, here = start_of(axis.first_slot), slot_at(now) - axis.first_slot
    past = {
        slot_at(row.starts_at) - axis.first_slot: row
        for row in SiteInterval.objects.filter(depot=depot, starts_at__gte=begins, starts_at__lt=start_of(slot_at(now)))
    }
    layers: dict[str, list[float | None]] = {key: [None] * axis.slots for key in LAYERS}
    grid: list[float | None] = [None] * axis.slots
    limit: list[float | None] = [None] * axis.slots
    for slot, row in past.items():
        for key in layers:
            layers[key][slot] = 0.0
        layers["building"][slot], layers["measured"][slot] = row.building_wh / 250, row.chargers_wh / 250
        grid[slot] = row.grid_wh / 250
    prices = _prices(depot, axis, plan)
    if plan is not None:
        offset = plan.first_slot - axis.first_slot
        for slot in range(max(here, offset), min(axis.slots, offset + plan.slots)):
            for key in layers:
                layers[key][slot] = 0.0
            layers["building"][slot] = plan.building_kw[slot - offset]
            grid[slot] = plan.grid_kw[slot - offset]
            limit[slot] = plan.limit_kw[slot - offset] if has_limit else None
        for stay in rows:
            key = "expected" if stay.is_expected else "dc" if stay.evse.is_dc else "ac"
            for n, kw in enumerate(stay.kw):
                at = offset + n
                if kw > 0 and here <= at < axis.slots:
                    layers[key][at] = (layers[key][at] or 0.0) + kw
    return _Series(layers, grid, limit, prices)


def _prices(depot: Depot, axis: Axis, plan: StoredPlan | None) -> list[float | None]:
    """The plan's own from its first slot on, the tariff's before it."""
    if plan is None or plan.first_slot >= axis.first_slot + axis.slots:
        return list(prices_of(depot, axis.first_slot, axis.slots).import_price)
    before = max(0, plan.first_slot - axis.first_slot)
    prices: list[float | None] = list(prices_of(depot, axis.first_slot, before).import_price) if before else []
    prices += plan.import_price[max(0, axis.first_slot - plan.first_slot) :]
    return (prices + [None] * axis.slots)[: axis.slots]


def _closed(depot: Depot, axis: Axis, now: datetime) -> list[bool]:
    """Hours in which a rule lets nobody charge at all."""
    rules = [rule for rule in rules_in_force(depot, now) if rule.kind == Kind.NOTHING and rule.scope == "depot"]
    sentences = [sentence_of(rule, Yard((), (), ())) for rule in rules]
    walls = [start_of(axis.first_slot + slot).astimezone(axis.zone) for slot in range(axis.slots)]
    return [any(sentence.holds_at(wall) for sentence in sentences) for wall in walls]


def _shown(depot: Depot, plan: StoredPlan | None, rows: Sequence[PlannedStay], zone: ZoneInfo) -> Iterator[StayShown]:
    bays = dict(Bay.objects.filter(depot=depot, evse__isnull=False).values_list("evse", "name"))
    for stay in sorted(rows, key=lambda row: figures.natural(bays.get(row.evse_id, str(row.evse)))):
        assert plan is not None
        yield StayShown(
            stay=stay,
            bay=bays.get(stay.evse_id, str(stay.evse)),
            name=str(stay.vehicle) if stay.vehicle is not None else "Vehicle not known",
            stretches=list(_stretches(stay, plan, depot.currency, zone)),
            departure_words=DEPARTURE_SOURCES.get(stay.departure_source, ""),
            need_words=NEED_SOURCES.get(stay.needs_source, ""),
            leaves=_wall(stay.departs_at, zone),
            ready=_wall(stay.ready_at or stay.departs_at, zone),
        )


def _wall(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else f"{at.astimezone(zone):%a %H:%M}"


def _stretches(stay: PlannedStay, plan: StoredPlan, currency: str, zone: ZoneInfo) -> Iterator[Stretch]:
    told = [(round(kw, 2), why_at(stay.reasons, slot)) for slot, kw in enumerate(stay.kw)]
    for (kw, why, text), run in groupby(
        range(len(told)), key=lambda n: (told[n][0], told[n][1].get("why", ""), told[n][1].get("text", ""))
    ):
        slots = list(run)
        if why == "not_here":
            continue
        begins, ends = start_of(plan.first_slot + slots[0]), start_of(plan.first_slot + slots[-1] + 1)
        hours = f"{begins.astimezone(zone):%H:%M}–{ends.astimezone(zone):%H:%M}"
        words = " · ".join(part for part in (hours, f"{kw:.1f} kW", text) if part)
        yield Stretch(begins, ends, kw, text, letter_for(why, currency), words)


def _planned_row(one: StayShown, axis: Axis, currency: str, notes: Mapping[int, str]) -> Planned:
    stay, begins = one.stay, start_of(axis.first_slot)
    wiring = getattr(stay.evse, "wiring", None)
    runs = [
        Run(
            begins=round((stretch.begins - begins) / SLOT),
            ends=round((stretch.ends - begins) / SLOT),
            kw=stretch.kw,
            # Who has what it needs waits for nothing.
            letter="" if stay.ready_at is not None and stretch.begins >= stay.ready_at - SLOT else stretch.letter,
            title=stretch.why,
        )
        for stretch in one.stretches
    ]
    return Planned(
        key=str(stay.pk),
        bay=one.bay,
        vehicle="" if stay.vehicle is None else str(stay.vehicle),
        runs=runs,
        rating_kw=wiring.rating_w / 1000 if wiring is not None else 1.0,
        leaves_slot=(stay.departs_at - begins) / SLOT,
        leaves=f"{stay.departs_at.astimezone(axis.zone):%H:%M}",
        tone="bad" if one.will_miss else "",
        is_dc=stay.evse.is_dc,
        is_absent=stay.is_expected,
        note=notes.get(stay.session_id or 0, ""),
    )


def _quarter(series: _Series, axis: Axis, slot: int, now: datetime) -> Quarter:
    return Quarter(
        begins=start_of(axis.first_slot + slot),
        layers={key: values[slot] for key, values in series.layers.items()},
        grid_kw=series.grid_kw[slot],
        limit_kw=series.limit_kw[slot],
        price=series.prices[slot],
        is_past=axis.first_slot + slot < slot_at(now),
    )


def _price(price: float | None, currency: str) -> str:
    return "" if price is None else f"{figures.SYMBOLS.get(currency, '')}{price:.3f}"


def _in_words(quarter: Quarter, depot: Depot, zone: ZoneInfo) -> str:
    wall = f"{quarter.begins.astimezone(zone):%a %H:%M}"
    if quarter.grid_kw is None:
        return f"{wall} · {'not measured' if quarter.is_past else 'not planned yet'}"
    parts = [f"{LAYERS[key].lower()} {kw:.1f}" for key, kw in quarter.layers.items() if kw]
    limit = f" of {quarter.limit_kw:.0f}" if quarter.limit_kw is not None else ""
    price = f" · {_price(quarter.price, depot.currency)} per kWh" if quarter.price is not None else ""
    measured = "measured" if quarter.is_past else "planned"
    return f"{wall} · {measured} {quarter.grid_kw:.1f}{limit} kW from the grid: {', '.join(parts) or 'nothing'}{price}"
