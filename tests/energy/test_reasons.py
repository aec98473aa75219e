"""Every reason is held against the plan: what it names is changed a little, and must do what the reason says."""

from dataclasses import replace

import pytest
from hypothesis import given

from depot.energy.instance import Circuit, Control, Held, Instance
from depot.energy.limits import LimitKind
from depot.energy.near import NEAR_SLOTS
from depot.energy.plan import Plan, PlannedNeed
from depot.energy.planner import peaks_kw, plan
from depot.energy.reasons import Reason, Why, explain
from tests.energy.strategies import instances, laws
from tests.energy.yard import evse, hangs_on, instance, kept_free_kw, need, peak, site

STEP_KWH = 2e-4
MORE_KW = 5e-3


@laws
@given(instances() | instances(with_minimum=False, with_fallback=True))
def test_every_reason_is_true(given_instance: Instance) -> None:
    made = plan(given_instance)

    reasons = explain(given_instance, made)

    for planned in made.needs:
        for slot, reason in enumerate(reasons[planned.need.key]):
            assert is_true(given_instance, made, planned, slot, reason), (planned.need.vehicle, slot, reason)


def is_true(of: Instance, made: Plan, planned: PlannedNeed, slot: int, reason: Reason) -> bool:
    kw, stay = planned.kw, planned.need
    at = next(evse for evse in of.evses if evse.key == stay.evse)
    into = [power * of.hours(s) * at.efficiency for s, power in enumerate(kw)]
    match reason.why:
        case Why.NOT_HERE:
            return not stay.arrives <= slot < stay.departs and kw[slot] == 0
        case Why.FULL_POWER:
            return kw[slot] >= at.max_kw - MORE_KW
        case Why.DONE:
            return sum(into[:slot]) >= stay.energy_kwh - MORE_KW and not any(kw[slot:])
        case Why.REST:
            return not any(kw[slot + 1 :])
        case Why.SITE_FULL | Why.CIRCUIT_FULL | Why.LINE_FULL:
            return is_full(of, made, planned, slot, reason)
        case Why.BELOW_MINIMUM:
            return kw[slot] == 0 and would_pass(of, made, planned, slot, at.min_kw)
        case Why.ON_PEAK:
            dearest = of.site.import_price[slot] == max(of.site.import_price)
            return dearest and cost_of_moving(of, made, planned, slot, reason.slot) > 0
        case Why.CHEAPER_LATER | Why.SUN_LATER:
            return cost_of_moving(of, made, planned, slot, reason.slot) > 0
        case Why.HOLDS_PEAK:
            return raises_a_peak(of, made, slot)
        case Why.NO_HURRY:
            return cost_of_moving(of, made, planned, slot, reason.slot) >= -1e-6
        case Why.MINIMUM_STEPS:
            later = [s for s in range(slot + 1, of.slots) if kw[s] > 0]
            gaining = [s for s in later if cost_of_moving(of, made, planned, slot, s) < 0]
            return bool(gaining) and (kw[slot] == 0 or all(kw[s] <= at.min_kw + MORE_KW for s in gaining))
    return False


def is_full(of: Instance, made: Plan, planned: PlannedNeed, slot: int, reason: Reason) -> bool:
    limit = reason.limit
    assert limit is not None
    kinds = {Why.SITE_FULL: LimitKind.SITE, Why.CIRCUIT_FULL: LimitKind.CIRCUIT, Why.LINE_FULL: LimitKind.LINE}
    under = [
        other
        for other in made.needs
        if other.kw[slot] > MORE_KW and other is not planned and hangs_under(of, other.need.evse, limit.key, limit.line)
    ]
    first = min((other.need.departs for other in under), default=None)
    named = [other.need.departs for other in under if other.need.vehicle == reason.vehicle]
    names_the_first = named == [first] if under else reason.vehicle == ""
    return kinds[reason.why] == limit.kind and names_the_first and would_pass(of, made, planned, slot, MORE_KW)


