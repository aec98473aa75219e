"""The mark that asks for a new plan. It is a row: a process that dies between wish and plan loses nothing."""

from datetime import datetime

from depot.energy.models import PlanMark, Wiring


def want_plan(depot_id: int, why: str, *, now: datetime) -> None:
    PlanMark.objects.update_or_create(depot_id=depot_id, defaults={"wanted_at": now, "why": why[:120]})


def free_plans_of_the_dead(*, now: datetime) -> int:
    """For a process that is alone: what was being planned when another ended is planned by this one."""
    claimed = PlanMark.objects.exclude(claimed_at=None)
    return claimed.update(claimed_at=None, wanted_at=now, why="the depot was started again")


def want_plan_of_charger(charger_id: int, why: str, *, now: datetime) -> None:
    """For all depots on whose circuits it hangs."""
    depots = Wiring.objects.filter(evse__charger=charger_id).values_list("circuit__depot", flat=True).distinct()
    for depot_id in depots.order_by():
        want_plan(depot_id, why, now=now)
