"""Depots and their bays."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from depot import clock, live
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.access.reach import within_reach
from depot.board.figures import natural
from depot.board.frame import current_depot
from depot.models import Access, Bay, Depot
from depot.yard import services
from depot.yard.forms.places import BayForm, DepotForm


@require_GET
@needs("depot.view_bay")
def bays(request: UserRequest) -> HttpResponse:
    q = request.GET.get("q", "").replace("\x00", "")[:100].casefold()
    depots = list(within_reach(request.user, Depot.objects.select_related("tariff")))
    here = _bays(request)
    by_depot: dict[int, list[Bay]] = {depot.pk: [] for depot in depots}
    for bay in here:
        if not q or q in _findable(bay):
            by_depot[bay.depot_id].append(bay)
    for rows in by_depot.values():
        rows.sort(key=lambda bay: (natural(bay.zone), natural(bay.name)))
    context = {
        "depots": [(depot, by_depot[depot.pk]) for depot in depots],
        "q": q,
        "count": len(here),
        "access_known": Access.KNOWN,
    }
    return render(request, "yard/bays.html", context)


def _bays(request: UserRequest) -> QuerySet[Bay]:
    return within_reach(request.user, Bay.objects.select_related("evse__charger", "own_vehicle", "tariff"))


def _findable(bay: Bay) -> str:
    charger = f"{bay.evse.charger.identity} {bay.evse.charger.name}" if bay.evse else ""
    vehicle = bay.own_vehicle.unit_number if bay.own_vehicle else ""
    return f"{bay.name} {bay.zone} {charger} {vehicle}".casefold()


@require_http_methods(["GET", "POST"])
@needs("depot.add_bay")
def add_bay(request: UserRequest) -> HttpResponse:
    initial = {"depot": current_depot(request), "evse": request.GET.get("evse"), "access": Access.KNOWN}
    form = BayForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        bay = form.save(commit=False)
        try:
            with transaction.atomic():
                services.add_bay(bay)
                audit.note(request, "added bay", bay, depot=bay.depot, zone=bay.zone, evse=str(bay.evse or ""))
                _tell(bay)
        except services.BayNotFree:
            form.add_error(None, "Somebody took this name or this charger just now.")
        else:
            messages.success(request, f"Bay {bay} is there.")
            return redirect("bays")
    return render(request, "yard/bay_form.html", {"form": form, "title": "Add a bay"})


@require_http_methods(["GET", "POST"])
@needs("depot.change_bay")
def change_bay(request: UserRequest, bay_id: int) -> HttpResponse:
    bay = reachable_or_404(request, Bay.objects.select_related("depot"), pk=bay_id)
    before = bay.evse
    form = BayForm(request.POST or None, user=request.user, instance=bay)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                services.change_bay(form.save(commit=False))
                audit.note(request, "changed bay", bay, fields=form.changed_data)
                _tell(bay, *([before.charger_id] if before else []))
        except services.BayNotFree:
            form.add_error(None, "Somebody took this name or this charger just now.")
        else:
            messages.success(request, f"Bay {bay} is changed.")
            return redirect("bays")
    return render(request, "yard/bay_form.html", {"form": form, "bay": bay, "title": f"Bay {bay.name}"})


@require_POST
@needs("depot.delete_bay")
def delete_bay(request: UserRequest, bay_id: int) -> HttpResponse:
    bay = reachable_or_404(request, Bay.objects.select_related("depot", "evse"), pk=bay_id)
    name = bay.name
    with transaction.atomic():
        audit.note(request, "deleted bay", bay)
        _tell(bay)
        services.delete_bay(bay)
    messages.success(request, f"Bay {name} is gone; its sessions keep its name, its charger stays.")
    return redirect("bays")


def _tell(bay: Bay, *others: int) -> None:
    live.tell([*([bay.evse.charger_id] if bay.evse else []), *others], what="bay")


@require_GET
@needs("depot.change_depot")
def depot_settings(request: UserRequest) -> HttpResponse:
    depots = within_reach(request.user, Depot.objects.select_related("tariff").annotate(bay_count=Count("bays")))
    return render(request, "yard/depots.html", {"depots": list(depots)})


@require_http_methods(["GET", "POST"])
@needs("depot.add_depot")
def add_depot(request: UserRequest) -> HttpResponse:
    form = DepotForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        depot = form.save(commit=False)
        with transaction.atomic():
            services.add_depot(depot, added_by=request.user, now=clock.now())
            audit.note(request, "added depot", depot, zone=depot.time_zone, currency=depot.currency)
        messages.success(request, f"{depot} is there. Give it bays, by hand or by pasting a list.")
        return redirect("bays")
    return render(request, "yard/depot_form.html", {"form": form, "title": "Add a depot"})


@require_http_methods(["GET", "POST"])
@needs("depot.change_depot")
def change_depot(request: UserRequest, depot_id: int) -> HttpResponse:
    depot = reachable_or_404(request, Depot, pk=depot_id)
    form = DepotForm(request.POST or None, instance=depot)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            services.change_depot(form.save(commit=False))
            audit.note(request, "changed depot", depot, fields=form.changed_data)
            live.tell(what="depot")
        messages.success(request, f"{depot} is changed.")
        return redirect("depot-settings")
    return render(request, "yard/depot_form.html", {"form": form, "depot": depot, "title": str(depot)})
