"""The commands of a charger: the everyday ones as buttons, any call of its version as JSON, and what came of each."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from chargers.commands import (
    ChangeAvailability,
    ClearCache,
    Command,
    RawCall,
    ResetCharger,
    TriggerMessage,
    UnlockConnector,
)
from chargers.models import Charger, Connector, Evse, IssuedCommand
from chargers.ocpp import schemas
from chargers.queries import link_of
from depot import clock
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.board import asked, figures
from depot.device.asks import asks_of
from depot.yard.asking import ask, why_not
from depot.yard.calls import calls_to
from depot.yard.forms.chargers import TRIGGERS, RawCallForm, TriggerForm
from depot.yard.queries import configuration, overview
from depot.yard.skeleton import optional_members, skeleton
from depot.yard.templatetags.yard import seconds

COMMANDS_SHOWN = 50
USUAL_PROTOCOL = "ocpp1.6"


def protocol_of(charger: Charger) -> str:
    return charger.protocol or charger.pinned_protocol or USUAL_PROTOCOL


@require_GET
@needs("chargers.view_issuedcommand")
def commands(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    return render(request, "yard/commands.html", _context(request, charger))


def _context(
    request: UserRequest, charger: Charger, form: RawCallForm | None = None, optional: Sequence[str] = ()
) -> dict[str, Any]:
    bays = overview.bays_of(request.user, charger)
    link = link_of(charger.pk)
    protocol = link.protocol or protocol_of(charger)
    newest = IssuedCommand.objects.filter(charger=charger).select_related("issued_by", "charger").order_by("-pk")
    issued = list(newest[: COMMANDS_SHOWN + 1])
    form = form or RawCallForm(protocol=protocol, initial={"payload": "{}"})
    steps = asked.describe(issued[:COMMANDS_SHOWN], asking=request.user)
    told = configuration.answered(issued[:COMMANDS_SHOWN], [step.words for step in steps])
    return {
        "charger": charger,
        "bays": bays,
        "tab": "commands",
        "outlets": overview.outlets_of(request.user, charger, bays, now=clock.now()),
        "link": link,
        "why_not": why_not(link),
        "commands": [(one.command, step, one.words) for one, step in zip(told, steps, strict=True)],
        "has_more": len(issued) > COMMANDS_SHOWN,
        "triggers": TRIGGERS,
        "raw": form,
        "raw_optional": optional,
        "protocol": protocol,
        "asks": [one for one in asks_of(protocol) if request.user.has_perm(one.permission)],
        "back": request.path,
        "real_now": datetime.now(UTC),
    }


def _ask_and_return(request: UserRequest, charger: Charger, command: Command, what: str) -> HttpResponse:
    ask(request, charger, command, what)
    return redirect("charger-commands", charger.pk)


def _outlet(request: UserRequest, charger: Charger) -> Evse | None:
    """The outlet that the form names; None for the whole charger."""
    said = request.POST.get("evse", "")
    return reachable_or_404(request, Evse.objects.filter(charger=charger), pk=said) if said.isdigit() else None


@require_POST
@needs("chargers.engineer_charger")
def reset(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    now = request.POST.get("when") == "now"
    what = f"Reset {charger} {'now' if now else 'when nothing charges any more'}"
    return _ask_and_return(request, charger, ResetCharger(immediately=now), what)


@require_POST
@needs("chargers.operate_charger")
def unlock(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    evse = _outlet(request, charger)
    if evse is None:
        messages.error(request, "Say which outlet is to be unlocked.")
        return redirect("charger-commands", charger.pk)
    connector = Connector.objects.filter(evse=evse).order_by("number").values_list("number", flat=True).first()
    command = UnlockConnector(evse=evse.number, connector=connector or 1)
    return _ask_and_return(request, charger, command, f"Unlock the cable of outlet {evse.number}")


@require_POST
@needs("chargers.engineer_charger")
def change_availability(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    evse = _outlet(request, charger)
    back = request.POST.get("operative") == "1"
    what = f"outlet {evse.number}" if evse else str(charger)
    command = ChangeAvailability(operative=back, evse=evse.number if evse else 0)
    words = f"Bring {what} back into service" if back else f"Take {what} out of service"
    return _ask_and_return(request, charger, command, words)


@require_POST
@needs("chargers.engineer_charger")
def trigger(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    form = TriggerForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose what to ask for.")
        return redirect("charger-commands", charger.pk)
    message = str(form.cleaned_data["message"])
    what = f"Ask for {dict(TRIGGERS)[message].lower()}"
    return _ask_and_return(request, charger, TriggerMessage(message=message), what)


@require_POST
@needs("chargers.engineer_charger")
def clear_cache(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    return _ask_and_return(request, charger, ClearCache(), "Forget remembered cards")


@require_POST
@needs("chargers.call_raw")
def call(request: UserRequest, charger_id: int) -> HttpResponse:
    """Any call of the charger's version, checked against its schema and nothing else."""
    charger = reachable_or_404(request, Charger, pk=charger_id)
    protocol = link_of(charger.pk).protocol or protocol_of(charger)
    if "as_form" in request.POST and request.POST.get("action", "") in calls_to(protocol):
        return redirect("charger-call-form", charger.pk, request.POST["action"])
    if "fill" in request.POST:
        return _filled_in(request, charger, protocol)
    form = RawCallForm(request.POST, protocol=protocol)
    if form.is_valid():
        action, payload = form.cleaned_data["action"], form.cleaned_data["payload"]
        if ask(request, charger, RawCall(action=action, payload=payload), action) is not None:
            return redirect("charger-commands", charger.pk)
    return render(request, "yard/commands.html", _context(request, charger, form))


def _filled_in(request: UserRequest, charger: Charger, protocol: str) -> HttpResponse:
    """The form with the least that the chosen call needs; nothing is sent."""
    action = request.POST.get("action", "")
    if action not in calls_to(protocol):
        return redirect("charger-commands", charger.pk)
    wanted = schemas.schema(protocol, action)
    payload = json.dumps(skeleton(wanted), indent=2)
    form = RawCallForm(protocol=protocol, initial={"action": action, "payload": payload})
    context = _context(request, charger, form, optional_members(wanted))
    return render(request, "yard/commands.html", context)


def _after(since: datetime | None, until: datetime | None) -> str:
    if since is None or until is None:
        return ""
    span = until - since
    return f"after {seconds(span.total_seconds()) if span.total_seconds() < 60 else figures.length(span)}"


@require_GET
@needs("chargers.view_issuedcommand")
def command(request: UserRequest, charger_id: int, command_id: int) -> HttpResponse:
    """One command with every step of its life, and the words on the wire."""
    charger = reachable_or_404(request, Charger, pk=charger_id)
    issued = reachable_or_404(request, IssuedCommand.objects.filter(charger=charger), pk=command_id)
    (step,) = asked.describe([issued], asking=request.user)
    context = {
        "charger": charger,
        "bays": overview.bays_of(request.user, charger),
        "tab": "commands",
        "command": issued,
        "step": step,
        # Asking and seeing go by the depot's clock, sending and answering by the real one.
        "took": {
            "sent": _after(issued.asked_at, issued.sent_at),
            "answered": _after(issued.sent_at, issued.answered_at),
            "seen": _after(issued.issued_at, issued.effect_at),
        },
        "request_json": json.dumps(issued.request, indent=2, ensure_ascii=False),
        "response_json": json.dumps(issued.response, indent=2, ensure_ascii=False) if issued.response else "",
        "may_read_wire": request.user.has_perm("chargers.view_tracedcall"),
    }
    return render(request, "yard/command.html", context)