def hangs_under(of: Instance, key: str, circuit: str, line: int | None) -> bool:
    at = next(evse for evse in of.evses if evse.key == key)
    return (not circuit or hangs_on(of, at.circuit, circuit)) and (line is None or line in at.lines)


def would_pass(of: Instance, made: Plan, planned: PlannedNeed, slot: int, more_kw: float) -> bool:
    """Would any limit above the vehicle be passed?"""
    at = next(evse for evse in of.evses if evse.key == planned.need.evse)
    total = sum(powers[slot] for powers in made.evse_kw.values()) + more_kw
    if total > max(0.0, of.site.import_limit_kw[slot] - of.site.building_kw[slot] + of.site.solar_kw[slot]):
        return True
    free = kept_free_kw(of, slot)
    counted = {key: max(free[key], powers[slot]) for key, powers in made.evse_kw.items()}
    counted[at.key] = max(free[at.key], made.evse_kw[at.key][slot] + more_kw)
    for circuit in of.circuits:
        if not hangs_on(of, at.circuit, circuit.key):
            continue
        other = circuit.other_load_kw[slot] if circuit.other_load_kw else 0.0
        below = [evse for evse in of.evses if hangs_on(of, evse.circuit, circuit.key)]
        load = sum(counted[evse.key] for evse in below)
        if circuit.limit_kw is not None and load > max(0.0, circuit.limit_kw[slot] - other):
            return True
        for line in at.lines if circuit.line_limit_kw is not None else ():
            load = sum(counted[evse.key] / len(evse.lines) for evse in below if line in evse.lines)
            if load > max(0.0, circuit.line_limit_kw[slot] - other / 3):  # type: ignore[index]
                return True
    return False


def grid(of: Instance, made: Plan, moved: dict[int, float]) -> list[float]:
    return [
        of.site.building_kw[slot]
        - of.site.solar_kw[slot]
        + sum(powers[slot] for powers in made.evse_kw.values())
        + moved.get(slot, 0.0)
        for slot in range(of.slots)
    ]


def bill(of: Instance, powers: list[float]) -> float:
    import numpy as np

    total = 0.0
    for slot, kw in enumerate(powers):
        price = of.site.import_price[slot] if kw > 0 else min(of.site.export_price[slot], of.site.import_price[slot])
        total += kw * of.hours(slot) * price
    peaks = peaks_kw(of, np.array(powers))
    return total + sum(window.price_per_kw / window.days_left * peaks[window.key] for window in of.demand)


def cost_of_moving(of: Instance, made: Plan, planned: PlannedNeed, to: int, source: int | None) -> float:
    assert source is not None
    assert planned.kw[source] > 0
    moved = {to: STEP_KWH / of.hours(to), source: -STEP_KWH / of.hours(source)}
    return bill(of, grid(of, made, moved)) - bill(of, grid(of, made, {}))


def raises_a_peak(of: Instance, made: Plan, slot: int) -> bool:
    import numpy as np

    before = peaks_kw(of, np.array(grid(of, made, {})))
    after = peaks_kw(of, np.array(grid(of, made, {slot: 1e-2})))
    return any(after[window.key] > before[window.key] for window in of.demand)


def why(of: Instance, vehicle: str) -> list[Why]:
    reasons = explain(of, plan(of))
    return [reason.why for key, stay in reasons.items() if key[1] == vehicle for reason in stay]


def test_a_van_waits_out_the_on_peak_window() -> None:
    given_instance = instance(site(3, price=(0.4, 0.1, 0.1)), [evse()], [need(kwh=15, departs=3)])

    reasons = explain(given_instance, plan(given_instance))

    assert reasons["A", "van", 3] == (Reason(Why.ON_PEAK, slot=1), Reason(Why.FULL_POWER), Reason(Why.REST))


