"""The timetable: when each vehicle leaves in a week, with how much, and who goes first; written by hand or pasted."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from depot import clock
from depot.access.audit import note
from depot.access.pages import NotAllowed, UserRequest, needs, reachable_or_404
from depot.board.figures import natural
from depot.board.frame import current_depot
from depot.energy.models import Habit, Timetable
from depot.energy.pages.rule_forms import DAYS
from depot.energy.pages.timetable_forms import HabitForm, LineForm, Pasted, PasteForm, initial_of
from depot.energy.queries.site import settings_of
from depot.energy.services import want_plan
from depot.energy.wording import days_in_words
from depot.models import Depot
from sessions.models import Vehicle

MAY_CHANGE = "energy.change_timetable"
BLANK_LINES = 2
LINES_AT_MOST = 30


@dataclass(frozen=True, slots=True)
class Row:
    vehicle: Vehicle
    lines: Sequence[Timetable]
    priority: int

    @property
    def said(self) -> list[str]:
        return [words_of(line) for line in self.lines]


def days_of(weekdays: str) -> str:
    """`every day`, `Mo–Fr`, `Mo We`."""
    days = sorted(map(int, weekdays))
    if len(days) == len(DAYS):
        return days_in_words(frozenset(days))
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{DAYS[days[0] - 1][1]}\u2013{DAYS[days[-1] - 1][1]}"
    return " ".join(DAYS[day - 1][1] for day in days)


def words_of(line: Timetable) -> str:
    words = [f"{line.leaves_at:%H:%M} {days_of(line.weekdays)}"]
    if line.comes_at is not None:
        words.append(f"back {line.comes_at:%H:%M}")
    if line.bay is not None:
        words.append(f"at {line.bay.name}")
    if line.energy_wh is not None:
        words.append(f"{line.energy_wh / 1000:.1f}\u00a0kWh")
    if line.target_soc_percent is not None:
        words.append(f"up to {line.target_soc_percent}\u00a0%")
    if line.from_day or line.until_day:
        since = f"from {line.from_day:%-d %b %Y}" if line.from_day else ""
        words.append(" ".join(filter(None, (since, f"until {line.until_day:%-d %b %Y}" if line.until_day else ""))))
    return ", ".join(words)


@require_safe
@needs("energy.view_timetable")
def timetable(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    if depot is None:
        return redirect("readiness")
    return _page(request, depot, PasteForm(depot=depot))


def _page(request: UserRequest, depot: Depot, paste: PasteForm) -> HttpResponse:
    vehicles = Vehicle.objects.filter(depot_key=depot.pk, is_active=True)
    lines: dict[int, list[Timetable]] = {}
    for line in Timetable.objects.filter(depot=depot).select_related("bay"):
        lines.setdefault(line.vehicle_id, []).append(line)
    classes = dict(Habit.objects.filter(vehicle__in=vehicles).values_list("vehicle", "priority"))
    rows = [Row(vehicle, lines.get(vehicle.pk, ()), classes.get(vehicle.pk, 1)) for vehicle in vehicles]
    context = {
        "rows": sorted(rows, key=lambda row: natural(row.vehicle.unit_number)),
        "without": sum(not row.lines for row in rows),
        "paste": paste,
        "default_departure": settings_of(depot).default_departure,
    }
    return render(request, "energy/timetable.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("energy.view_timetable")
def vehicle_timetable(request: UserRequest, vehicle_id: int) -> HttpResponse:
    vehicle = reachable_or_404(request, Vehicle, pk=vehicle_id)
    depot = reachable_or_404(request, Depot, pk=vehicle.depot_key) if vehicle.depot_key else current_depot(request)
    if depot is None:
        return redirect("readiness")
    lines = list(Timetable.objects.filter(depot=depot, vehicle=vehicle))
    habit = Habit.objects.filter(vehicle=vehicle).first() or Habit(vehicle=vehicle)
    if request.method == "POST":
        if not request.user.has_perm(MAY_CHANGE):
            raise NotAllowed(MAY_CHANGE)
        count = min(LINES_AT_MOST, sum(name.endswith("-leaves_at") for name in request.POST))
        forms = [LineForm(request.POST, depot=depot, prefix=f"line{n}") for n in range(count)]
        habit_form = HabitForm(request.POST, instance=habit)
        # Each is read, so that each shows what is wrong with it.
        if not [form for form in (*forms, habit_form) if not form.is_valid()]:
            _keep(request, depot, vehicle, [form for form in forms if form.is_told], habit_form)
            return redirect("timetable")
    else:
        told = [initial_of(line) for line in lines] + [{} for _ in range(BLANK_LINES)]
        forms = [LineForm(depot=depot, prefix=f"line{n}", initial=initial) for n, initial in enumerate(told)]
        habit_form = HabitForm(instance=habit)
    context = {
        "vehicle": vehicle,
        "forms": forms,
        "habit_form": habit_form,
        "default_departure": settings_of(depot).default_departure,
    }
    return render(request, "energy/vehicle_timetable.html", context)


def _keep(
    request: UserRequest, depot: Depot, vehicle: Vehicle, forms: Sequence[LineForm], habit_form: HabitForm
) -> None:
    """What stands in the rows is the vehicle's timetable from now on."""
    now = clock.now()
    with transaction.atomic():
        _replace(depot, vehicle, [form.row() for form in forms])
        habit_form.save()
        note(request, "changed the timetable", vehicle, depot=depot, lines=len(forms))
        want_plan(depot.pk, f"{vehicle}: its timetable changed", now=now)
    messages.success(request, f"{vehicle}: the timetable is kept. A new plan is being made.")


def _replace(depot: Depot, vehicle: Vehicle, rows: Sequence[dict[str, object]]) -> None:
    Timetable.objects.filter(depot=depot, vehicle=vehicle).delete()
    Timetable.objects.bulk_create(Timetable(depot=depot, vehicle=vehicle, **row) for row in rows)


@require_POST
@needs(MAY_CHANGE)
def paste_timetable(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    if depot is None:
        return redirect("readiness")
    form = PasteForm(request.POST, depot=depot)
    if not form.is_valid():
        return _page(request, depot, form)
    pasted: list[Pasted] = form.cleaned_data["rows"]
    by_vehicle: dict[Vehicle, list[dict[str, object]]] = {}
    for one in pasted:
        by_vehicle.setdefault(one.vehicle, []).append(one.row)
    with transaction.atomic():
        for vehicle, rows in by_vehicle.items():
            _replace(depot, vehicle, rows)
        note(request, "pasted a timetable", depot, depot=depot, vehicles=len(by_vehicle), lines=len(pasted))
        want_plan(depot.pk, "the timetable changed", now=clock.now())
    messages.success(request, f"{len(pasted)} lines of {len(by_vehicle)} vehicles are kept. A new plan is being made.")
    return redirect("timetable")
