"""The page of what a charger of 2.1 does beside charging: the grid, streams, swaps, money; and its forms."""

import json
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST
from rest_framework import serializers

from billing.models import Tariff
from billing.onsite.models import ChargeCost, HeldTariff, Settlement, VatCheck, WebPayment
from chargers.commands import GridRuleKind
from chargers.grid.models import ChargeTerms, DynamicLimit, GridAlarm, GridRule, ReserveSignal
from chargers.models import Charger
from chargers.queries import link_of
from chargers.streams.models import EventStream
from chargers.swapping.models import BatterySwap
from depot import clock
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.onsite.operations import OPERATIONS
from depot.yard.asking import ask, why_not
from depot.yard.queries import overview
from sessions.models import Session

SHOWN = 20


@require_GET
@needs("chargers.view_charger")
def onsite(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    link = link_of(charger.pk)
    terms = {one.reference: one for one in ChargeTerms.objects.filter(charger=charger)}
    running = Session.objects.running().filter(charger=charger).select_related("vehicle", "evse")
    context: dict[str, Any] = {
        "charger": charger,
        "bays": overview.bays_of(request.user, charger),
        "tab": "onsite",
        "link": link,
        "why_not": why_not(link),
        "rules": GridRule.objects.filter(charger=charger),
        "alarms": GridAlarm.objects.filter(charger=charger)[:SHOWN],
        "signal": ReserveSignal.objects.filter(charger=charger).first(),
        "limits": DynamicLimit.objects.filter(charger=charger),
        "running": [(session, terms.get(session.reference)) for session in running],
        "streams": EventStream.objects.filter(charger=charger, closed_at=None),
        "swaps": BatterySwap.objects.filter(charger=charger).prefetch_related("batteries")[:SHOWN],
        "held": HeldTariff.objects.filter(charger=charger),
        "awaited": WebPayment.objects.filter(charger=charger, until__gt=clock.now()),
        "tariffs": Tariff.objects.filter(replaced_by=None).order_by("name"),
        "rule_kinds": list(GridRuleKind),
        "real_now": datetime.now(UTC),
    }
    if request.user.has_perm("billing.view_transaction"):
        context |= {
            "may_see_money": True,
            "costs": ChargeCost.objects.filter(charger=charger)[:SHOWN],
            "settlements": Settlement.objects.filter(charger=charger)[:SHOWN],
            "vat_checks": VatCheck.objects.filter(charger=charger)[:SHOWN],
        }
    return render(request, "onsite/charger.html", context)


@require_POST
@needs("chargers.operate_charger")
def ask_operation(request: UserRequest, charger_id: int) -> HttpResponse:
    """One of the operations, by its form: the same fields, checks and command as over REST."""
    charger = reachable_or_404(request, Charger, pk=charger_id)
    operation = OPERATIONS.get(request.POST.get("operation", ""))
    if operation is None:
        messages.error(request, "Choose what to ask for.")
        return redirect("charger-onsite", charger.pk)
    if not request.user.has_perm(operation.permission):
        raise PermissionDenied
    try:
        said = operation.body(data=_said(request))
        said.is_valid(raise_exception=True)
        command = operation.command(said.validated_data, charger)
    except serializers.ValidationError as error:
        messages.error(request, f"Not sent. {_words(error.detail)}")
    else:
        ask(request, charger, command, operation.meaning.rstrip("."))
    return redirect("charger-onsite", charger.pk)


def _said(request: UserRequest) -> dict[str, Any]:
    """What the form says; what was left empty was not said. Raises a ValidationError for JSON that is none."""
    said: dict[str, Any] = {name: value for name, value in request.POST.dict().items() if value != ""}
    if "settings" in said:
        try:
            said["settings"] = json.loads(str(said["settings"]))
        except ValueError as error:
            raise serializers.ValidationError({"settings": f"This is no JSON: {error}"}) from error
    return said


def _words(detail: Any) -> str:
    """A refusal of the fields, in one line."""
    if isinstance(detail, dict):
        return " ".join(f"{name.replace('_', ' ').capitalize()}: {_words(inner)}" for name, inner in detail.items())
    if isinstance(detail, list):
        return " ".join(_words(inner) for inner in detail)
    return str(detail)
