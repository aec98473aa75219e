"""The tariff in force, the market's prices, and what the month's peaks are so far."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from depot.energy.allowances import priced
from depot.energy.billing_month import (
    BillingMonth,
    Metered,
    Used,
    billing_month_of,
    day_peaks_of,
    interval_of,
    used_of,
)
from depot.energy.demand_windows import demand_windows
from depot.energy.instance import Allowance, DemandWindow, Series
from depot.energy.models import MeterKind, MeterSample, MeterSource, MonthPeak, SiteInterval, SiteTariff, Timetable
from depot.energy.queries.site import settings_of
from depot.energy.slots import SLOT, slot_at, start_of
from depot.energy.tariff import ALL_DAYS, EnergyPrice, Tariff, When
from depot.energy.terms import read_terms
from depot.models import Depot

MONTHS_BEFORE = 12
Version = tuple[date, Tariff]  # from the start of this day on


@dataclass(frozen=True, slots=True)
class Prices:
    tariff: Tariff
    import_price: Series
    export_price: Series
    later: Sequence[Version] = ()  # those that begin within the horizon
    allowances: tuple[Allowance, ...] = ()


def tariff_in_force(depot: Depot, at: datetime) -> Tariff:
    """The one whose day came last. A site without a tariff pays one price at all hours: its driver's, or nothing."""
    zone = ZoneInfo(depot.time_zone)
    row = version_in_force(depot, at)
    if row is not None:
        return read_terms(row.terms, zone)
    flat = depot.tariff.price_per_kwh if depot.tariff is not None else Decimal(0)
    return Tariff(zone=zone, energy=(EnergyPrice(when=When(), price_per_kwh=flat),), currency=depot.currency)


def version_in_force(depot: Depot, at: datetime) -> SiteTariff | None:
    day = at.astimezone(ZoneInfo(depot.time_zone)).date()
    return SiteTariff.objects.filter(depot=depot, valid_from__lte=day).first()


def versions_between(depot: Depot, start: datetime, end: datetime) -> list[Version]:
    """The tariff that holds at `start`, and those that begin up to `end`. Years may be entered ahead."""
    zone = ZoneInfo(depot.time_zone)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    rows = SiteTariff.objects.filter(depot=depot, valid_from__gt=first, valid_from__lte=last).order_by("valid_from")
    return [(first, tariff_in_force(depot, start)), *((row.valid_from, read_terms(row.terms, zone)) for row in rows)]


