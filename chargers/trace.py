"""What was said, kept for people: a row per call with its answer, and counts of oddities; redacted, in batches."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db.models import F

from chargers.choices import Direction
from chargers.models import Charger, Oddity, TracedCall
from chargers.ocpp.redact import needs_it, redacted
from chargers.rows import insert_rows

COLUMNS = (
    "charger", "at", "direction", "action", "message_id", "evse_number", "request", "answer", "is_error", "repairs",
    "delay_ms",
)  # fmt: skip
# A peer cannot make us hold more than this many rows; beyond, the oldest are dropped and counted.
ROWS_HELD = 20_000
TEXT_KEPT = 20_000
# Some vendors' firmware chats many times a minute (quirk 28): of that so many a minute are kept, the others counted.
CHATTY = "DataTransfer"
CHAT_KEPT_PER_MINUTE = 6

Row = tuple[int, datetime, str, str, str, int | None, str, str, bool, str, float | None]


@dataclass(slots=True)
class Count:
    times: int
    first_at: datetime
    last_at: datetime
    example: str


class Recorder:
    """Collects rows from the event loop; `flush` writes them from a database thread, within its transaction."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: list[Row] = []
        self._oddities: dict[tuple[int, str], Count] = {}
        self.dropped = 0
        self._chat: dict[int, tuple[int, int]] = {}  # by charger: the minute, and how much was kept in it

    def keep_call(
        self,
        charger_id: int,
        direction: Direction,
        action: str,
        message_id: str,
        *,
        at: datetime,
        request: Any,
        answer: Any,
        is_error: bool = False,
        repairs: Iterable[str] = (),
        delay_ms: float | None = None,
    ) -> None:
        if action == CHATTY and direction is Direction.IN and self._is_too_much(charger_id):
            self.count(charger_id, f"{CHATTY}: too often, not kept", _json(request), at)
            return
        row: Row = (
            charger_id, at, direction.value, _fit(action, 60), _fit(message_id, 64), _evse_in(request),
            _json(request), "" if answer is None else _json(answer), is_error, _fit("; ".join(repairs), 300), delay_ms,
        )  # fmt: skip
        with self._lock:
            self._rows.append(row)
            if len(self._rows) > ROWS_HELD:
                self.dropped += 1
                del self._rows[0]

    def _is_too_much(self, charger_id: int) -> bool:
        minute = int(time.monotonic() // 60)
        with self._lock:
            counted_in, kept = self._chat.get(charger_id, (minute, 0))
            kept = kept + 1 if counted_in == minute else 1
            self._chat[charger_id] = (minute, kept)
        return kept > CHAT_KEPT_PER_MINUTE

    def count(self, charger_id: int, kind: str, example: str, at: datetime) -> None:
        """One more of this oddity."""
        with self._lock:
            counted = self._oddities.get((charger_id, kind))
            if counted is None:
                self._oddities[charger_id, _fit(kind, 120)] = Count(1, at, at, _fit(example, 300))
            else:
                counted.times += 1
                counted.last_at = at

    @property
    def holds_something(self) -> bool:
        return bool(self._rows or self._oddities)

    def take(self) -> tuple[list[Row], dict[tuple[int, str], Count]]:
        """What is to be written now; the recorder begins anew."""
        with self._lock:
            taken = self._rows, self._oddities
            self._rows, self._oddities = [], {}
            return taken

    def put_back(self, rows: list[Row], oddities: dict[tuple[int, str], Count]) -> None:
        """What `take` gave could not be written now."""
        with self._lock:
            self._rows = [*rows, *self._rows][-ROWS_HELD:]
            for key, count in oddities.items():
                newer = self._oddities.setdefault(key, Count(0, count.first_at, count.last_at, count.example))
                newer.times += count.times


def write(rows: list[Row], oddities: dict[tuple[int, str], Count]) -> None:
    """Add what a recorder held. Joins the caller's atomic block."""
    insert_rows(TracedCall, COLUMNS, rows)
    if not oddities:
        return
    firmware = dict(Charger.objects.filter(pk__in={pk for pk, _ in oddities}).values_list("pk", "firmware"))
    for (charger_id, kind), count in sorted(oddities.items()):
        if charger_id not in firmware:
            continue
        row, made = Oddity.objects.get_or_create(
            charger_id=charger_id,
            firmware=firmware[charger_id],
            kind=kind,
            defaults={
                "count": count.times,
                "first_at": count.first_at,
                "last_at": count.last_at,
                "example": count.example,
            },
        )
        if not made:
            Oddity.objects.filter(pk=row.pk).update(count=F("count") + count.times, last_at=count.last_at)


def _json(value: Any) -> str:
    text = orjson.dumps(value).decode()
    if isinstance(value, dict) and needs_it(value, text):
        text = orjson.dumps(redacted(value)).decode()
    # PostgreSQL's text takes no NUL.
    return text.replace("\\u0000", "")[:TEXT_KEPT]


def _fit(text: str, length: int) -> str:
    return text.replace("\x00", "")[:length]


def _evse_in(payload: Any) -> int | None:
    """The connector (1.6) or EVSE (2.x) that a message is about, where it says one."""
    if not isinstance(payload, dict):
        return None
    number = payload.get("connectorId") if "evseId" not in payload else payload["evseId"]
    if number is None and isinstance(payload.get("evse"), dict):
        number = payload["evse"].get("id")
    return number if isinstance(number, int) and 0 <= number < 32768 else None


recorder = Recorder()