def test_a_van_waits_for_the_sun() -> None:
    given_instance = instance(
        site(3, price=0.2, solar_kw=(0.0, 0.0, 12.0), export_price=0.05), [evse()], [need(kwh=8, departs=3)]
    )

    assert why(given_instance, "van") == [Why.SUN_LATER, Why.SUN_LATER, Why.REST]


def test_a_full_site_names_who_leaves_first() -> None:
    given_instance = instance(
        site(2, limit_kw=10),
        [evse("A"), evse("B")],
        [need("soon", 10, at="A", departs=1), need("later", 10, at="B", departs=2)],
    )

    [first, _] = explain(given_instance, plan(given_instance))["B", "later", 2]

    assert (first.why, first.vehicle) == (Why.SITE_FULL, "soon")


def test_a_full_panel_is_named() -> None:
    panel = Circuit(key="panel", feeds_from="root", limit_kw=(6.0, 6.0))
    given_instance = instance(
        site(2), [evse(circuit="panel")], [need(kwh=12, departs=2)], circuits=[Circuit(key="root"), panel]
    )

    [first, _] = explain(given_instance, plan(given_instance))["A", "van", 2]

    assert first.why == Why.CIRCUIT_FULL
    assert first.limit is not None
    assert first.limit.key == "panel"


def test_a_peak_is_held() -> None:
    given_instance = instance(site(2), [evse()], [need(kwh=10, departs=2)], demand=(peak(9, 2),))

    assert why(given_instance, "van") == [Why.HOLDS_PEAK, Why.REST]


def test_a_peak_that_another_day_needs_anyway_holds_nobody() -> None:
    given_instance = instance(site(2), [evse()], [need(kwh=10, departs=2)], demand=(peak(9, 2, expected_kw=8),))

    assert why(given_instance, "van") == [Why.HOLDS_PEAK, Why.REST]
    roomy = replace(given_instance, demand=(peak(9, 2, expected_kw=12),))
    assert Why.HOLDS_PEAK not in why(roomy, "van")


def test_a_charger_out_of_our_hands_says_why() -> None:
    given_instance = instance(site(1), [evse(held_kw=(4.0,), held=Held.REFUSES)], [need(kwh=5, departs=1)])

    [reason] = explain(given_instance, plan(given_instance))["A", "van", 1]

    assert reason == Reason(Why.HELD, held=Held.REFUSES)


@pytest.mark.parametrize(("window", "expected"), [((0.0, 9.0), Why.RULE), ((3.0, 9.0), Why.RULE)])
def test_a_rule_is_a_reason(window: tuple[float, ...], expected: Why) -> None:
    given_instance = instance(site(2), [evse()], [need(kwh=11, departs=2, window_kw=window)])

    assert why(given_instance, "van")[0] == expected


def test_who_has_none_to_spare_above_the_least_keeps_to_whole_steps() -> None:
    given_instance = instance(site(3), [evse(max_kw=5.0, min_kw=4.0)], [need(kwh=12, departs=3)])

    assert why(given_instance, "van") == [Why.MINIMUM_STEPS, Why.MINIMUM_STEPS, Why.REST]


def test_few_starts_are_a_reason() -> None:
    clicks = evse(control=Control.START_STOP)
    waiting = need(kwh=10, departs=NEAR_SLOTS + 2, may_start=False)
    given_instance = instance(site(NEAR_SLOTS + 2), [clicks], [waiting])

    assert why(given_instance, "van")[0] == Why.FEW_STARTS


def test_reasons_do_not_depend_on_the_order_of_the_list() -> None:
    one, two = need("one", 10, at="A", departs=2), need("two", 10, at="B", departs=1)
    given_instance = instance(site(2, limit_kw=10), [evse("A"), evse("B")], [one, two])
    mixed = replace(given_instance, needs=(two, one))

    assert explain(mixed, plan(mixed)) == explain(given_instance, plan(given_instance))
