"""The demo's yard, planned: 44 EVSEs of 731 kW on a connection of 250."""

import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chargers.models import Charger, Evse
from depot.demo.electricity import OFFICE_MOST_W, OFFICE_W, SHARED_SUPPLY
from depot.demo.yard import SITE_LIMIT_W, lay_out, read_plan
from depot.energy import services
from depot.energy.models import Circuit, StoredPlan, Timetable, Wiring
from depot.models import Bay, Depot
from sessions.models import Vehicle
from tests.factories import connect, make_session

pytestmark = pytest.mark.django_db

EVENING = datetime(2026, 3, 6, 3, 30, tzinfo=UTC)  # Thursday, half past seven in Los Angeles


@pytest.fixture
def depot(tmp_path: Path) -> Depot:
    depot = lay_out(read_plan(), tmp_path / "passwords.json", now=EVENING)
    for charger in Charger.objects.all():
        connect(charger)
    return depot


@pytest.fixture
def plan(depot: Depot) -> StoredPlan:
    """Everybody is at home."""
    for told in read_plan()["vehicles"]:
        bay = Bay.objects.filter(name=told.get("days", {}).get("bay", "")).select_related("evse__charger").first()
        if bay is not None:
            vehicle = Vehicle.objects.get(unit_number=told["name"])
            level = 45.0 if bay.evse and bay.evse.is_dc else None
            make_session(bay, vehicle, started_at=EVENING - timedelta(hours=2), energy_wh=0, soc_percent=level)
    plan = services.replan(depot, now=EVENING, why="a test")
    assert plan is not None
    return plan


def test_laid_out_twice_it_is_the_same(depot: Depot, tmp_path: Path) -> None:
    before = Circuit.objects.count(), Wiring.objects.count(), Timetable.objects.count()

    lay_out(read_plan(), tmp_path / "passwords.json", now=EVENING)

    assert (Circuit.objects.count(), Wiring.objects.count(), Timetable.objects.count()) == before
    assert before[1] == Evse.objects.count() == 44


def test_everybody_is_ready_within_the_connection(plan: StoredPlan) -> None:
    assert plan.stays.count() >= 36
    assert plan.unmet_kwh == 0
    assert all(stay.ready_at is not None and stay.ready_at <= stay.departs_at for stay in plan.stays.all())
    free_kw = (SITE_LIMIT_W - OFFICE_MOST_W) / 1000
    assert max(plan.grid_kw) - OFFICE_W / 1000 <= free_kw + 1e-6


def test_every_circuit_keeps_its_limits(plan: StoredPlan) -> None:
    wirings = {wiring.evse_id: wiring for wiring in Wiring.objects.select_related("circuit")}
    loads: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0] * 96)
    for stay in plan.stays.all():
        wiring = wirings[stay.evse_id]
        for line in wiring.lines:
            key = (wiring.circuit.name, line)
            loads[key] = [a + b / len(wiring.lines) for a, b in zip(loads[key], stay.kw, strict=True)]

    for circuit in Circuit.objects.exclude(limit_w=None):
        lines = [kw for (name, _), kw in loads.items() if name == circuit.name]
        assert max(map(sum, zip(*lines, strict=True))) <= circuit.limit_w / 1000 + 1e-6  # type: ignore[operator]
    supply = loads[SHARED_SUPPLY, "1"]
    assert 0 < max(supply) <= 40 * 240 / 1000 + 1e-6


def test_it_waits_for_the_night(plan: StoredPlan) -> None:
    night, evening = plan.grid_kw[10:34], plan.grid_kw[:6]  # from 22:00, and before the dear hours end at 21:00

    assert sum(night) / len(night) > 2 * sum(evening) / len(evening)


def test_a_plan_of_the_yard_is_made_within_a_fraction_of_a_second_of_work(depot: Depot, plan: StoredPlan) -> None:
    started = time.thread_time()

    again = services.replan(depot, now=EVENING + timedelta(minutes=1), why="a test")

    assert again is not None
    # Reading the books, solving, reasons and rows together; a noisy machine has room.
    assert time.thread_time() - started < 3.0
    assert again.took_s < 0.7
