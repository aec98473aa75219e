"""Any OCPP call as a form made from its schema: the same call as JSON, one press away in both directions."""

import json
import shlex
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from chargers.commands import RawCall
from chargers.models import Charger
from chargers.ocpp import schemas
from chargers.queries import link_of
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.board.frame import Frame
from depot.yard.asking import ask, why_not
from depot.yard.calls import calls_to
from depot.yard.queries import overview
from depot.yard.schema_form import boxes_of, fields_of, read_form, values_of
from depot.yard.views.commands import protocol_of

TYPED_AT_MOST = 3000  # boxes


@require_http_methods(["GET", "POST"])
@needs("chargers.call_raw")
def call_form(request: UserRequest, charger_id: int, action: str) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    protocol = link_of(charger.pk).protocol or protocol_of(charger)
    if action not in calls_to(protocol):
        raise Http404(f"{protocol} has no {action}")
    if request.method == "GET":
        return _page(request, charger, protocol, action, {}, {})
    typed = {name: value for name, value in list(request.POST.items())[:TYPED_AT_MOST] if isinstance(value, str)}
    if "from_json" in typed:
        return _from_json(request, charger, protocol, action, typed["from_json"])
    if "add" in typed or "drop" in typed:
        return _page(request, charger, protocol, action, _with_rows_changed(typed), {})
    payload, misread = read_form(fields_of(protocol, action), typed, Frame(request).zone)
    errors = misread.errors or _broken(protocol, action, payload)
    if errors or "send" not in typed:
        return _page(request, charger, protocol, action, typed, errors, payload)
    if ask(request, charger, RawCall(action=action, payload=payload), action) is None:
        return _page(request, charger, protocol, action, typed, {}, payload)
    return redirect("charger-commands", charger.pk)


def _broken(protocol: str, action: str, payload: dict[str, Any]) -> dict[str, str]:
    """What the boxes alone do not tell, in the schema's words; "" is the call as a whole."""
    broken = schemas.check(protocol, action, payload)
    return {} if broken is None else {".".join(map(str, broken.path)): broken.text}


def _from_json(request: UserRequest, charger: Charger, protocol: str, action: str, text: str) -> HttpResponse:
    try:
        payload = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        return _page(request, charger, protocol, action, {}, {"": f"This is not JSON: {error}"})
    typed = values_of(fields_of(protocol, action), payload, Frame(request).zone)
    return _page(request, charger, protocol, action, typed, {}, payload)


def _with_rows_changed(typed: dict[str, str]) -> dict[str, str]:
    """One row more at the end of a list, or one less, with those behind it moving up."""
    kept = {name: value for name, value in typed.items() if name not in ("add", "drop")}
    if added := typed.get("add"):
        return {**kept, added: ""}
    path, _, number = typed["drop"].rpartition(".")
    if not number.isdecimal():
        return kept
    inside, moved = f"{path}.", {}
    for name, value in kept.items():
        place, dot, rest = name.removeprefix(inside).partition(".")
        if not name.startswith(inside) or not place.isdecimal() or int(place) < int(number):
            moved[name] = value
        elif int(place) > int(number):
            moved[f"{inside}{int(place) - 1}{dot}{rest}"] = value
    return moved


def _page(
    request: UserRequest,
    charger: Charger,
    protocol: str,
    action: str,
    typed: dict[str, str],
    errors: dict[str, str],
    payload: dict[str, Any] | None = None,
) -> HttpResponse:
    zone = Frame(request).zone
    boxes = boxes_of(fields_of(protocol, action), typed, errors, zone)
    shown = payload is not None and not errors
    context = {
        "charger": charger,
        "bays": overview.bays_of(request.user, charger),
        "tab": "commands",
        "action": action,
        "protocol": protocol,
        "boxes": boxes,
        "errors": errors,
        "whole_error": errors.get("", ""),
        "zone": zone.key,
        "json": json.dumps(payload, indent=2, ensure_ascii=False) if shown else "",
        "curl": _curl(request, charger, action, payload) if shown and payload is not None else "",
        "why_not": why_not(link_of(charger.pk)),
    }
    return render(request, "yard/call_form.html", context)


def _curl(request: UserRequest, charger: Charger, action: str, payload: dict[str, Any]) -> str:
    address = reverse("api-charger-call", kwargs={"identity": charger.identity, "action": action})
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    return " ".join(
        (
            "curl -X POST", shlex.quote(request.build_absolute_uri(address)),
            "-H 'Authorization: Bearer <key>'", "-H 'Content-Type: application/json'", "-d", shlex.quote(body),
        )
    )  # fmt: skip
