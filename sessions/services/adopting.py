"""Meter values that name no running session of ours: late ones, ones of a charge never told of, or of nothing."""

from datetime import datetime

from chargers.choices import ConnectorStatus
from chargers.events import MetersRead
from chargers.models import Charger
from chargers.prepared import update_row
from sessions.lifecycle import Word, moment
from sessions.models import Session
from sessions.place import Place
from sessions.services.changing import given_out, note_correction
from sessions.services.curves import in_time, keep_without_session
from sessions.services.finding import (
    NO_ID,
    Cable,
    cable_of,
    called,
    names_its_sessions,
    running_at,
    take_turn,
)
from sessions.services.outcome import Outcome
from sessions.services.progress import progress_of, put_back
from sessions.services.starting import give_up_reference, take_place
from sessions.services.updating import GOING, add_readings, go_on_after_all, is_another, open_without_start

CHARGES = {
    ConnectorStatus.CHARGING, ConnectorStatus.SUSPENDED_EV, ConnectorStatus.SUSPENDED_EVSE, ConnectorStatus.OCCUPIED,
}  # fmt: skip


def adopt_readings(charger: Charger, event: MetersRead, *, place: Place, heard_at: datetime) -> Outcome:
    """Put them where they belong; a charge known only by them (free vending, a lost start) becomes a session."""
    take_turn(charger.pk)
    told = in_time(event.readings, heard_at=heard_at, clock_offset_s=charger.clock_offset_s)
    newest_at = told[-1][1] if told else moment(event.at or heard_at, heard_at, charger.clock_offset_s).at
    cable = cable_of(charger, event.evse, event.connector)
    session = _session_of(charger, event, cable, newest_at)
    if session is None:
        if not told or not _is_a_charge(charger, event, cable):
            keep_without_session(event.readings, charger_id=charger.pk, evse=cable.evse, heard_at=heard_at)
            return Outcome(None, None, is_news=False)
        reference = "" if event.reference in NO_ID and not names_its_sessions(charger) else event.reference
        first = moment(told[0][0].at, heard_at, charger.clock_offset_s)
        session = open_without_start(
            charger, reference, cable, told, first, place=place, heard_at=heard_at, offline=event.offline
        )
        return Outcome(session)
    before = given_out(session)
    if session.evse is None and cable.evse is not None:
        take_place(session, cable, place, at=newest_at, heard_at=heard_at)
    go_on_after_all(session, Word.READING, newest_at, shows_life=_shows_life(event))
    add_readings(session, event.readings, heard_at=heard_at, offline=event.offline)
    if session.ended_at is None:
        progress = progress_of(session)
        progress.state(event.state, event.at or newest_at)
        put_back(progress, session)
    session.last_heard_at = max(session.last_heard_at, heard_at)
    note_correction(session, before, reason="Meter values were told later.")
    update_row(session)
    return Outcome(session)


def _session_of(charger: Charger, event: MetersRead, cable: Cable, newest_at: datetime) -> Session | None:
    named = called(charger, event.reference) if event.reference else None
    if named is not None and is_another(named, newest_at):
        give_up_reference(named)
        named = None
    if named is not None:
        return named
    if event.reference in NO_ID or not names_its_sessions(charger):
        # In 1.6 the charger may not have got our number: one vehicle charges at an EVSE, and this is it.
        running = running_at(cable.evse)
        is_older = running is not None and newest_at < running.started_at
        return None if is_older else running
    return None


def _is_a_charge(charger: Charger, event: MetersRead, cable: Cable) -> bool:
    if names_its_sessions(charger):
        return event.reference != ""  # a name of the charger's own is a session of the charger's own
    statuses = {connector.status for connector in cable.connectors}
    unsure = statuses <= {ConnectorStatus.UNKNOWN, ConnectorStatus.PREPARING}
    return cable.evse is not None and (bool(statuses & CHARGES) or (unsure and _shows_life(event)))


def _shows_life(event: MetersRead) -> bool:
    return any((reading.power_w or 0) > 0 for reading in event.readings) or event.state in GOING
