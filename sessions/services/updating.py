"""A session goes on: a state, a token, an EVSE or readings, told while it runs, late, or before its start (2.x)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from chargers.events import ChargingState, ChargingUpdated, Reading, Token, TokenDecision, token_key
from chargers.models import Charger
from chargers.prepared import Prepared, insert_row, update_row
from sessions.authorization import NOWHERE_ELSE, Asked
from sessions.lifecycle import TRAILING, Moment, Move, Phase, Word, is_live, moment, next_move
from sessions.models import Session, SessionMessage
from sessions.place import Place
from sessions.quality import Code, Note, fit
from sessions.services.changing import given_out, note_correction
from sessions.services.closing import resume
from sessions.services.curves import Told, in_time, keep_readings, recount, show_power, take_readings
from sessions.services.effects import asked_start, start_seen
from sessions.services.finding import (
    SEEN_ONLY,
    Cable,
    cable_of,
    called,
    phase_of,
    running_at,
    take_turn,
    take_turn_of_card,
)
from sessions.services.in_use import uses_elsewhere
from sessions.services.limiting import mark_refused, note_reached, put_limit, take_limit
from sessions.services.opening import TOKEN_LENGTH, Opening, key_of, open_session, put_asker, put_token
from sessions.services.outcome import Outcome
from sessions.services.progress import progress_of, put_back
from sessions.services.starting import give_up_reference, make_room, take_place
from sessions.services.tokens import find_token, judge

# Told of a moment this long after its end, the name is another session's by now.
NAME_HELD_FOR = timedelta(minutes=15)
GOING = {ChargingState.CHARGING, ChargingState.SUSPENDED_EV, ChargingState.SUSPENDED_EVSE, ChargingState.EV_CONNECTED}


def update_session(charger: Charger, updated: ChargingUpdated, *, place: Place, heard_at: datetime) -> Outcome:
    """Take in what is told of a running session; of one never heard of it is the first word."""
    take_turn(charger.pk)
    at = moment(updated.at, heard_at, charger.clock_offset_s)
    named = called(charger, updated.reference)
    message = SessionMessage(
        kind="update",
        sequence=-1 if updated.sequence is None else updated.sequence,
        at=updated.at,
        digest=updated.digest[:32],
        heard_at=heard_at,
    )
    if named is not None and not is_another(named, at.at) and _was_told(named, message):
        return Outcome(named, _judge(updated.token, named, place=place, now=heard_at), is_news=False)
    readings = updated.readings
    if named is None or is_another(named, at.at):
        if named is not None:
            give_up_reference(named)
        cable = cable_of(charger, updated.evse, updated.connector)
        told = in_time(readings, heard_at=heard_at, clock_offset_s=charger.clock_offset_s)
        session = open_without_start(
            charger, updated.reference, cable, told, at, place=place, heard_at=heard_at, offline=updated.offline
        )
        readings = ()
    else:
        session = named
    decision = _judge(updated.token, session, place=place, now=heard_at)
    _take_in(session, updated, readings, at.at, decision, place=place, heard_at=heard_at)
    message.session = session
    insert_row(message)
    return Outcome(session, decision)


_times_told = Prepared(
    lambda pk, sequence, digest: SessionMessage.objects.filter(
        session=pk, kind="update", sequence=sequence, digest=digest
    ).values_list("at"),
    int,
    int,
    str,
)


def _was_told(session: Session, message: SessionMessage) -> bool:
    """By number, time and content together: some chargers number every message zero."""
    return (message.at,) in _times_told(session.pk, message.sequence, message.digest)


def is_another(session: Session, at: datetime) -> bool:
    """Was it over long before? Then a charger that counts from one again means a new session by the old name."""
    return phase_of(session) is Phase.ENDED and session.ended_at is not None and at > session.ended_at + NAME_HELD_FOR


def open_without_start(
    charger: Charger,
    reference: str,
    cable: Cable,
    told: Told,
    at: Moment,
    *,
    place: Place,
    heard_at: datetime,
    offline: bool = False,
) -> Session:
    """A session whose start was not told, or not yet: it begins with the first that is known of it."""
    first = min([at.at, *(reading_at for _, reading_at in told)])
    near = list(Session.objects.filter(evse=cable.evse, ended_at=None)) if cable.evse is not None else []
    live = is_live(first, heard_at, offline=offline)
    opening = Opening(
        start_key=f"{SEEN_ONLY}{key_of(reference, first)}",
        started=Moment(first, at.note),
        heard_at=heard_at,
        reference=reference,
        cable=cable,
        place=place,
        readings=tuple(reading for reading, _ in told),
        offline=offline,
        over_since=make_room(near, cable, first, heard_at=heard_at, live=live),
        notes=(Note(Code.START_UNKNOWN, "Its start was not told; it begins with the first that is known of it."),),
    )
    return open_session(charger, opening)


def _judge(token: Token | None, session: Session, *, place: Place, now: datetime) -> TokenDecision | None:
    if token is None:
        return None
    row = find_token(token)
    if session.token_value:
        # Its own card again, or another one that comes to end it.
        return judge(token, row, place=place, now=now)
    in_use = NOWHERE_ELSE
    if row is not None:
        take_turn_of_card(row)
        of_vehicle = Q(vehicle=row.vehicle_id) if row.vehicle_id is not None else Q()
        near = Session.objects.running().filter(of_vehicle | Q(token=row)).select_related("connector")
        in_use = uses_elsewhere(list(near), session.evse, row, session, now)
    return judge(token, row, place=place, now=now, asked=Asked.START, in_use=in_use)


def _take_in(
    session: Session,
    updated: ChargingUpdated,
    readings: Sequence[Reading],
    at: datetime,
    decision: TokenDecision | None,
    *,
    place: Place,
    heard_at: datetime,
) -> None:
    before = given_out(session)
    if session.evse is None and updated.evse is not None:
        cable = cable_of(session.charger, updated.evse, updated.connector)
        take_place(session, cable, place, at=at, heard_at=heard_at)
    _take_token(session, updated, decision, place=place, at=at, heard_at=heard_at)
    take_limit(session, updated.limit)
    note_reached(session, updated.trigger)
    go_on_after_all(session, Word.UPDATE, at, shows_life=updated.state in GOING)
    _take_first_register(session, readings)
    add_readings(session, readings, heard_at=heard_at, offline=updated.offline)
    if session.ended_at is None:
        progress = progress_of(session)
        progress.state(updated.state, at)
        put_back(progress, session)
    session.last_heard_at = max(session.last_heard_at, heard_at)
    note_correction(session, before, reason="The charger told more about it later.")
    update_row(session)


def _take_first_register(session: Session, readings: Sequence[Reading]) -> None:
    """A transaction that began with the card has no meter yet: its first register comes with the cable (2.x J02)."""
    if session.meter_start_wh is None:
        told = (reading.energy_wh for reading in readings if reading.context == "Transaction.Begin")
        session.meter_start_wh = next((wh for wh in told if wh is not None), None)


def _take_token(
    session: Session,
    updated: ChargingUpdated,
    decision: TokenDecision | None,
    *,
    place: Place,
    at: datetime,
    heard_at: datetime,
) -> None:
    if updated.token is not None:
        if session.token_value and token_key(session.token_value) != updated.token.key:
            # Another card than the one it began with: it is shown to end it.
            session.stop_token_value = fit(updated.token.value, TOKEN_LENGTH)
        elif not session.token_value:
            put_token(session, updated.token, find_token(updated.token), decision, place=place)
            put_limit(session, decision)
            mark_refused(session, decision, offline=updated.offline)
    if updated.remote_start_id is None or session.remote_start_id is not None:
        return
    session.remote_start_id = updated.remote_start_id
    asked = asked_start(
        session.charger, evse=session.evse, token=updated.token, remote_start_id=updated.remote_start_id, at=at
    )
    if asked is not None:
        put_asker(session, asked)
        start_seen(asked, session, heard_at=heard_at)


def add_readings(session: Session, readings: Sequence[Reading], *, heard_at: datetime, offline: bool = False) -> None:
    """Readings of a session, running or ended: kept, taken, counted."""
    if not readings:
        return
    told = in_time(readings, heard_at=heard_at, clock_offset_s=session.charger.clock_offset_s)
    keep_readings(session, told, heard_at=heard_at)
    needs_count = take_readings(session, told, heard_at=heard_at, offline=offline)
    if session.ended_at is not None:
        session.power_w = 0
        recount(session)
        return
    if needs_count:
        recount(session)
    if session.power_w is not None and any(reading.power_w is not None for reading in readings):
        show_power(session, session.power_w, at=told[-1][1], heard_at=heard_at, offline=offline)


def go_on_after_all(session: Session, word: Word, at: datetime, *, shows_life: bool) -> None:
    """Closed by evidence, and yet told of: does it go on?"""
    if session.ended_at is None:
        return
    alive = (
        shows_life
        and at - session.ended_at > TRAILING
        and session.settled_at is None
        and running_at(session.evse) is None
    )
    if next_move(phase_of(session), word, goes_on=alive) is Move.RESUME:
        resume(session)
