"""The one business clock: what time it is for sessions, prices and schedules; the demo lets it run fast.

Transport deadlines (an answer within 30 s, a lease) are real time and never ask here.
"""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from depot.models import BusinessClock

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


def now() -> datetime:
    """The business time, UTC. Where no one has set the clock, it is real time."""
    real = datetime.now(UTC)
    pace = current_pace()
    return pace.at(real) if pace else real


def current_pace() -> Pace | None:
    global _seen
    looked_at, pace = _seen
    if time.monotonic() - looked_at < LOOK_AGAIN_AFTER_S:
        return pace
    with _lock:
        looked_at, pace = _seen
        if time.monotonic() - looked_at >= LOOK_AGAIN_AFTER_S:
            row = BusinessClock.objects.first()
            pace = Pace(row.business_at, row.real_at, row.rate) if row else None
            _seen = (time.monotonic(), pace)
        return pace


def forget() -> None:
    """Look at the row again at the next question."""
    global _seen
    _seen = (float("-inf"), None)


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
