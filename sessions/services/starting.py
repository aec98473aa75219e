"""A session starts: now, told again, or long ago and told only now."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from chargers.events import ChargingStarted, StartDecision, TokenDecision, token_key
from chargers.models import Charger
from chargers.prepared import Prepared, update_row
from sessions.authorization import NOWHERE_ELSE, Asked
from sessions.lifecycle import DRIFT, Moment, Move, Word, is_live, moment, next_move
from sessions.models import IdToken, Session
from sessions.place import Place
from sessions.quality import Code, Note, with_notes, without
from sessions.registers import LAG_WH
from sessions.services.changing import given_out, note_correction, put_at, settle_when
from sessions.services.closing import close_before_next
from sessions.services.curves import in_time, keep_readings, recount, take_readings
from sessions.services.effects import asked_start, start_seen
from sessions.services.finding import (
    STOP_ALONE,
    Cable,
    cable_of,
    is_limited,
    locked,
    names_its_sessions,
    phase_of,
    reference_of,
    start_is_known,
    take_turn,
    take_turn_of_card,
)
from sessions.services.in_use import uses_elsewhere
from sessions.services.limiting import mark_refused, put_limit, take_limit
from sessions.services.opening import Opening, key_of, open_session, put_asker, put_token
from sessions.services.outcome import Outcome
from sessions.services.tokens import find_token, judge

NOBODY = 0


def start_session(charger: Charger, started: ChargingStarted, *, place: Place, heard_at: datetime) -> Outcome:
    """Open a session, or find the one that this start opened before: the same start has the same answer."""
    take_turn(charger.pk)
    at = moment(started.at, heard_at, charger.clock_offset_s)
    live = is_live(at.at, heard_at, offline=started.offline)
    cable = cable_of(charger, started.evse, started.connector)
    row = find_token(started.token)
    take_turn_of_card(row)
    key = _start_key(charger, started)
    near = _sessions_near(charger, started, cable, row, key)
    session = _told_before(near, charger, started, key, at)
    if session is None and not started.reference:
        session = _lacking_a_start(near, charger, started, cable, at, live=live)
    decision = None
    if started.token is not None:
        in_use = uses_elsewhere(near, cable.evse, row, session, heard_at) if live else NOWHERE_ELSE
        judged_at = heard_at if live else at.at
        decision = judge(started.token, row, place=place, now=judged_at, asked=Asked.START, in_use=in_use)
    if any(other.start_key == key and other is not session for other in near):
        # A clock that was never set says the same time at every start: this is another one all the same.
        key = f"{key}:{key_of(heard_at)[:20]}"
    if session is not None:
        move = next_move(phase_of(session), Word.START, start_is_known=start_is_known(session))
        if move is Move.FILL_START:
            session = locked().get(pk=session.pk)
            _fill_start(session, started, at, key, cable, row, decision, place=place, heard_at=heard_at)
        return _outcome(charger, session, decision, is_news=move is Move.FILL_START)
    asked = None
    if cable.start_was_asked or started.remote_start_id is not None:
        asked = asked_start(
            charger, evse=cable.evse, token=started.token, remote_start_id=started.remote_start_id, at=at.at
        )
    opening = Opening(
        start_key=key,
        started=at,
        heard_at=heard_at,
        reference=started.reference,
        cable=cable,
        place=place,
        token=started.token,
        token_row=row,
        decision=decision,
        meter_wh=started.meter_wh,
        state=started.state,
        remote_start_id=started.remote_start_id,
        readings=started.readings,
        limit=started.limit,
        offline=started.offline or not live,
        asked=asked,
        over_since=make_room(near, cable, at.at, heard_at=heard_at, live=live),
    )
    return _outcome(charger, open_session(charger, opening), decision, is_news=True)


def _outcome(charger: Charger, session: Session, decision: TokenDecision | None, *, is_news: bool) -> Outcome:
    reference = session.reference
    if not names_its_sessions(charger) and not reference.isdecimal():
        # In 1.6 the answer is a number, also of a session that gave its own up to a later one, or began in 2.x.
        reference = str(session.pk)
    return Outcome(session, StartDecision(reference, decision), is_news)


def _start_key(charger: Charger, started: ChargingStarted) -> str:
    """What makes two starts the same start (quirk 35); the time as told, for a repaired one is another each time."""
    if names_its_sessions(charger):
        return key_of(reference_of(started.reference), started.at.isoformat())
    token = started.token.key if started.token else ""
    return key_of(started.evse, token, started.at.isoformat(), started.meter_wh)


def _sessions(
    charger_id: int, key: str, same_charger_id: int, reference: str, evse_id: int, vehicle_id: int, token_id: int
) -> QuerySet[Session]:
    this_start = Q(charger=charger_id, start_key=key)
    this_name = Q(charger=same_charger_id, reference=reference)
    runs_here, runs_elsewhere = Q(evse=evse_id, ended_at=None), Q(vehicle=vehicle_id, ended_at=None)
    same_token = Q(token=token_id, ended_at=None)
    these = this_start | this_name | runs_here | runs_elsewhere | same_token
    return Session.objects.filter(these).select_related("connector")


_near = Prepared(_sessions, int, str, int, str, int, int, int)


def _sessions_near(
    charger: Charger, started: ChargingStarted, cable: Cable, row: IdToken | None, key: str
) -> list[Session]:
    """In one query: this very start's session, what runs at this EVSE, where its vehicle or limited token charges."""
    evse_id = cable.evse.pk if cable.evse is not None else NOBODY
    vehicle_id = row.vehicle_id if row is not None and row.vehicle_id is not None else NOBODY
    # Where the charger gives no name, none is looked for: no session is called by a key.
    reference = reference_of(started.reference) or key
    # A card for all vehicles may have a thousand charges: they are read only where they are counted.
    token_id = row.pk if row is not None and is_limited(row) else NOBODY
    return _near(charger.pk, key, charger.pk, reference, evse_id, vehicle_id, token_id)


