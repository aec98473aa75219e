"""A person's word on how a charger reaches us."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from chargers.models import Capability, Charger
from chargers.quirks import Access
from depot import clock, live
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404


@require_POST
@needs("chargers.change_charger")
def switch_cloud(request: UserRequest, charger_id: int) -> HttpResponse:
    """It outranks the table of models: hardly a charger behind a cloud says so at its start (quirk 14)."""
    charger = reachable_or_404(request, Charger, pk=charger_id)
    access = Access.OPEN_THROUGH_CLOUD if request.POST.get("on") == "1" else Access.OPEN
    with transaction.atomic():
        Capability.objects.update_or_create(
            charger=charger,
            name="access",
            defaults={"value": access.value, "evidence": f"said by {request.user}", "seen_at": clock.now()},
        )
        audit.note(request, "said how charger calls", charger, access=access.value)
        live.tell([charger.pk], what="capability")
    return redirect("charger", charger.pk)
