"""The page of "site to minimum": what it will do, what each charger confirmed, its release."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from depot import clock
from depot.access import audit
from depot.access.pages import UserRequest, needs
from depot.access.reach import within_reach
from depot.board import emergency
from depot.board.figures import natural
from depot.board.frame import current_depot
from depot.board.minimum import stand_after_release, stand_of
from depot.board.models import Emergency, EmergencyStep, Outcome, Purpose
from depot.models import Depot
from sessions.models import Session

NEEDED = "depot.call_emergency"
EARLIER_SHOWN = 10
CONFIRMED_SHAPES = ("ok",)


@require_safe
@needs(NEEDED)
def page(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    called = within_reach(request.user, Emergency.objects.filter(depot=depot)).select_related(
        "called_by", "released_by"
    )
    newest = called.first()
    shown = newest if newest and newest.settled_at is None else None
    context: dict[str, object] = {
        "emergency": shown,
        "earlier": [one for one in called[:EARLIER_SHOWN] if one != shown],
        "now": clock.now(),
    }
    if shown is not None:
        context |= _each(shown)
    elif depot is not None:
        context |= _before(depot)
    return render(request, "board/emergency.html", context)


def _each(shown: Emergency) -> dict[str, object]:
    """A line per bay, those that need somebody first."""
    evses = sorted(emergency.evses_of(shown.depot_id), key=lambda evse: natural(evse.bay.name))
    targets = emergency.targets_of(shown, evses)
    say = stand_of if shown.released_at is None else stand_after_release
    lines = [(evse, targets[evse.pk], say(targets[evse.pk])) for evse in evses]
    stopped = EmergencyStep.objects.filter(
        emergency=shown, purpose=Purpose.STOP, outcome=Outcome.DONE, session__ended_at__isnull=False
    ).select_related("session__vehicle", "evse__bay")
    return {
        "lines": sorted(lines, key=lambda line: line[2].shape in CONFIRMED_SHAPES),
        "confirmed": sum(line[2].shape in CONFIRMED_SHAPES for line in lines),
        "power_w": sum(target.running.power_w or 0 for _, target, _ in lines if target.running),
        "stopped": sorted({(step.evse.bay.name, str(step.session.vehicle or "")) for step in stopped if step.session}),
    }


def _before(depot: Depot) -> dict[str, object]:
    """What it would do now."""
    evses = list(emergency.evses_of(depot.pk))
    running = Session.objects.running().filter(evse__in=evses)
    power_w = sum(session.power_w or 0 for session in running)
    at_most_w = sum(emergency.minimum_w(session.evse, 6) for session in running.select_related("evse") if session.evse)
    return {"bays": len(evses), "vehicles": len(running), "power_w": power_w, "at_most_w": at_most_w}


@require_POST
@needs(NEEDED)
def call(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    if depot is None:
        messages.error(request, "There is no depot within your reach.")
        return redirect("emergency")
    try:
        with transaction.atomic():
            called = emergency.call(depot, called_by=request.user, now=clock.now())
            audit.note(request, "call site to minimum", depot, depot=depot, emergency=called.pk)
    except emergency.AlreadyAtMinimum:
        messages.info(request, f"{depot} is at its minimum already.")
    return redirect("emergency")


@require_POST
@needs(NEEDED)
def release(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    if depot is None:
        messages.error(request, "There is no depot within your reach.")
        return redirect("emergency")
    try:
        with transaction.atomic():
            released = emergency.release(depot, released_by=request.user, now=clock.now())
            audit.note(request, "release site from minimum", depot, depot=depot, emergency=released.pk)
    except emergency.NotAtMinimum:
        messages.info(request, f"{depot} is not at its minimum.")
    return redirect("emergency")
