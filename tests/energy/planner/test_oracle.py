"""Against every possible plan, tried one by one, of depots small enough for that."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.energy.instance import Allowance, Circuit, DemandWindow, Instance, Need
from depot.energy.planner import plan
from tests.energy.strategies import laws
from tests.energy.yard import evse, instance, need, peak, series, site

SLOTS = 3
MOST_KW = 2
Powers = tuple[tuple[int, ...], ...]  # [need][slot], whole kilowatts


@st.composite
def tiny_depots(draw: st.DrawFn, *, price: float = 0.0, incurred_kw: int = 0, limit: int = 2 * MOST_KW) -> Instance:
    """Whole numbers everywhere, so that among the best plans there is one of whole numbers."""
    number = draw(st.integers(1, 3))
    stays = [sorted(draw(st.lists(st.integers(0, SLOTS), min_size=2, max_size=2, unique=True))) for _ in range(number)]
    return instance(
        site(
            SLOTS,
            price=tuple(draw(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.5]), min_size=SLOTS, max_size=SLOTS))),
            limit_kw=tuple(float(draw(st.integers(0, limit))) for _ in range(SLOTS)),
        ),
        [evse(f"E{n}", max_kw=MOST_KW, circuit="panel" if n < 2 else "root") for n in range(number)],
        [
            need(
                f"van {n}",
                float(draw(st.integers(0, 5))),
                at=f"E{n}",
                arrives=stays[n][0],
                departs=stays[n][1],
                priority=draw(st.integers(0, 1)),
            )
            for n in range(number)
        ],
        circuits=[
            Circuit(key="root"),
            Circuit(key="panel", feeds_from="root", limit_kw=series(float(draw(st.integers(1, 3))), SLOTS)),
        ],
        demand=(peak(price, SLOTS, incurred_kw=incurred_kw),) if price else (),
    )


def every_plan(of: Instance) -> Iterator[Powers]:
    choices = [list(choices_of(one)) for one in of.needs]
    panel = of.circuits[1].limit_kw
    assert panel is not None
    for powers in product(*choices):
        if all(
            sum(kw[slot] for kw in powers) <= of.site.import_limit_kw[slot]
            and sum(kw[slot] for kw in powers[:2]) <= panel[slot]
            for slot in range(SLOTS)
        ):
            yield powers


def choices_of(one: Need) -> Iterator[tuple[int, ...]]:
    there = [range(MOST_KW + 1) if one.arrives <= slot < one.departs else range(1) for slot in range(SLOTS)]
    return (powers for powers in product(*there) if sum(powers) <= one.energy_kwh)


def missed(of: Instance, powers: Powers, priority: int) -> float:
    return sum(one.energy_kwh - sum(kw) for one, kw in zip(of.needs, powers, strict=True) if one.priority == priority)


def cost(of: Instance, powers: Powers) -> float:
    totals = [sum(kw[slot] for kw in powers) for slot in range(SLOTS)]
    energy = sum(total * price for total, price in zip(totals, of.site.import_price, strict=True))
    return energy + sum(peak_cost(window, totals) for window in of.demand)


def allowed_cost(of: Instance, powers: Powers) -> float:
    """Energy by the kilowatt-hour: each finds what of the one allowance is left, or costs the price beyond."""
    (allowance,) = of.allowances
    left, total = allowance.left_kwh, 0.0
    for slot in range(SLOTS):
        for _ in range(sum(kw[slot] for kw in powers)):
            is_allowed = allowance.saves_per_kwh[slot] > 0 and left >= 1
            left -= is_allowed
            total += of.site.import_price[slot] if is_allowed else of.price_beyond[slot]
    return total


@laws
@given(tiny_depots(), st.integers(0, 6), st.lists(st.booleans(), min_size=SLOTS, max_size=SLOTS))
def test_with_an_allowance_no_plan_of_whole_numbers_costs_less(
    tiny_depot: Instance, left_kwh: int, holds: list[bool]
) -> None:
    allowance = Allowance(key="free", left_kwh=left_kwh, saves_per_kwh=tuple(0.25 * here for here in holds))
    of = replace(tiny_depot, allowances=(allowance,))

    made = plan(of)

    full = [powers for powers in every_plan(of) if not missed(of, powers, 0) + missed(of, powers, 1)]
    if full:
        assert made.unmet_kwh == 0
        assert made.costs.energy <= min(allowed_cost(of, powers) for powers in full) + 2e-3


def peak_cost(window: DemandWindow, totals: list[int]) -> float:
    return window.price_per_kw * (max(window.incurred_kw, *totals) - window.incurred_kw)


@laws
@given(tiny_depots())
def test_no_plan_misses_less_by_class_nor_costs_less(tiny_depot: Instance) -> None:
    best = min(
        (missed(tiny_depot, powers, 0), missed(tiny_depot, powers, 1), cost(tiny_depot, powers))
        for powers in every_plan(tiny_depot)
    )

    made = plan(tiny_depot)

    assert (made.unmet_of_class_kwh(0), made.unmet_of_class_kwh(1)) == pytest.approx(best[:2], abs=2e-3)
    # In between whole numbers lies what is fairer to the worst-off; where all fits, nothing is fairer.
    if not made.was_short:
        assert made.costs.total == pytest.approx(best[2], abs=2e-3)


@laws
@given(tiny_depots(price=0.4))
def test_with_a_peak_to_pay_no_plan_of_whole_numbers_costs_less(tiny_depot: Instance) -> None:
    made = plan(tiny_depot)
    full = [
        powers for powers in every_plan(tiny_depot) if not missed(tiny_depot, powers, 0) + missed(tiny_depot, powers, 1)
    ]

    if full:
        assert made.unmet_kwh == 0
        assert made.costs.total <= min(cost(tiny_depot, powers) for powers in full) + 2e-3


@laws
@given(tiny_depots(price=0.4, incurred_kw=2 * MOST_KW))
def test_under_a_peak_that_is_paid_for_energy_goes_to_the_cheapest_slots(tiny_depot: Instance) -> None:
    full = [
        powers for powers in every_plan(tiny_depot) if not missed(tiny_depot, powers, 0) + missed(tiny_depot, powers, 1)
    ]

    made = plan(tiny_depot)

    if full:
        assert made.costs.demand == 0
        assert made.costs.energy == pytest.approx(min(cost(tiny_depot, powers) for powers in full), abs=2e-3)
