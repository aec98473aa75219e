"""Sessions: the list, one of them with its curve, their CSV, and "this session is van 131"."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from billing.csv_rows import cell
from billing.models import Transaction
from billing.services import cost_so_far
from chargers.queries import link_of
from depot import clock, live
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.access.reach import within_reach
from depot.board import session_story as story
from depot.board import sessions_list
from depot.board.buttons import WHOM_TO_ASK
from depot.board.frame import address_of, frame_of
from depot.board.rows import row_of_evse
from depot.board.sessions_list import DEFAULT_PERIOD, SessionFilter
from sessions.identity import confidence_in_vehicle
from sessions.models import MeterReading, Session, Vehicle
from sessions.services import name_vehicle

VEHICLES_SUGGESTED = 500
RELATED = ("vehicle", "charger", "evse", "connector", "token", "started_by")


def _filter(request: HttpRequest) -> SessionFilter:
    return SessionFilter({"days": DEFAULT_PERIOD} | request.GET.dict())


@require_safe
@needs("charging_sessions.view_session")
def sessions(request: UserRequest) -> HttpResponse:
    frame = frame_of(request)
    asked = _filter(request)
    now = clock.now()
    found = sessions_list.found(request.user, frame.depot, asked, now=now)
    rows, older = sessions_list.page_of(found, request.GET.get("before", ""))
    may_see_bills = request.user.has_perm("billing.view_transaction")
    context = {
        "filter": asked,
        "said": urlencode(asked.said),
        "is_narrowed": set(asked.said) - {"days"} != set(),
        "days": sessions_list.days_of(rows, found, frame.zone),
        "totals": sessions_list.totals_of(found),
        "taken": sessions_list.taken_of(found, asked, request.user, now=now),
        "summed_up": sessions_list.SUMS.get(asked.said.get("sums", ""), ""),
        "costs": sessions_list.costs_of(found) if may_see_bills else {},
        "older": urlencode({**asked.said, "before": older}) if older else "",
        "is_first_page": not request.GET.get("before"),
        "may_see_bills": may_see_bills,
        "now": now,
    }
    return render(request, "board/sessions.html", context)


def _csv(name: str, head: list[str], rows: Iterable[list[Any]]) -> HttpResponse:
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'}
    )
    writer = csv.writer(response)
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)
    return response


SESSION_COLUMNS = [
    "session", "depot", "bay", "charger", "evse", "vehicle", "vehicle_from", "id_token", "driver", "started_at",
    "ended_at", "energy_kwh", "meter_start_wh", "meter_stop_wh", "soc_start", "soc_stop", "stop_reason", "closed_by",
    "estimated",
]  # fmt: skip


@require_safe
@needs("charging_sessions.view_session")
def sessions_csv(request: UserRequest) -> HttpResponse:
    found = sessions_list.found(request.user, frame_of(request).depot, _filter(request), now=clock.now())
    may_see_cards = request.user.has_perm("charging_sessions.view_idtoken")
    rows = found.select_related("vehicle", "charger", "evse").order_by("-started_at", "-pk").iterator(chunk_size=500)
    return _csv("sessions", SESSION_COLUMNS, (_session_cells(session, may_see_cards) for session in rows))


def _session_cells(session: Session, may_see_cards: bool) -> list[Any]:
    return [
        session.pk,
        session.depot_name,
        session.bay_name,
        session.charger.identity,
        session.evse.number if session.evse else None,
        session.vehicle.unit_number if session.vehicle else None,
        session.get_vehicle_source_display() if session.vehicle_source else None,
        session.token_value if may_see_cards else None,
        session.driver,
        _rfc3339(session.started_at),
        _rfc3339(session.ended_at),
        None if session.energy_wh is None else f"{session.energy_wh / 1000:.3f}",
        session.meter_start_wh,
        session.meter_stop_wh,
        session.soc_start_percent,
        session.soc_percent,
        session.stop_reason,
        session.get_closed_by_display(),
        "; ".join(note.get("note", "") for note in session.quality),
    ]


def _rfc3339(moment: datetime | None) -> str | None:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else None


@require_safe
@needs("charging_sessions.view_session")
def session(request: UserRequest, session_id: int) -> HttpResponse:
    shown = reachable_or_404(request, Session.objects.select_related(*RELATED), pk=session_id)
    now = clock.now()
    points = story.points_of(shown)
    curve = story.curve_of(shown, points, now=now)
    may_see_bills = request.user.has_perm("billing.view_transaction")
    bookings = Transaction.objects.filter(session=shown).order_by("seq") if may_see_bills else []
    context = {
        "session": shown,
        "row": row_of_evse(request.user, shown.evse, now=now) if shown.evse and shown.ended_at is None else None,
        "curve": curve,
        "table": story.table_of(points, starts_at=shown.started_at),
        "evidence": story.evidence_of(points, curve),
        "vehicle_confidence": confidence_in_vehicle(shown) * 100,
        "happenings": story.happenings(shown, curve, request.user),
        "bill": cost_so_far(shown, now),
        "bookings": bookings,
        "may_see_bills": may_see_bills,
        "may_see_cards": request.user.has_perm("charging_sessions.view_idtoken"),
        "stop_why_not": _why_no_stop(request, shown),
        "vehicles": _vehicles(request) if request.user.has_perm("charging_sessions.name_vehicle") else None,
        "charger_page": address_of("charger", shown.charger_id),
        "zone": shown.time_zone,
        "now": now,
    }
    return render(request, "board/session.html", context)


def _why_no_stop(request: UserRequest, shown: Session) -> str:
    if not request.user.has_perm("charging_sessions.stop_session"):
        return WHOM_TO_ASK
    if not link_of(shown.charger_id).is_online:
        return "No contact with the charger: it cannot be told now"
    return ""


def _vehicles(request: UserRequest) -> list[str]:
    vehicles = within_reach(request.user, Vehicle.objects.filter(is_active=True)).order_by("unit_number")
    return list(vehicles.values_list("unit_number", flat=True)[:VEHICLES_SUGGESTED])


@require_POST
@needs("charging_sessions.name_vehicle")
def name(request: UserRequest, session_id: int) -> HttpResponse:
    """This session is that vehicle: at once where it is open, by credit and replacement where the ERP has it."""
    shown = reachable_or_404(request, Session, pk=session_id)
    said = request.POST.get("vehicle", "").strip()
    vehicle = within_reach(request.user, Vehicle.objects.filter(unit_number__iexact=said)).first()
    if vehicle is None:
        messages.error(request, f"There is no vehicle “{said}”." if said else "Which vehicle is it?")
        return redirect("session", session_id=shown.pk)
    with transaction.atomic():
        named = name_vehicle(shown, vehicle, said_by=request.user, now=clock.now())
        audit.note(request, "name vehicle", named, vehicle=vehicle.unit_number)
        live.tell([named.charger_id], [named.pk], what="session")
    if named.settled_at:
        messages.info(request, f"This session is {vehicle} now. The ERP is given a credit and a replacement.")
    else:
        messages.info(request, f"This session is {vehicle} now.")
    return redirect("session", session_id=named.pk)


READING_COLUMNS = ["at", "register_wh", "power_w", "soc_percent", "context", "heard_at"]


@require_safe
@needs("charging_sessions.view_meterreading")
def readings_csv(request: UserRequest, session_id: int) -> HttpResponse:
    """The curve's twin: every reading as it was told."""
    shown = reachable_or_404(request, Session, pk=session_id)
    readings = MeterReading.objects.filter(session=shown).order_by("at", "pk").iterator(chunk_size=2000)
    rows = (
        [
            _rfc3339(reading.at),
            reading.energy_wh,
            reading.power_w,
            reading.soc_percent,
            reading.context,
            _rfc3339(reading.heard_at),
        ]
        for reading in readings
    )
    return _csv(f"session-{shown.pk}", READING_COLUMNS, rows)