def _told_before(
    near: Sequence[Session], charger: Charger, started: ChargingStarted, key: str, at: Moment
) -> Session | None:
    ours = [session for session in near if session.charger_id == charger.pk]
    called = next((one for one in ours if one.reference == reference_of(started.reference)), None)
    if called is not None and started.reference:
        if called.ended_at is None or not start_is_known(called) or at.at <= called.ended_at:
            return called
        give_up_reference(called)
    if names_its_sessions(charger):
        return None
    same = [session for session in ours if session.start_key.split(":")[0] == key]
    running = next((session for session in same if session.ended_at is None), None)
    if running is not None or at.note is not None:
        return running
    return next(iter(same), None)


def give_up_reference(session: Session) -> None:
    """A charger that counts its sessions from one again calls a new one by an old one's name."""
    note = Note(Code.REFERENCE_REUSED, f"The charger called it {session.reference}, and later another one the same.")
    session.quality = with_notes(session.quality, note)
    session.reference = ""
    update_row(session, "quality", "reference")


def _lacking_a_start(
    near: Sequence[Session], charger: Charger, started: ChargingStarted, cable: Cable, at: Moment, *, live: bool
) -> Session | None:
    """In 1.6 a start has no name: is it the start of a session of which only the readings, or the stop, were told?"""
    if cable.evse is None or names_its_sessions(charger):
        return None
    for session in near:
        runs_here = session.evse_id == cable.evse.pk and session.ended_at is None
        if runs_here and not start_is_known(session) and at.at <= session.started_at + DRIFT:
            return session
    if live:
        return None
    stops = locked().filter(charger=charger, start_key__startswith=STOP_ALONE, ended_at__gte=at.at)
    for session in stops.order_by("ended_at")[:20]:
        if session.evse_id in (None, cable.evse.pk) and _fits_stop(session, started):
            return session
    return None


def _fits_stop(session: Session, started: ChargingStarted) -> bool:
    token = started.token.key if started.token else ""
    stopped_by = token_key(session.stop_token_value)
    if token and stopped_by and token != stopped_by:
        return False
    if started.meter_wh is None or session.meter_stop_wh is None:
        return bool(token) and token == stopped_by
    return session.meter_stop_wh >= started.meter_wh - LAG_WH


def make_room(
    near: Sequence[Session], cable: Cable, at: datetime, *, heard_at: datetime, live: bool
) -> datetime | None:
    """One vehicle charges at an EVSE: what began before is over. Gives when the next began, if this is told late."""
    if cable.evse is None:
        return None
    for other in near:
        if other.evse_id != cable.evse.pk or other.ended_at is not None:
            continue
        if other.started_at > at:
            return other.started_at
        close_before_next(locked().get(pk=other.pk), next_started_at=at, heard_at=heard_at)
    if live:
        return None
    later = Session.objects.filter(evse=cable.evse, started_at__gt=at).order_by("started_at")
    return later.values_list("started_at", flat=True).first()


def _fill_start(
    session: Session,
    started: ChargingStarted,
    at: Moment,
    key: str,
    cable: Cable,
    row: IdToken | None,
    decision: TokenDecision | None,
    *,
    place: Place,
    heard_at: datetime,
) -> None:
    """The start is told after what followed it: what was estimated in its place is replaced."""
    before = given_out(session)
    session.start_key = key
    session.started_at = at.at if session.ended_at is None else min(at.at, session.ended_at)
    session.started_heard_at = heard_at
    session.quality = with_notes(without(session.quality, {Code.START_UNKNOWN}), at.note)
    if started.meter_wh is not None:
        session.meter_start_wh = session.base_wh = session.register_wh = started.meter_wh
        session.register_at = session.started_at
    if session.evse is None and cable.evse is not None:
        take_place(session, cable, place, at=session.started_at, heard_at=heard_at)
    if not session.token_value:
        put_token(session, started.token, row, decision, place=place)
        put_limit(session, decision)
        mark_refused(session, decision, offline=started.offline)
    take_limit(session, started.limit)
    asked = asked_start(
        session.charger, evse=session.evse, token=started.token, remote_start_id=started.remote_start_id, at=at.at
    )
    if asked is not None:
        put_asker(session, asked)
        start_seen(asked, session, heard_at=heard_at)
    told = in_time(started.readings, heard_at=heard_at, clock_offset_s=session.charger.clock_offset_s)
    keep_readings(session, told, heard_at=heard_at)
    take_readings(session, told, heard_at=heard_at, offline=started.offline)
    recount(session)
    if session.ended_at is not None and session.settled_at is None:
        session.settle_after = settle_when(session, heard_at=heard_at)
    note_correction(session, before, reason="Its start was told later.")
    update_row(session)


def take_place(session: Session, cable: Cable, place: Place, *, at: datetime, heard_at: datetime) -> None:
    """The EVSE is told after the start (2.x): what else ran there is over."""
    if session.ended_at is None and cable.evse is not None:
        others = Session.objects.filter(evse=cable.evse, ended_at=None).exclude(pk=session.pk)
        for other in others:
            close_before_next(locked().get(pk=other.pk), next_started_at=max(at, other.started_at), heard_at=heard_at)
    session.evse, session.connector = cable.evse, cable.connector
    session.quality = without(session.quality, {Code.EVSE_UNKNOWN})
    put_at(session, place)
    put_token(session, None, None, None, place=place)
