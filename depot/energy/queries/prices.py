"""The tariff in force, the market's prices, and what the month's peaks are so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from depot.energy.billing_month import billing_month_of, demand_windows, interval_of
from depot.energy.instance import DemandWindow, Series
from depot.energy.models import MeterKind, MeterSample, MeterSource, MonthPeak, SiteInterval, SiteTariff, Timetable
from depot.energy.queries.site import settings_of
from depot.energy.slots import SLOT, slot_at, start_of
from depot.energy.tariff import ALL_DAYS, EnergyPrice, Tariff, When
from depot.energy.terms import read_terms
from depot.models import Depot

MONTHS_BEFORE = 12


@dataclass(frozen=True, slots=True)
class Prices:
    tariff: Tariff
    import_price: Series
    export_price: Series


def tariff_in_force(depot: Depot, at: datetime) -> Tariff:
    """The one whose day came last. A site without a tariff pays one price at all hours: its driver's, or nothing."""
    zone = ZoneInfo(depot.time_zone)
    row = SiteTariff.objects.filter(depot=depot, valid_from__lte=at.astimezone(zone).date()).first()
    if row is not None:
        return read_terms(row.terms, zone)
    flat = depot.tariff.price_per_kwh if depot.tariff is not None else Decimal(0)
    return Tariff(zone=zone, energy=(EnergyPrice(when=When(), price_per_kwh=flat),), currency=depot.currency)


class SpotSeries:
    """The market's price at a moment, as it was pushed to us; each holds until the next, or for its own length."""

    def __init__(self, depot: Depot, start: datetime, end: datetime) -> None:
        self.source = MeterSource.objects.filter(depot=depot, kind=MeterKind.PRICE).first()
        self.samples: list[tuple[datetime, Decimal]] = []
        if self.source is not None:
            since = start - timedelta(seconds=self.source.holds_s)
            rows = MeterSample.objects.filter(source=self.source, at__gt=since, at__lt=end).order_by("at")
            self.samples = list(rows.values_list("at", "value"))

    def __call__(self, moment: datetime) -> Decimal | None:
        if self.source is None:
            return None
        holds = timedelta(seconds=self.source.holds_s)
        before = [(at, price) for at, price in self.samples if at <= moment]
        if before and moment < before[-1][0] + holds:
            return before[-1][1]
        return self.source.constant


def prices_of(depot: Depot, first_slot: int, slots: int) -> Prices:
    moments = [start_of(first_slot + slot) for slot in range(slots)]
    tariff = tariff_in_force(depot, moments[0])
    later = tariff_in_force(depot, moments[-1])
    changes_on = SiteTariff.objects.filter(depot=depot).values_list("valid_from", flat=True).first()
    spot = SpotSeries(depot, moments[0], moments[-1] + SLOT) if tariff.spot or later.spot else None

    def held(moment: datetime) -> Tariff:
        day = moment.astimezone(tariff.zone).date()
        return later if later != tariff and changes_on is not None and day >= changes_on else tariff

    return Prices(
        tariff=tariff,
        import_price=tuple(float(held(moment).price_at(moment, spot)) for moment in moments),
        export_price=tuple(float(held(moment).export_price_at(moment)) for moment in moments),
    )


def windows_of(depot: Depot, tariff: Tariff, now: datetime, slots: int, grid_kw_now: float) -> tuple[DemandWindow, ...]:
    """The demand charges for the planner: each with what it has cost already and its days left."""
    if not tariff.peaks:
        return ()
    billing_day = settings_of(depot).billing_day
    peaks = peaks_by_month(depot, now, billing_day)
    weekdays = set("".join(Timetable.objects.filter(depot=depot).values_list("weekdays", flat=True)))
    names = [charge.name for charge in tariff.peaks]
    return demand_windows(
        tariff,
        first_slot=slot_at(now),
        slots=slots,
        billing_day=billing_day,
        incurred_kw={name: peaks.get((name, 0), 0.0) for name in names},
        before_kw={name: [peaks.get((name, n), 0.0) for n in range(1, MONTHS_BEFORE + 1)] for name in names},
        used_kwh=_used_kwh(depot, tariff, now, grid_kw_now),
        working_days=frozenset(int(day) for day in weekdays) or ALL_DAYS,
    )


def peaks_by_month(depot: Depot, now: datetime, billing_day: int) -> Mapping[tuple[str, int], float]:
    """By the charge's name and how many months ago."""
    zone = ZoneInfo(depot.time_zone)
    this = billing_month_of(now.astimezone(zone).date(), billing_day).starts_on
    rows = MonthPeak.objects.filter(depot=depot, starts_on__lte=this, starts_on__gt=this - timedelta(days=400))
    return {
        (row.window, (this.year - row.starts_on.year) * 12 + this.month - row.starts_on.month): float(row.kw)
        for row in rows
    }


def _used_kwh(depot: Depot, tariff: Tariff, now: datetime, grid_kw_now: float) -> dict[str, float]:
    """Taken already in the utility's interval that we are in: metered quarters, and what the running one has taken."""
    slot_began = start_of(slot_at(now))
    running_kwh = max(0.0, grid_kw_now) * ((now - slot_began) / timedelta(hours=1))
    began = {charge.name: interval_of(tariff, charge, now) for charge in tariff.peaks}
    rows = SiteInterval.objects.filter(depot=depot, starts_at__gte=min(began.values()), starts_at__lt=slot_began)
    quarters = list(rows.values_list("starts_at", "grid_wh"))
    return {
        name: running_kwh + sum(max(0, wh) / 1000 for starts_at, wh in quarters if starts_at >= start)
        for name, start in began.items()
    }
