"""The page Energy: the night in figures, charts and tables, and the wish to plan again."""

import csv
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from depot import clock
from depot.access.audit import note
from depot.access.pages import UserRequest, needs
from depot.board.frame import current_depot
from depot.board.rows import rows_of
from depot.board.state import Shape
from depot.energy.models import PlanMark, Wiring
from depot.energy.pages.night import RANGES, USUAL_RANGE, Night, night_of
from depot.energy.pages.summary import Terms, figures_of, terms_of
from depot.energy.services import want_plan
from depot.models import Depot

NOTES = {Shape.FAULT: "F", Shape.REPLUG: "C", Shape.CARPAUSE: "V"}


@require_safe
@needs("energy.view_storedplan")
def energy(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    if depot is None:
        return render(request, "energy/energy.html", {"has_wiring": False})
    now = clock.now()
    notes = {
        row.session_id: f"{NOTES[row.shape]}: {row.state.words.lower()}"
        for row in rows_of(request.user, depot, now=now)
        if row.session_id and row.shape in NOTES
    }
    terms = terms_of(depot, now)
    night = _night(request, depot, terms, notes)
    context = {
        "night": night,
        "figures": figures_of(terms, night.plan, [one.stay for one in night.stays], now),
        "has_wiring": Wiring.objects.filter(circuit__depot=depot).exists(),
        "mark": PlanMark.objects.filter(depot=depot).first(),
        "table": list(_table(night)),
        "start": next((n for n, quarter in enumerate(night.quarters) if not quarter.is_past), 0),
        "ranges": RANGES,
        "now": now,
    }
    return render(request, "energy/energy.html", context)


def _table(night: Night) -> Iterator[dict[str, object]]:
    zone = ZoneInfo(night.depot.time_zone)
    for quarter in night.quarters:
        kws = [*(quarter.layers[key] for key in night.layers), quarter.grid_kw, quarter.limit_kw]
        said = ["" if kw is None else f"{kw:.1f}" for kw in kws]
        price = "" if quarter.price is None else f"{quarter.price:.4f}"
        yield {"wall": f"{quarter.begins.astimezone(zone):%a %H:%M}", "is_past": quarter.is_past, "kws": [*said, price]}


def _night(request: UserRequest, depot: Depot, terms: Terms, notes: dict[int, str]) -> Night:
    now = clock.now()
    asked = request.GET.get("hours", "")
    hours = int(asked) if asked in map(str, RANGES) else USUAL_RANGE
    peak_kw = terms.peak.kw if terms.peak is not None else None
    return night_of(depot, now, hours, peak_kw=peak_kw, has_limit=terms.limit_kw is not None, notes=notes)


@require_safe
@needs("energy.view_storedplan")
def energy_csv(request: UserRequest) -> HttpResponse:
    """The table below the first chart."""
    depot = current_depot(request)
    if depot is None:
        return redirect("energy")
    night = _night(request, depot, terms_of(depot, clock.now()), {})
    return _csv(f"energy {depot.name} {night.now:%Y-%m-%d}", _lines(night))


@require_safe
@needs("energy.view_storedplan")
def bays_csv(request: UserRequest) -> HttpResponse:
    """The table below the second chart."""
    depot = current_depot(request)
    if depot is None:
        return redirect("energy")
    night = _night(request, depot, terms_of(depot, clock.now()), {})
    return _csv(f"bays {depot.name} {night.now:%Y-%m-%d}", _bay_lines(night))


def _csv(name: str, lines: Iterator[list[object]]) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    csv.writer(answer).writerows(lines)
    return answer


def _lines(night: Night) -> Iterator[list[object]]:
    zone = ZoneInfo(night.depot.time_zone)
    names = [f"{key}_kw" for key in night.layers]
    yield ["from", "is_measured", *names, "grid_kw", "limit_kw", f"price_{night.depot.currency}_per_kwh"]
    for quarter in night.quarters:
        kws = [quarter.layers[key] for key in night.layers]
        numbers = [*kws, quarter.grid_kw, quarter.limit_kw]
        said = ["" if kw is None else f"{kw:.3f}" for kw in numbers]
        price = "" if quarter.price is None else f"{quarter.price:.5f}"
        yield [quarter.begins.astimezone(zone).isoformat(), int(quarter.is_past), *said, price]


def _bay_lines(night: Night) -> Iterator[list[object]]:
    zone = ZoneInfo(night.depot.time_zone)
    yield ["bay", "vehicle", "leaves", "from", "to", "kw", "why"]
    for one in night.stays:
        leaves = one.stay.departs_at.astimezone(zone).isoformat()
        for stretch in one.stretches:
            hours = [moment.astimezone(zone).isoformat() for moment in (stretch.begins, stretch.ends)]
            yield [one.bay, one.name, leaves, *hours, f"{stretch.kw:.3f}", stretch.why]


@require_POST
@needs("energy.add_vehicleneed")
def plan_again(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    if depot is not None:
        with transaction.atomic():
            want_plan(depot.pk, f"{request.user} asked for it", now=clock.now())
            note(request, "asked for a new plan", depot)
        messages.info(request, "Asked for a new plan. It comes with the next look, in a few seconds.")
    return redirect("energy")
