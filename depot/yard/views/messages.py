"""The messages of a charger: what it tells, what we ask, each with its answer."""

import re

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from chargers.choices import Direction
from chargers.models import Charger, TracedCall
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.yard.pages import query_with
from depot.yard.queries import overview, trace


def _wanted(request: UserRequest) -> trace.Wanted:
    said = request.GET
    return trace.Wanted(
        direction=said.get("direction", "") if said.get("direction") in Direction.values else "",
        action=said.get("action", "")[:60],
        outlet=said.get("outlet", "") if said.get("outlet", "").isascii() and said.get("outlet", "").isdigit() else "",
        q=said.get("q", "").replace("\x00", "")[:200],
        only_odd=said.get("odd") == "1",
        with_heartbeats=said.get("heartbeats") == "1",
    )


@require_GET
@needs("chargers.view_tracedcall")
def messages(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    wanted = _wanted(request)
    calls = trace.messages_of(charger, wanted)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        calls = calls.filter(pk__lt=int(before))
    shown = list(calls[: trace.ROWS_SHOWN + 1])
    has_older = len(shown) > trace.ROWS_SHOWN
    picked = _picked(request, charger)
    context = {
        "charger": charger,
        "bays": overview.bays_of(request.user, charger),
        "tab": "messages",
        "wanted": wanted,
        "lines": trace.lines_of(shown[: trace.ROWS_SHOWN]),
        "older": query_with(request, before=shown[trace.ROWS_SHOWN - 1].pk, message=None) if has_older else "",
        "newest": query_with(request, before=None) if before else "",
        "is_paused": bool(before) or request.GET.get("paused") == "1",
        "pause": query_with(request, paused=1),
        "follow": query_with(request, paused=None, before=None),
        "picked": trace.tell(picked) if picked else None,
        "actions": trace.actions_of(charger),
        "outlets": list(charger.evses.values_list("number", flat=True)),
        "directions": Direction.choices,
        "query": query_with(request, message=None)[1:],
        "export_query": query_with(request, message=None, before=None, paused=None)[1:],
    }
    return render(request, "yard/messages.html", context)


def _picked(request: UserRequest, charger: Charger) -> TracedCall | None:
    said = request.GET.get("message", "")
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        return None
    return TracedCall.objects.filter(charger=charger, pk=int(said)).first()


@require_GET
@needs("chargers.view_tracedcall")
def message(request: UserRequest, charger_id: int, call_id: int) -> HttpResponse:
    """One call in full, as the list shows it beside itself."""
    charger = reachable_or_404(request, Charger, pk=charger_id)
    call = get_object_or_404(TracedCall, charger=charger, pk=call_id)
    return render(request, "yard/_message.html", {"charger": charger, "picked": trace.tell(call)})


@require_GET
@needs("chargers.view_tracedcall")
def export(request: UserRequest, charger_id: int) -> HttpResponseBase:
    """The messages of the filter as JSON lines, oldest first."""
    charger = reachable_or_404(request, Charger, pk=charger_id)
    audit.note(request, "exported messages", charger, filter=request.GET.urlencode()[:300])
    lines = trace.as_recording(charger, trace.messages_of(charger, _wanted(request)))
    response = StreamingHttpResponse(lines, content_type="application/jsonl; charset=utf-8")
    file_name = re.sub(r"[^A-Za-z0-9._-]", "_", charger.identity)
    response["Content-Disposition"] = f'attachment; filename="{file_name}-messages.jsonl"'
    return response
