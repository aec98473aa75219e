"""What the planner does in depots that a person can work out."""

from dataclasses import replace

import pytest

from depot.energy import near
from depot.energy.instance import Battery, Circuit, Control, Held, InstanceInvalid, SharedCap, Taper
from depot.energy.planner import Planner, peaks_ahead, plan
from tests.energy.yard import evse, instance, kw_of, need, peak, site, unmet_of

DEAR_THEN_CHEAP = (0.4, 0.4, 0.1, 0.1)


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


def test_of_a_slot_that_is_half_over_half_the_energy_is_left() -> None:
    given = instance(site(2, price=(0.1, 0.4)), [evse()], [need(kwh=8, departs=2)], first_slot_share=0.5)

    assert kw_of(plan(given), "van") == [10, 3]


def test_the_least_is_missed_by_the_first_class_and_then_by_the_worst_off() -> None:
    given = instance(
        site(2, limit_kw=10),
        [evse("A"), evse("B"), evse("C")],
        [
            need("first", 8, at="A", departs=2, priority=0),
            need("second", 12, at="B", departs=2),
            need("third", 12, at="C", departs=2),
        ],
    )

    made = plan(given)

    assert made.was_short
    assert unmet_of(made, "first") == 0
    assert (unmet_of(made, "second"), unmet_of(made, "third")) == pytest.approx((6, 6), abs=0.01)


def test_a_vehicle_nobody_can_help_does_not_hide_who_is_worst_off() -> None:
    hopeless = need("hopeless", 50, at="A", departs=1)
    given = instance(
        site(2, limit_kw=10),
        [evse("A", max_kw=2), evse("B"), evse("C")],
        [hopeless, need("second", 10, at="B", departs=2), need("third", 10, at="C", departs=2)],
    )

    made = plan(given)

    # 2 of 22 kWh that could have been had are missing: a share of each.
    assert unmet_of(made, "hopeless") == pytest.approx(48 + 2 * 2 / 22, abs=0.01)
    assert (unmet_of(made, "second"), unmet_of(made, "third")) == pytest.approx((10 * 2 / 22,) * 2, abs=0.01)


def test_what_no_plan_could_serve_needs_no_stages() -> None:
    given = instance(site(2), [evse(max_kw=2)], [need(kwh=50, departs=2)])

    made = plan(given)

    assert not made.was_short
    assert unmet_of(made, "van") == 46


def test_two_points_on_one_supply_share_it() -> None:
    given = instance(
        site(2),
        [evse("A", circuit="pair"), evse("B", circuit="pair")],
        [need("one", 9, at="A", departs=2), need("two", 9, at="B", departs=2)],
        circuits=[Circuit(key="root"), Circuit(key="pair", feeds_from="root", limit_kw=(9.0, 9.0))],
    )

    made = plan(given)

    assert made.unmet_kwh == 0
    assert [round(one + two, 4) for one, two in zip(*(made.evse_kw[key] for key in "AB"), strict=True)] == [9, 9]


def test_what_chargers_fall_back_to_is_kept_free_for_them_and_not_bought() -> None:
    evses = [evse(key, max_kw=10, fallback_kw=(4.0,) * 2) for key in "AB"]
    given = instance(
        site(2, price=(0.1, 0.4)),
        evses,
        [need("van", 18, departs=2), need("idle", 0, at="B", departs=2)],
        circuits=[Circuit(key="root", limit_kw=(12.0,) * 2)],
    )

    made = plan(given)

    # Of 12 kW four are kept for a charger that draws nothing.
    assert kw_of(made, "van") == [8, 8]
    assert unmet_of(made, "van") == 2
    assert made.grid_kw == (8, 8)


def test_what_is_kept_free_for_a_charger_is_its_own_to_use() -> None:
    evses = [evse(key, max_kw=10, min_kw=4, fallback_kw=(4.0,) * 2) for key in "ABC"]
    needs = [need(key, 8, at=key, departs=2) for key in "ABC"]
    given = instance(site(2, price=(0.1, 0.2)), evses, needs, circuits=[Circuit(key="root", limit_kw=(12.0,) * 2)])

    made = plan(given)

    assert [kw_of(made, key) for key in "ABC"] == [[4, 4]] * 3


def test_where_fallbacks_do_not_fit_what_is_drawn_keeps_the_limit() -> None:
    evses = [evse(key, max_kw=10, fallback_kw=(4.0,)) for key in "ABC"]
    given = instance(site(1), evses, [need(kwh=10, departs=1)], circuits=[Circuit(key="root", limit_kw=(9.0,))])

    assert kw_of(plan(given), "van") == [9]


