"""What is due of the depot's energy, looked at with each tick: quarters to sum, plans to make."""

import hashlib
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from chargers.queries import online_charger_ids
from depot.energy import tasks
from depot.energy.models import Circuit, MeterSample, PlanMark, StoredPlan, Wiring
from depot.energy.services.metering import close_quarters
from depot.energy.slots import slot_at
from depot.models import Depot
from sessions.models import Session

# A plan that has not come after so long (real time) is another process's to make: the first has died.
CLAIM_HOLDS = timedelta(minutes=2)
SAMPLES_KEPT = timedelta(days=60)
PLANS_KEPT = timedelta(days=14)


def sum_quarters(now: datetime) -> int:
    """Each depot's quarters that are over."""
    depots = Depot.objects.filter(circuits__feeds_from=None).distinct()
    return sum(close_quarters(depot, now=now) for depot in depots)


def plan_what_is_due(now: datetime) -> int:
    """Each quarter of an hour, and whenever what a plan was made of has changed. How many plans were asked for."""
    scenes = _scenes()
    marks = {mark.depot_id: mark for mark in PlanMark.objects.filter(depot__in=scenes)}
    asked = 0
    for depot_id, scene in scenes.items():
        why = _why(marks.get(depot_id), scene, now)
        if why and _claim(depot_id, scene, now):
            tasks.replan_depot.delay(depot_id=depot_id, why=why)
            asked += 1
    return asked


def _scenes() -> dict[int, str]:
    """Of each depot with a grid connection, a digest of who is plugged in and which chargers are there."""
    wired = Wiring.objects.filter(circuit__depot__circuits__feeds_from=None).order_by("evse_id")
    online = online_charger_ids()
    words: dict[int, list[str]] = {
        depot_id: [] for depot_id in Circuit.objects.filter(feeds_from=None).values_list("depot", flat=True)
    }
    depot_of: dict[int, int] = {}
    for evse_id, charger_id, depot_id in wired.values_list("evse", "evse__charger", "circuit__depot").distinct():
        depot_of[evse_id] = depot_id
        words[depot_id].append(f"{evse_id}{'+' if charger_id in online else '-'}")
    running = Session.objects.running().filter(evse__in=depot_of).order_by("pk")
    for pk, evse_id, vehicle_id in running.values_list("pk", "evse", "vehicle"):
        words[depot_of[evse_id or 0]].append(f"{pk}:{vehicle_id}")
    return {depot: hashlib.sha256(" ".join(said).encode()).hexdigest() for depot, said in words.items()}


def _why(mark: PlanMark | None, scene: str, now: datetime) -> str:
    """Empty where the plan that holds is as good as a new one."""
    if mark is None or mark.planned_at is None:
        return "the first plan"
    if mark.wanted_at is not None:
        return mark.why or "something was told"
    if mark.claimed_at is not None and mark.claimed_at < datetime.now(UTC) - CLAIM_HOLDS:
        return "the last plan never came"
    if mark.scene != scene:
        return "a vehicle came or left, or a charger did"
    return "a new quarter of an hour" if slot_at(mark.planned_at) != slot_at(now) else ""


def _claim(depot_id: int, scene: str, now: datetime) -> bool:
    """One process plans a depot; whoever asks meanwhile finds the mark set again and is served after it."""
    PlanMark.objects.get_or_create(depot_id=depot_id)
    real = datetime.now(UTC)
    free = PlanMark.objects.filter(Q(claimed_at=None) | Q(claimed_at__lt=real - CLAIM_HOLDS), depot=depot_id)
    return bool(free.update(claimed_at=real, scene=scene, planned_at=now, wanted_at=None, why=""))


def old_samples(now: datetime) -> "QuerySet[MeterSample]":
    return MeterSample.objects.filter(at__lt=now - SAMPLES_KEPT)


def old_plans(now: datetime) -> "QuerySet[StoredPlan]":
    return StoredPlan.objects.filter(made_at__lt=now - PLANS_KEPT)
