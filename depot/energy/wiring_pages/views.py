"""Circuits and what hangs on them."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chargers.choices import Standing
from chargers.models import Evse
from depot import clock
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.access.reach import within_reach
from depot.board.frame import current_depot
from depot.energy.models import Circuit, EnergySettings, Wiring
from depot.energy.queries.site import meters_of, settings_of
from depot.energy.services import want_plan
from depot.energy.wiring_pages.forms import CircuitForm, SettingsForm, WiringForm, unwired_of
from depot.energy.wiring_pages.tree import tree_after, tree_of
from depot.models import Depot


@require_GET
@needs("energy.view_circuit")
def wiring(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    context: dict[str, Any] = {"tab": "wiring"}
    if depot is not None:
        now = clock.now()
        context |= {
            "tree": tree_of(depot, now),
            "unwired": _unwired(request, depot),
            "meters": meters_of(depot, now),
            "settings": settings_of(depot),
        }
    return render(request, "energy/wiring/wiring.html", context)


def _unwired(request: UserRequest, depot: Depot) -> list[Evse]:
    return list(
        within_reach(request.user, unwired_of(depot)).select_related("charger", "bay").order_by("bay__name", "number")
    )


@require_http_methods(["GET", "POST"])
@needs("energy.add_circuit")
def add_circuit(request: UserRequest) -> HttpResponse:
    depot = depot_or_404(request)
    root = Circuit.objects.filter(depot=depot, feeds_from=None).first()
    initial: dict[str, Any] = {"feeds_from": request.GET.get("under") or root}
    initial |= (
        {"voltage_v": root.voltage_v}
        if root
        else {"name": "Grid connection", "limit_w": depot.site_limit_w, "voltage_v": 230}
    )
    form = CircuitForm(request.POST or None, depot=depot, initial=initial)
    return _circuit_page(request, depot, form, "Add a circuit")


@require_http_methods(["GET", "POST"])
@needs("energy.change_circuit")
def change_circuit(request: UserRequest, circuit_id: int) -> HttpResponse:
    circuit = reachable_or_404(request, Circuit.objects.select_related("depot"), pk=circuit_id)
    form = CircuitForm(request.POST or None, depot=circuit.depot, instance=circuit)
    return _circuit_page(request, circuit.depot, form, circuit.name)


def _circuit_page(request: UserRequest, depot: Depot, form: CircuitForm, title: str) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "title": title, "circuit": form.instance if form.instance.pk else None}
    if request.method == "POST" and form.is_valid():
        if request.POST.get("look"):
            context["tree"] = tree_after(depot, form.save, clock.now())
        else:
            is_new = form.instance.pk is None
            with transaction.atomic():
                circuit = form.save()
                audit.note(request, "added circuit" if is_new else "changed circuit", circuit, fields=form.changed_data)
                want_plan(depot.pk, f"circuit {circuit} {'added' if is_new else 'changed'}", now=clock.now())
            messages.success(request, f"{circuit} is {'there' if is_new else 'changed'}.")
            return redirect("wiring")
    return render(request, "energy/wiring/circuit_form.html", context)


@require_POST
@needs("energy.delete_circuit")
def delete_circuit(request: UserRequest, circuit_id: int) -> HttpResponse:
    circuit = reachable_or_404(request, Circuit, pk=circuit_id)
    if circuit.feeds.exists() or circuit.wirings.exists():
        messages.error(request, f"Circuits or EVSEs hang on {circuit}: move them first.")
        return redirect("circuit", circuit_id=circuit.pk)
    with transaction.atomic():
        audit.note(request, "deleted circuit", circuit)
        want_plan(circuit.depot_id, f"circuit {circuit} deleted", now=clock.now())
        circuit.delete()
    messages.success(request, f"{circuit} is gone.")
    return redirect("wiring")


@require_http_methods(["GET", "POST"])
@needs("energy.change_wiring")
def wire_evse(request: UserRequest, evse_id: int) -> HttpResponse:
    """To what an EVSE is wired; with the sums, before they are saved."""
    rows = Evse.objects.filter(charger__standing=Standing.ADOPTED).select_related("charger", "bay__depot")
    evse = reachable_or_404(request, rows, pk=evse_id)
    before = Wiring.objects.filter(evse=evse).select_related("circuit__depot").first()
    bay = getattr(evse, "bay", None)
    depot = before.circuit.depot if before else bay.depot if bay is not None else depot_or_404(request)
    # What is given as initial stands before what the wiring says: never where there is one.
    top = None if before else Circuit.objects.filter(depot=depot, feeds_from=None).first()
    initial = {"circuit": top} if top is not None else None
    form = WiringForm(request.POST or None, depot=depot, evse=evse, instance=before, initial=initial)
    context: dict[str, Any] = {"form": form, "evse": evse, "wiring": before, "depot": depot}
    if request.method == "POST" and form.is_valid():
        if request.POST.get("look"):
            context["tree"] = tree_after(depot, form.save, clock.now())
        else:
            with transaction.atomic():
                wired = form.save()
                audit.note(request, "wired EVSE", evse.charger, evse=evse.number, circuit=str(wired.circuit))
                want_plan(depot.pk, f"{evse} is wired to {wired.circuit}", now=clock.now())
            messages.success(request, f"{evse} hangs on {wired.circuit}.")
            return redirect("wiring")
    elif before is not None:
        context["tree"] = tree_of(depot, clock.now())
    return render(request, "energy/wiring/wiring_form.html", context)


@require_POST
@needs("energy.delete_wiring")
def unwire_evse(request: UserRequest, evse_id: int) -> HttpResponse:
    wiring = reachable_or_404(request, Wiring.objects.select_related("evse__charger", "circuit"), evse=evse_id)
    with transaction.atomic():
        audit.note(request, "unwired EVSE", wiring.evse.charger, evse=wiring.evse.number, circuit=str(wiring.circuit))
        want_plan(wiring.circuit.depot_id, f"{wiring.evse} is on no circuit any more", now=clock.now())
        wiring.delete()
    messages.success(request, f"{wiring.evse} is on no circuit: it is neither planned nor counted.")
    return redirect("wiring")


@require_http_methods(["GET", "POST"])
@needs("energy.change_energysettings")
def energy_settings(request: UserRequest) -> HttpResponse:
    depot = depot_or_404(request)
    row = EnergySettings.objects.filter(depot=depot).first() or EnergySettings(depot=depot)
    form = SettingsForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save()
            audit.note(request, "changed energy settings", depot, fields=form.changed_data)
            want_plan(depot.pk, "what the planner goes by was changed", now=clock.now())
        messages.success(request, f"{saved} is changed.")
        return redirect("wiring")
    return render(request, "energy/wiring/settings.html", {"form": form, "tab": "settings"})


def depot_or_404(request: UserRequest) -> Depot:
    depot = current_depot(request)
    return get_object_or_404(Depot, pk=depot.pk if depot is not None else None)
