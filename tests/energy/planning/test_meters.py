"""Prices, peaks and meters, as they are planned with and summed up."""

from datetime import timedelta
from decimal import Decimal

import pytest

from depot.energy.models import MonthPeak, PlanMark, SiteInterval
from depot.energy.queries.site import other_load_w
from depot.energy.services.metering import close_quarters, store_samples
from depot.models import Depot
from tests.energy import tariffs as published
from tests.energy.planning.evening import EVENING, HOUR, frame, plug_in
from tests.energy.rows import (
    make_circuit,
    make_source,
    make_tariff,
    wired_bay,
)
from tests.factories import make_depot, make_reading

pytestmark = pytest.mark.django_db


def test_the_months_peak_is_carried_into_the_plan(depot: Depot) -> None:
    make_tariff(depot, published.SMUD, valid_from="2026-01-01")
    MonthPeak.objects.create(depot=depot, window="any time", starts_on="2026-03-01", kw=33)
    wired_bay(depot)

    (window,) = frame(depot).instance.demand

    assert (window.key, window.incurred_kw) == ("any time", 33.0)
    assert window.price_per_kw == 6.454


def test_pushed_prices_are_planned_with_and_ask_for_a_plan(depot: Depot) -> None:
    make_tariff(depot, published.WHOLESALE, valid_from="2026-01-01")
    prices = make_source(depot, "price", holds_s=3600)
    wired_bay(depot)

    store_samples(prices, [(EVENING, Decimal("1.00")), (EVENING + HOUR, Decimal("0.50"))], now=EVENING)

    series = frame(depot).instance.site.import_price
    assert series[:4] == pytest.approx((1.13,) * 4)  # 18:00 in Berlin: the network's evening
    assert series[4:8] == pytest.approx((0.605,) * 4)
    assert series[8] == pytest.approx(0.08 + 1.05 * 0.11)  # nobody told
    assert PlanMark.objects.get().why == "new prices"


def test_a_fresh_meter_is_planned_with_and_a_stale_one_is_not(depot: Depot) -> None:
    building = make_source(depot, stale_after_s=60)
    wired_bay(depot)
    store_samples(building, [(EVENING, Decimal(17_000))], now=EVENING)

    assert frame(depot).instance.site.building_kw[0] == 17.0
    assert frame(depot, EVENING + timedelta(seconds=61)).instance.site.building_kw[0] == 0.0


def test_a_live_meter_stands_for_the_reserve_only_while_it_is_fresh() -> None:
    depot = make_depot()
    grid = make_circuit(depot, reserved_w=40_000)
    building = make_source(depot, stale_after_s=60, counts_live=True)
    store_samples(building, [(EVENING, Decimal(17_000))], now=EVENING)

    assert other_load_w(grid, EVENING) == 17_000
    assert other_load_w(grid, EVENING + timedelta(seconds=61)) == 40_000


def test_a_quarter_is_summed_from_registers_and_raises_the_peak(depot: Depot) -> None:
    make_tariff(depot, published.SMUD, valid_from="2026-01-01")
    make_source(depot, constant=8_000)
    bay = wired_bay(depot)
    session = plug_in(bay)
    start = EVENING - timedelta(minutes=15)
    for minutes, wh in ((-5, 0), (5, 1_000), (25, 5_000)):
        make_reading(session, start + timedelta(minutes=minutes), energy_wh=wh)

    assert close_quarters(depot, now=EVENING + timedelta(minutes=3)) == 1

    interval = SiteInterval.objects.get()
    # Half of the first rise lies within, and half of the second.
    assert (interval.starts_at, interval.chargers_wh, interval.building_wh) == (start, 2_500, 2_000)
    assert (interval.grid_wh, interval.is_metered) == (4_500, False)
    assert MonthPeak.objects.get(window="any time").kw == Decimal("18.000")


def test_the_meter_at_the_connection_is_believed_before_sums(depot: Depot) -> None:
    meter = make_source(depot, "grid")
    samples = [(EVENING - timedelta(minutes=m), Decimal(w)) for m, w in ((14, 20_000), (4, 30_000))]
    store_samples(meter, samples, now=EVENING)

    close_quarters(depot, now=EVENING + timedelta(minutes=3))

    interval = SiteInterval.objects.get()
    assert (interval.grid_wh, interval.building_wh, interval.is_metered) == (6_250, 6_250, True)


def test_a_quarter_is_summed_once(depot: Depot) -> None:
    assert close_quarters(depot, now=EVENING + timedelta(minutes=3)) == 1
    assert close_quarters(depot, now=EVENING + timedelta(minutes=4)) == 0
    assert close_quarters(depot, now=EVENING + timedelta(minutes=48)) == 3
