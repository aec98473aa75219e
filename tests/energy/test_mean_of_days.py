"""A charge on the mean of the highest hours of several days, as some grids of Norway and Sweden have it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.energy.billing_month import EPOCH, Metered, cost_of, peaks_of
from depot.energy.demand_windows import day_key, demand_windows
from depot.energy.instance import DemandWindow
from depot.energy.models import MonthPeak
from depot.energy.pages.costs import cost_of_charging
from depot.energy.queries.prices import windows_of
from depot.energy.services import close_quarters
from depot.energy.tariff import Tariff
from depot.energy.terms import TermsUnreadable, read_terms
from tests.energy.rows import make_circuit, make_interval, make_source, make_tariff
from tests.factories import make_depot

STEPS = [{"up_to_kw": 50, "price": "2500"}, {"up_to_kw": 100, "price": "4700"}, {"price": "9000"}]
QUARTER = timedelta(minutes=15)
NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)  # Wednesday
TODAY, TOMORROW = NOON.date(), NOON.date() + timedelta(days=1)


def terms(**charge: Any) -> dict[str, Any]:
    price = {} if "steps" in charge else {"price_per_kw": "30"}
    demand = {"name": "hours", "interval_min": 60, "mean_of_days": 3, **price, **charge}
    return {"energy": [{"price_per_kwh": "0.1"}], "demand": [demand]}


def tariff(**charge: Any) -> Tariff:
    return read_terms(terms(**charge), UTC)


def hours(*kw: float, day: int = 1, hour: int = 10) -> list[Metered]:
    """One hour of each power, from one day to the next."""
    starts = [datetime(2026, 3, day + n, hour, tzinfo=UTC) for n in range(len(kw))]
    return [
        Metered(start + quarter * QUARTER, each / 4)
        for start, each in zip(starts, kw, strict=True)
        for quarter in range(4)
    ]


def month_kw(series: list[Metered]) -> float:
    return peaks_of(tariff(), series)["hours"].kw


def test_the_mean_of_the_three_highest_days_is_paid() -> None:
    month = hours(40, 90, 60, 70, 20)

    assert month_kw(month) == pytest.approx((90 + 70 + 60) / 3)
    assert cost_of(tariff(), month).demand == {"hours": Decimal("2200.00")}


def test_of_each_day_its_highest_hour_counts_and_no_second_one() -> None:
    assert month_kw(hours(90, 60, 30) + hours(88, hour=15)) == pytest.approx(60)


def test_days_that_have_not_come_yet_have_taken_nothing() -> None:
    assert month_kw(hours(90)) == pytest.approx(30)


def test_a_step_goes_by_the_mean_too() -> None:
    assert cost_of(tariff(steps=STEPS), hours(60, 60, 20)).demand == {"hours": Decimal("2500.00")}
    assert cost_of(tariff(steps=STEPS), hours(60, 60, 60)).demand == {"hours": Decimal("4700.00")}


@pytest.mark.parametrize("other", [{"ratchet": {"months": 3}}, {"mean_of_months": 12}])
def test_it_goes_with_no_other_memory(other: dict[str, Any]) -> None:
    with pytest.raises(TermsUnreadable, match="mean_of_days goes with neither a ratchet nor mean_of_months"):
        tariff(**other)


@pytest.mark.parametrize("days", [-1, 29, 2.5, "3"])
def test_so_many_days_are_told_in_whole_numbers(days: object) -> None:
    with pytest.raises(TermsUnreadable, match=r"mean_of_days .* is not a whole number from 1 to 28"):
        tariff(mean_of_days=days)


def windows(
    its: Tariff, days_kw: dict[int, float], *, slots: int = 96, month_kw: float | None = None
) -> dict[str, DemandWindow]:
    """`days_kw`: the highest hour of days of March so far."""
    highest = sorted(days_kw.values(), reverse=True)[:3]
    found = demand_windows(
        its,
        first_slot=(NOON - EPOCH) // QUARTER,
        slots=slots,
        incurred_kw={"hours": sum(highest) / 3 if month_kw is None else month_kw},
        day_peaks_kw={"hours": {date(2026, 3, day): kw for day, kw in days_kw.items()}},
    )
    return {window.key: window for window in found}


def test_each_day_is_a_window_of_its_own_that_pays_a_third() -> None:
    today, tomorrow = windows(tariff(), {2: 90, 3: 80, 4: 70}).values()

    assert [window.key for window in (today, tomorrow)] == [day_key("hours", TODAY), day_key("hours", TOMORROW)]
    assert (sum(today.applies), sum(tomorrow.applies)) == (48, 48)
    assert {today.price_per_kw, tomorrow.price_per_kw} == {10.0}
    assert today.days_left == pytest.approx(21 / 3)
    assert {today.incurred_kw, tomorrow.incurred_kw} == {70}


def test_what_today_has_taken_already_is_paid_for_today_and_counts_for_tomorrow() -> None:
    today, tomorrow = windows(tariff(), {2: 90, 3: 80, 4: 70, 11: 85}).values()

    assert (today.incurred_kw, tomorrow.incurred_kw) == (85, 80)


def test_before_there_are_as_many_days_each_kilowatt_counts() -> None:
    assert {window.incurred_kw for window in windows(tariff(), {2: 90, 3: 80}).values()} == {0}


def test_a_minimum_is_paid_for_also_when_the_days_lie_below_it() -> None:
    (today, _) = windows(tariff(minimum_kw=80), {2: 90, 3: 80, 4: 60}).values()

    # (90 + 80 + 70) / 3 is the minimum.
    assert today.incurred_kw == pytest.approx(70)


def test_up_to_the_end_of_the_months_step_a_day_adds_nothing() -> None:
    (today, _) = windows(tariff(steps=STEPS), {2: 90, 3: 30, 4: 20}).values()

    # (90 + 30 + 30) / 3 is the end of the step; each kilowatt above it is a third of one on the next step.
    assert (today.incurred_kw, today.price_per_kw) == (30, pytest.approx((4700 - 2500) / 50 / 3))


def test_with_few_days_yet_a_day_may_use_the_step_and_not_what_others_have_not_used() -> None:
    (today, _) = windows(tariff(steps=STEPS), {2: 40}).values()

    assert today.incurred_kw == 50


@given(
    days=st.dictionaries(st.integers(1, 10), st.floats(0, 200), max_size=8),
    today_kw=st.floats(0, 200),
    minimum_kw=st.sampled_from([0, 50, 120]),
)
def test_up_to_what_is_free_nothing_is_added_and_above_it_a_third(
    days: dict[int, float], today_kw: float, minimum_kw: float
) -> None:
    its = tariff(minimum_kw=minimum_kw)
    (charge,) = its.demand
    (window, _) = windows(its, days | {11: today_kw}).values()

    def cost(kw: float) -> float:
        highest = sorted([*days.values(), max(today_kw, kw)], reverse=True)[:3]
        return float(charge.amount(charge.chargeable_kw(sum(highest) / 3, ())))

    enough = len(days) >= 2
    assert not enough or cost(window.incurred_kw) == pytest.approx(cost(0), abs=1e-6)
    if len(days) >= 3 or (enough and minimum_kw == 0):
        assert cost(window.incurred_kw + 3) - cost(window.incurred_kw) == pytest.approx(
            3 * window.price_per_kw, abs=1e-6
        )


def test_a_new_month_begins_with_nothing() -> None:
    its, last = tariff(), datetime(2026, 3, 31, 12, tzinfo=UTC)
    found = demand_windows(
        its, first_slot=(last - EPOCH) // QUARTER, slots=96, incurred_kw={"hours": 80},
        day_peaks_kw={"hours": {date(2026, 3, n): 80 for n in (2, 3, 4)}},
    )  # fmt: skip

    assert [window.incurred_kw for window in found] == [80, 0]


def test_a_night_over_midnight_pays_for_both_days() -> None:
    incurred = {
        day_key("hours", TODAY): {"incurred_kw": 40.0, "price_per_kw": 10.0},
        day_key("hours", TOMORROW): {"incurred_kw": 30.0, "price_per_kw": 10.0},
    }
    late = (datetime(2026, 3, 11, 23, tzinfo=UTC) - EPOCH) // QUARTER

    cost = cost_of_charging(
        [50.0] * 4 + [36.0] * 4, [0.0] * 8, [0.0] * 8, first_slot=late, tariff=tariff(), incurred=incurred
    )

    assert cost.peaks == 10 * 10 + 6 * 10


@pytest.mark.django_db
def test_metered_days_become_the_months_mean_and_what_is_free_today() -> None:
    depot = make_depot(time_zone="UTC")
    make_circuit(depot)
    make_tariff(depot, terms(interval_min=15))
    for day, kwh in ((2, 20.0), (3, 25.0), (4, 30.0)):
        make_interval(depot, starts_at=datetime(2026, 3, day, 10, tzinfo=UTC), grid_wh=round(kwh * 1000))
    make_interval(depot, starts_at=NOON, grid_wh=0)
    make_source(depot, "grid", constant=88_000)

    close_quarters(depot, now=NOON + 2 * QUARTER + timedelta(minutes=3))

    assert float(MonthPeak.objects.get(window="hours").kw) == pytest.approx((120 + 100 + 88) / 3, abs=0.001)
    found = windows_of(depot, read_terms(terms(interval_min=15), UTC), NOON + 2 * QUARTER, 96, 0.0)
    assert [window.incurred_kw for window in found] == [88, 88]
