"""What holds of every plan, whatever the depot."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.energy.deadband import OVER_KW, to_send
from depot.energy.instance import Instance, Need
from depot.energy.near import NEAR_SLOTS
from depot.energy.plan import Plan
from depot.energy.planner import Planner, plan
from depot.energy.stages import NOTHING_KWH
from tests.energy.strategies import instances, laws
from tests.energy.yard import SMALL, below_minimum, passed_limits


@laws
@given(instances())
def test_no_limit_of_any_circuit_or_line_is_passed(instance: Instance) -> None:
    assert passed_limits(instance, plan(instance)) == []


@laws
@given(instances(with_fallback=True))
def test_nor_is_one_with_what_chargers_may_fall_back_to(instance: Instance) -> None:
    assert passed_limits(instance, plan(instance)) == []


@laws
@given(instances())
def test_a_vehicle_draws_only_while_it_is_there_and_never_more_than_it_can(instance: Instance) -> None:
    evses = {evse.key: evse for evse in instance.evses}

    planned = plan(instance).needs

    for one in planned:
        for slot, kw in enumerate(one.kw):
            here = one.need.arrives <= slot < one.need.departs
            assert -SMALL <= kw <= (evses[one.need.evse].max_kw + SMALL if here else 0.0)


@laws
@given(instances())
def test_what_is_drawn_and_what_is_missed_make_up_what_is_asked(instance: Instance) -> None:
    evses = {evse.key: evse for evse in instance.evses}

    planned = plan(instance).needs

    for one in planned:
        evse = evses[one.need.evse]
        drawn = sum(kw * instance.hours(slot) for slot, kw in enumerate(one.kw)) * evse.efficiency
        # A vehicle that asks for less than a slot at its least power is given that slot.
        slot_kwh = evse.min_kw * instance.slot_h * evse.efficiency
        # Less than a watt-hour is not called missed.
        assert drawn + one.unmet_kwh >= one.need.energy_kwh - NOTHING_KWH - SMALL
        assert drawn + one.unmet_kwh <= max(one.need.energy_kwh, slot_kwh) + SMALL


@laws
@given(instances())
def test_in_the_next_hour_nobody_is_left_below_minimum(instance: Instance) -> None:
    evses = {evse.key: evse for evse in instance.evses}

    planned = plan(instance).needs

    for one in planned:
        for kw in one.kw[:NEAR_SLOTS]:
            assert kw == 0 or kw >= evses[one.need.evse].min_kw - SMALL


@laws
@given(instances())
def test_nobody_who_is_there_is_told_a_power_below_the_minimum_all_night(instance: Instance) -> None:
    """It would be nothing, should the server die before it is told anew."""
    assert below_minimum(instance, plan(instance)) == []


@laws
@given(instances())
def test_nor_is_anybody_whose_charger_holds_one_already(instance: Instance) -> None:
    needs = [replace(need, installed_kw=spread_evenly(instance, need)) for need in instance.needs]
    holding = replace(instance, needs=tuple(needs))

    assert below_minimum(holding, plan(holding)) == []


@laws
@given(instances(with_minimum=False))
def test_nobody_of_class_0_misses_energy_for_the_sake_of_others(instance: Instance) -> None:
    alone = replace(instance, needs=tuple(need for need in instance.needs if need.priority == 0))

    together = plan(instance).unmet_of_class_kwh(0)

    assert together <= plan(alone).unmet_of_class_kwh(0) + 0.01


@laws
@given(instances())
def test_the_same_instance_gives_the_same_plan(instance: Instance) -> None:
    assert plan(instance) == plan(instance)


@laws
@given(instances(), st.randoms())
def test_it_does_not_matter_who_comes_first_in_the_list(instance: Instance, dice: object) -> None:
    mixed = replace(
        instance,
        needs=shuffled(instance.needs, dice),
        evses=shuffled(instance.evses, dice),
        circuits=shuffled(instance.circuits, dice),
        demand=shuffled(instance.demand, dice),
    )

    assert kw(plan(mixed)) == kw(plan(instance))


@laws
@given(instances(with_minimum=False), st.integers(0, 3))
def test_a_planner_that_goes_on_finds_what_a_fresh_one_finds(instance: Instance, later: int) -> None:
    planner = Planner()
    planner.plan(replace(instance, needs=instance.needs[later:]))

    warm, fresh = planner.plan(instance), plan(instance)

    assert warm.costs.total == pytest.approx(fresh.costs.total, abs=1e-4)
    assert warm.unmet_kwh == pytest.approx(fresh.unmet_kwh, abs=0.01)


@laws
@given(instances())
def test_what_is_installed_is_planned_again_and_nobody_is_told(instance: Instance) -> None:
    planner = Planner()
    first = planner.plan(instance)
    installed = replace(instance, needs=tuple(replace(one.need, installed_kw=one.kw) for one in first.needs))

    again = planner.plan(installed)

    assert to_send(installed, again) == ()


@laws
@given(instances(with_fallback=True), st.lists(st.floats(-0.15, 0.15), min_size=7, max_size=7))
def test_what_chargers_go_on_with_keeps_all_limits_too(instance: Instance, noise: list[float]) -> None:
    """Who holds a little more than is planned is left alone only where there is room for it."""
    tops = {evse.key: evse.max_kw for evse in instance.evses}
    needs = []
    for n, one in enumerate(plan(instance).needs):
        near = [kw + noise[(n + slot) % 7] if kw > 0.2 else 0.0 for slot, kw in enumerate(one.kw)]
        needs.append(replace(one.need, installed_kw=tuple(min(tops[one.need.evse], kw) for kw in near)))
    holding = replace(instance, needs=tuple(needs))

    made = plan(holding)
    told = {one.need.key for one in to_send(holding, made)}

    here = [one for one in made.needs if one.need.arrives == 0]
    held = {one.need.evse: one.need.installed_kw for one in here if one.need.key not in told}
    later = {
        key: tuple(
            kw if key not in held or not any(slot < one.need.departs for one in here if one.need.evse == key) else old
            for slot, (kw, old) in enumerate(zip(powers, held.get(key) or powers, strict=True))
        )
        for key, powers in made.evse_kw.items()
    }
    assert passed_limits(holding, replace(made, evse_kw=later), by_kw=2 * OVER_KW) == []


@laws
@given(instances())
def test_peaks_and_costs_are_those_of_the_powers(instance: Instance) -> None:
    made = plan(instance)

    assert made.costs.energy == pytest.approx(bought(instance, made))
    for window in instance.demand:
        highest = max(means(instance, made, window.applies, window.slots_per_interval), default=0.0)
        assert made.peak_kw[window.key] == pytest.approx(max(window.incurred_kw, highest))


def spread_evenly(instance: Instance, need: Need) -> tuple[float, ...]:
    """What it needs, in equal parts over its stay."""
    kw = need.energy_kwh / instance.slot_h / (need.departs - need.arrives)
    return tuple(kw if need.arrives <= slot < need.departs else 0.0 for slot in range(instance.slots))


def shuffled(values: tuple, dice: object) -> tuple:
    mixed = list(values)
    dice.shuffle(mixed)
    return tuple(mixed)


def kw(made: Plan) -> dict:
    return {one.need.key: one.kw for one in made.needs}


def bought(instance: Instance, made: Plan) -> float:
    return sum(
        max(0.0, net(instance, made, slot)) * instance.hours(slot) * instance.site.import_price[slot]
        for slot in range(instance.slots)
    )


def net(instance: Instance, made: Plan, slot: int) -> float:
    charging = sum(powers[slot] for powers in made.evse_kw.values())
    return instance.site.building_kw[slot] - instance.site.solar_kw[slot] + charging


def means(instance: Instance, made: Plan, applies: tuple[bool, ...], length: int) -> list[float]:
    intervals: dict[int, list[int]] = {}
    for slot in range(instance.slots):
        intervals.setdefault((instance.first_slot + slot) // length, []).append(slot)
    return [
        sum(max(0.0, net(instance, made, slot)) * instance.hours(slot) for slot in slots) / (length * instance.slot_h)
        for slots in intervals.values()
        if any(applies[slot] for slot in slots)
    ]
