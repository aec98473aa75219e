"""What the past days would have cost: asked for once, worked out by a worker, kept."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from depot import clock
from depot.access.audit import note
from depot.access.pages import UserRequest, needs
from depot.board.frame import current_depot
from depot.energy.pages import tasks
from depot.energy.pages.models import LookBack
from depot.energy.pages.past import newest_days

# What is offered; the planner lives through each day in 96 solves.
SPANS = (7, 28)
SMALL_KWH = 0.5
WORKED_WITHIN = timedelta(hours=1)
WORDS = {
    "": ("As it was", "from the meters"),
    "planner": ("Planner", "waits for cheap hours, keeps peaks low"),
    "unmanaged": ("Unmanaged", "everyone at once at full power, whatever the limits say"),
    "equal": ("Equal shares", "everyone the same, within the limits"),
    "edf": ("First to leave first", "knows departures, but no prices"),
    "llf": ("Least time to spare first", "knows departures and needs, but no prices"),
}


@require_safe
@needs("energy.view_storedplan")
def past(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    if depot is None:
        return redirect("energy")
    rows = list(LookBack.objects.filter(depot=depot).select_related("asked_by")[:6])
    chosen = next((row for row in rows if str(row.pk) == request.GET.get("of")), rows[0] if rows else None)
    context = {
        "rows": rows,
        "chosen": chosen,
        "ways": list(_ways(chosen)) if chosen is not None else [],
        "spans": SPANS,
        "currency": depot.currency,
        "now": clock.now(),
    }
    return render(request, "energy/past.html", context)


def _ways(row: LookBack) -> Iterator[dict[str, Any]]:
    """The cheapest that met every need within every limit is marked."""
    bills = [way["bill"] for way in row.ways]
    top = max([*bills, 0.01])
    fair = [way["bill"] for way in row.ways if not way["violations"] and way["unmet_kwh"] < SMALL_KWH]
    for way in sorted(row.ways, key=lambda way: way["bill"]):
        name, words = WORDS[way["policy"]]
        yield {
            **way,
            "name": name,
            "words": words,
            "bill": Decimal(str(way["bill"])),
            "energy": Decimal(str(way["energy_cost"])),
            "peaks": Decimal(str(round(way["bill"] - way["energy_cost"], 2))),
            "width": round(100 * max(0.0, way["bill"]) / top, 1),
            "is_best": bool(fair) and way["bill"] == min(fair),
        }


@require_POST
@needs("energy.change_rule")
def work_out(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    asked = request.POST.get("days", "")
    if depot is None or asked not in map(str, SPANS):
        return redirect("energy-past")
    now, days = clock.now(), int(asked)
    with transaction.atomic():
        row, is_new = LookBack.objects.get_or_create(
            depot=depot,
            first_day=newest_days(depot, now, days).date(),
            days=days,
            defaults={"asked_at": now, "asked_by": request.user},
        )
        # A worker that was stopped meanwhile has forgotten it.
        is_lost = row.done_at is None and now - row.asked_at > WORKED_WITHIN
        if is_new or row.failed or is_lost:
            LookBack.objects.filter(pk=row.pk).update(done_at=None, failed="", asked_at=now, asked_by=request.user)
            note(request, "looked back", depot, days=days)
            transaction.on_commit(lambda: tasks.look_back_at.delay(look_back_id=row.pk))
    return redirect("energy-past")
