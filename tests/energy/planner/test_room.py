"""What circuits, lines, windows and fallbacks leave, and who misses what does not fit."""

from dataclasses import replace

import pytest

from depot.energy.deadband import to_send
from depot.energy.instance import Circuit, Held, Instance, InstanceInvalid, SharedCap
from depot.energy.plan import Plan
from depot.energy.planner import Planner, plan
from tests.energy.yard import evse, instance, kw_of, need, site, unmet_of


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


def test_who_is_worst_off_is_told_by_what_the_whole_stay_needed() -> None:
    nearly, new = need("nearly", 10, at="A", departs=1, had_kwh=10.0), need("new", 10, at="B", departs=1)

    made = plan(instance(site(1, limit_kw=10), [evse("A"), evse("B")], [nearly, new]))

    # A third of what each needed.
    assert (unmet_of(made, "nearly"), unmet_of(made, "new")) == pytest.approx((20 / 3, 10 / 3), abs=0.01)


def test_what_is_fair_stays_so_while_nothing_new_is_known() -> None:
    needs = [
        need(name, kwh, at=name, departs=departs)
        for name, kwh, departs in (("A", 12, 3), ("B", 9, 5), ("C", 20, 6), ("D", 5, 4))
    ]
    given = instance(site(6, limit_kw=6), [evse(one.evse, max_kw=5) for one in needs], needs)
    made, told = plan(given), []
    assert made.was_short

    for _ in range(5):
        given = an_hour_later(given, made)
        made = plan(given)
        told += [one.need.vehicle for one in to_send(given, made)]

    assert told == []


def test_what_nobody_notices_is_not_taken_from_the_same_ones_at_each_plan() -> None:
    given = instance(
        site(5, limit_kw=5),
        [evse("E1", max_kw=3.25), evse("E3", max_kw=3)],
        [
            need("first", 1.5, at="E1", departs=2, priority=0),
            need("next", 1.0, at="E1", departs=3, arrives=2, priority=0),
            need("other", 3.0, at="E3", departs=5, priority=0),
        ],
        slot_h=0.25,
    )
    made = plan(given)

    holding = replace(given, needs=tuple(replace(one.need, installed_kw=one.kw) for one in made.needs))

    assert made.was_short
    for vehicle in ("first", "next", "other"):
        assert kw_of(plan(holding), vehicle) == pytest.approx(kw_of(made, vehicle), abs=1e-3)


def an_hour_later(given: Instance, made: Plan) -> Instance:
    """Each has drawn what was planned for the hour, and holds the rest of its plan."""
    needs = tuple(
        replace(
            one.need,
            departs=one.need.departs - 1,
            energy_kwh=one.need.energy_kwh - one.kw[0],
            had_kwh=one.need.had_kwh + one.kw[0],
            could_have_had_kwh=one.need.could_have_had_kwh + 5,
            installed_kw=one.kw[1:],
        )
        for one in made.needs
        if one.need.departs > 1
    )
    return instance(site(given.slots - 1, limit_kw=6), given.evses, needs, first_slot=given.first_slot + 1)


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


def test_a_building_over_the_limit_leaves_nothing_and_is_no_error() -> None:
    given = instance(site(2, limit_kw=10, building_kw=(15.0, 4.0)), [evse()], [need(kwh=8, departs=2)])

    assert kw_of(plan(given), "van") == [0, 6]


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