def test_vans_wired_to_one_line_share_that_line() -> None:
    on_l1 = [evse("A", lines=(1,), max_kw=7), evse("B", lines=(1,), max_kw=7)]
    given = instance(
        site(1),
        [*on_l1, evse("C", lines=(2,), max_kw=7)],
        [need(key, 7, at=key, departs=1) for key in "ABC"],
        circuits=[Circuit(key="root", line_limit_kw=(8.0,))],
    )

    made = plan(given)

    assert made.evse_kw["A"][0] + made.evse_kw["B"][0] == pytest.approx(8)
    assert made.evse_kw["C"][0] == 7


def test_what_else_hangs_on_a_circuit_leaves_less_of_it() -> None:
    panel = Circuit(key="panel", feeds_from="root", limit_kw=(10.0,), other_load_kw=(6.0,))
    given = instance(site(1), [evse(circuit="panel")], [need(kwh=10, departs=1)], circuits=[Circuit(key="root"), panel])

    assert kw_of(plan(given), "van") == [4]


def test_a_charger_that_is_offline_keeps_what_it_may_draw() -> None:
    offline = evse("A", held_kw=(6.0, 6.0), held=Held.OFFLINE)
    given = instance(
        site(2, limit_kw=10),
        [offline, evse("B")],
        [need("lost", 8, at="A", departs=2), need("van", 12, at="B", departs=2)],
    )

    made = plan(given)

    assert kw_of(made, "lost") == [6, 2]
    assert kw_of(made, "van") == [4, 4]
    assert unmet_of(made, "van") == 4


def test_a_window_of_the_manager_is_kept() -> None:
    given = instance(site(3), [evse()], [need(kwh=12, departs=3, window_kw=(0.0, 7.0, 7.0))])

    assert kw_of(plan(given), "van") == [0, 7, 5]


def test_a_window_is_lifted_only_for_energy_that_would_be_missed() -> None:
    lifting = need(kwh=12, departs=2, window_kw=(0.0, 7.0), may_lift_rules=True, priority=0)
    given = instance(site(2), [evse()], [lifting])

    assert kw_of(plan(given), "van") == [5, 7]


def test_no_priority_lifts_a_circuit() -> None:
    lifting = need(kwh=12, departs=2, window_kw=(0.0, 7.0), may_lift_rules=True, priority=0)
    given = instance(site(2, limit_kw=3), [evse()], [lifting])

    made = plan(given)

    assert kw_of(made, "van") == [3, 3]
    assert unmet_of(made, "van") == 6


def test_a_shared_cap_holds_for_all_but_those_who_may_lift_it() -> None:
    cap = SharedCap(key="group", evses=frozenset("AB"), kw=(4.0, 4.0))
    needs = [
        need("van", 8, at="A", departs=2),
        need("first", 8, at="B", departs=2, priority=0, may_lift_rules=True),
    ]
    given = instance(site(2), [evse("A"), evse("B")], needs, caps=(cap,))

    made = plan(given)

    assert made.unmet_kwh == 0
    assert kw_of(made, "van") == [4, 4]


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


def test_a_building_over_the_limit_leaves_nothing_and_is_no_error() -> None:
    given = instance(site(2, limit_kw=10, building_kw=(15.0, 4.0)), [evse()], [need(kwh=8, departs=2)])

    assert kw_of(plan(given), "van") == [0, 6]


def test_a_stay_beyond_the_horizon_takes_its_share_of_it() -> None:
    given = instance(site(4), [evse()], [need(kwh=16, departs=8)])

    made = plan(given)

    assert sum(kw_of(made, "van")) == pytest.approx(8)
    assert made.unmet_kwh == 0


def test_a_tapering_battery_is_given_what_it_takes() -> None:
    battery = Battery(level_kwh=70, highest_kwh=100, taper=Taper(knee_kw=50, knee_kwh=80, full_kwh=100))
    given = instance(site(4), [evse(max_kw=50)], [need(kwh=25, departs=4, battery=battery)], slot_h=0.5)

    powers = kw_of(plan(given), "van")

    assert powers[0] <= 50 * 30 / 20 / (1 + 50 / 20 * 0.5 / 2) + 1e-3
    assert powers == sorted(powers, reverse=True)
    assert sum(powers) * 0.5 == pytest.approx(25, abs=0.1)


