"""Charge now, whatever the plan says: what that would change is told first; and back to the plan."""

from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from chargers.models import Evse
from depot import clock
from depot.access import audit
from depot.access.models import User
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.board.acts import answer
from depot.board.acts_offered import Offer
from depot.board.frame import is_fragment
from depot.board.rows import BayRow, row_of_evse
from depot.energy.models import Wiring
from depot.energy.pages.at_once import foresee_charge_now
from depot.energy.queries.visits import paused_at
from depot.energy.services import hands
from sessions.models import Session


def charge_at(evse_id: int, now: datetime) -> Session | None:
    """The charge that runs there, or the last one of a vehicle that the plan has paused."""
    running = Session.objects.running().filter(evse=evse_id).select_related("vehicle").first()
    return running or paused_at(evse_id, now)


def offers_now(user: User, row: BayRow, session: Session | None, *, is_asked: bool) -> list[Offer]:
    """Where a plan has a say, one may charge without it."""
    if session is None or row.evse_id is None or not user.has_perm("energy.add_chargenow"):
        return []
    if not Wiring.objects.filter(evse=row.evse_id, evse__charger__energy_management_on=True).exists():
        return []
    if is_asked:
        return [Offer(label="Charge as planned again", url=reverse("evse-as-planned", args=[row.evse_id]))]
    url = reverse("evse-charge-now", args=[row.evse_id])
    return [Offer(label="Charge now…", url=url, asks=True, is_first=row.is_paused)]


@require_http_methods(["GET", "POST"])
@needs("energy.add_chargenow")
def charge_now(request: UserRequest, evse_id: int) -> HttpResponse:
    evse = reachable_or_404(request, Evse.objects.select_related("charger"), pk=evse_id)
    now = clock.now()
    row, session = row_of_evse(request.user, evse, now=now), charge_at(evse.pk, now)
    if request.method == "POST":
        _ask(request, row, session, now)
        return answer(request, [evse.charger_id])
    wiring = Wiring.objects.filter(evse=evse).select_related("circuit__depot").first()
    depot = wiring.circuit.depot if wiring is not None else None
    context = {
        "row": row,
        "evse": evse,
        "session": session,
        "foreseen": foresee_charge_now(session, depot, now=now) if session is not None and depot is not None else None,
        "currency": depot.currency if depot is not None else "",
        "back": request.GET.get("back", reverse("bay", args=[row.key])),
        "now": now,
    }
    return render(request, "board/_charge_now.html" if is_fragment(request) else "board/charge_now.html", context)


def _ask(request: UserRequest, row: BayRow, session: Session | None, now: datetime) -> None:
    what = f"Charge now at {row.name}"
    try:
        if session is None:
            raise hands.SessionOver
        with transaction.atomic():
            hands.charge_now(session, asked_by=request.user, now=now)
            audit.note(request, "asked to charge now", session)
    except hands.SessionOver:
        messages.error(request, f"{what}: nobody charges there who could.")
        return
    if row.is_gone:
        messages.info(request, f"{what}: kept. The charger has no contact and hears of it when it is back.")
    elif session.ended_at is not None:
        messages.info(request, f"{what}: {row.vehicle or 'it'} is started again as soon as its circuits have room.")
    else:
        messages.info(request, f"{what}: as fast as its circuits allow, whatever it costs.")


@require_POST
@needs("energy.delete_chargenow")
def charge_as_planned(request: UserRequest, evse_id: int) -> HttpResponse:
    evse = reachable_or_404(request, Evse.objects.select_related("charger"), pk=evse_id)
    now = clock.now()
    session = charge_at(evse.pk, now)
    if session is not None:
        with transaction.atomic():
            for asked in hands.asked_now(session, now):
                hands.charge_as_planned(asked, now=now)
            audit.note(request, "asked to charge as planned", session)
        messages.info(request, f"{session.bay_name or evse} charges as planned again.")
    return answer(request, [evse.charger_id])
