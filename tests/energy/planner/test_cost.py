"""When the planner charges in depots that a person can work out: by prices, peaks and the sun."""

from dataclasses import replace

import pytest

from depot.energy.planner import peaks_ahead, plan
from tests.energy.yard import DEAR_THEN_CHEAP, evse, instance, kw_of, need, peak, site


def test_energy_waits_for_the_cheaper_hours() -> None:
    given = instance(site(4, price=DEAR_THEN_CHEAP), [evse()], [need(kwh=15, departs=4)])

    assert kw_of(plan(given), "van") == [0, 0, 10, 5]


def test_a_departure_before_the_cheap_hours_is_kept() -> None:
    given = instance(site(4, price=DEAR_THEN_CHEAP), [evse()], [need(kwh=15, departs=2)])

    assert kw_of(plan(given), "van") == [10, 5, 0, 0]


def test_a_vehicle_that_is_known_to_come_is_planned_for() -> None:
    late = need("late", 10, at="B", arrives=2, departs=3)
    given = instance(
        site(3, limit_kw=10, price=(0.2, 0.2, 0.1)), [evse("A"), evse("B")], [need("early", 10, departs=3), late]
    )

    made = plan(given)

    assert kw_of(made, "late") == [0, 0, 10]
    assert kw_of(made, "early") == [10, 0, 0]


def test_the_peak_is_shaved_where_that_is_worth_more_than_the_cheap_hour() -> None:
    dear_peak = instance(site(4, price=DEAR_THEN_CHEAP), [evse()], [need(kwh=20, departs=4)], demand=(peak(3.0, 4),))

    assert kw_of(plan(dear_peak), "van") == [5, 5, 5, 5]


def test_the_peak_weighs_less_the_more_days_are_left_to_make_use_of_it() -> None:
    early_in_the_month = instance(
        site(4, price=DEAR_THEN_CHEAP), [evse()], [need(kwh=20, departs=4)], demand=(peak(3.0, 4, days_left=22),)
    )

    assert kw_of(plan(early_in_the_month), "van") == [0, 0, 10, 10]


def test_a_peak_that_is_paid_for_is_used() -> None:
    given = instance(
        site(4, price=DEAR_THEN_CHEAP), [evse()], [need(kwh=14, departs=4)], demand=(peak(9.0, 4, incurred_kw=7),)
    )

    made = plan(given)

    assert kw_of(made, "van") == [0, 0, 7, 7]
    assert made.costs.demand == 0


def test_a_peak_that_another_day_will_need_is_used_and_not_called_paid() -> None:
    given = instance(
        site(4, price=DEAR_THEN_CHEAP), [evse()], [need(kwh=14, departs=4)], demand=(peak(9.0, 4, expected_kw=7),)
    )

    made = plan(given)

    assert kw_of(made, "van") == [0, 0, 7, 7]
    assert made.peak_kw["month"] == 7
    assert made.costs.demand == pytest.approx(9 * 7)


def test_the_peak_of_all_days_is_that_of_the_day_that_needs_most() -> None:
    days = instance(
        site(6, price=0.2),
        [evse("A"), evse("B")],
        [need("today", 6, at="A", departs=3), need("tomorrow", 24, at="B", arrives=3, departs=6)],
        demand=(peak(9.0, 6),),
    )

    assert peaks_ahead(days) == {"month": pytest.approx(8)}


def test_a_peak_counts_in_its_own_hours_only() -> None:
    on_peak = peak(9.0, 4, applies=(True, True, False, False))
    given = instance(site(4), [evse()], [need(kwh=20, departs=4)], demand=(on_peak,))

    assert kw_of(plan(given), "van") == [0, 0, 10, 10]


def test_what_the_current_half_hour_has_used_already_counts() -> None:
    half_hours = peak(9.0, 4, slots_per_interval=2, used_kwh=8.0, incurred_kw=5.0)
    given = instance(site(4), [evse()], [need(kwh=12, departs=4)], demand=(half_hours,), first_slot=1)

    made = plan(given)

    # Slot 0 is the second of its interval: 8 kWh and 2 more make a mean of 5 kW over two slots.
    assert kw_of(made, "van")[0] == pytest.approx(2)
    assert made.peak_kw["month"] == pytest.approx(5)


def test_intervals_of_demand_begin_by_the_meters_clock() -> None:
    # By a clock that is a slot ahead the pairs are {0}, {1, 2}, {3}: of 1 and 2 only one need be free of load.
    month = peak(1.0, 4, slots_per_interval=2)
    given = instance(site(4, building_kw=(0.0, 6.0, 2.0, 0.0)), [evse()], [], demand=[month], meter_ahead_slots=1)

    assert plan(given).peak_kw["month"] == 4.0
    assert plan(replace(given, meter_ahead_slots=0)).peak_kw["month"] == 3.0


def test_the_sun_is_taken_before_the_grid() -> None:
    given = instance(
        site(3, solar_kw=(0.0, 8.0, 0.0), price=0.2, export_price=0.05), [evse()], [need(kwh=10, departs=3)]
    )

    made = plan(given)

    assert kw_of(made, "van")[1] >= 8
    assert made.costs.energy == pytest.approx(0.4)


def test_more_sun_than_may_leave_the_site_is_no_obstacle() -> None:
    given = instance(
        site(1, solar_kw=20.0, export_limit_kw=(5.0,), export_price=0.05), [evse()], [need(kwh=4, departs=1)]
    )

    made = plan(given)

    assert kw_of(made, "van") == [4]
    assert made.grid_kw == (-5.0,)
    assert made.costs.export == pytest.approx(0.25)


def test_a_stay_beyond_the_horizon_takes_its_share_of_it() -> None:
    given = instance(site(4), [evse()], [need(kwh=16, departs=8)])

    made = plan(given)

    assert sum(kw_of(made, "van")) == pytest.approx(8)
    assert made.unmet_kwh == 0


def test_of_a_slot_that_is_half_over_half_the_energy_is_left() -> None:
    given = instance(site(2, price=(0.1, 0.4)), [evse()], [need(kwh=8, departs=2)], first_slot_share=0.5)

    assert kw_of(plan(given), "van") == [10, 3]
