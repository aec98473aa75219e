"""Notices as a list: what the depot had to tell, the newest first."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from depot.access.pages import UserRequest, needs
from depot.access.reach import within_reach
from depot.board.frame import current_depot
from depot.notices.models import Notice

SHOWN = 50
# Of each charge there is one; the page Sessions lists them better.
ELSEWHERE = ("transaction.completed",)
KINDS = {
    "departure": "Departures",
    "limits": "Limits",
    "meter": "Meters",
    "command": "Commands",
    "charger": "Chargers",
}


@require_safe
@needs("notices.view_notice")
def notices(request: UserRequest) -> HttpResponse:
    depot, kind, before = current_depot(request), request.GET.get("kind", ""), request.GET.get("before", "")
    rows = within_reach(request.user, Notice.objects.exclude(kind__in=ELSEWHERE))
    if depot is not None:
        rows = rows.filter(depot__in=[depot.pk]) | rows.filter(depot=None)
    if kind in KINDS:
        rows = rows.filter(kind__startswith=f"{kind}.")
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    shown = list(rows.order_by("-pk")[: SHOWN + 1])
    context = {
        "notices": shown[:SHOWN],
        "before": shown[SHOWN - 1].pk if len(shown) > SHOWN else None,
        "kinds": KINDS.items(),
        "kind": kind if kind in KINDS else "",
    }
    return render(request, "notices/notices.html", context)
