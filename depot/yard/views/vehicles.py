"""Vehicles and tokens: which vehicle is it, and who may charge."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from depot import clock
from depot.access import audit
from depot.access.pages import UserRequest, changeable_or_refused, needs, reachable_or_404
from depot.access.reach import changeable, may_change, within_reach
from depot.board.frame import Frame, current_depot
from depot.models import Depot
from depot.yard import services
from depot.yard.forms.vehicles import TokenForm, VehicleForm
from depot.yard.pages import page_of
from sessions.models import IdToken, Session, TokenStanding, Vehicle

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
        "depots": _depot_names(request),
    }
    if request.user.has_perm("charging_sessions.view_idtoken"):
        cards = IdToken.objects.filter(vehicle__in=[vehicle.pk for vehicle in page.rows], is_ours=False)
        context["cards"] = dict(cards.order_by().values_list("vehicle").annotate(Count("pk")))
    return render(request, "yard/vehicles.html", context)


def _with_last_sessions(rows: list[Vehicle]) -> list[tuple[Vehicle, Session | None]]:
    last = Session.objects.select_related("charger").in_bulk([row.last_session for row in rows if row.last_session])  # type: ignore[attr-defined]
    return [(row, last.get(row.last_session)) for row in rows]  # type: ignore[attr-defined]


def _depot_names(request: UserRequest) -> dict[int, str]:
    """Named on the page only where there is more than one."""
    depots = within_reach(request.user, Depot.objects.all())
    return dict(depots.values_list("pk", "name")) if len(depots) > 1 else {}


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


SHOWN_TOKENS = (("", "Cards"), ("blocked", "Blocked"), ("expired", "Expired"), ("ours", "Made here"))


@require_GET
@needs("charging_sessions.view_idtoken")
def tokens(request: UserRequest) -> HttpResponse:
    q, show = request.GET.get("q", "").replace("\x00", "")[:100], request.GET.get("show", "")
    # A token of ours holds in every depot; it is seen where its vehicle is.
    mine = Q(is_ours=False) | Q(vehicle__in=within_reach(request.user, Vehicle.objects.all()))
    rows = _shown(within_reach(request.user, IdToken.objects.filter(mine)), show)
    for word in q.split():
        rows = rows.filter(
            Q(key__icontains=word)
            | Q(driver__icontains=word)
            | Q(group__icontains=word)
            | Q(vehicle__unit_number__icontains=word)
        )
    page = page_of(request, rows.select_related("vehicle").order_by("key"))
    on_page = IdToken.objects.filter(pk__in=[token.pk for token in page.rows])
    charging = Session.objects.running().filter(token__in=[token.pk for token in page.rows])
    context = {
        "page": page,
        "q": q,
        "show": show,
        "shown": SHOWN_TOKENS,
        "is_empty": not q and not show and not page.rows,
        "may_change": set(changeable(request.user, on_page).values_list("pk", flat=True)),
        "charging": dict(charging.order_by().values_list("token", "bay_name")),
        "now": clock.now(),
        "depots": _depot_names(request),
    }
    return render(request, "yard/tokens.html", context)


def _shown(tokens: QuerySet[IdToken], show: str) -> QuerySet[IdToken]:
    match show:
        case "blocked":
            return tokens.filter(standing=TokenStanding.BLOCKED)
        case "expired":
            return tokens.filter(expires_at__lte=clock.now())
        case "ours":
            return tokens.filter(is_ours=True)
    return tokens.filter(is_ours=False)


@require_http_methods(["GET", "POST"])
@needs("charging_sessions.add_idtoken")
def add_token(request: UserRequest) -> HttpResponse:
    initial = {"vehicle": request.GET.get("vehicle"), "value": request.GET.get("value", "")[:255]}
    zone, here = Frame(request).zone, current_depot(request)
    form = TokenForm(request.POST or None, user=request.user, zone=zone, initial=initial, here=here)
    if request.method == "POST" and form.is_valid():
        token = form.save(commit=False)
        with transaction.atomic():
            services.add_token(token, now=clock.now())
            audit.note(request, "added card", token)
        messages.success(request, f"{token} may charge from now on.")
        return redirect("tokens")
    return render(request, "yard/token_form.html", {"form": form, "title": "Add a card"})


@require_http_methods(["GET", "POST"])
@needs("charging_sessions.change_idtoken")
def change_token(request: UserRequest, token_id: int) -> HttpResponse:
    token = changeable_or_refused(request, IdToken.objects.filter(is_ours=False), pk=token_id)
    form = TokenForm(request.POST or None, user=request.user, zone=Frame(request).zone, instance=token)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            services.change_token(form.save(commit=False))
            audit.note(request, "changed card", token, fields=form.changed_data)
        messages.success(request, f"{token} is changed.")
        return redirect("tokens")
    return render(request, "yard/token_form.html", {"form": form, "token": token, "title": str(token)})


@require_POST
@needs("charging_sessions.change_idtoken")
def block_token(request: UserRequest, token_id: int) -> HttpResponse:
    token = changeable_or_refused(request, IdToken, pk=token_id)
    with transaction.atomic():
        services.block_token(token)
        audit.note(request, "blocked card", token)
    words = f"{token} is blocked: every charger that asks us says no from now on."
    session = Session.objects.running().filter(token=token).select_related("charger").first()
    if session is not None:
        words += f" It is charging at {session.bay_name or session.charger}, and goes on until it is stopped there."
    messages.success(request, words)
    return redirect("tokens")


@require_POST
@needs("charging_sessions.change_idtoken")
def unblock_token(request: UserRequest, token_id: int) -> HttpResponse:
    token = changeable_or_refused(request, IdToken, pk=token_id)
    with transaction.atomic():
        services.unblock_token(token)
        audit.note(request, "unblocked card", token)
    messages.success(request, f"{token} may charge again.")
    return redirect("tokens")
