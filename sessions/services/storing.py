"""Meter values of all chargers at once: a fixed number of statements, however many there are."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from chargers import queries
from chargers.events import MetersRead, Reading
from chargers.models import Charger, Evse
from chargers.prepared import Prepared, among, numbers
from chargers.rows import insert_rows, update_rows
from sessions.energy import Evidence, Point, count_energy
from sessions.lifecycle import can_be, is_live, moment
from sessions.models import MeterReading, Session
from sessions.services.finding import NO_ID, reference_of
from sessions.services.outcome import HeardReadings
from sessions.services.progress import (
    KEY_COLUMNS,
    PROGRESS_COLUMNS,
    READING_COLUMNS,
    Progress,
    reading_rows,
    row_key,
    within,
)

Row = tuple[Any, ...]


@dataclass(slots=True)
class Running:
    """A running session, as the batch knows it."""

    progress: Progress
    evse_id: int | None
    started_at: datetime
    meter_start_wh: int | None
    read_until: datetime | None  # by readings before this batch


@dataclass(slots=True)
class Yard:
    """What runs at the chargers of a batch, their EVSEs, and how far the clocks of some are off."""

    by_reference: dict[tuple[int, str], Running] = field(default_factory=dict)
    by_evse: dict[int, Running] = field(default_factory=dict)
    evse_ids: dict[tuple[int, int], int] = field(default_factory=dict)
    clock_offsets: dict[int, float | None] = field(default_factory=dict)


def store_readings(batch: Sequence[HeardReadings]) -> list[HeardReadings]:
    """Store them all; those come back whose transaction is not a running one of ours: they go one at a time."""
    if not batch:
        return []
    yard = _look_around({heard.charger_id for heard in batch})
    placed: list[tuple[HeardReadings, Running | None]] = []
    unknown: list[HeardReadings] = []
    for heard in batch:
        session = _session_of(heard, yard)
        if session is None and _wants_a_session(heard.event):
            unknown.append(heard)
        else:
            placed.append((heard, session))
    _learn_the_rest(placed, yard)
    rows: list[Row] = []
    powers: dict[int, tuple[int, int, datetime]] = {}
    touched: dict[int, Running] = {}
    for heard, session in placed:
        _take(heard, session, yard, rows, powers)
        if session is not None:
            touched[session.progress.session_id] = session
    insert_rows(MeterReading, READING_COLUMNS, _not_kept_yet(rows, touched))
    _count_again([running for running in touched.values() if running.progress.needs_count])
    update_rows(Session, "id", PROGRESS_COLUMNS, [(pk, *running.progress.values()) for pk, running in touched.items()])
    update_rows(Evse, "id", ("power_w", "power_at"), list(powers.values()))
    return unknown


def _evses(charger_ids: int | str) -> QuerySet[Evse, tuple[int, int, int, int | None]]:
    return among(Evse.objects.order_by().values_list("pk", "charger", "number", "max_w"), "charger", charger_ids)


def _running(charger_ids: int | str) -> QuerySet[Session, tuple[Any, ...]]:
    # Locked in the order of their numbers, so that two batches never wait for each other in a ring.
    running = Session.objects.select_for_update(no_key=True).filter(ended_at=None).order_by("pk")
    columns = ("pk", "charger", "evse", "reference", "started_at", "meter_start_wh", *PROGRESS_COLUMNS)
    return among(running.values_list(*columns), "charger", charger_ids)


_evses_of = Prepared(_evses, str)
_running_of = Prepared(_running, str)


def _look_around(charger_ids: Collection[int]) -> Yard:
    yard = Yard()
    max_w: dict[int | None, int | None] = {}
    these = numbers(charger_ids)
    for pk, charger_id, number, rating in _evses_of(these):
        yard.evse_ids[charger_id, number] = pk
        max_w[pk] = rating
    for pk, charger_id, evse_id, reference, started_at, start_wh, *progress in _running_of(these):
        going = Progress(pk, max_w.get(evse_id), *progress)
        one = Running(going, evse_id, started_at, start_wh, going.last_reading_at)
        yard.by_reference[charger_id, reference] = one
        if evse_id is not None:
            yard.by_evse[evse_id] = one
    return yard


def _session_of(heard: HeardReadings, yard: Yard) -> Running | None:
    event = heard.event
    named = yard.by_reference.get((heard.charger_id, reference_of(event.reference)))
    if named is not None:
        # An EVSE told for the first time (2.x) is for the handler of one: what else ran there is over then.
        return named if named.evse_id is not None or not event.evse else None
    if event.reference in NO_ID and event.evse:
        return yard.by_evse.get(yard.evse_ids.get((heard.charger_id, event.evse), 0))
    return None


def _wants_a_session(event: MetersRead) -> bool:
    if event.reference in NO_ID:
        # Some chargers say 0 whenever nothing runs; with power it is a charge that has no name yet.
        return event.reference != "" and any((reading.power_w or 0) > 0 for reading in event.readings)
    return True


def _learn_the_rest(placed: Sequence[tuple[HeardReadings, Running | None]], yard: Yard) -> None:
    """EVSEs that are heard of for the first time, and the offset of clocks that say what cannot be true."""
    pairs = {(heard.charger_id, heard.event.evse) for heard, session in placed if session is None and heard.event.evse}
    new = {(charger_id, number) for charger_id, number in pairs if number and (charger_id, number) not in yard.evse_ids}
    if new:
        yard.evse_ids |= queries.evse_ids(new)
    wrong = {
        heard.charger_id
        for heard, _ in placed
        if not all(can_be(reading.at, heard.heard_at) for reading in heard.event.readings)
    }
    if wrong:
        yard.clock_offsets |= dict(Charger.objects.filter(pk__in=wrong).values_list("pk", "clock_offset_s"))


def _take(
    heard: HeardReadings,
    session: Running | None,
    yard: Yard,
    rows: list[Row],
    powers: dict[int, tuple[int, int, datetime]],
) -> None:
    event, heard_at = heard.event, heard.heard_at
    evse_id = session.evse_id if session is not None else yard.evse_ids.get((heard.charger_id, event.evse or 0))
    offset_s = yard.clock_offsets.get(heard.charger_id)
    for reading, at in _in_time(event.readings, heard_at, offset_s):
        # Without a name it belongs to what runs at the EVSE, but not when it is older than that.
        belongs = session is not None and (event.reference not in NO_ID or at >= session.started_at)
        rows += reading_rows(
            reading,
            charger_id=heard.charger_id,
            evse_id=evse_id,
            session_id=session.progress.session_id if session is not None and belongs else None,
            at=at,
            heard_at=heard_at,
        )
        if session is not None and belongs:
            session.progress.take(reading, at=at, heard_at=heard_at, offline=event.offline)
        power_w = within(reading.power_w)
        if evse_id is not None and power_w is not None and is_live(at, heard_at, offline=event.offline):
            powers[evse_id] = (evse_id, power_w, at)
    if session is not None:
        session.progress.state(event.state, event.at or heard_at)
        session.progress.last_heard_at = max(session.progress.last_heard_at, heard_at)


def _in_time(readings: Sequence[Reading], heard_at: datetime, offset_s: float | None) -> list[tuple[Reading, datetime]]:
    told = [(reading, moment(reading.at, heard_at, offset_s).at) for reading in readings]
    return told if len(told) < 2 else sorted(told, key=lambda pair: pair[1])


def _not_kept_yet(rows: Sequence[Row], touched: dict[int, Running]) -> list[Row]:
    """A reading told again is kept once. Only one that is not newer than the last needs a look at what is kept."""
    late = []
    for row in rows:
        until = touched[row[2]].read_until if row[2] is not None else None
        if until is not None and row[3] <= until:
            late.append(row)
    kept: set[Row] = set()
    if late:
        there = MeterReading.objects.filter(session__in={row[2] for row in late}, at__in={row[3] for row in late})
        kept = set(there.values_list(*KEY_COLUMNS))
    fresh = []
    for row in rows:
        if row[2] is not None:
            key = row_key(row)
            if key in kept:
                continue
            kept.add(key)
        fresh.append(row)
    return fresh


def _count_again(sessions: Sequence[Running]) -> None:
    """A reading did not go on from the count (two registers under one name, a restart): the whole curve decides."""
    if not sessions:
        return
    points: defaultdict[int, list[Point]] = defaultdict(list)
    curves = MeterReading.objects.filter(session__in=[running.progress.session_id for running in sessions])
    for pk, at, wh, power_w in curves.values_list("session", "at", "energy_wh", "power_w"):
        points[pk].append(Point(at, wh, power_w))
    for running in sessions:
        progress = running.progress
        evidence = Evidence(
            started_at=running.started_at,
            start_wh=running.meter_start_wh,
            points=points[progress.session_id],
            max_w=progress.max_w,
        )
        progress.count(count_energy(evidence).tally)