@pytest.mark.parametrize(("wear", "gives_back"), [(0.05, True), (0.5, False)])
def test_a_battery_feeds_the_building_only_where_the_spread_pays_its_wear(wear: float, gives_back: bool) -> None:
    battery = Battery(level_kwh=40, highest_kwh=60, lowest_kwh=10, max_discharge_kw=10, wear_per_kwh=wear)
    given = instance(
        site(4, price=DEAR_THEN_CHEAP, building_kw=20.0),
        [evse(max_discharge_kw=10.0, efficiency=0.95, discharge_efficiency=0.95)],
        [need(kwh=0, departs=4, battery=battery)],
    )

    made = plan(given)

    assert (min(kw_of(made, "van")) < -9) == gives_back
    assert (made.costs.wear > 0) == gives_back


def test_a_battery_never_falls_below_its_floor_nor_feeds_the_grid_unasked() -> None:
    battery = Battery(level_kwh=14, highest_kwh=60, lowest_kwh=10, max_discharge_kw=10, wear_per_kwh=0.01)
    given = instance(
        site(4, price=DEAR_THEN_CHEAP, building_kw=3.0, export_price=0.39),
        [evse(max_discharge_kw=10.0)],
        [need(kwh=0, departs=4, battery=battery)],
    )

    powers = kw_of(plan(given), "van")

    assert sum(powers[:2]) == pytest.approx(-4)
    assert min(powers) >= -3


def test_what_a_battery_gives_back_makes_room_for_nobody_on_a_circuit() -> None:
    battery = Battery(level_kwh=60, highest_kwh=60, lowest_kwh=10, max_discharge_kw=10, wear_per_kwh=0.01)
    given = instance(
        site(4, price=DEAR_THEN_CHEAP, building_kw=20.0, limit_kw=30),
        [evse("A", max_discharge_kw=10.0), evse("B", max_kw=20.0)],
        [need("giver", 0, at="A", departs=4, battery=battery), need("van", 30, at="B", departs=2)],
        circuits=[Circuit(key="root", limit_kw=(30.0,) * 4, other_load_kw=(20.0,) * 4)],
    )

    made = plan(given)

    assert min(kw_of(made, "giver")) < -9
    assert max(kw_of(made, "van")) == pytest.approx(10)
    assert made.unmet_kwh == pytest.approx(10)


def test_a_start_stop_charger_runs_at_its_rating_or_not_at_all() -> None:
    clicks = evse("A", max_kw=6.0, control=Control.START_STOP)
    given = instance(
        site(4, limit_kw=8, price=(0.1, 0.2, 0.3, 0.4)),
        [clicks, evse("B")],
        [need("old", 12, at="A", departs=4), need("van", 12, at="B", departs=4)],
    )

    made = plan(given)

    assert set(kw_of(made, "old")) == {0.0, 6.0}
    assert made.unmet_kwh == 0


def test_a_start_stop_charger_that_has_just_started_runs_on() -> None:
    clicks = evse(max_kw=6.0, control=Control.START_STOP)
    running = need(kwh=6, departs=4, is_charging=True, must_run_slots=1)
    given = instance(site(4, price=DEAR_THEN_CHEAP), [clicks], [running])

    assert kw_of(plan(given), "van")[0] == 6


