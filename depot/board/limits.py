"""A limit by hand at one bay, until an hour: also where nobody charges yet."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from chargers.models import Evse
from depot import clock
from depot.access import audit
from depot.access.models import User
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.board.acts_offered import Offer
from depot.board.rows import BayRow, row_of_evse
from depot.energy.models import ManualLimit, Wiring
from depot.energy.pages.readiness_forms import LimitForm, next_time
from depot.energy.services import hands


def offers_limit(user: User, row: BayRow) -> list[Offer]:
    if row.evse_id is None or not user.has_perm("energy.add_manuallimit"):
        return []
    if not Wiring.objects.filter(evse=row.evse_id, evse__charger__energy_management_on=True).exists():
        return []
    return [Offer(label="Limit by hand…", url=reverse("evse-limit", args=[row.evse_id]), opens=True)]


@require_http_methods(["GET", "POST"])
@needs("energy.add_manuallimit")
def limit(request: UserRequest, evse_id: int) -> HttpResponse:
    evse = reachable_or_404(request, Evse.objects.select_related("charger"), pk=evse_id)
    wiring = Wiring.objects.filter(evse=evse).select_related("circuit__depot").first()
    now, row = clock.now(), row_of_evse(request.user, evse, now=clock.now())
    form = LimitForm(request.POST or None)
    if wiring is not None and form.is_valid():
        depot = wiring.circuit.depot
        until = next_time(form.cleaned_data["until"], ZoneInfo(depot.time_zone), now)
        assert until is not None
        limit_w = round(form.cleaned_data["kw"] * 1000)
        with transaction.atomic():
            hands.limit_by_hand(evse, limit_w, until=until, set_by=request.user, now=now)
            audit.note(request, "set a limit by hand", evse, depot=depot, limit_w=limit_w, until=until)
        words = f"{form.cleaned_data['until']:%H:%M}"
        messages.success(request, f"At most {limit_w / 1000:g} kW at {row.name} until {words}.")
        return redirect("bay", key=row.key)
    held = ManualLimit.objects.filter(evse=evse, taken_back_at=None, ends_at__gt=now).select_related("set_by")
    context = {"row": row, "evse": evse, "form": form, "limits": held, "is_wired": wiring is not None}
    return render(request, "board/limit.html", context)


@require_POST
@needs("energy.delete_manuallimit")
def lift(request: UserRequest, evse_id: int) -> HttpResponse:
    evse = reachable_or_404(request, Evse.objects.select_related("charger"), pk=evse_id)
    now = clock.now()
    with transaction.atomic():
        for held in ManualLimit.objects.filter(evse=evse, taken_back_at=None, ends_at__gt=now):
            hands.lift_limit(held, now=now)
        audit.note(request, "lifted a limit by hand", evse)
    messages.success(request, "The limit set by hand is lifted.")
    return redirect("bay", key=row_of_evse(request.user, evse, now=now).key)
