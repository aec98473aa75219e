"""Batteries fill exactly, whatever the steps; day plans repeat."""

import math
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from simulator.vehicle import Vehicle, plan_visit, plan_visits
from simulator.yard import DayPlan, EvsePlan, VehiclePlan

EVSE = EvsePlan(number=1, max_w=11000, phases=3, voltage_v=230, max_a=16)
VAN = VehiclePlan(name="Van", id_token="V", battery_kwh=60, max_ac_w=11000, phases=3)
ZONE = ZoneInfo("America/Los_Angeles")


def test_energy_is_power_times_time_below_the_taper() -> None:
    van = Vehicle(VAN, soc=0.2)

    wh = van.charge(1800, 8000)

    assert wh == pytest.approx(4000)
    assert van.soc == pytest.approx(0.2 + 4000 * 0.92 / 60000)


@pytest.mark.parametrize("offer_w", [2000, 7000, 11000])
def test_many_small_steps_make_the_energy_of_one_great_one(offer_w: float) -> None:
    at_once, in_steps = Vehicle(VAN, soc=0.5), Vehicle(VAN, soc=0.5)

    whole = at_once.charge(36000, offer_w)
    parts = sum(in_steps.charge(10, offer_w) for _ in range(3600))

    assert parts == pytest.approx(whole, rel=1e-9)
    assert in_steps.soc == pytest.approx(at_once.soc)


def test_the_power_falls_in_proportion_to_what_is_missing() -> None:
    van = Vehicle(VAN, soc=0.9)

    assert van.power_w(11000) == pytest.approx(5500)


def test_a_weak_charger_meets_the_taper_late() -> None:
    truck = Vehicle(VehiclePlan(name="Truck", id_token="T", max_dc_w=110_000), soc=0.95)

    assert truck.power_w(7000) == 7000


def test_it_is_full_exactly_when_it_said() -> None:
    van = Vehicle(VAN, soc=0.4)
    seconds = van.seconds_until_full(7000)

    van.charge(seconds - 1, 7000)
    was_full = van.is_full
    van.charge(2, 7000)

    assert not was_full
    assert van.is_full
    assert van.seconds_until_full(7000) == math.inf


def test_a_target_below_full_ends_the_charge_there() -> None:
    van = Vehicle(VehiclePlan(name="Van", id_token="V", battery_kwh=60, target_soc=0.7), soc=0.4)

    van.charge(1e6, 7000)

    assert van.soc == 0.7
    assert van.power_w(7000) == 0


def test_the_weakest_of_vehicle_evse_and_cable_bounds_the_power() -> None:
    one_phase = Vehicle(VehiclePlan(name="Van", id_token="V", phases=1))

    assert one_phase.max_w(EVSE) == 16 * 230
    assert one_phase.least_w(EVSE) == 6 * 230
    assert Vehicle(VAN).least_w(EVSE) == 6 * 230 * 3


def test_a_visit_is_the_same_each_time_it_is_asked_for() -> None:
    plan = VehiclePlan(name="Van", id_token="V", days=DayPlan(bay="A1"))

    visits = {plan_visit(plan, date(2026, 11, 19), zone=ZONE, seed=7) for _ in range(3)}

    assert len(visits) == 1
    assert visits != {plan_visit(plan, date(2026, 11, 19), zone=ZONE, seed=8)}


def test_a_night_with_a_clock_change_ends_by_the_clock_on_the_wall() -> None:
    plan = VehiclePlan(name="Van", id_token="V", days=DayPlan(bay="A1", weekdays=(5,), jitter_min=0))

    visit = plan_visit(plan, date(2026, 10, 31), zone=ZONE, seed=1)

    assert visit is not None
    assert datetime.fromtimestamp(visit.leaves_at, ZONE).hour == 6
    assert visit.leaves_at - visit.arrives_at == 14 * 3600  # 17:00 to 06:00, and one hour twice


def test_visits_begin_with_the_one_that_is_not_over() -> None:
    plan = VehiclePlan(name="Van", id_token="V", days=DayPlan(bay="A1", jitter_min=0))
    at_night = datetime(2026, 11, 20, 2, 0, tzinfo=ZONE).timestamp()

    first = next(plan_visits(plan, at_night, zone=ZONE, seed=1))

    assert first.arrives_at < at_night < first.leaves_at


def test_a_vehicle_without_a_plan_never_comes() -> None:
    assert list(plan_visits(VAN, 0, zone=ZONE, seed=1)) == []
