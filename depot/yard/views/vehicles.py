"""Vehicles: which vehicle is it?"""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from depot import clock
from depot.access import audit
from depot.access.pages import UserRequest, changeable_or_refused, needs, reachable_or_404
from depot.access.reach import may_change, within_reach
from depot.board.frame import current_depot
from depot.models import Depot
from depot.yard import services
from depot.yard.forms.vehicles import VehicleForm
from depot.yard.pages import depot_names, page_of
from sessions.models import IdToken, Session, Vehicle

SESSIONS_SHOWN = 10


@require_GET
@needs("charging_sessions.view_vehicle")
def vehicles(request: UserRequest) -> HttpResponse:
    q, show = request.GET.get("q", "").replace("\x00", "")[:100], request.GET.get("show", "")
    everything = within_reach(request.user, Vehicle.objects.all())
    rows = everything.filter(is_active=show != "retired")
    for word in q.split():
        rows = rows.filter(Q(unit_number__icontains=word) | Q(vin__icontains=word) | Q(cost_centre__icontains=word))
    newest = Session.objects.filter(vehicle=OuterRef("pk")).order_by("-started_at")
    rows = rows.annotate(last_session=Subquery(newest.values("pk")[:1])).order_by("unit_number")
    page = page_of(request, rows)
    context = {
        "page": page,
        "vehicles": _with_last_sessions(list(page.rows)),
        "q": q,
        "show": show,
        "retired": everything.filter(is_active=False).exists(),
        "depots": depot_names(request),
    }
    if request.user.has_perm("charging_sessions.view_idtoken"):
        cards = IdToken.objects.filter(vehicle__in=[vehicle.pk for vehicle in page.rows], is_ours=False)
        context["cards"] = dict(cards.order_by().values_list("vehicle").annotate(Count("pk")))
    return render(request, "yard/vehicles.html", context)


def _with_last_sessions(rows: list[Vehicle]) -> list[tuple[Vehicle, Session | None]]:
    last = Session.objects.select_related("charger").in_bulk([row.last_session for row in rows if row.last_session])  # type: ignore[attr-defined]
    return [(row, last.get(row.last_session)) for row in rows]  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@needs("charging_sessions.add_vehicle")
def add_vehicle(request: UserRequest) -> HttpResponse:
    here = current_depot(request)
    form = VehicleForm(request.POST or None, user=request.user, initial={"is_active": True}, here=here)
    if request.method == "POST" and form.is_valid():
        vehicle = form.save(commit=False)
        with transaction.atomic():
            services.add_vehicle(vehicle, now=clock.now())
            audit.note(request, "added vehicle", vehicle)
        messages.success(request, f"{vehicle} is here, with a token of its own: it can be started from the board.")
        return redirect("vehicles")
    return render(request, "yard/vehicle_form.html", {"form": form, "title": "Add a vehicle"})


@require_GET
@needs("charging_sessions.view_vehicle")
def vehicle(request: UserRequest, vehicle_id: int) -> HttpResponse:
    one = reachable_or_404(request, Vehicle, pk=vehicle_id)
    sees_tokens = request.user.has_perm("charging_sessions.view_idtoken")
    context = {
        "vehicle": one,
        "depot": Depot.objects.filter(pk=one.depot_key).first() if one.depot_key else None,
        "tokens": list(within_reach(request.user, one.tokens.order_by("is_ours", "value"))) if sees_tokens else [],
        "sessions": list(
            within_reach(request.user, Session.objects.filter(vehicle=one)).select_related("charger")[:SESSIONS_SHOWN]
        ),
        "may_change": request.user.has_perm("charging_sessions.change_vehicle") and may_change(request.user, one),
    }
    return render(request, "yard/vehicle.html", context)


@require_http_methods(["GET", "POST"])
@needs("charging_sessions.change_vehicle")
def change_vehicle(request: UserRequest, vehicle_id: int) -> HttpResponse:
    one = changeable_or_refused(request, Vehicle, pk=vehicle_id)
    form = VehicleForm(request.POST or None, user=request.user, instance=one)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            services.change_vehicle(form.save(commit=False))
            audit.note(request, "changed vehicle", one, fields=form.changed_data)
        messages.success(request, f"{one} is changed.")
        return redirect("vehicle", one.pk)
    return render(request, "yard/vehicle_form.html", {"form": form, "vehicle": one, "title": str(one)})


@require_POST
@needs("charging_sessions.change_vehicle")
def make_own_token(request: UserRequest, vehicle_id: int) -> HttpResponse:
    one = changeable_or_refused(request, Vehicle, pk=vehicle_id)
    with transaction.atomic():
        services.make_own_token(one, now=clock.now())
        audit.note(request, "made vehicle token", one)
    messages.success(request, f"{one} has a token of its own: it can be started from the board.")
    return redirect("vehicle", one.pk)
