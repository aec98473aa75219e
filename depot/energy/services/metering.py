"""Meters of the site: what is pushed, what each quarter of an hour took, and how high the month's peaks are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db import transaction

from depot.energy.billing_month import billing_month_of, interval_of, peaks_of
from depot.energy.models import MeterKind, MeterSample, MeterSource, MonthPeak, SiteInterval, SiteTariff, Wiring
from depot.energy.queries.prices import (
    MONTHS_BEFORE,
    metered_in,
    metered_since,
    month_of,
    tariff_in_force,
    version_in_force,
)
from depot.energy.queries.site import settings_of
from depot.energy.services.live import follow_meters
from depot.energy.services.marks import want_plan
from depot.energy.slots import SLOT, slot_at, start_of
from depot.energy.terms import read_terms
from depot.models import Depot
from sessions.models import MeterReading

# Readings come up to a minute late; a quarter is summed once they are there.
READINGS_COME_WITHIN = timedelta(minutes=2)
# After a pause of the program the quarters of so long are made up for.
MADE_UP_FOR = timedelta(days=1)
READING_REACHES = timedelta(minutes=20)


def store_samples(source: MeterSource, samples: Sequence[tuple[datetime, Decimal]], *, now: datetime) -> int:
    """A value told again for the same moment replaces the first.

    New prices ask for a new plan; power is followed at once.
    """
    rows = [MeterSample(source=source, at=at, value=value, heard_at=now) for at, value in dict(samples).items()]
    MeterSample.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["source", "at"], update_fields=["value", "heard_at"]
    )
    if rows and source.kind == MeterKind.PRICE:
        want_plan(source.depot_id, "new prices", now=now)
    elif rows:
        transaction.on_commit(lambda: follow_meters(source.depot, now=now), robust=True)
    return len(rows)


def close_quarters(depot: Depot, *, now: datetime) -> int:
    """Sum each quarter that is over, and raise the month's peaks by it. How many were summed."""
    last = SiteInterval.objects.filter(depot=depot).order_by("-starts_at").first()
    until = slot_at(now - READINGS_COME_WITHIN)
    since = slot_at(last.starts_at) + 1 if last is not None else until - 1
    since = max(since, slot_at(now - MADE_UP_FOR))
    closed = 0
    for slot in range(since, until):
        with transaction.atomic():
            interval = _sum_of(depot, start_of(slot))
            # A tick that took long may meet the next one here: the first sums, the other finds it done.
            SiteInterval.objects.bulk_create([interval], ignore_conflicts=True)
            _raise_peaks(depot, interval)
        closed += 1
    return closed


def _sum_of(depot: Depot, starts_at: datetime) -> SiteInterval:
    sources = list(MeterSource.objects.filter(depot=depot))
    of_kind = {
        kind: [_mean_w(source, starts_at) for source in sources if source.kind == kind]
        for kind in (MeterKind.GRID, MeterKind.BUILDING, MeterKind.SOLAR)
    }
    chargers_wh = _chargers_wh(depot, starts_at)
    solar_wh = round(sum(w or 0.0 for w in of_kind[MeterKind.SOLAR]) / 4)
    building = [w for w in of_kind[MeterKind.BUILDING] if w is not None]
    grid = next((w for w in of_kind[MeterKind.GRID] if w is not None), None)
    grid_wh = None if grid is None else round(grid / 4)
    if building:
        building_wh = round(sum(building) / 4)
    else:
        # Who measures only the connection knows the building's load by what is left.
        building_wh = 0 if grid_wh is None else max(0, grid_wh - chargers_wh + solar_wh)
    return SiteInterval(
        depot=depot,
        starts_at=starts_at,
        grid_wh=building_wh - solar_wh + chargers_wh if grid_wh is None else grid_wh,
        building_wh=building_wh,
        solar_wh=solar_wh,
        chargers_wh=chargers_wh,
        is_metered=grid_wh is not None,
    )


def _mean_w(source: MeterSource, starts_at: datetime) -> float | None:
    values = MeterSample.objects.filter(source=source, at__gte=starts_at, at__lt=starts_at + SLOT)
    watts = [float(value) for value in values.values_list("value", flat=True)]
    if watts:
        return sum(watts) / len(watts)
    return None if source.constant is None else float(source.constant)


def _chargers_wh(depot: Depot, starts_at: datetime) -> int:
    """By the registers of the EVSEs, evenly between two readings."""
    evses = Wiring.objects.filter(circuit__depot=depot).values("evse")
    readings = MeterReading.objects.filter(
        evse__in=evses,
        energy_wh__isnull=False,
        at__gte=starts_at - READING_REACHES,
        at__lte=starts_at + SLOT + READING_REACHES,
    ).order_by("evse", "at", "pk")
    curves: dict[int, list[tuple[datetime, int]]] = {}
    for evse_id, at, energy_wh in readings.values_list("evse", "at", "energy_wh"):
        if evse_id is not None and energy_wh is not None:
            curves.setdefault(evse_id, []).append((at, energy_wh))
    return sum(_risen_wh(curve, starts_at, starts_at + SLOT) for curve in curves.values())


def _risen_wh(curve: Sequence[tuple[datetime, int]], start: datetime, end: datetime) -> int:
    risen = 0.0
    for (at, wh), (next_at, next_wh) in pairwise(curve):
        within = min(end, next_at) - max(start, at)
        if next_wh > wh and within > timedelta(0):
            risen += (next_wh - wh) * (within / (next_at - at))
    return round(risen)


def _raise_peaks(depot: Depot, interval: SiteInterval) -> None:
    tariff = tariff_in_force(depot, interval.starts_at)
    if not tariff.peaks:
        return
    month = month_of(depot, interval.starts_at)
    if any(charge.mean_of_days for charge in tariff.peaks):
        series = metered_in(depot, month, interval.starts_at + SLOT)
    else:
        began = min(interval_of(tariff, charge, interval.starts_at) for charge in tariff.peaks)
        series = metered_since(depot, began, interval.starts_at + SLOT)
    for name, peak in peaks_of(tariff, series).items():
        row, _ = MonthPeak.objects.get_or_create(depot=depot, window=name, starts_on=month.starts_on)
        if peak.kw > float(row.kw):
            row.kw, row.at = Decimal(repr(round(peak.kw, 3))), peak.starts_at
            row.save(update_fields=["kw", "at"])


def count_peaks(row: SiteTariff, *, now: datetime) -> int:
    """By terms that were just written: this month's peaks, and those of months before that nobody counted. How many.

    None where another version holds now.
    """
    depot = row.depot
    if version_in_force(depot, now) != row:
        return 0
    tariff, billing_day = read_terms(row.terms, ZoneInfo(depot.time_zone)), settings_of(depot).billing_day
    month, counted = month_of(depot, now), 0
    for is_this in (True, *[False] * MONTHS_BEFORE):
        for name, peak in peaks_of(tariff, metered_in(depot, month)).items():
            kw = Decimal(repr(round(peak.kw, 3)))
            found, is_new = MonthPeak.objects.get_or_create(
                depot=depot, window=name, starts_on=month.starts_on, defaults={"kw": kw, "at": peak.starts_at}
            )
            if is_this and not is_new:
                found.kw, found.at = kw, peak.starts_at
                found.save(update_fields=["kw", "at"])
            counted += is_this or is_new
        month = billing_month_of(month.starts_on - timedelta(days=1), billing_day)
    return counted
