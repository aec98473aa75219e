"""What an engineer does about a charger's limits: away with those of others; do ours last through a restart?"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from chargers.models import Charger
from depot import clock, live
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.energy.delivery.asking import CANNOT
from depot.energy.delivery.clearing import NoRoomMeanwhile, clear_foreign_profiles
from depot.energy.delivery.restarting import CannotTell, NothingToKeep, StillCharging, prove_restart


@require_POST
@needs("chargers.engineer_charger")
def clear_profiles(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    if request.POST.get("understood") != "1":
        messages.error(request, "Nothing was cleared: tick that it is no longer steered by another system.")
    else:
        clear(request, charger)
    return redirect("charger-power", charger.pk)


def clear(request: UserRequest, charger: Charger) -> None:
    """A person said so; the page says what came of it."""
    try:
        asked = clear_foreign_profiles(charger, asked_by=request.user, now=clock.now())
    except NoRoomMeanwhile as no_room:
        circuits = ", ".join(no_room.circuits)
        messages.error(
            request,
            f"Not cleared: until its own limits are there again it could draw its full power, and {circuits} has no "
            "room for that now. Try again when less is charging.",
        )
    except CANNOT as error:
        messages.error(
            request, f"Not cleared: {charger} cannot be asked now. Try again here when it is online. {error}"
        )
    else:
        audit.note(request, "cleared profiles", charger, commands=[command.pk for command in asked])
        live.tell([charger.pk], what="command")
        if asked:
            messages.success(request, "Asked to forget the limits of other systems; ours are told to it again.")
        else:
            messages.info(request, "It reported no limit but ours: there is nothing to clear.")


@require_POST
@needs("chargers.engineer_charger")
def prove(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    try:
        command = prove_restart(charger, asked_by=request.user, now=clock.now())
    except StillCharging:
        messages.error(request, "Not restarted: a vehicle is charging. Try again when none is.")
    except NothingToKeep:
        messages.error(request, "Not restarted: it does not hold a limit of ours yet, so that none could last.")
    except CannotTell:
        messages.error(request, "Not restarted: this charger does not tell what it means to do, so nothing would show.")
    except CANNOT as error:
        messages.error(request, f"Not restarted: {charger} cannot be asked now. {error}")
    else:
        audit.note(request, "asked restart proof", charger, command=command.pk)
        live.tell([charger.pk], what="command")
        messages.info(
            request, "Asked to restart. When it is back it is asked what it means to do; the answer shows here."
        )
    return redirect("charger-power", charger.pk)
