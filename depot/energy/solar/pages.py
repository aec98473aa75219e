"""The page of the sun: what the roof gives now, who takes it, and which vehicles follow it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from depot import clock
from depot.access.audit import note
from depot.access.pages import NotAllowed, UserRequest, needs
from depot.board.frame import current_depot
from depot.energy.delivery.models import State
from depot.energy.models import Control, Habit, MeterKind, PlannedStay, Wiring
from depot.energy.queries.building import newest_plan
from depot.energy.queries.site import Shown, meters_of
from depot.energy.queries.visits import visits_of
from depot.energy.services import want_plan
from depot.energy.solar.controller import READING_HOLDS, TURNS
from depot.energy.solar.models import SolarCourse, SolarDay
from depot.models import Bay, Depot
from sessions.models import Vehicle

DAYS_SHOWN = 14
MEASURED = (MeterKind.SOLAR, MeterKind.BUILDING, MeterKind.GRID)


@dataclass(frozen=True, slots=True)
class Row:
    bay: str
    course: SolarCourse
    stay: PlannedStay | None
    clicks_at_w: int | None = None  # its charger is only started and stopped

    @property
    def name(self) -> str:
        return str(self.course.session.vehicle or self.course.session)

    @property
    def from_sun_kw(self) -> float:
        return (self.course.limit_w - self.course.needed_w) / 1000

    @property
    def why_none(self) -> str:
        """Why it gets nothing of the sun; "" where it does, or its departure is charged anyway."""
        if self.course.limit_w > 0:
            return ""
        if self.course.turns + 2 > TURNS:
            return "starts no more today"
        return "waits for it to last" if self.course.fair_since is not None else "too little is left for it"

    @property
    def needed_kw(self) -> float:
        return self.course.needed_w / 1000

    @property
    def clicks_at(self) -> str:
        return "" if self.clicks_at_w is None else f"{self.clicks_at_w / 1000:g}"


@require_http_methods(["GET", "HEAD", "POST"])
@needs("energy.view_habit")
def sun(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    if depot is None:
        return redirect("energy")
    if request.method == "POST":
        if not request.user.has_perm("energy.change_habit"):
            raise NotAllowed("energy.change_habit")
        _choose(request, depot)
        return redirect("energy-sun")
    now = clock.now()
    today = now.astimezone(ZoneInfo(depot.time_zone)).date()
    days = SolarDay.objects.filter(depot=depot, day__gt=today - timedelta(days=DAYS_SHOWN))
    today_so_far = next((day for day in days if day.day == today), None)
    shown = [meter for meter in meters_of(depot, now) if meter.source.kind in MEASURED]
    follows = set(Habit.objects.filter(follows_sun=True).values_list("vehicle", flat=True))
    context = {
        "has_roof": any(meter.source.kind == MeterKind.SOLAR for meter in shown),
        "meters": [
            (meter, None if meter.value_w is None else meter.value_w / 1000, _is_old(meter, now)) for meter in shown
        ],
        "today": today_so_far,
        "left_kw": max(0.0, today_so_far.surplus_w) / 1000 if today_so_far is not None else 0.0,
        "days": [day for day in days if day.diverted_wh > 0],
        "rows": _rows(depot, now),
        "vehicles": [(vehicle, vehicle.pk in follows) for vehicle in _vehicles(depot)],
        "turns": TURNS,
        "now": now,
    }
    return render(request, "energy/sun.html", context)


def _is_old(meter: Shown, now: object) -> bool:
    return meter.is_stale or (meter.at is not None and now - meter.at > READING_HOLDS)  # type: ignore[operator]


def _vehicles(depot: Depot) -> list[Vehicle]:
    """Those of this depot; shared ones may charge anywhere and are chosen by a rule."""
    return list(Vehicle.objects.filter(depot_key=depot.pk, is_active=True).order_by("unit_number"))


def _rows(depot: Depot, now: datetime) -> list[Row]:
    courses = list(SolarCourse.objects.filter(depot=depot).select_related("session__vehicle", "evse"))
    evses = [course.evse_id for course in courses]
    bays = dict(Bay.objects.filter(depot=depot, evse__isnull=False).values_list("evse", "name"))
    stays = {stay.evse_id: stay for stay in PlannedStay.objects.filter(plan=newest_plan(depot), is_expected=False)}
    visits = visits_of(evses, now)
    clicks = dict(
        Wiring.objects.filter(evse__in=evses)
        .filter(Q(control=Control.START_STOP) | Q(evse__limit_target__state=State.BY_START_AND_STOP))
        .values_list("evse", "rating_w")
    )
    return [
        Row(bays.get(course.evse_id, str(course.evse)), course, stays.get(course.evse_id), clicks.get(course.evse_id))
        for course in courses
        if course.session.ended_at is None or course.evse_id in visits
    ]


def _choose(request: UserRequest, depot: Depot) -> None:
    told = set(request.POST.getlist("vehicle"))
    now = clock.now()
    changed = []
    with transaction.atomic():
        for vehicle in _vehicles(depot):
            follows = str(vehicle.pk) in told
            habit = Habit.objects.filter(vehicle=vehicle).first() or Habit(vehicle=vehicle)
            if habit.follows_sun != follows:
                habit.follows_sun = follows
                habit.save()
                note(
                    request, "lets follow the sun" if follows else "no longer lets follow the sun", vehicle, depot=depot
                )
                changed.append(vehicle)
        if changed:
            want_plan(depot.pk, "other vehicles follow the sun", now=now)
    if changed:
        messages.success(request, f"Changed for {', '.join(str(vehicle) for vehicle in changed)}.")
    else:
        messages.info(request, "Nothing is different.")
