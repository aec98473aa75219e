"""For engineers: which models and firmwares deviate, how often, and what we no longer ask of them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from depot.access.pages import UserRequest, needs
from depot.upkeep.oddities import oddities_seen


@require_GET
@needs("chargers.view_oddity")
def oddities(request: UserRequest) -> HttpResponse:
    return render(request, "upkeep/oddities.html", {"models": oddities_seen(request.user)})
