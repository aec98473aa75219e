"""From the books to a plan: what is read, and what is kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from chargers.choices import Standing
from chargers.models import Connection
from depot.energy import services
from depot.energy.models import StoredPlan
from depot.energy.plan import PlannedNeed
from depot.energy.services import hands
from depot.energy.services.planning import ready_at
from depot.models import Depot
from tests.energy.planning.evening import EVENING, HOUR, frame, plug_in, replan
from tests.energy.rows import (
    make_circuit,
    make_tariff,
    wire,
    wired_bay,
)
from tests.factories import connect, make_bay, make_depot, make_evse, make_vehicle

pytestmark = pytest.mark.django_db


def test_a_depot_without_circuits_is_not_planned() -> None:
    depot = make_depot()

    assert services.replan(depot, now=EVENING, why="a test") is None
    assert not StoredPlan.objects.exists()


def test_only_adopted_and_managed_evses_on_a_circuit_are_planned(depot: Depot) -> None:
    managed = wired_bay(depot)
    wired_bay(depot, charger={"standing": Standing.WAITING})
    wired_bay(depot, charger={"energy_management_on": False})
    make_bay(depot)

    assert [evse.key for evse in frame(depot).instance.evses] == [str(managed.evse_id)]


def test_a_vehicle_gets_what_it_needs_before_it_leaves(depot: Depot) -> None:
    session = plug_in(wired_bay(depot), soc_percent=40.0)

    plan = replan(depot)

    stay = plan.stays.get()
    assert stay.session == session
    assert stay.departs_at == datetime(2026, 3, 6, 5, 0, tzinfo=UTC)
    assert (stay.departure_source, stay.needs_source) == ("default", "level")
    assert sum(stay.kw) / 4 * 0.9 == pytest.approx(30.0, abs=0.05)
    assert stay.ready_at is not None
    assert stay.ready_at <= stay.departs_at


@pytest.mark.parametrize(("short_kwh", "is_ready"), [(0.4, True), (0.6, False)])
def test_what_a_plan_leaves_unnoticed_does_not_make_it_late(depot: Depot, short_kwh: float, is_ready: bool) -> None:
    plug_in(wired_bay(depot), soc_percent=40.0)
    seen = frame(depot)
    (need,) = seen.instance.needs
    kw = [4 * (need.energy_kwh - short_kwh) / 0.9, 0.0]
    told = PlannedNeed(need=replace(need, installed_kw=tuple(kw), grain_kwh=0.0), kw=tuple(kw), unmet_kwh=0.0)

    at = ready_at(seen, told.need, told, seen.stays[need.key])

    assert at == (EVENING + timedelta(minutes=15) if is_ready else None)


def test_each_stay_and_slot_has_a_reason(depot: Depot) -> None:
    plug_in(wired_bay(depot), soc_percent=40.0)

    stay = replan(depot).stays.get()

    runs = stay.reasons
    assert (runs[0]["from"], runs[-1]["to"]) == (0, 96)
    assert all(before["to"] == after["from"] for before, after in pairwise(runs))
    assert all(run["why"] and run["text"] for run in runs)


def test_the_same_books_twice_tell_a_charger_once(depot: Depot) -> None:
    plug_in(wired_bay(depot), soc_percent=40.0)

    first, again = replan(depot), replan(depot)

    assert first.stays.get().was_told
    assert not again.stays.get().was_told
    assert again.stays.get().held == first.stays.get().held


def test_an_offline_charger_is_counted_at_its_rating(depot: Depot) -> None:
    there, away = wired_bay(depot), wired_bay(depot)
    assert away.evse
    Connection.objects.filter(charger=away.evse.charger).update(closed_at=datetime.now(UTC))
    plug_in(there, soc_percent=10.0)

    evses = {evse.key: evse for evse in frame(depot).instance.evses}

    assert evses[str(away.evse_id)].held == "offline"
    assert evses[str(away.evse_id)].held_kw == (11.0,) * 96
    assert evses[str(there.evse_id)].held_kw is None


def test_the_reserve_of_a_circuit_counts_against_it() -> None:
    depot = make_depot(site_limit_w=30_000)
    make_tariff(depot)
    grid = make_circuit(depot, reserved_w=20_000)
    for _ in range(3):
        plug_in(wired_bay(depot, circuit=grid), soc_percent=0.0)

    plan = replan(depot)

    assert max(sum(kw) for kw in zip(*(stay.kw for stay in plan.stays.all()), strict=True)) <= 10.0 + 1e-6


def test_two_points_on_one_supply_of_forty_amperes_share_it(depot: Depot) -> None:
    supply = make_circuit(depot, "Supply 1", make_circuit(depot), limit_a=40)
    for _ in range(2):
        bay = wired_bay(depot, circuit=supply, wiring={"rating_w": 7_400, "lines": "2"})
        plug_in(bay, soc_percent=0.0)

    plan = replan(depot)

    together = [sum(kw) for kw in zip(*(stay.kw for stay in plan.stays.all()), strict=True)]
    assert max(together) == pytest.approx(9.2, abs=0.01)
    assert plan.was_short


def test_a_cap_of_the_grid_holds_in_its_window(depot: Depot) -> None:
    for _ in range(4):
        plug_in(wired_bay(depot), soc_percent=0.0)
    hands.cap_grid(depot, 12_000, starts_at=EVENING + HOUR, ends_at=EVENING + 3 * HOUR, now=EVENING)

    plan = replan(depot)

    assert max(plan.grid_kw[4:12]) <= 12.0 + 1e-6
    assert plan.limit_kw[3:5] == [50.0, 12.0]


def test_the_dear_hours_are_waited_for_and_the_reason_says_so(depot: Depot) -> None:
    make_tariff(
        depot,
        {"energy": [{"from": "16:00", "to": "21:00", "price_per_kwh": "0.5"}, {"price_per_kwh": "0.1"}]},
        valid_from="2026-01-01",
    )
    plug_in(wired_bay(depot), soc_percent=40.0)

    stay = replan(depot).stays.get()

    assert not any(stay.kw[:12])
    assert stay.reasons[0]["why"] == "on_peak"


def test_a_night_without_an_hour_is_planned_for_the_hours_it_has() -> None:
    """On 29 March the clock in Berlin jumps from 02:00 to 03:00."""
    depot = make_depot(site_limit_w=50_000)
    make_circuit(depot)
    make_tariff(depot, {"energy": [{"from": "22:00", "to": "06:00", "price_per_kwh": "0.1"}, {"price_per_kwh": "0.5"}]})
    vehicle = make_vehicle(battery_kwh=75, target_soc_percent=100)
    plug_in(wired_bay(depot), soc_percent=0.0, vehicle=vehicle, started_at=datetime(2026, 3, 28, 17, tzinfo=UTC))

    stay = replan(depot, datetime(2026, 3, 28, 18, tzinfo=UTC)).stays.get()

    assert stay.departs_at == datetime(2026, 3, 29, 4, tzinfo=UTC)  # 06:00
    # From 22:00 to 06:00 there are seven hours: 77 of the 83.3 kWh that it needs fit.
    assert sum(stay.kw[12:40]) / 4 == pytest.approx(77.0)
    assert sum(stay.kw[:12]) / 4 == pytest.approx(75 / 0.9 - 77.0, abs=0.1)


def test_evses_of_which_one_charges_at_a_time_are_planned_so(depot: Depot) -> None:
    grid, first = make_circuit(depot), make_evse(number=1, max_w=50_000, is_dc=True, exclusion_group="cables")
    second = make_evse(first.charger, 2, max_w=50_000, is_dc=True, exclusion_group="cables")
    for evse in (first, second):
        wire(evse, grid, rating_w=20_000)
        plug_in(make_bay(depot, evse=evse), soc_percent=0.0)
    connect(first.charger)

    plan = replan(depot)

    assert max(sum(kw) for kw in zip(*(stay.kw for stay in plan.stays.all()), strict=True)) <= 20.0 + 1e-6
