"""The board, and one bay of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chargers.models import IssuedCommand
from depot import clock
from depot.access.pages import UserRequest, needs
from depot.board import asked, snapshot
from depot.board.acts_offered import acts_offered
from depot.board.at_once import charge_at, offers_now
from depot.board.frame import address_of, current_depot, is_fragment
from depot.board.limits import offers_limit
from depot.board.rows import BayRow, row_called
from depot.board.summary import CHIPS, FOLD_ABOVE, Zone
from depot.energy.queries.planned import planned_here
from depot.energy.services import hands
from depot.yard.card import door_of

STEPS_OF_A_BAY = 6


@require_safe
@needs("chargers.view_charger")
def board(request: UserRequest) -> HttpResponse:
    now = clock.now()
    looked_at = snapshot.load(request.user, current_depot(request), now=now)
    context = snapshot.context_of(looked_at, now=now, real_now=datetime.now(UTC))
    show, search = request.GET.get("show", ""), request.GET.get("q", "").strip()
    if show or search:
        # Without JavaScript the chips and the search ask here; with it the page filters by itself.
        context["zones"] = _fitting(context["zones"], show, search)
    context |= {
        "show": show,
        "q": search,
        "seen": snapshot.digest_of(looked_at, context),
        "has_rows": bool(looked_at.rows),
        "many": len(looked_at.rows) > FOLD_ABOVE,
        "wall": "wall" in request.GET,
    }
    if not looked_at.rows:
        context |= {
            "charger_url": charger_url(request),
            "add_url": address_of("charger-add") if request.user.has_perm("chargers.add_charger") else "",
            "depot_url": address_of("depot-settings") if request.user.has_perm("depot.add_depot") else "",
        }
    return render(request, "board/board.html", context)


def _fitting(zones: Sequence[Zone], show: str, search: str) -> list[Zone]:
    fits = next((test for key, _, _, test in CHIPS if key == show), CHIPS[0][3])
    words = search.casefold()

    def is_shown(row: BayRow) -> bool:
        return fits(row) and words in f"{row.name} {row.vehicle} {row.state.words}".casefold()

    kept = [replace(zone, rows=[row for row in zone.rows if is_shown(row)]) for zone in zones]
    return [zone for zone in kept if zone.rows]


def charger_url(request: HttpRequest) -> str:
    """Where chargers connect, as the first one must be told; its own name goes at the end."""
    door = door_of(settings.PUBLIC_CHARGER_URL, page_host=request.get_host(), page_is_secure=request.is_secure())
    return f"{door.scheme}://{door.host}{door.path}"


@require_safe
@needs("chargers.view_charger")
def bay(request: UserRequest, key: str) -> HttpResponse:
    now = clock.now()
    try:
        row = row_called(request.user, key, now=now)
    except (ObjectDoesNotExist, ValueError) as error:
        raise Http404(f"no bay {key} within reach") from error
    steps: list[asked.Step] = []
    if row.charger_id is not None:
        commands = asked.latest(request.user, limit=30, charger_ids=[row.charger_id])
        about = [command for command in commands if _is_about(command, row)]
        steps = asked.describe(about[:STEPS_OF_A_BAY], asking=request.user)
    charge = charge_at(row.evse_id, now) if row.evse_id is not None else None
    offers = [*acts_offered(request.user, row), *offers_limit(request.user, row)]
    is_asked_now = charge is not None and hands.asked_now(charge, now).exists()
    now_offers = offers_now(request.user, row, charge, is_asked=is_asked_now)
    context = {
        "row": row,
        "steps": steps,
        "planned": planned_here(row.evse_id, charge.pk if charge is not None else None, now),
        "is_asked_now": is_asked_now,
        "charge_id": charge.pk if charge is not None else None,
        "departure_key": (f"vehicle-{row.vehicle_id}" if row.vehicle_id else f"session-{charge.pk}") if charge else "",
        "acts": [*now_offers, *offers] if row.is_paused else [*offers, *now_offers],
        "charger_page": address_of("charger", row.charger_id) if row.charger_id else "",
        "now": now,
    }
    return render(request, "board/_drawer.html" if is_fragment(request) else "board/bay.html", context)


def _is_about(command: IssuedCommand, row: BayRow) -> bool:
    if command.evse_number:
        return command.evse_number == row.evse_number
    if command.reference and (row.session_id or row.is_paused):
        return True
    return not command.reference
