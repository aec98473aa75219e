"""Notices as a list: what the depot had to tell, the newest first."""

from functools import reduce
from operator import or_

from django.db.models import Q
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
# What a chip shows: its words, and how the kinds begin that it stands for.
KINDS = {
    "departure": ("Departures", ("departure",)),
    "limits": ("Limits", ("limits",)),
    "meter": ("Meters", ("meter",)),
    "command": ("Commands", ("command",)),
    "charger": ("Chargers", ("charger",)),
    "security": ("Security", ("security", "certificate")),
    "firmware": ("Firmware", ("firmware",)),
}


@require_safe
@needs("notices.view_notice")
def notices(request: UserRequest) -> HttpResponse:
    depot, kind, before = current_depot(request), request.GET.get("kind", ""), request.GET.get("before", "")
    rows = within_reach(request.user, Notice.objects.exclude(kind__in=ELSEWHERE))
    if depot is not None:
        rows = rows.filter(depot__in=[depot.pk]) | rows.filter(depot=None)
    if kind in KINDS:
        _, prefixes = KINDS[kind]
        rows = rows.filter(reduce(or_, (Q(kind__startswith=f"{prefix}.") for prefix in prefixes)))
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    shown = list(rows.order_by("-pk")[: SHOWN + 1])
    context = {
        "notices": shown[:SHOWN],
        "before": shown[SHOWN - 1].pk if len(shown) > SHOWN else None,
        "kinds": [(key, name) for key, (name, _) in KINDS.items()],
        "kind": kind if kind in KINDS else "",
    }
    return render(request, "notices/notices.html", context)
