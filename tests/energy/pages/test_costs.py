"""What a night's peak adds to the month's bill."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from depot.energy.pages.costs import cost_of_charging
from depot.energy.slots import slot_at
from depot.energy.terms import read_terms

EVENING = datetime(2026, 3, 5, 20, tzinfo=UTC)
STEPS = [{"up_to_kw": 50, "price": "2500"}, {"up_to_kw": 100, "price": "4700"}, {"price": "9000"}]
BLOCKS = {"block_kw": 50, "price_per_block": "95"}


def more(terms: dict[str, Any], name: str, *, paid_kw: float, peak_kw: float) -> Decimal:
    """An hour at that power."""
    cost = cost_of_charging(
        [peak_kw - 10] * 4,
        [10.0] * 4,
        [0.1] * 4,
        first_slot=slot_at(EVENING),
        tariff=read_terms({"energy": [{"price_per_kwh": "0.1"}], **terms}, UTC),
        incurred={name: {"incurred_kw": paid_kw}},
    )
    return cost.peaks


@pytest.mark.parametrize(("peak_kw", "costs"), [(40, 0), (50, 0), (50.5, 2200), (99, 2200)])
def test_a_step_costs_all_of_it_however_little_it_is_passed(peak_kw: float, costs: int) -> None:
    assert more({"demand": [{"name": "c", "steps": STEPS}]}, "c", paid_kw=50, peak_kw=peak_kw) == costs


@pytest.mark.parametrize(("peak_kw", "costs"), [(100, 0), (101, 95), (150, 95), (151, 190)])
def test_blocks_are_paid_whole(peak_kw: float, costs: int) -> None:
    assert more({"subscription": BLOCKS}, "subscription", paid_kw=100, peak_kw=peak_kw) == costs


def test_what_is_above_the_blocks_that_were_ordered_is_paid_by_the_kilowatt() -> None:
    ordered = BLOCKS | {"overage_per_kw": "3.82", "blocks": 2}

    assert more({"subscription": ordered}, "subscription", paid_kw=100, peak_kw=110) == Decimal("38.20")


def test_a_demand_charge_is_paid_above_what_is_paid_for() -> None:
    demand = {"demand": [{"name": "any time", "price_per_kw": "15.5"}]}

    assert more(demand, "any time", paid_kw=30, peak_kw=34) == 62
    assert more(demand, "any time", paid_kw=40, peak_kw=34) == 0
