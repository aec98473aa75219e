"""The messages of a charger, newest first: filtered, by cursor, and as a file that can be played again."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db.models import Q, QuerySet

from chargers.choices import Direction
from chargers.models import Charger, TracedCall
from depot.yard.sentences import brief, explain, pretty

ROWS_SHOWN = 100
ACTIONS_LOOKED_AT = 3000
CALL, CALL_RESULT, CALL_ERROR = 2, 3, 4
VERSIONS = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1", "ocpp2.1": "2.1"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is shown of the messages."""

    direction: str = ""
    action: str = ""
    outlet: str = ""
    q: str = ""
    only_odd: bool = False
    with_heartbeats: bool = False

    @property
    def is_anything(self) -> bool:
        return bool(self.direction or self.action or self.outlet or self.q or self.only_odd)


@dataclass(frozen=True, slots=True)
class Line:
    """One call with its answer, as the list shows it."""

    call: TracedCall
    words: str
    verdict: str
    is_refused: bool
    is_repaired: bool

    @property
    def from_charger(self) -> bool:
        return self.call.direction == Direction.IN


def messages_of(charger: Charger, wanted: Wanted) -> QuerySet[TracedCall]:
    calls = TracedCall.objects.filter(charger=charger).order_by("-id")
    if wanted.direction:
        calls = calls.filter(direction=wanted.direction)
    if wanted.action:
        calls = calls.filter(action=wanted.action)
    elif not wanted.with_heartbeats:
        calls = calls.exclude(action="Heartbeat")
    if wanted.outlet.isdigit():
        calls = calls.filter(evse_number=int(wanted.outlet))
    for word in wanted.q.split():
        calls = calls.filter(
            Q(action__icontains=word) | Q(request__icontains=word) | Q(answer__icontains=word) | Q(message_id=word)
        )
    if wanted.only_odd:
        calls = calls.filter(Q(is_error=True) | ~Q(repairs="") | refused())
    return calls


def refused() -> Q:
    """Answers that say no in a word rather than with an error."""
    no = Q()
    for word in ("Rejected", "NotSupported", "NotImplemented", "Faulted", "Invalid", "Blocked", "UnknownVendorId"):
        no |= Q(answer__contains=f'"status":"{word}"')
    return no


def lines_of(calls: Sequence[TracedCall]) -> list[Line]:
    return [line_of(call) for call in calls]


def line_of(call: TracedCall) -> Line:
    request, answer = _parsed(call.request), _parsed(call.answer)
    status = ""
    if isinstance(answer, dict):
        for holder in (answer, answer.get("idTagInfo"), answer.get("idTokenInfo")):
            if isinstance(holder, dict) and isinstance(holder.get("status"), str):
                status = holder["status"]
                break
    if call.is_error:
        status = str(answer[0]) if isinstance(answer, list) and answer else "error"
    delay = "" if call.delay_ms is None else _delay(call.delay_ms)
    verdict = ", ".join(part for part in (status or ("ok" if call.answer else "no answer"), delay) if part)
    is_refused = call.is_error or status in ("Rejected", "NotSupported", "NotImplemented", "Invalid", "Blocked")
    return Line(call, brief(call.action, request, answer), verdict, is_refused, bool(call.repairs))


def _delay(delay_ms: float) -> str:
    if delay_ms < 1:
        return "under 1\N{NO-BREAK SPACE}ms"
    return f"{delay_ms:.0f}\N{NO-BREAK SPACE}ms" if delay_ms < 1000 else f"{delay_ms / 1000:.1f}\N{NO-BREAK SPACE}s"


def _parsed(raw: str) -> Any:
    """What the text says; a text that was cut off, or is none, says nothing."""
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Told:
    """One call in full."""

    line: Line
    sentence: str
    request: str
    answer: str


def tell(call: TracedCall) -> Told:
    line = line_of(call)
    sentence = explain(
        from_charger=line.from_charger,
        action=call.action,
        request=_parsed(call.request),
        answer=_parsed(call.answer),
        is_error=call.is_error,
        repairs=call.repairs,
    )
    return Told(line, sentence, pretty(call.request), pretty(call.answer))


def actions_of(charger: Charger) -> list[str]:
    """The actions among its newest messages."""
    newest = TracedCall.objects.filter(charger=charger).order_by("-id").values("action")[:ACTIONS_LOOKED_AT]
    return sorted(set(newest.values_list("action", flat=True)))


def as_recording(charger: Charger, calls: QuerySet[TracedCall]) -> Iterator[str]:
    """JSON lines in the order of time, each a call with its answer as frames: what `manage.py replay` reads."""
    version = VERSIONS.get(charger.protocol, "")
    for call in calls.order_by("id").iterator(chunk_size=500):
        request, answer = _parsed(call.request), _parsed(call.answer)
        line: dict[str, Any] = {
            "at": call.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "charger": charger.identity,
            "version": version,
            "direction": call.direction,
            "frame": [CALL, call.message_id, call.action, request],
        }
        if request is None:
            line["cut"] = call.request  # longer than what is kept of a message: shown, but no frame any more
        if call.is_error and isinstance(answer, list):
            line["answer"] = [CALL_ERROR, call.message_id, *answer]
        elif answer is not None:
            line["answer"] = [CALL_RESULT, call.message_id, answer]
        yield json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
