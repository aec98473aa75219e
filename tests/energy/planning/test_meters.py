"""Prices, peaks and meters, as they are planned with and summed up."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from depot.energy.models import MonthPeak, PlanMark, SiteInterval
from depot.energy.queries.site import other_load_w
from depot.energy.services.metering import close_quarters, store_samples
from depot.models import Depot
from tests.energy import tariffs as published
from tests.energy.planning.evening import EVENING, HOUR, frame, plug_in, replan
from tests.energy.rows import (
    make_circuit,
    make_interval,
    make_need,
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


def test_prices_in_steps_of_five_minutes_count_by_their_mean_in_a_quarter(depot: Depot) -> None:
    make_tariff(depot, published.WHOLESALE, valid_from="2026-01-01")
    prices = make_source(depot, "price", holds_s=300)
    wired_bay(depot)
    # A spike of 15.00 for 25 minutes, then 0.00 for five: the second quarter is (10 x 15.00 + 5 x 0.00) / 15 = 10.00.
    spike = [(EVENING + timedelta(minutes=n), Decimal(15)) for n in range(0, 25, 5)]

    store_samples(prices, [*spike, (EVENING + timedelta(minutes=25), Decimal(0))], now=EVENING)

    series = frame(depot).instance.site.import_price
    assert series[:2] == pytest.approx((0.08 + 1.05 * 15, 0.08 + 1.05 * 10))
    assert series[2] == pytest.approx(0.08 + 1.05 * 0.11), "nobody told"


def test_what_of_a_quarter_is_not_told_does_not_count_in_its_mean(depot: Depot) -> None:
    make_tariff(depot, published.WHOLESALE, valid_from="2026-01-01")
    prices = make_source(depot, "price", holds_s=300)
    wired_bay(depot)

    store_samples(prices, [(EVENING + timedelta(minutes=5), Decimal(2))], now=EVENING)

    assert frame(depot).instance.site.import_price[0] == pytest.approx(0.08 + 1.05 * 2)


# Free from 18:00 to 20:00 up to 20 kWh a day; at 22:00 it gets cheap.
CAPPED: dict[str, Any] = {
    "energy": [
        {"label": "Free", "from": "18:00", "to": "20:00", "first_kwh": "20", "each": "day", "price_per_kwh": "0"},
        {"label": "Night", "from": "22:00", "to": "06:00", "price_per_kwh": "0.10"},
        {"label": "Day", "price_per_kwh": "0.30"},
    ]
}


def test_what_is_free_up_to_so_much_a_day_is_used_to_there_and_no_further(depot: Depot) -> None:
    make_tariff(depot, CAPPED, valid_from="2026-01-01")
    bay = wired_bay(depot)
    session = plug_in(bay)
    leaves = EVENING + 12 * HOUR
    make_need(
        depot, vehicle=session.vehicle, session=session, energy_wh=50_000, departs_at=leaves, holds_until=leaves,
        told_at=EVENING, session_energy_wh=0,
    )  # fmt: skip

    plan = replan(depot)

    kw = plan.stays.get().kw
    assert sum(kw[:8]) / 4 == pytest.approx(20), "from 18:00 to 20:00, and no more though it is free"
    assert sum(kw[16:48]) / 4 == pytest.approx(30), "the rest in the cheap night"
    assert plan.costs["energy"] == pytest.approx(30 * 0.10, abs=0.01)


def test_why_a_vehicle_does_not_take_more_of_what_was_free_is_told(depot: Depot) -> None:
    make_tariff(depot, CAPPED, valid_from="2026-01-01")
    session = plug_in(wired_bay(depot))
    leaves = EVENING + 12 * HOUR
    make_need(
        depot, vehicle=session.vehicle, session=session, energy_wh=50_000, departs_at=leaves, holds_until=leaves,
        told_at=EVENING, session_energy_wh=0,
    )  # fmt: skip

    stay = replan(depot).stays.get()

    # In the last quarter before 20:00.
    waits = next(reason for reason in stay.reasons if reason["from"] <= 7 < reason["to"])
    assert waits["text"] == "cheaper from 22:00"


def test_what_was_metered_today_is_used_up_and_tomorrow_has_its_own(depot: Depot) -> None:
    make_tariff(depot, CAPPED, valid_from="2026-01-01")
    wired_bay(depot)
    # 12 kWh between 18:00 and 18:30; what was taken before, and on the day before, was none of it.
    for hours, wh in ((-24, 9_000), (-1, 9_000), (0, 8_000), (0.25, 4_000)):
        make_interval(depot, starts_at=EVENING + hours * HOUR, grid_wh=wh)

    today, tomorrow = frame(depot, EVENING + timedelta(minutes=30)).instance.allowances

    assert (today.left_kwh, tomorrow.left_kwh) == (8.0, 20.0)
    assert today.saves_per_kwh[:7] == pytest.approx((0.3,) * 6 + (0.0,))
    assert sum(saves > 0 for saves in tomorrow.saves_per_kwh) == 2, "from 18:00 to 18:30 on the next day"


def test_when_it_is_used_up_the_window_has_the_price_beyond_it(depot: Depot) -> None:
    make_tariff(depot, CAPPED, valid_from="2026-01-01")
    wired_bay(depot)
    make_interval(depot, starts_at=EVENING, grid_wh=25_000)

    made = frame(depot, EVENING + timedelta(minutes=15)).instance

    assert made.site.import_price[0] == 0.3
    assert [one.left_kwh for one in made.allowances] == [20.0], "tomorrow's"


def test_a_tariff_that_begins_tonight_is_planned_with_though_years_are_entered_ahead(depot: Depot) -> None:
    # A charge that is phased in: this year's, and from tomorrow on the next one; the year after it is known too.
    for day, per_kw, per_kwh in (("2026-01-01", "3", "0.10"), ("2026-03-06", "6", "0.20"), ("2027-03-06", "9", "0.30")):
        terms = {"energy": [{"price_per_kwh": per_kwh}], "demand": [{"name": "any time", "price_per_kw": per_kw}]}
        make_tariff(depot, terms, valid_from=day)
    MonthPeak.objects.create(depot=depot, window="any time", starts_on="2026-03-01", kw=33)
    wired_bay(depot)

    made = frame(depot).instance

    till_midnight = 24  # slots from 18:00 on
    assert made.site.import_price == (0.1,) * till_midnight + (0.2,) * (96 - till_midnight)
    now, later = made.demand
    assert (now.key, now.price_per_kw, now.incurred_kw, now.days_left) == ("any time", 3.0, 33.0, 1.0)
    assert (later.key, later.price_per_kw, later.incurred_kw) == ("any time, from 2026-03-06", 6.0, 33.0)
    assert (sum(now.applies), sum(later.applies)) == (till_midnight, 96 - till_midnight)


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
