"""What is written by the batch: heartbeats, statuses, meter values and links of all chargers, set-based, in one go."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from chargers.events import Connected, Disconnected, HeartbeatSent, MetersRead, Status, StatusChanged, StreamFlowed
from chargers.held import services as held
from chargers.models import Connection
from chargers.queries import charger_ids_with_a_socket
from chargers.rows import update_rows
from chargers.services import register_statuses
from chargers.streams.services import store_flows
from depot import live
from depot.effects import availability_shown
from depot.energy.delivery import hearing
from depot.intake import Item
from depot.models import Access, Bay
from sessions.services import (
    HeardReadings,
    HeardStatus,
    charger_left,
    charger_returned,
    statuses_that_matter,
    store_readings,
)

logger = logging.getLogger(__name__)

# The answer of an item that must be handled one at a time before its reply goes out.
ALONE: Final = object()
PLUGGED_IN = (Status.PREPARING, Status.OCCUPIED)


def store(items: Sequence[Item]) -> list[Any]:
    """Store them all, in order; their answers, ALONE where an item is to be handled by itself next."""
    if not items:
        return []
    answers: list[Any] = [None] * len(items)
    _store_links(items)
    readings: dict[int, HeardReadings] = {}
    statuses: dict[int, HeardStatus] = {}
    flows: list[tuple[int, StreamFlowed, datetime]] = []
    for n, item in enumerate(items):
        match item.event:
            case MetersRead() as event:
                readings[n] = HeardReadings(item.caller.charger_id, event, item.heard.at)
            case StatusChanged() as event:
                statuses[n] = HeardStatus(item.caller.charger_id, event, item.heard.at)
            case StreamFlowed() as event:
                flows.append((item.caller.charger_id, event, item.heard.at))
            case HeartbeatSent():
                answers[n] = item.heard.at
    _store_flows(flows)
    if readings:
        unplaced = {id(one) for one in store_readings(list(readings.values()))}
        for n, one in readings.items():
            if id(one) in unplaced:
                answers[n] = ALONE
    if statuses:
        heard, places = list(statuses.values()), list(statuses)
        register_statuses([(one.charger_id, one.event, one.heard_at) for one in heard])
        availability_shown({one.charger_id for one in heard}, now=heard[-1].heard_at)
        of_chargers = [n for n, one in enumerate(heard) if not one.event.evse and one.event.status is Status.FAULTED]
        for index in {*statuses_that_matter(heard), *_plugged_in_at_own_bay(heard), *of_chargers}:
            answers[places[index]] = ALONE
    _tell(items)
    return answers


def _store_flows(flows: Sequence[tuple[int, StreamFlowed, datetime]]) -> None:
    lost = store_flows(flows)
    if lost:
        logger.warning("%d values of streams that nobody opened are dropped", lost)


def _plugged_in_at_own_bay(heard: Sequence[HeardStatus]) -> list[int]:
    """Indices of statuses by which a bay's own vehicle is to be started."""
    plugged = [n for n, one in enumerate(heard) if one.event.status in PLUGGED_IN]
    if not plugged:
        return []
    own = set(
        Bay.objects.filter(
            access=Access.OWN_VEHICLE, evse__charger__in={heard[n].charger_id for n in plugged}
        ).values_list("evse__charger", "evse__number")
    )
    return [n for n in plugged if (heard[n].charger_id, heard[n].event.evse) in own]


def _store_links(items: Sequence[Item]) -> None:
    now = datetime.now(UTC)
    opened = [item.event.connection_id for item in items if isinstance(item.event, Connected)]
    if opened:
        # One whose gateway was taken for dead, and was not.
        Connection.objects.filter(pk__in=opened, closed_at__isnull=False).update(closed_at=None, close_reason="")
    closed = {
        item.event.connection_id: (item.event.connection_id, now, item.event.reason)
        for item in items
        if isinstance(item.event, Disconnected)
    }
    update_rows(Connection, "id", ["closed_at", "close_reason"], list(closed.values()), where="closed_at IS NULL")
    for kind, note, note_held in (
        (Connected, charger_returned, held.note_return),
        (Disconnected, charger_left, held.note_gone),
    ):
        moved = {item.caller.charger_id for item in items if isinstance(item.event, kind)}
        if kind is Disconnected:
            # The end of an older socket says nothing about a charger that has a newer one.
            moved -= charger_ids_with_a_socket(moved)
        if moved:
            note(moved, now=items[-1].heard.at)
            note_held(moved, now=items[-1].heard.at)
            hearing.links_changed(moved, is_back=kind is Connected, now=items[-1].heard.at)
    heard = {item.caller.connection_id: (item.caller.connection_id, now) for item in items}
    for connection_id in closed:
        heard.pop(connection_id, None)
    update_rows(Connection, "id", ["last_frame_at"], list(heard.values()))


def _tell(items: Sequence[Item]) -> None:
    """Who looks at the board hears of statuses, meter values and links, and nothing of heartbeats."""
    changed = {item.caller.charger_id for item in items if not isinstance(item.event, HeartbeatSent)}
    what = "links" if any(isinstance(item.event, Connected | Disconnected) for item in items) else ""
    live.tell(changed, what=what)
