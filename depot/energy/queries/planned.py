"""The plan that holds, and what it says of one EVSE."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from depot.energy.models import PlannedStay, StoredPlan
from depot.energy.slots import start_of
from depot.models import Depot


def newest_plan(depot: Depot | None) -> StoredPlan | None:
    return StoredPlan.objects.filter(depot=depot).first() if depot is not None else None


def stays_in(plan: StoredPlan | None) -> list[PlannedStay]:
    if plan is None:
        return []
    rows = PlannedStay.objects.filter(plan=plan).select_related("evse__charger", "evse__wiring", "vehicle", "session")
    return list(rows.order_by("departs_at", "pk"))


def slot_in(plan: StoredPlan, now: datetime) -> int:
    """Which of the plan's slots it is now; beyond its last one: how many it has."""
    begun = (now - start_of(plan.first_slot)).total_seconds() // plan.slot_s
    return int(min(plan.slots, max(0, begun)))


def reason_at(reasons: Sequence[dict[str, Any]], slot: int) -> dict[str, Any]:
    return next((run for run in reasons if run["from"] <= slot < run["to"]), {})


@dataclass(frozen=True, slots=True)
class Highest:
    power_w: int
    at: datetime


def highest_planned(depot: Depot | None, now: datetime) -> Highest | None:
    """What the site will take at most from the grid, from now on; read without the rest of the plan."""
    plan = StoredPlan.objects.filter(depot=depot).only("first_slot", "slots", "slot_s", "grid_kw").first()
    ahead = plan.grid_kw[slot_in(plan, now) :] if plan is not None else []
    if plan is None or not ahead:
        return None
    highest = max(ahead)
    slot = slot_in(plan, now) + ahead.index(highest)
    return Highest(round(highest * 1000), max(now, start_of(plan.first_slot + slot)))


@dataclass(frozen=True, slots=True)
class PlannedHere:
    """What a drawer shows of it."""

    power_w: int
    why: str
    ready_at: datetime | None
    departs_at: datetime
    misses_kwh: float
    made_at: datetime


def planned_here(evse_id: int | None, session_id: int | None, now: datetime) -> PlannedHere | None:
    """Of the vehicle that stands there; None where the newest plan is not about it, or is over."""
    if evse_id is None or session_id is None:
        return None
    stay = PlannedStay.objects.filter(session=session_id).select_related("plan").order_by("-pk").first()
    if stay is None or stay.evse_id != evse_id or stay.departs_at <= now:
        return None
    slot = slot_in(stay.plan, now)
    if slot >= len(stay.kw):
        return None
    return PlannedHere(
        power_w=round(stay.kw[slot] * 1000),
        why=reason_at(stay.reasons, slot).get("text", ""),
        ready_at=stay.ready_at,
        departs_at=stay.departs_at,
        misses_kwh=stay.unmet_kwh,
        made_at=stay.plan.made_at,
    )
