"""What is due by the business clock; beat ticks each real second, and rows say what is to be done."""

import threading
from datetime import UTC, datetime

from celery import shared_task

from depot import clock, duties
from depot.security import ending

# A tick that takes longer than the second is not joined by the next one: both would do the same things.
_at_work = threading.Lock()


@shared_task
def tick() -> None:
    if not _at_work.acquire(blocking=False):
        return
    try:
        duties.do_what_is_due(now=clock.now())
    finally:
        _at_work.release()


@shared_task
def prune() -> None:
    duties.prune(now=clock.now())


@shared_task
def check_sessions() -> None:
    duties.check_sessions(now=clock.now())


@shared_task
def look_at_certificates() -> None:
    ending.tell_of_ending(clock.now(), datetime.now(UTC))


@shared_task
def read_unread_facts() -> None:
    duties.read_unread(now=clock.now())
