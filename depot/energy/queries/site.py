"""The site: its settings, what its meters show, what is expected of its building and its roof."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery

from depot.energy.instance import Series
from depot.energy.models import Circuit, EnergySettings, GridCap, MeterKind, MeterSample, MeterSource, SiteInterval
from depot.energy.slots import SLOT, slot_at, start_of
from depot.models import Depot

# So long the present is a better guess than the days before.
PRESENT_HOLDS_SLOTS = 4
DAYS_BEFORE = 14
SATURDAY = 6
TimeOfWeek = tuple[bool, int]  # is it a weekend, quarter of the day


def settings_of(depot: Depot) -> EnergySettings:
    return EnergySettings.objects.filter(depot=depot).first() or EnergySettings(depot=depot)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a meter shows; `value_w` is None where that is too old to count."""

    source: MeterSource
    value_w: float | None
    at: datetime | None

    @property
    def is_stale(self) -> bool:
        return self.value_w is None


def meters_of(depot: Depot, now: datetime) -> list[Shown]:
    """Every meter of power, with its newest value, or the constant of one that measures nothing."""
    newest = MeterSample.objects.filter(source=OuterRef("pk"), at__lte=now + SLOT).order_by("-at")
    sources = (
        MeterSource.objects.filter(depot=depot)
        .exclude(kind=MeterKind.PRICE)
        .select_related("circuit")
        .annotate(newest_value=Subquery(newest.values("value")[:1]), newest_at=Subquery(newest.values("at")[:1]))
    )
    return [_shown(source, now) for source in sources]


def _shown(source: MeterSource, now: datetime) -> Shown:
    value, at = getattr(source, "newest_value", None), getattr(source, "newest_at", None)
    if at is not None and value is not None and now - at <= timedelta(seconds=source.stale_after_s):
        return Shown(source, float(value), at)
    if at is None and source.constant is not None:
        return Shown(source, float(source.constant), None)
    return Shown(source, None, at)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the site draws and makes besides chargers, kW by slot."""

    building_kw: Series
    solar_kw: Series
    other_kw: Mapping[int, Series]  # by circuit: what counts against its limits
    grid_kw_now: float | None  # by the meter at the grid


def surroundings_of(depot: Depot, circuits: Sequence[Circuit], now: datetime, slots: int) -> Surroundings:
    shown = meters_of(depot, now)
    past = _past_days(depot, now)
    walls = [start_of(slot_at(now) + slot).astimezone(ZoneInfo(depot.time_zone)) for slot in range(slots)]
    building = _expected(shown, MeterKind.BUILDING, past, walls)
    solar = _expected(shown, MeterKind.SOLAR, past, walls)
    root = next((circuit.pk for circuit in circuits if circuit.feeds_from_id is None), None)
    grid = next((meter.value_w for meter in shown if meter.source.kind == MeterKind.GRID), None)
    return Surroundings(
        building_kw=building,
        solar_kw=solar,
        other_kw={circuit.pk: _other_load(circuit, shown, root, building, slots) for circuit in circuits},
        grid_kw_now=None if grid is None else grid / 1000,
    )


def _other_load(circuit: Circuit, shown: Sequence[Shown], root: int | None, building: Series, slots: int) -> Series:
    """The reserve; or what its live meter shows, where the depot chose to trust it and as long as it is fresh."""
    live = [
        meter
        for meter in shown
        if meter.source.kind == MeterKind.BUILDING
        and meter.source.counts_live
        and (meter.source.circuit_id or root) == circuit.pk
    ]
    if not live or any(meter.is_stale for meter in live):
        return (circuit.reserved_w / 1000,) * slots
    now_kw = sum(meter.value_w or 0.0 for meter in live) / 1000
    if circuit.pk == root:
        return tuple(max(now_kw, kw) for kw in building)
    return (now_kw,) * slots


def other_load_w(circuit: Circuit, now: datetime) -> float:
    """What counts against the limits of a circuit besides chargers, at this moment."""
    circuits = list(Circuit.objects.filter(depot=circuit.depot_id))
    around = surroundings_of(circuit.depot, circuits, now, 1)
    return around.other_kw[circuit.pk][0] * 1000


def _expected(
    shown: Sequence[Shown], kind: MeterKind, past: Mapping[TimeOfWeek, tuple[float, float]], walls: Sequence[datetime]
) -> Series:
    meters = [meter for meter in shown if meter.source.kind == kind]
    present = sum(meter.value_w for meter in meters if meter.value_w is not None) / 1000
    is_fresh = bool(meters) and not any(meter.is_stale for meter in meters)
    measures = any(meter.at is not None for meter in meters)
    series = []
    for slot, wall in enumerate(walls):
        usual = past.get(_time_of_week(wall))
        if not measures or (slot < PRESENT_HOLDS_SLOTS and is_fresh):
            series.append(present)
        elif slot < PRESENT_HOLDS_SLOTS and kind == MeterKind.SOLAR:
            series.append(0.0)  # who cannot see the sun does not count on it
        elif usual is not None:
            series.append(usual[0] if kind == MeterKind.BUILDING else usual[1])
        else:
            series.append(present if kind == MeterKind.BUILDING else 0.0)
    return tuple(series)


def _past_days(depot: Depot, now: datetime) -> dict[TimeOfWeek, tuple[float, float]]:
    """The usual building load and solar power by time of day, on working days and weekends, in kW."""
    zone = ZoneInfo(depot.time_zone)
    rows = SiteInterval.objects.filter(depot=depot, starts_at__gte=now - timedelta(days=DAYS_BEFORE)).values_list(
        "starts_at", "building_wh", "solar_wh"
    )
    found: dict[TimeOfWeek, list[tuple[float, float]]] = {}
    for starts_at, building_wh, solar_wh in rows:
        found.setdefault(_time_of_week(starts_at.astimezone(zone)), []).append((building_wh / 250, solar_wh / 250))
    return {key: (mean(b for b, _ in kws), mean(s for _, s in kws)) for key, kws in found.items()}


def _time_of_week(moment: datetime) -> TimeOfWeek:
    return moment.isoweekday() >= SATURDAY, moment.hour * 4 + moment.minute // 15


def import_limit_kw(depot: Depot, root: Circuit | None, now: datetime, slots: int) -> tuple[float | None, ...]:
    """What the site may take from the grid in each slot: the connection, less its margin, and caps of the grid."""
    fixed = [w for w in (depot.site_limit_w, root.limit_w if root is not None else None) if w is not None]
    keeps = 1 - settings_of(depot).margin_percent / 100
    base = min(fixed) / 1000 * keeps if fixed else None
    first = start_of(slot_at(now))
    caps = list(
        GridCap.objects.filter(depot=depot, taken_back_at=None, ends_at__gt=now, starts_at__lt=first + slots * SLOT)
    )
    limits: list[float | None] = []
    for slot in range(slots):
        begins, ends = first + slot * SLOT, first + (slot + 1) * SLOT
        held = [cap.limit_w / 1000 for cap in caps if cap.starts_at < ends and cap.ends_at > begins]
        both = [limit for limit in (base, *held) if limit is not None]
        limits.append(min(both) if both else None)
    return tuple(limits)
