"""Batteries that taper, and those that feed the building."""

import pytest

from depot.energy.instance import Battery, Circuit, Taper
from depot.energy.planner import plan
from tests.energy.yard import DEAR_THEN_CHEAP, evse, instance, kw_of, need, site


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