@pytest.fixture(params=["the night is rounded", "the hour alone"])
def ways_of_rounding(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "the hour alone":
        monkeypatch.setattr(near, "_round_night", lambda *_: None)


@pytest.mark.usefixtures("ways_of_rounding")
def test_a_minimum_run_is_kept_while_others_are_rounded() -> None:
    clicks = evse("A", max_kw=6.0, control=Control.START_STOP)
    running = need("old", 6, at="A", departs=6, is_charging=True, must_run_slots=2)
    others = [need(key, 6.9, at=key, departs=6) for key in "BC"]
    given = instance(
        site(6, price=(0.4, 0.4, 0.1, 0.1, 0.1, 0.1)),
        [clicks, evse("B", max_kw=5.0, min_kw=3.4), evse("C", max_kw=5.0, min_kw=3.4)],
        [running, *others],
    )

    made = plan(given)

    assert kw_of(made, "old")[:2] == [6, 6]
    assert {kw >= 3.4 for key in "BC" for kw in kw_of(made, key)[:4] if kw} == {True}


@pytest.mark.usefixtures("ways_of_rounding")
def test_what_is_drawn_out_of_our_hands_counts_while_others_are_rounded() -> None:
    lost = evse("A", max_kw=4.0, held_kw=(4.0,) * 4, held=Held.OFFLINE)
    given = instance(
        site(4, limit_kw=8.0, price=(0.1, 0.2, 0.3, 0.4)),
        [lost, evse("B", max_kw=6.0, min_kw=3.0), evse("C", max_kw=6.0, min_kw=3.0)],
        [need("lost", 8, at="A", departs=4), need("B", 6.5, at="B", departs=4), need("C", 6.5, at="C", departs=4)],
    )

    made = plan(given)

    assert kw_of(made, "lost") == [4, 4, 0, 0]
    assert all(kw == 0 or kw >= 3 for key in "BC" for kw in kw_of(made, key))


def test_a_limit_comes_before_a_minimum_run() -> None:
    clicks = evse(max_kw=6.0, control=Control.START_STOP)
    running = need(kwh=6, departs=4, is_charging=True, must_run_slots=2)
    given = instance(site(4, limit_kw=(5.0, 5.0, 8.0, 8.0)), [clicks], [running])

    assert kw_of(plan(given), "van") == [0, 0, 6, 0]


def test_a_start_stop_charger_that_has_started_enough_stays_off() -> None:
    clicks = evse(max_kw=6.0, control=Control.START_STOP)
    given = instance(site(6), [clicks], [need(kwh=6, departs=6, may_start=False)])

    assert kw_of(plan(given), "van")[:4] == [0, 0, 0, 0]
    assert plan(given).unmet_kwh == 0


def test_intervals_of_demand_begin_by_the_meters_clock() -> None:
    # By a clock that is a slot ahead the pairs are {0}, {1, 2}, {3}: of 1 and 2 only one need be free of load.
    month = peak(1.0, 4, slots_per_interval=2)
    given = instance(site(4, building_kw=(0.0, 6.0, 2.0, 0.0)), [evse()], [], demand=[month], meter_ahead_slots=1)

    assert plan(given).peak_kw["month"] == 4.0
    assert plan(replace(given, meter_ahead_slots=0)).peak_kw["month"] == 3.0


def test_room_below_the_minimum_is_left_where_waiting_serves_as_well() -> None:
    given = instance(site(2, limit_kw=(3.0, 9.0)), [evse(min_kw=4.0)], [need(kwh=9, departs=2)])

    assert kw_of(plan(given), "van") == [0, 9]


def test_minimum_powers_are_searched_where_rounding_would_miss() -> None:
    # Two of three fit at their minimum in each slot; every van needs two of the three slots.
    given = instance(
        site(3, limit_kw=8.0),
        [evse(key, max_kw=4.0, min_kw=4.0) for key in "ABC"],
        [need(key, 8, at=key, departs=3) for key in "ABC"],
    )

    made = plan(given)

    assert made.unmet_kwh == 0
    assert all(kw in (0.0, 4.0) for key in "ABC" for kw in kw_of(made, key))


def test_the_installed_plan_is_kept_where_another_is_no_better() -> None:
    given = instance(site(4), [evse()], [need(kwh=10, departs=4, installed_kw=(0.0, 0.0, 4.0, 6.0))])

    assert kw_of(plan(given), "van") == [0, 0, 4, 6]


def test_a_held_plan_that_is_rounded_otherwise_is_kept_all_the_same() -> None:
    # Both slots hold the energy at the minimum: which of them it is makes hardly a difference.
    held = need(kwh=3, departs=3, installed_kw=(0.0, 3.0, 0.0))
    given = instance(site(3, price=0.1), [evse(min_kw=3.0)], [held])

    assert kw_of(plan(given), "van") == [0, 3, 0]


def test_a_held_plan_gives_way_where_another_is_cheaper() -> None:
    held = need(kwh=3, departs=3, installed_kw=(0.0, 3.0, 0.0))
    given = instance(site(3, price=(0.3, 0.3, 0.1)), [evse(min_kw=3.0)], [held])

    assert kw_of(plan(given), "van") == [0, 0, 3]


def test_a_held_plan_gives_way_to_a_limit() -> None:
    held = need(kwh=3, departs=3, installed_kw=(0.0, 3.0, 0.0))
    given = instance(site(3, price=0.1, limit_kw=(9.0, 2.0, 9.0)), [evse(min_kw=3.0)], [held])

    assert kw_of(plan(given), "van")[1] == 0
    assert plan(given).unmet_kwh == 0


def test_an_arrival_changes_bounds_and_no_matrix() -> None:
    planner = Planner()
    one = instance(site(4), [evse("A"), evse("B")], [need("van", 10, departs=4)])
    planner.plan(one)
    programme = planner.programme

    planner.plan(replace(one, first_slot=1, needs=(*one.needs, need("new", 10, at="B", departs=3))))

    assert planner.programme is programme


def test_values_that_contradict_each_other_are_named() -> None:
    given = instance(
        site(2),
        [evse("A", circuit="nowhere")],
        [need("one", at="A", departs=2), need("two", at="A", departs=2), need("three", at="Z", departs=1)],
    )

    with pytest.raises(
        InstanceInvalid, match=r"EVSE A is on no circuit.*three stands at an unknown.*two vehicles stand"
    ):
        plan(given)
