"""The meter curve of one session: kept once, and counted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chargers.events import Reading
from chargers.models import Evse
from chargers.prepared import Prepared, update_row
from chargers.rows import insert_rows
from sessions.energy import Count, Evidence, Point, count_energy
from sessions.lifecycle import is_live, moment
from sessions.models import ClosedBy, MeterReading, Session
from sessions.quality import OF_ENERGY, Code, has, with_notes, without
from sessions.services.progress import KEY_COLUMNS, READING_COLUMNS, progress_of, put_back, reading_rows, row_key

_keys_of = Prepared(lambda pk: MeterReading.objects.filter(session=pk).values_list(*KEY_COLUMNS), int)
_points_of = Prepared(lambda pk: MeterReading.objects.filter(session=pk).values_list("at", "energy_wh", "power_w"), int)

Told = list[tuple[Reading, datetime]]


def in_time(readings: Sequence[Reading], *, heard_at: datetime, clock_offset_s: float | None) -> Told:
    """Readings with the time that holds for each, oldest first."""
    told = [(reading, moment(reading.at, heard_at, clock_offset_s).at) for reading in readings]
    return sorted(told, key=lambda pair: pair[1])


def take_readings(session: Session, told: Told, *, heard_at: datetime, offline: bool = False) -> bool:
    """Let a session go on by them; True where one does not go on from the others, so that the whole curve decides."""
    progress = progress_of(session)
    for reading, at in told:
        progress.take(reading, at=at, heard_at=heard_at, offline=offline)
    put_back(progress, session)
    return progress.needs_count


def keep_readings(session: Session, told: Told, *, heard_at: datetime, is_new: bool = False) -> None:
    """Those that are not kept yet. `is_new`: the session has none."""
    rows = {
        row_key(row): row
        for reading, at in told
        for row in reading_rows(
            reading,
            charger_id=session.charger_id,
            evse_id=session.evse_id,
            session_id=session.pk,
            at=at,
            heard_at=heard_at,
        )
    }
    if rows and not is_new:
        for key in _keys_of(session.pk):
            rows.pop(key, None)
    insert_rows(MeterReading, READING_COLUMNS, list(rows.values()))


def keep_without_session(
    readings: Sequence[Reading], *, charger_id: int, evse: Evse | None, heard_at: datetime
) -> None:
    """Readings of an EVSE at which no session is known."""
    rows = [
        row
        for reading in readings
        for row in reading_rows(
            reading,
            charger_id=charger_id,
            evse_id=evse.pk if evse else None,
            session_id=None,
            at=moment(reading.at, heard_at).at,
            heard_at=heard_at,
        )
    ]
    insert_rows(MeterReading, READING_COLUMNS, rows)


def points_of(session: Session) -> list[Point]:
    return [Point(at, wh, power_w) for at, wh, power_w in _points_of(session.pk)]


def counted(session: Session, points: Sequence[Point] | None = None) -> Count:
    """The session's energy by all that is known of it."""
    points = points_of(session) if points is None else points
    ended_at = session.ended_at
    if ended_at is not None and session.closed_by == ClosedBy.EVIDENCE:
        # An estimated end is no reason to doubt what was read after it.
        points = [replace(point, at=min(point.at, ended_at)) for point in points]
    return count_energy(
        Evidence(
            started_at=session.started_at,
            start_wh=session.meter_start_wh,
            ended_at=session.ended_at,
            stop_wh=session.meter_stop_wh,
            points=points,
            max_w=session.evse.max_w if session.evse is not None else None,
            times_hold=not has(session.quality, Code.TIME_REPAIRED, Code.STOP_BEFORE_START),
        )
    )


def recount(session: Session) -> None:
    """Count again from the whole curve. A running total never falls; an ended one is what the evidence says."""
    count = counted(session)
    if session.ended_at is not None:
        session.energy_wh = count.wh
        session.quality = with_notes(without(session.quality, OF_ENERGY), *count.notes)
        return
    progress = progress_of(session)
    progress.count(count.tally)
    put_back(progress, session)


def show_power(session: Session, power_w: int, *, at: datetime, heard_at: datetime, offline: bool = False) -> None:
    """What the EVSE gives now; what is replayed says nothing about now."""
    evse = session.evse
    if evse is None or evse.power_w == power_w or not is_live(at, heard_at, offline=offline):
        return
    if evse.power_at is None or evse.power_at <= at:
        evse.power_w, evse.power_at = power_w, at
        update_row(evse, "power_w", "power_at")
