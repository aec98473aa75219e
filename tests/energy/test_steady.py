"""A night that goes nearly as planned is left as it was told."""

from dataclasses import replace

import pytest

from depot.energy.deadband import to_send
from depot.energy.instance import Instance
from depot.energy.planner import Planner
from tests.energy.yard import evse, instance, need, peak, site

HOURS = 8
KWH = (30.0, 20.0, 25.0)


def night(*kwh: float) -> Instance:
    """Where a peak is dear the best plan has no slack: whatever moves, all could move."""
    places = [evse(name) for name in "ABC"]
    needs = [need(f"van {n}", each, at="ABC"[n], departs=HOURS - n) for n, each in enumerate(kwh)]
    return instance(site(HOURS, limit_kw=25), places, needs, demand=(peak(3.0, HOURS),))


def told(*, drifts: tuple[float, float, float]) -> list[str]:
    """Who hears of it when the vehicles turn out to need so much more or less than they were told to be given."""
    planner = Planner()
    first = planner.plan(night(*KWH))
    needs = tuple(
        replace(planned.need, installed_kw=planned.kw, energy_kwh=planned.need.energy_kwh + drift)
        for planned, drift in zip(sorted(first.needs, key=lambda each: each.need.vehicle), drifts, strict=True)
    )
    again = replace(night(*KWH), needs=needs)
    return [planned.need.vehicle for planned in to_send(again, planner.plan(again))]


@pytest.mark.parametrize("drifts", [(0, 0, 0), (0.3, -0.2, 0.1), (-0.4, -0.4, -0.4), (0.4, 0.4, 0.4)])
def test_what_nobody_would_notice_is_told_to_nobody(drifts: tuple[float, float, float]) -> None:
    assert told(drifts=drifts) == []


def test_who_lacks_more_is_told() -> None:
    assert "van 1" in told(drifts=(0, 1.0, 0))


def test_a_small_need_is_met_to_a_few_percent() -> None:
    planner = Planner()
    given = instance(site(4), [evse()], [need(kwh=2.0, departs=4, installed_kw=(1.8, 0.0, 0.0, 0.0))])

    assert len(to_send(given, planner.plan(given))) == 1


@pytest.mark.parametrize(("grain_kwh", "hears"), [(0.0, ["van 1"]), (1.5, [])])
def test_a_level_that_is_told_in_whole_percents_moves_no_plan_by_one_of_them(
    grain_kwh: float, hears: list[str]
) -> None:
    planner = Planner()
    first = planner.plan(night(*KWH))
    needs = tuple(
        replace(
            planned.need,
            installed_kw=planned.kw,
            grain_kwh=grain_kwh,
            energy_kwh=planned.need.energy_kwh + (1.2 if planned.need.vehicle == "van 1" else 0.0),
        )
        for planned in first.needs
    )
    again = replace(night(*KWH), needs=needs)

    told = [planned.need.vehicle for planned in to_send(again, planner.plan(again))]

    assert [name for name in told if name == "van 1"] == hears
