"""When a new plan is asked for, and by whom it is made."""

from datetime import UTC, datetime, timedelta

import pytest

from chargers.models import Connection
from depot.energy import duties, services
from depot.energy.models import PlanMark, StoredPlan
from depot.models import Depot
from tests.energy.planning.evening import EVENING, plug_in, replan
from tests.energy.rows import (
    make_tariff,
    wired_bay,
)

pytestmark = pytest.mark.django_db


class Asked:
    """Stands where the worker is: notes for which depots a plan was asked, and why."""

    def __init__(self) -> None:
        self.why: list[str] = []

    def delay(self, *, depot_id: int, why: str) -> None:
        self.why.append(why)
        PlanMark.objects.filter(depot=depot_id).update(claimed_at=None)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr(duties.tasks, "replan_depot", asked)
    return asked


def test_a_plan_is_asked_for_each_quarter_of_an_hour(depot: Depot, asked: Asked) -> None:
    for minutes in (0, 1, 14, 15, 16):
        duties.plan_what_is_due(EVENING + timedelta(minutes=minutes))

    assert asked.why == ["the first plan", "a new quarter of an hour"]


def test_a_plan_is_asked_for_when_a_vehicle_comes_or_a_charger_goes(depot: Depot, asked: Asked) -> None:
    bay = wired_bay(depot)
    duties.plan_what_is_due(EVENING)
    plug_in(bay)
    duties.plan_what_is_due(EVENING + timedelta(seconds=1))
    assert bay.evse
    Connection.objects.filter(charger=bay.evse.charger).update(closed_at=datetime.now(UTC))
    duties.plan_what_is_due(EVENING + timedelta(seconds=2))
    duties.plan_what_is_due(EVENING + timedelta(seconds=3))

    assert asked.why[1:] == ["a vehicle came or left, or a charger did"] * 2


def test_a_wish_is_answered_once(depot: Depot, asked: Asked) -> None:
    duties.plan_what_is_due(EVENING)
    services.want_plan(depot.pk, "a new need", now=EVENING)

    duties.plan_what_is_due(EVENING)
    duties.plan_what_is_due(EVENING)

    assert asked.why == ["the first plan", "a new need"]


def test_a_depot_that_is_being_planned_is_not_planned_twice(depot: Depot, asked: Asked) -> None:
    duties.plan_what_is_due(EVENING)
    PlanMark.objects.update(claimed_at=datetime.now(UTC))
    services.want_plan(depot.pk, "a new need", now=EVENING)
    duties.plan_what_is_due(EVENING)
    assert asked.why == ["the first plan"]

    PlanMark.objects.update(claimed_at=datetime.now(UTC) - 2 * duties.CLAIM_HOLDS)
    duties.plan_what_is_due(EVENING)

    assert asked.why == ["the first plan", "a new need"]


def test_a_plan_that_never_came_is_made_by_another(depot: Depot, asked: Asked) -> None:
    duties.plan_what_is_due(EVENING)
    PlanMark.objects.update(claimed_at=datetime.now(UTC) - 2 * duties.CLAIM_HOLDS)

    duties.plan_what_is_due(EVENING)

    assert asked.why == ["the first plan", "the last plan never came"]


def test_a_depot_of_one_process_waits_for_no_plan_of_the_process_before(depot: Depot, asked: Asked) -> None:
    duties.plan_what_is_due(EVENING)
    PlanMark.objects.update(claimed_at=datetime.now(UTC))

    services.free_plans_of_the_dead(now=EVENING)
    duties.plan_what_is_due(EVENING)

    assert asked.why == ["the first plan", "the depot was started again"]


def test_terms_that_cannot_be_read_are_told_and_the_plan_that_holds_stays(depot: Depot) -> None:
    wired_bay(depot)
    replan(depot)
    make_tariff(depot, {"energy": []}, valid_from="2026-01-01")
    PlanMark.objects.update(claimed_at=datetime.now(UTC))

    duties.tasks.replan_depot(depot_id=depot.pk, why="a test")

    mark = PlanMark.objects.get()
    assert "at least one price" in mark.failed
    assert mark.claimed_at is None
    assert StoredPlan.objects.count() == 1
