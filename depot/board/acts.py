"""Buttons of the board: each checks who asks, makes one call, and says what came of it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from chargers import services as chargers
from chargers.commands import ChangeAvailability, Command, ResetCharger, UnlockConnector
from chargers.models import Charger, Evse, IssuedCommand
from depot import clock, live
from depot.access import audit
from depot.access.models import User
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.access.reach import within_reach
from depot.board.frame import current_depot, is_fragment
from depot.board.rows import row_of_evse, rows_of
from depot.models import Bay
from sessions import services
from sessions.models import Session, Vehicle

VEHICLES_SHOWN = 60


def _asked(request: UserRequest, what: str, act: str, subject: Model, ask: Callable[[], IssuedCommand]) -> bool:
    """Ask, and keep who asked; where it cannot be asked, say why in the reader's words."""
    try:
        with transaction.atomic():
            command = ask()
            audit.note(request, act, subject, command=command.pk)
    except chargers.ChargerOffline as offline:
        messages.error(request, f"{what}: not sent. The charger has had no contact {_since(offline.since)}.")
    except chargers.CommandNotSpoken:
        messages.error(request, f"{what}: not sent. The charger's OCPP version has no such call.")
    except (chargers.CommandInvalid, chargers.CommandNotAllowed) as refused:
        messages.error(request, f"{what}: not sent. {refused}")
    except services.SessionAlreadyEnded:
        messages.info(request, f"{what}: the session has ended already.")
    except services.EvseOccupied:
        messages.error(request, f"{what}: not sent. Another vehicle is charging there.")
    except services.NeedsReplug:
        messages.error(request, f"{what}: not sent. This charger starts again only after the cable was replugged.")
    except (services.VehicleHasNoToken, services.TokenMayNotCharge):
        messages.error(request, f"{what}: not sent. The vehicle's card may not charge: it is blocked or has expired.")
    else:
        live.tell([command.charger_id], what="command")
        if not is_fragment(request):
            messages.info(request, f"{what}: asked. The board shows what comes of it.")
        return True
    return False


def _since(moment: datetime | None) -> str:
    return f"since {moment:%Y-%m-%d %H:%M} UTC" if moment else "yet"


def answer(request: UserRequest, charger_ids: Sequence[int]) -> HttpResponse:
    """For htmx the rows as they are now, with what there is to say; else the page the button was on."""
    if not is_fragment(request):
        return redirect(_back(request))
    rows = rows_of(request.user, current_depot(request), now=clock.now(), charger_ids=charger_ids)
    response = render(request, "board/_acted.html", {"rows": rows})
    response.headers["HX-Trigger"] = "acted"
    return response


def _back(request: HttpRequest) -> str:
    came_from = request.POST.get("back", "")
    return came_from if came_from.startswith("/") and not came_from.startswith("//") else reverse("board")


@require_POST
@needs("charging_sessions.stop_session")
def stop_session(request: UserRequest, session_id: int) -> HttpResponse:
    session = reachable_or_404(request, Session.objects.select_related("charger", "vehicle"), pk=session_id)
    _stop(request, session)
    return answer(request, [session.charger_id])


@require_POST
@needs("charging_sessions.stop_session")
def stop_sessions(request: UserRequest) -> HttpResponse:
    """Several at once, each with its own outcome."""
    wanted = [int(said) for said in request.POST.getlist("session") if said.isascii() and said.isdigit()]
    sessions = within_reach(request.user, Session.objects.running().filter(pk__in=wanted))
    asked, met = 0, set()
    for session in sessions.select_related("charger", "vehicle"):
        met.add(session.charger_id)
        asked += _stop(request, session)
    messages.info(request, f"Asked {asked} of {len(wanted)} to stop.")
    return answer(request, sorted(met))


def _stop(request: UserRequest, session: Session) -> bool:
    return _asked(
        request,
        f"Stop {session.bay_name or session.charger}",
        "stop session",
        session,
        lambda: services.request_stop(session, requested_by=request.user, now=clock.now()),
    )


