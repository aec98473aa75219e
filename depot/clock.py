"""The one business clock: what time it is for sessions, prices and schedules; the demo lets it run fast.

Transport deadlines (an answer within 30 s, a lease) are real time and never ask here.
"""

import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import DatabaseError, close_old_connections, connection, transaction

from depot.models import BusinessClock

logger = logging.getLogger(__name__)

# Another process may set the clock; each looks again this often (real seconds).
LOOK_AGAIN_AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """At `real_at` it was `business_at`, and business time runs `rate` times as fast as real time; 0 stands still."""

    business_at: datetime
    real_at: datetime
    rate: float

    def at(self, real: datetime) -> datetime:
        return self.business_at + (real - self.real_at) * self.rate


_lock = threading.Lock()
_seen: tuple[float, Pace | None] = (float("-inf"), None)
# An event loop may not wait for the database: it goes by what was seen last, and this thread looks for it.
_looker = ThreadPoolExecutor(1, thread_name_prefix="clock")
_is_looking = False


def now() -> datetime:
    """The business time, UTC. Where no one has set the clock, it is real time."""
    real = datetime.now(UTC)
    pace = current_pace()
    return pace.at(real) if pace else real


def current_pace() -> Pace | None:
    """How business time runs; None where it is real time."""
    global _is_looking
    looked_at, pace = _seen
    if time.monotonic() - looked_at < LOOK_AGAIN_AFTER_S:
        return pace
    if not _in_event_loop():
        return _look()
    if not _is_looking:
        _is_looking = True
        _looker.submit(_look_for_the_loop)
    return pace


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _look() -> Pace | None:
    global _seen
    with _lock:
        looked_at, pace = _seen
        if time.monotonic() - looked_at >= LOOK_AGAIN_AFTER_S:
            row = BusinessClock.objects.first()
            pace = Pace(row.business_at, row.real_at, row.rate) if row else None
            _seen = (time.monotonic(), pace)
        return pace


def _look_for_the_loop() -> None:
    global _is_looking
    try:
        close_old_connections()
        _look()
    except DatabaseError:
        # The loop goes on by the pace it knows, and asks again with its next question.
        logger.warning("the business clock could not be looked at", exc_info=True)
    finally:
        connection.close()
        _is_looking = False


def forget() -> None:
    """Look at the row again at the next question."""
    global _seen
    _seen = (float("-inf"), _seen[1])


def set_pace(*, business_at: datetime, rate: float) -> Pace:
    """From now on it is `business_at`, at `rate`; the row is read by all processes within a second."""
    real = datetime.now(UTC)
    BusinessClock.objects.update_or_create(pk=1, defaults={"business_at": business_at, "real_at": real, "rate": rate})
    transaction.on_commit(forget)
    return Pace(business_at, real, rate)


def resume_where_it_stopped() -> None:
    """After a stop, business time goes on from the moment it was stopped, not from where it would have run to."""
    row = BusinessClock.objects.first()
    if row is not None:
        set_pace(business_at=row.business_at, rate=row.rate)


def save() -> None:
    """Note where the clock stands, at a stop of the program; a fast clock would otherwise jump at the next start."""
    row = BusinessClock.objects.first()
    if row is not None:
        set_pace(business_at=Pace(row.business_at, row.real_at, row.rate).at(datetime.now(UTC)), rate=row.rate)
