"""Numbering the rows of the feed: gapless, and rising in the order of the commits."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from billing.days import day_of
from billing.models import FeedCounter, Transaction

# A database sequence would leave gaps and commit out of order. This row stays locked from here to the commit, so that
# whoever reads up to a number has read everything below it.
TAKE = """
    UPDATE billing_feedcounter
    SET last_seq = last_seq + %s,
        booked_until = CASE WHEN booked_until > %s THEN booked_until ELSE %s END
    WHERE id = 1
    RETURNING id, last_seq, epoch, booked_until
"""


def book(rows: Sequence[Transaction], *, now: datetime) -> None:
    """Number `rows` in their order and insert them: the last thing in the caller's atomic block."""
    counter = take(len(rows), now=now)
    recorded_at = counter.booked_until or now
    first = counter.last_seq - len(rows) + 1
    for seq, row in enumerate(rows, first):
        row.seq = seq
        row.recorded_at = recorded_at
        row.booked_on = day_of(recorded_at, row.time_zone)
    Transaction.objects.bulk_create(rows)


def take(count: int, *, now: datetime) -> FeedCounter:
    """The next `count` numbers, and the moment to book under: `now`, or a later one under which others are booked."""
    moment = connection.ops.adapt_datetimefield_value(now)
    taken = list(FeedCounter.objects.raw(TAKE, [count, moment, moment]))
    if not taken:
        feed_head()
        taken = list(FeedCounter.objects.raw(TAKE, [count, moment, moment]))
    return taken[0]


def feed_head() -> FeedCounter:
    """Where the feed stands: every row up to `last_seq` can be read. Made with its first epoch where it is missing."""
    counter = FeedCounter.objects.first()
    if counter is None:
        FeedCounter.objects.bulk_create([FeedCounter(epoch=str(uuid.uuid4()))], ignore_conflicts=True)
        counter = FeedCounter.objects.get()
    return counter