@require_http_methods(["GET", "POST"])
@needs("charging_sessions.start_session")
def start_evse(request: UserRequest, evse_id: int) -> HttpResponse:
    """Which vehicle? Then ask the charger to start it."""
    evse = reachable_or_404(request, Evse.objects.select_related("charger"), pk=evse_id)
    row = row_of_evse(request.user, evse, now=clock.now())
    if request.method == "POST":
        said = request.POST.get("vehicle", "")
        number = int(said) if said.isascii() and said.isdigit() else 0
        vehicle = within_reach(request.user, Vehicle.objects.filter(is_active=True, pk=number)).first()
        if vehicle is None:
            messages.error(request, f"Start at {row.name}: which vehicle? Choose one of the list.")
            return answer(request, [evse.charger_id])
        _asked(
            request, f"Start {vehicle} at {row.name}", "start vehicle", vehicle, lambda: _start(request, vehicle, evse)
        )
        return answer(request, [evse.charger_id])
    found = vehicles_to_start(request.user, evse, request.GET.get("q", ""))
    context = {"row": row, "evse": evse, "vehicles": found, "q": request.GET.get("q", "")}
    if request.headers.get("HX-Target") == "choices":
        return render(request, "board/_vehicle_choices.html", context)
    return render(request, "board/_start.html" if is_fragment(request) else "board/start.html", context)


def _start(request: UserRequest, vehicle: Vehicle, evse: Evse) -> IssuedCommand:
    now = clock.now()
    return services.request_start(services.issue_own_token(vehicle, now), evse, requested_by=request.user, now=now)


def vehicles_to_start(user: User, evse: Evse, search: str) -> list[tuple[Vehicle, str]]:
    """Vehicles that may be meant, the likeliest first, each with what speaks for or against it."""
    vehicles: QuerySet[Vehicle] = within_reach(user, Vehicle.objects.filter(is_active=True)).order_by("unit_number")
    for word in search.split():
        vehicles = vehicles.filter(Q(unit_number__icontains=word) | Q(vin__icontains=word))
    charging = dict(
        Session.objects.running().filter(vehicle__isnull=False).order_by().values_list("vehicle", "bay_name")
    )
    bay = Bay.objects.filter(evse=evse).first()
    own = bay.own_vehicle_id if bay else None
    last = (
        Session.objects.filter(evse=evse, vehicle__isnull=False)
        .order_by("-pk")
        .values_list("vehicle", flat=True)
        .first()
    )
    notes = {}
    for vehicle in vehicles[: VEHICLES_SHOWN * 4]:
        if vehicle.pk in charging:
            notes[vehicle] = (3, f"charges at {charging[vehicle.pk] or 'another bay'}")
        elif vehicle.pk == own:
            notes[vehicle] = (0, "this bay is its own")
        elif vehicle.pk == last:
            notes[vehicle] = (1, "was here last")
        else:
            notes[vehicle] = (2, "")
    ordered = sorted(notes.items(), key=lambda item: item[1][0])
    return [(vehicle, note) for vehicle, (_, note) in ordered[:VEHICLES_SHOWN]]


@require_POST
@needs("chargers.engineer_charger")
def reset_charger(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    _ask_charger(request, charger, f"Reset {charger}", "reset charger", ResetCharger(immediately=False))
    return answer(request, [charger.pk])


@require_POST
@needs("chargers.engineer_charger")
def bring_back(request: UserRequest, evse_id: int) -> HttpResponse:
    evse = reachable_or_404(request, Evse.objects.select_related("charger"), pk=evse_id)
    command = ChangeAvailability(operative=True, evse=evse.number)
    _ask_charger(request, evse.charger, f"Bring back {evse}", "bring back into service", command)
    return answer(request, [evse.charger_id])


@require_POST
@needs("chargers.operate_charger")
def unlock(request: UserRequest, evse_id: int) -> HttpResponse:
    evse = reachable_or_404(request, Evse.objects.select_related("charger"), pk=evse_id)
    _ask_charger(request, evse.charger, f"Unlock {evse}", "unlock cable", UnlockConnector(evse=evse.number))
    return answer(request, [evse.charger_id])


def _ask_charger(request: UserRequest, charger: Charger, what: str, act: str, command: Command) -> None:
    _asked(
        request,
        what,
        act,
        charger,
        lambda: chargers.issue_command(charger, command, issued_by=request.user, now=clock.now()),
    )
