"""Places that are kept: who has them, who had them, and keeping one more."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chargers.models import Evse
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken
from depot import clock, live
from depot.access import audit
from depot.access.models import User
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.access.reach import within_reach
from depot.board.frame import Frame, is_fragment
from depot.models import Bay
from depot.yard.forms.fields import MomentField
from depot.yard.pages import page_of
from sessions.models import Vehicle
from sessions.reserving.models import Reservation
from sessions.reserving.services import (
    PlaceTaken,
    ReservationInvalid,
    ReservationOver,
    release_place,
    reserve_place,
)
from sessions.services import TokenMayNotCharge, issue_own_token

USUALLY = timedelta(hours=1)


class ReserveForm(forms.Form):
    def __init__(self, *args: object, user: User, zone: ZoneInfo, now: datetime, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        vehicles = within_reach(user, Vehicle.objects.filter(is_active=True))
        self.fields["vehicle"] = forms.ModelChoiceField(vehicles, label="For vehicle", empty_label="Choose one")
        until = MomentField(zone, to_the_end=True, label="Kept until", help_text="It is free again then, if not used")
        until.required = True
        until.initial = now + USUALLY
        self.fields["until"] = until


@require_GET
@needs("reserving.view_reservation")
def reservations(request: UserRequest) -> HttpResponse:
    rows = within_reach(request.user, Reservation.objects.select_related("charger", "evse__charger", "asked_by"))
    page = page_of(request, rows.order_by("-pk"))
    evses = [row.evse_id for row in page.rows if row.evse_id is not None]
    bays = dict(Bay.objects.filter(evse__in=evses).values_list("evse", "name"))
    return render(request, "yard/reservations.html", {"page": page, "bays": bays})


@require_http_methods(["GET", "POST"])
@needs("reserving.add_reservation")
def reserve(request: UserRequest, evse_id: int) -> HttpResponse:
    evse = reachable_or_404(request, Evse.objects.select_related("charger"), pk=evse_id)
    bay = Bay.objects.filter(evse=evse).first()
    now = clock.now()
    form = ReserveForm(request.POST or None, user=request.user, zone=Frame(request).zone, now=now)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                _reserve(request, evse, form.cleaned_data["vehicle"], form.cleaned_data["until"], now=now)
        except (PlaceTaken, ReservationInvalid, TokenMayNotCharge) as why:
            form.add_error(None, f"{why}.")
        except ChargerOffline:
            form.add_error(None, f"{evse.charger} has no contact: it cannot be told now.")
        except (CommandNotSpoken, CommandInvalid, CommandNotAllowed) as why:
            form.add_error(None, f"Not sent. {why}")
        else:
            return redirect(_bay_page(evse, bay))
    context = {"form": form, "evse": evse, "bay": bay, "back": _bay_page(evse, bay)}
    return render(request, "yard/reserve.html", context)


def _reserve(request: UserRequest, evse: Evse, vehicle: Vehicle, until: datetime, *, now: datetime) -> None:
    token = issue_own_token(vehicle, now)
    reservation = reserve_place(token, charger=evse.charger, evse=evse, until=until, asked_by=request.user, now=now)
    audit.note(request, "reserved place", evse, vehicle=vehicle, reservation=reservation.pk)
    live.tell([evse.charger_id], what="reservation")
    if reservation.kept_by == "us":
        words = "This charger knows no reservations: we keep the place by refusing other cards when it asks us."
        messages.info(request, f"Kept for {vehicle}. {words}")
    else:
        messages.info(request, f"Asked {evse.charger} to keep the place for {vehicle}.")


def _bay_page(evse: Evse, bay: Bay | None) -> str:
    return reverse("bay", args=[f"bay-{bay.pk}" if bay is not None else f"evse-{evse.pk}"])


@require_POST
@needs("reserving.delete_reservation")
def release(request: UserRequest, reservation_id: int) -> HttpResponse:
    reservation = reachable_or_404(request, Reservation.objects.select_related("charger"), pk=reservation_id)
    what = f"Release the place for {reservation.name}"
    try:
        with transaction.atomic():
            let_go = release_place(reservation, asked_by=request.user, now=clock.now())
            audit.note(request, "released place", reservation.charger, reservation=reservation.pk)
    except ReservationOver:
        messages.info(request, f"{what}: it is over already.")
    except ChargerOffline:
        messages.error(request, f"{what}: not sent. The charger has no contact.")
    except (CommandNotSpoken, CommandInvalid, CommandNotAllowed) as why:
        messages.error(request, f"{what}: not sent. {why}")
    else:
        live.tell([reservation.charger_id], what="reservation")
        messages.info(request, f"{what}: asked." if let_go.is_live else f"The place for {reservation.name} is free.")
    if is_fragment(request):
        return HttpResponse(status=204, headers={"HX-Trigger": "acted"})
    back = request.POST.get("back", "")
    return redirect(back if back.startswith("/") and not back.startswith("//") else "reservations")
