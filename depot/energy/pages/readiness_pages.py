"""The page Readiness, and one departure: what is told of it, what would help it, what somebody decides for a while."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from chargers.models import Evse
from chargers.services import ChargerOffline, CommandInvalid, CommandNotSpoken
from depot import clock
from depot.access.audit import note
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.board.frame import current_depot, is_fragment
from depot.energy.models import ManualLimit, NeedSource, PlanMark, VehicleNeed, Wiring
from depot.energy.pages.departure import Departure
from depot.energy.pages.departures import counts_of, departures_seen_by
from depot.energy.pages.fixes import Fix, FixKind, Subject, apply, find_fixes
from depot.energy.pages.models import Label
from depot.energy.pages.nights import last_nights
from depot.energy.pages.readiness_forms import FixForm, LimitForm, NeedForm, next_time
from depot.energy.queries.planned import newest_plan
from depot.energy.queries.visits import paused_at, paused_charge
from depot.energy.services import hands, take_back_need, tell_need
from depot.energy.services.hands import SessionOver, WindowOver
from depot.models import Depot
from sessions.models import Session, Vehicle
from sessions.reserving.services.asking import PlaceTaken, ReservationInvalid
from sessions.services import TokenMayNotCharge, VehicleHasNoToken

PROBLEMS_SHOWN = 9
FIX_FAILS = (
    PlaceTaken, ReservationInvalid, TokenMayNotCharge, VehicleHasNoToken, ChargerOffline, CommandNotSpoken,
    CommandInvalid, SessionOver, WindowOver,
)  # fmt: skip


@require_safe
@needs("energy.view_storedplan")
def readiness(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    if depot is None:
        return render(request, "energy/readiness.html", {"has_wiring": False})
    now = clock.now()
    departures = departures_seen_by(request.user, depot, now)
    shown = request.GET.get("show", "")
    problems = [one for one in departures if one.label in (Label.DUE, Label.MISS, Label.RISK)]
    context = {
        "has_wiring": Wiring.objects.filter(circuit__depot=depot).exists(),
        "plan": newest_plan(depot),
        "mark": PlanMark.objects.filter(depot=depot).first(),
        "departures": [one for one in departures if not shown or one.label == shown],
        "counts": counts_of(departures),
        "show": shown,
        "problems": problems[:PROBLEMS_SHOWN],
        "more_problems": len(problems) - PROBLEMS_SHOWN,
        "hands": [one for one in problems if one.said.needs_hand and one.bay and one.label != Label.DUE],
        "here": sum(one.is_here for one in departures),
        "away": sum(not one.is_here for one in departures),
        "nights": last_nights(depot, now),
        "now": now,
    }
    return render(request, "energy/readiness.html", context)


def subject_or_404(request: UserRequest, key: str) -> Subject:
    """`vehicle-7` with its charge that runs or is paused by the plan, or `session-12` of an unknown vehicle."""
    kind, _, number = key.partition("-")
    if kind not in ("vehicle", "session") or not number.isdecimal() or len(number) > 18:
        raise Http404(f"no departure {key}")
    vehicle: Vehicle | None = None
    session: Session | None = None
    if kind == "vehicle":
        vehicle = reachable_or_404(request, Vehicle, pk=int(number))
        session = Session.objects.running().filter(vehicle=vehicle).select_related("evse").order_by("-pk").first()
        session = session or paused_charge(vehicle, clock.now())
    else:
        session = reachable_or_404(request, Session.objects.select_related("evse", "vehicle"), pk=int(number))
        if session.ended_at is not None and paused_at(session.evse_id, clock.now()) != session:
            raise Http404(f"{session} is over")
        vehicle = session.vehicle
    depot_key = session.depot_key if session is not None else None
    depot_key = depot_key or (vehicle.depot_key if vehicle is not None else None)
    depot = reachable_or_404(request, Depot, pk=depot_key) if depot_key else current_depot(request)
    if depot is None:
        raise Http404("no depot")
    return Subject(key=key, depot=depot, vehicle=vehicle, session=session)


def _departure(request: UserRequest, subject: Subject) -> Departure | None:
    found = departures_seen_by(request.user, subject.depot, clock.now())
    keys = {subject.key, f"session-{subject.session.pk}" if subject.session is not None else ""}
    return next((one for one in found if one.key in keys), None)


@require_safe
@needs("energy.view_storedplan")
def departure(request: UserRequest, who: str) -> HttpResponse:
    subject = subject_or_404(request, who)
    return _departure_page(request, subject, NeedForm(), LimitForm())


def _departure_page(request: UserRequest, subject: Subject, need: NeedForm, limit: LimitForm) -> HttpResponse:
    now, evse = clock.now(), subject.session.evse if subject.session is not None else None
    about = Q(vehicle=subject.vehicle) if subject.vehicle is not None else Q(session=subject.session)
    told = VehicleNeed.objects.filter(about, depot=subject.depot, taken_back_at=None, holds_until__gt=now)
    limits = ManualLimit.objects.filter(evse=evse, taken_back_at=None, ends_at__gt=now) if evse is not None else None
    context = {
        "subject": subject,
        "one": _departure(request, subject),
        "told": told.select_related("told_by"),
        "need_form": need,
        "limit_form": limit,
        "limits": limits.select_related("set_by") if limits is not None else (),
        "charging_now": hands.asked_now(subject.session, now).first() if subject.session is not None else None,
        "now": now,
        "zone": ZoneInfo(subject.depot.time_zone),
    }
    return render(request, "energy/departure.html", context)


@require_POST
@needs("energy.add_vehicleneed")
def tell(request: UserRequest, who: str) -> HttpResponse:
    subject = subject_or_404(request, who)
    form = NeedForm(request.POST)
    if not form.is_valid():
        return _departure_page(request, subject, form, LimitForm())
    now = clock.now()
    said = form.needs(ZoneInfo(subject.depot.time_zone), now)
    with transaction.atomic():
        tell_need(
            subject.depot, source=NeedSource.DISPATCHER, now=now, vehicle=subject.vehicle,
            session=None if subject.vehicle is not None else subject.session, told_by=request.user, **said,
        )  # fmt: skip
        note(request, "told a need", subject.vehicle or subject.session or who, depot=subject.depot, **_plain(said))
    messages.success(request, f"{subject.name}: kept. A new plan is being made.")
    return redirect("departure", who=who)


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


@require_POST
@needs("energy.delete_vehicleneed")
def take_back(request: UserRequest, who: str) -> HttpResponse:
    """Everything that a dispatcher told of this departure."""
    subject = subject_or_404(request, who)
    about = Q(vehicle=subject.vehicle) if subject.vehicle is not None else Q(session=subject.session)
    now = clock.now()
    with transaction.atomic():
        for need in VehicleNeed.objects.filter(
            about, depot=subject.depot, source=NeedSource.DISPATCHER, taken_back_at=None
        ):
            take_back_need(need, now=now)
        note(request, "took back needs", subject.vehicle or subject.session or who, depot=subject.depot)
    messages.success(request, f"{subject.name}: what a dispatcher told holds no longer.")
    return redirect("departure", who=who)


@require_POST
@needs("energy.add_chargenow")
def charge_now(request: UserRequest, who: str) -> HttpResponse:
    subject = subject_or_404(request, who)
    if subject.session is None:
        messages.error(request, f"{subject.name} is not plugged in.")
        return redirect("departure", who=who)
    with transaction.atomic():
        hands.charge_now(subject.session, asked_by=request.user, now=clock.now())
        note(request, "asked to charge now", subject.session, depot=subject.depot)
    if subject.session.ended_at is not None:
        messages.success(request, f"{subject.name} is started again as soon as its circuits have room.")
    else:
        messages.success(request, f"{subject.name} charges as fast as its circuits allow, whatever it costs.")
    return redirect("departure", who=who)


@require_POST
@needs("energy.delete_chargenow")
def charge_as_planned(request: UserRequest, who: str) -> HttpResponse:
    subject, now = subject_or_404(request, who), clock.now()
    with transaction.atomic():
        for asked in hands.asked_now(subject.session, now) if subject.session is not None else ():
            hands.charge_as_planned(asked, now=now)
        note(request, "asked to charge as planned", subject.vehicle or who, depot=subject.depot)
    messages.success(request, f"{subject.name} charges as planned again.")
    return redirect("departure", who=who)


@require_POST
@needs("energy.add_manuallimit")
def limit(request: UserRequest, who: str) -> HttpResponse:
    subject = subject_or_404(request, who)
    form = LimitForm(request.POST)
    if subject.session is None or subject.session.evse is None:
        messages.error(request, f"{subject.name} is not plugged in: there is nothing to limit.")
        return redirect("departure", who=who)
    if not form.is_valid():
        return _departure_page(request, subject, NeedForm(), form)
    now, evse = clock.now(), subject.session.evse
    until = next_time(form.cleaned_data["until"], ZoneInfo(subject.depot.time_zone), now)
    assert until is not None
    with transaction.atomic():
        kept = hands.limit_by_hand(
            evse, round(form.cleaned_data["kw"] * 1000), until=until, set_by=request.user, now=now
        )
        note(request, "set a limit by hand", evse, depot=subject.depot, limit_w=kept.limit_w, until=until)
    messages.success(
        request, f"At most {kept.limit_w / 1000:g} kW at this bay until {form.cleaned_data['until']:%H:%M}."
    )
    return redirect("departure", who=who)


@require_POST
@needs("energy.delete_manuallimit")
def lift(request: UserRequest, who: str) -> HttpResponse:
    subject = subject_or_404(request, who)
    evse: Evse | None = subject.session.evse if subject.session is not None else None
    now = clock.now()
    with transaction.atomic():
        for held in ManualLimit.objects.filter(evse=evse, taken_back_at=None, ends_at__gt=now):
            hands.lift_limit(held, now=now)
        note(request, "lifted a limit by hand", evse or who, depot=subject.depot)
    messages.success(request, "The limit set by hand is lifted.")
    return redirect("departure", who=who)


@require_safe
@needs("energy.view_storedplan")
def fixes(request: UserRequest, who: str) -> HttpResponse:
    """Found by solving again, so only when somebody asks."""
    subject = subject_or_404(request, who)
    context = {
        "subject": subject,
        "one": _departure(request, subject),
        "tried": find_fixes(subject, now=clock.now()),
        "currency": subject.depot.currency,
        "zone": ZoneInfo(subject.depot.time_zone),
        "now": clock.now(),
    }
    return render(request, "energy/_fixes.html" if is_fragment(request) else "energy/fixes.html", context)


@require_POST
@needs("energy.add_vehicleneed")
def apply_fix(request: UserRequest, who: str) -> HttpResponse:
    subject = subject_or_404(request, who)
    form = FixForm(request.POST)
    if not form.is_valid():
        messages.error(request, "That fix cannot be read any more: find fixes again.")
        return redirect("departure-fixes", who=who)
    fix = _fix_told(subject, form)
    try:
        with transaction.atomic():
            done = apply(subject, fix, by=request.user, now=clock.now())
            about = subject.vehicle or subject.session or who
            note(request, "applied a fix", about, depot=subject.depot, **fix.told())
    except FIX_FAILS as error:
        messages.error(request, f"It could not be done: {error or type(error).__name__}.")
        return redirect("departure-fixes", who=who)
    messages.success(request, done)
    return redirect("readiness")


def _fix_told(subject: Subject, form: FixForm) -> Fix:
    """Places are of the same depot, or they are not there."""
    said = form.cleaned_data
    evse_id, limit_id = said["evse"], said["limit"]
    if evse_id and not Wiring.objects.filter(evse=evse_id, circuit__depot=subject.depot).exists():
        raise Http404(f"no EVSE {evse_id} at this depot")
    own = subject.session.evse if subject.session is not None else None
    if limit_id and not ManualLimit.objects.filter(pk=limit_id, evse=own).exists():
        raise Http404(f"no limit {limit_id} here")
    return Fix(
        kind=FixKind(said["kind"]),
        words="",
        evse_id=evse_id,
        limit_id=limit_id,
        departs_at=said["departs_at"],
        energy_wh=said["energy_wh"],
        target_soc_percent=said["target"],
    )
