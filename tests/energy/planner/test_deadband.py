"""Who holds a little more than is planned is left alone only where there is room for it."""

from dataclasses import replace

import pytest

from depot.energy.deadband import OVER_KW, to_send
from depot.energy.instance import Evse, Held
from depot.energy.planner import plan
from tests.energy.yard import evse, instance, need, site

HERE_KW, HELD_KW = 4.0, 4.1


def told(limit_kw: float, other: Evse, *, arrives: int, other_held_kw: float) -> list[str]:
    """Of a van that holds a tenth of a kilowatt more than is planned, beside one that holds a little less."""
    needs = [
        need("van", 2 * HERE_KW, at="A", departs=2),
        need("other", (2 - arrives) * 4.0, at="B", arrives=arrives, departs=2),
    ]
    given = instance(site(2, limit_kw=limit_kw), [evse("A", max_kw=HERE_KW), other], needs)
    made = plan(given)
    held_kw = {"van": (HELD_KW, HELD_KW), "other": (0.0, other_held_kw) if arrives else (other_held_kw,) * 2}
    holding = [replace(one, need=replace(one.need, installed_kw=held_kw[one.need.vehicle])) for one in made.needs]
    return [one.need.vehicle for one in to_send(given, replace(made, needs=tuple(holding)))]


@pytest.mark.parametrize(("limit_kw", "hears"), [(8.0, ["van"]), (8.1, [])])
def test_it_counts_what_one_takes_who_is_here_and_goes_on_as_it_was_told(limit_kw: float, hears: list[str]) -> None:
    assert told(limit_kw, evse("B", max_kw=4.0), arrives=0, other_held_kw=4.0) == hears


@pytest.mark.parametrize(("limit_kw", "hears"), [(8.0, ["van"]), (8.1, [])])
def test_what_was_planned_once_for_one_that_is_still_to_come_makes_no_room(limit_kw: float, hears: list[str]) -> None:
    assert told(limit_kw, evse("B", max_kw=4.0), arrives=1, other_held_kw=3.8) == hears


@pytest.mark.parametrize(("limit_kw", "hears"), [(14.0, ["van"]), (14.1, [])])
def test_one_that_may_start_unasked_counts_with_its_rating(limit_kw: float, hears: list[str]) -> None:
    unasked = evse("B", max_kw=4.0, held=Held.UNASKED, held_kw=(10.0, 10.0))

    assert told(limit_kw, unasked, arrives=0, other_held_kw=3.9) == hears


def test_many_who_hold_hardly_more_than_is_planned_do_not_pass_a_limit_together() -> None:
    # Of each it is less than the rounding that is let pass; of all of them it is several times as much.
    needs = [need(f"van {n}", 8.0, at=f"E{n}", departs=2) for n in range(10)]
    given = instance(site(2, limit_kw=40.0), [evse(f"E{n}", max_kw=4.0) for n in range(10)], needs)
    made = plan(given)
    held = (4.0 + 0.8 * OVER_KW,) * 2
    holding = replace(made, needs=tuple(replace(one, need=replace(one.need, installed_kw=held)) for one in made.needs))

    assert len(to_send(given, holding)) == len(needs)
