"""The week of a tariff."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing import Period
from depot.yard.week import SLOTS, monday_in, week_of

BASE = Decimal("0.30")


def period(price: str, begins: str, ends: str, **more: object) -> Period:
    return Period.read({"price_per_kwh": price, "from": begins, "to": ends, **more})


def test_one_price_is_one_run_a_day() -> None:
    week = week_of([], BASE, 3)

    assert [(day.name, [(run.begins, run.ends, run.price) for run in day.runs]) for day in week][:1] == [
        ("Mon", [("00:00", "24:00", BASE)])
    ]
    assert len(week) == 7


def test_a_peak_on_workdays_leaves_the_weekend_as_it_is() -> None:
    peak = period("0.50", "16:00", "21:00", weekdays=[1, 2, 3, 4, 5], label="Peak")

    week = week_of([peak], BASE, 3)

    assert [(run.begins, run.ends, run.label) for run in week[0].runs] == [
        ("00:00", "16:00", ""), ("16:00", "21:00", "Peak"), ("21:00", "24:00", ""),
    ]  # fmt: skip
    assert len(week[5].runs) == 1


def test_a_night_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    night = period("0.10", "22:00", "06:00", weekdays=[5])

    week = week_of([night], BASE, 3)

    assert [(run.begins, run.ends) for run in week[4].runs if run.period == 0] == [("22:00", "24:00")]
    assert [(run.begins, run.ends) for run in week[5].runs if run.period == 0] == [("00:00", "06:00")]
    assert [run for run in week[6].runs if run.period == 0] == []


def test_the_first_period_that_fits_is_the_price() -> None:
    week = week_of([period("0.10", "00:00", "24:00"), period("0.50", "16:00", "21:00")], BASE, 3)

    assert {run.price for day in week for run in day.runs} == {Decimal("0.10")}


def test_a_season_shows_only_in_its_months() -> None:
    summer = period("0.05", "11:00", "15:00", months=[6, 7, 8])

    assert len(week_of([summer], BASE, 7)[0].runs) == 3
    assert len(week_of([summer], BASE, 12)[0].runs) == 1


def test_the_dearest_has_the_darkest_tone() -> None:
    week = week_of([period("0.10", "00:00", "06:00"), period("0.50", "16:00", "21:00")], BASE, 3)

    tones = {run.price: run.tone for run in week[0].runs}
    assert tones == {Decimal("0.10"): 0, Decimal("0.30"): 2, Decimal("0.50"): 4}


@pytest.mark.parametrize("month", range(1, 13))
def test_the_week_shown_lies_wholly_in_its_month(month: int) -> None:
    monday = monday_in(month)

    assert monday.weekday() == 0
    assert monday.month == month
    assert monday.day > 1
    assert monday.day + 6 <= 28


CLOCKS = st.integers(0, 47).map(lambda slot: f"{slot // 2:02}:{slot % 2 * 30:02}")


@given(
    st.lists(
        st.builds(
            lambda begins, ends, days: period("0.10", begins, ends, weekdays=sorted(days)),
            CLOCKS,
            CLOCKS,
            st.sets(st.integers(1, 7), min_size=1),
        ),
        max_size=4,
    ),
    st.integers(1, 12),
)
def test_every_half_hour_of_the_week_is_in_exactly_one_run(periods: list[Period], month: int) -> None:
    for day in week_of(periods, BASE, month):
        assert sum(run.slots for run in day.runs) == SLOTS
        assert [run.ends for run in day.runs][:-1] == [run.begins for run in day.runs][1:]
        assert all(one.period != other.period for one, other in zip(day.runs, day.runs[1:], strict=False))