class SpotSeries:
    """The market's mean price over a quarter of an hour, as it was pushed to us, in whatever steps.

    Each holds until the next, or for its own length; then the constant of its source does, or nobody knows.
    """

    def __init__(self, depot: Depot, start: datetime, end: datetime) -> None:
        self.source = MeterSource.objects.filter(depot=depot, kind=MeterKind.PRICE).first()
        self.samples: list[tuple[datetime, Decimal]] = []
        if self.source is not None:
            since = start - timedelta(seconds=self.source.holds_s)
            rows = MeterSample.objects.filter(source=self.source, at__gt=since, at__lt=end).order_by("at")
            self.samples = list(rows.values_list("at", "value"))
        self.times = [at for at, _ in self.samples]

    def __call__(self, moment: datetime) -> Decimal | None:
        if self.source is None:
            return None
        first = max(0, bisect_right(self.times, moment) - 1)
        near = self.samples[first : bisect_right(self.times, moment + SLOT)]
        holds = timedelta(seconds=self.source.holds_s)
        changes = {change for at, _ in near for change in (at, at + holds) if moment < change < moment + SLOT}
        known = [
            (price, (until - since) // timedelta(microseconds=1))
            for since, until in pairwise([moment, *sorted(changes), moment + SLOT])
            if (price := self._at(near, since)) is not None
        ]
        if not known:
            return None
        return sum((price * long for price, long in known), Decimal(0)) / sum(long for _, long in known)

    def _at(self, near: Sequence[tuple[datetime, Decimal]], moment: datetime) -> Decimal | None:
        assert self.source is not None
        newest = next(((at, price) for at, price in reversed(near) if at <= moment), None)
        if newest is not None and moment < newest[0] + timedelta(seconds=self.source.holds_s):
            return newest[1]
        return self.source.constant


def prices_of(
    depot: Depot, first_slot: int, slots: int, *, now: datetime | None = None, grid_kw_now: float = 0.0
) -> Prices:
    """`now`: what was metered until then has used up allowances of its day and month."""
    moments = [start_of(first_slot + slot) for slot in range(slots)]
    versions = versions_between(depot, moments[0], moments[-1])
    is_spot = any(tariff.spot for _, tariff in versions)
    spot = SpotSeries(depot, moments[0], moments[-1] + SLOT) if is_spot else None
    zone = versions[0][1].zone
    held = [_held_on(versions, moment.astimezone(zone).date()) for moment in moments]
    billing_day, used = 1, None
    if now is not None and any(tariff.has_amounts for _, tariff in versions):
        billing_day = settings_of(depot).billing_day
        used = _used_of_amounts(depot, versions[0][1], now, grid_kw_now, billing_day)
    found = priced(held, first_slot, spot=spot, used=used, billing_day=billing_day)
    return Prices(
        tariff=versions[0][1],
        import_price=found.import_price,
        export_price=tuple(float(t.export_price_at(moment)) for t, moment in zip(held, moments, strict=True)),
        later=versions[1:],
        allowances=found.allowances,
    )


def _used_of_amounts(depot: Depot, tariff: Tariff, now: datetime, grid_kw_now: float, billing_day: int) -> Used:
    """Of this billing month's metered quarters, and what the running one has taken."""
    slot_began = start_of(slot_at(now))
    series = metered_in(depot, month_of(depot, now), slot_began)
    running_kwh = grid_kw_now * ((now - slot_began) / timedelta(hours=1))
    return used_of(tariff, [*series, Metered(slot_began, running_kwh)], billing_day)


def _held_on(versions: Sequence[Version], day: date) -> Tariff:
    return next(tariff for since, tariff in reversed(versions) if since <= day)


def windows_of(
    depot: Depot, tariff: Tariff, now: datetime, slots: int, grid_kw_now: float, later: Sequence[Version] = ()
) -> tuple[DemandWindow, ...]:
    """The demand charges for the planner: each with what it has cost already and its days left.

    `later`: versions that begin within the horizon; each charges by its own terms from its day on.
    """
    versions = [(date.min, tariff), *later]
    names = {charge.name for _, version in versions for charge in version.peaks}
    if not names:
        return ()
    billing_day = settings_of(depot).billing_day
    peaks = peaks_by_month(depot, now, billing_day)
    weekdays = set("".join(Timetable.objects.filter(depot=depot).values_list("weekdays", flat=True)))
    return tuple(
        window
        for (since, version), (until, _) in pairwise([*versions, (date.max, tariff)])
        for window in demand_windows(
            version,
            first_slot=slot_at(now),
            slots=slots,
            billing_day=billing_day,
            incurred_kw={name: peaks.get((name, 0), 0.0) for name in names},
            before_kw={name: [peaks.get((name, n), 0.0) for n in range(1, MONTHS_BEFORE + 1)] for name in names},
            used_kwh=_used_kwh(depot, version, now, grid_kw_now),
            day_peaks_kw=_day_peaks_kw(depot, version, now),
            working_days=frozenset(int(day) for day in weekdays) or ALL_DAYS,
            since=since,
            until=until,
        )
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


def _day_peaks_kw(depot: Depot, tariff: Tariff, now: datetime) -> dict[str, dict[date, float]]:
    """Of the days of this billing month, where a charge goes by them."""
    if not any(charge.mean_of_days for charge in tariff.peaks):
        return {}
    series = metered_in(depot, month_of(depot, now), now)
    peaks = day_peaks_of(tariff, series)
    return {name: {day: peak.kw for day, peak in days.items()} for name, days in peaks.items()}


def month_of(depot: Depot, at: datetime) -> BillingMonth:
    day = at.astimezone(ZoneInfo(depot.time_zone)).date()
    return billing_month_of(day, settings_of(depot).billing_day)


def metered_in(depot: Depot, month: BillingMonth, until: datetime | None = None) -> list[Metered]:
    """Its quarters; those that have begun up to, not including, `until`."""
    zone = ZoneInfo(depot.time_zone)
    began, ends = (datetime.combine(day, time(), zone) for day in (month.starts_on, month.ends_on))
    return metered_since(depot, began, ends if until is None else until)


def metered_since(depot: Depot, since: datetime, until: datetime) -> list[Metered]:
    """The quarters that have begun from `since` up to, not including, `until`."""
    rows = SiteInterval.objects.filter(depot=depot, starts_at__gte=since, starts_at__lt=until)
    return [Metered(at, wh / 1000) for at, wh in rows.order_by("starts_at").values_list("starts_at", "grid_wh")]


def _used_kwh(depot: Depot, tariff: Tariff, now: datetime, grid_kw_now: float) -> dict[str, float]:
    """Taken already in the utility's interval that we are in: metered quarters, and what the running one has taken."""
    slot_began = start_of(slot_at(now))
    running_kwh = max(0.0, grid_kw_now) * ((now - slot_began) / timedelta(hours=1))
    began = {charge.name: interval_of(tariff, charge, now) for charge in tariff.peaks}
    if not began:
        return {}
    rows = SiteInterval.objects.filter(depot=depot, starts_at__gte=min(began.values()), starts_at__lt=slot_began)
    quarters = list(rows.values_list("starts_at", "grid_wh"))
    return {
        name: running_kwh + sum(max(0, wh) / 1000 for starts_at, wh in quarters if starts_at >= start)
        for name, start in began.items()
    }
