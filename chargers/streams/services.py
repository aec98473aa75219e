"""What becomes of streams: opened, adjusted, closed, listed; and what flows in them, set-based."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from chargers.events import StreamAdjusted, StreamDecision, StreamFlowed, StreamsListed, StreamTerms
from chargers.models import Charger
from chargers.rows import insert_rows, update_rows
from chargers.streams.models import EventStream, StreamValue

# A charger that opens more has lost count: it is refused, and tells the values one by one.
OPEN_AT_MOST = 200
VALUE_LENGTH = 2500


def open_stream(charger: Charger, terms: StreamTerms, *, now: datetime) -> StreamDecision:
    open_now = EventStream.objects.filter(charger=charger, closed_at=None).exclude(number=terms.number)
    if open_now.count() >= OPEN_AT_MOST:
        return StreamDecision(False, "TooManyElements")
    _keep(charger, terms, now=now)
    return StreamDecision(True)


def _keep(charger: Charger, terms: StreamTerms, *, now: datetime) -> None:
    told = {
        "monitor_id": terms.monitor_id,
        "interval_s": terms.interval_s,
        "values_at_once": terms.values_at_once,
        "closed_at": None,
    }
    EventStream.objects.update_or_create(
        charger=charger, number=terms.number, defaults=told, create_defaults=told | {"opened_at": now}
    )


def close_stream(charger: Charger, number: int, *, now: datetime) -> bool:
    return bool(EventStream.objects.filter(charger=charger, number=number, closed_at=None).update(closed_at=now))


def adjust_stream(charger: Charger, event: StreamAdjusted) -> None:
    """Only what was told anew: the other of the two stays as it was."""
    told = {"interval_s": event.interval_s, "values_at_once": event.values_at_once}
    changes = {name: value for name, value in told.items() if value is not None}
    if changes:
        EventStream.objects.filter(charger=charger, number=event.number).update(**changes)


def keep_listed(charger: Charger, event: StreamsListed, *, now: datetime) -> None:
    for terms in event.streams:
        _keep(charger, terms, now=now)
    listed = [terms.number for terms in event.streams]
    EventStream.objects.filter(charger=charger, closed_at=None).exclude(number__in=listed).update(closed_at=now)


def store_flows(flows: Sequence[tuple[int, StreamFlowed, datetime]]) -> int:
    """Write what flowed at all chargers: (charger id, event, when heard), in the order heard. How many had no stream.

    A stream of whose opening we know nothing is not invented: without its monitor the values mean nothing.
    """
    if not flows:
        return 0
    wanted = Q()
    for charger_id, event, _ in flows:
        wanted |= Q(charger=charger_id, number=event.number)
    streams = {(one.charger_id, one.number): one for one in EventStream.objects.filter(wanted, closed_at=None)}
    rows, touched, lost = [], {}, 0
    for charger_id, event, heard_at in flows:
        stream = streams.get((charger_id, event.number))
        if stream is None:
            lost += len(event.values)
            continue
        rows += [(stream.pk, at, heard_at, value[:VALUE_LENGTH]) for at, value in event.values]
        stream.value_count += len(event.values)
        at, value = event.values[-1]
        stream.last_value, stream.last_value_at, stream.pending = value[:VALUE_LENGTH], at, event.pending
        touched[stream.pk] = stream
    insert_rows(StreamValue, ("stream", "at", "heard_at", "value"), rows)
    changed = ("value_count", "last_value", "last_value_at", "pending")
    update_rows(
        EventStream, "id", changed, [(pk, *(getattr(one, name) for name in changed)) for pk, one in touched.items()]
    )
    return lost
