"""A session ends by the charger's own stop: in time, late, twice, or as the only word that there is of it."""

from datetime import datetime

from chargers.events import ChargingEnded, Token, TokenDecision, token_key
from chargers.models import Charger
from chargers.prepared import insert_row, update_row
from chargers.trace import recorder
from sessions.authorization import Asked, may_stop
from sessions.lifecycle import DRIFT, Moment, Move, Word, end_told, moment, next_move
from sessions.models import ClosedBy, IdToken, Session, SessionMessage
from sessions.place import Place
from sessions.quality import ODD, Code, Note, fit, with_notes, without
from sessions.registers import LAG_WH
from sessions.services.changing import given_out, note_correction, settle_when
from sessions.services.curves import in_time, keep_readings, recount, show_power, take_readings
from sessions.services.effects import stop_seen
from sessions.services.finding import (
    NO_ID,
    STOP_ALONE,
    cable_of,
    called,
    locked,
    names_its_sessions,
    phase_of,
    take_turn,
)
from sessions.services.limiting import note_reached
from sessions.services.opening import TOKEN_LENGTH, Opening, key_of, open_session
from sessions.services.outcome import Outcome
from sessions.services.starting import give_up_reference, take_place
from sessions.services.tokens import find_token, judge, known
from sessions.services.updating import is_another

LOOKED_AT = 20


def end_session(charger: Charger, ended: ChargingEnded, *, place: Place, heard_at: datetime) -> Outcome:
    """End the session that the charger names; where it names none that we know, the one that fits, or a row of its own.

    A stop is never refused and never guessed: without a session that fits it is kept alone, with its start unknown.
    """
    at = moment(ended.at, heard_at, charger.clock_offset_s)
    session = _called_by_it(charger, ended, at)
    if session is None:
        return _end_unnamed(charger, ended, at, place=place, heard_at=heard_at)
    move = next_move(phase_of(session), Word.STOP)
    if move is Move.NOTHING:
        return Outcome(session, _judge(ended, session, place=place, now=heard_at), is_news=False)
    decision = _judge(ended, session, place=place, now=heard_at)
    _end(session, ended, at, place=place, heard_at=heard_at)
    if getattr(session, "stop_was_asked", True):
        stop_seen(session, heard_at=heard_at)
    return Outcome(session, decision)


def _called_by_it(charger: Charger, ended: ChargingEnded, at: Moment) -> Session | None:
    session = called(charger, ended.reference) if ended.reference else None
    if session is not None and names_its_sessions(charger) and is_another(session, at.at):
        give_up_reference(session)
        return None
    return session


def _judge(ended: ChargingEnded, session: Session | None, *, place: Place, now: datetime) -> TokenDecision | None:
    if ended.token is None:
        return None
    row = session.token if session is not None else None
    if row is None or row.key != ended.token.key:
        row = find_token(ended.token)
    return judge(ended.token, row, place=place, now=now, asked=Asked.STOP)


def _end(
    session: Session,
    ended: ChargingEnded,
    at: Moment,
    *,
    place: Place,
    heard_at: datetime,
    note: Note | None = None,
) -> None:
    before = given_out(session)
    was_estimated = session.closed_by == ClosedBy.EVIDENCE
    end = end_told(at, started_at=session.started_at, heard_at=heard_at)
    told = in_time(ended.readings, heard_at=heard_at, clock_offset_s=session.charger.clock_offset_s)
    take_readings(session, told, heard_at=heard_at, offline=ended.offline)
    session.ended_at = end.at
    session.ended_heard_at = heard_at
    session.closed_by = ClosedBy.CHARGER
    session.stop_reason = fit(ended.reason, 40)
    session.meter_stop_wh = ended.meter_wh
    note_reached(session, ended.trigger, ended.reason)
    if ended.token is not None:
        session.stop_token_value = fit(ended.token.value, TOKEN_LENGTH)
    session.energy_state = ""
    session.power_w = 0
    session.last_heard_at = max(session.last_heard_at, heard_at)
    session.quality = with_notes(without(session.quality, {Code.STOP_ESTIMATED}), end.note, at.note, note)
    if session.evse is None and ended.evse is not None:
        take_place(session, cable_of(session.charger, ended.evse, ended.connector), place, at=at.at, heard_at=heard_at)
    keep_readings(session, told, heard_at=heard_at)
    recount(session)
    for odd in session.quality:
        if odd["code"] in ODD:
            recorder.count(session.charger_id, f"Meter: {odd['code']}", odd["note"], heard_at)
    if session.settled_at is None:
        session.settle_after = settle_when(session, heard_at=heard_at)
    reason = "The charger's own stop replaces the estimated one." if was_estimated else "Its stop was told later."
    note_correction(session, before, reason=reason)
    update_row(session)
    show_power(session, 0, at=end.at, heard_at=heard_at, offline=ended.offline)


def _end_unnamed(charger: Charger, ended: ChargingEnded, at: Moment, *, place: Place, heard_at: datetime) -> Outcome:
    """A stop whose session we do not know by its name: none was given (0, -1), or it is not one of ours."""
    take_turn(charger.pk)
    digest = (ended.digest or key_of(ended.reference, ended.at.isoformat(), ended.meter_wh, ended.reason))[:32]
    told = SessionMessage.objects.filter(session__charger=charger, kind="stop", digest=digest)
    known = told.select_related("session__token__vehicle").first()
    if known is not None:
        return Outcome(known.session, _judge(ended, known.session, place=place, now=heard_at), is_news=False)
    # Meanwhile another of the charger's sockets may have told its start.
    session = _called_by_it(charger, ended, at) or _fitting(charger, ended, at)
    decision = _judge(ended, session, place=place, now=heard_at)
    if session is None:
        session = _keep_alone(charger, ended, at, decision, digest, place=place, heard_at=heard_at)
    elif next_move(phase_of(session), Word.STOP) is not Move.NOTHING:
        text = (
            f"The stop named transaction {ended.reference or 'none'}; it was matched by its token, EVSE and register."
        )
        _end(session, ended, at, place=place, heard_at=heard_at, note=Note(Code.STOP_MATCHED, text))
        stop_seen(session, heard_at=heard_at)
    insert_row(SessionMessage(session=session, kind="stop", at=ended.at, digest=digest, heard_at=heard_at))
    return Outcome(session, decision)


def _fitting(charger: Charger, ended: ChargingEnded, at: Moment) -> Session | None:
    """The one session without a stop that this stop fits best; None where two fit as well, for then it is a guess."""
    if names_its_sessions(charger) and ended.reference not in NO_ID:
        return None
    unended = locked().filter(charger=charger, started_at__lte=at.at + DRIFT)
    unended = unended.filter(closed_by__in=[ClosedBy.OPEN, ClosedBy.EVIDENCE]).order_by("-started_at")
    fits = [(_fit(session, ended, at.at), session) for session in unended[:LOOKED_AT]]
    best = max((fit for fit, _ in fits), default=0)
    found = [session for fit, session in fits if fit == best]
    return found[0] if best > 0 and len(found) == 1 else None


def _fit(session: Session, ended: ChargingEnded, at: datetime) -> int:
    """How much speaks for it; 0 where anything speaks against it, or nothing for it."""
    if session.last_reading_at is not None and session.last_reading_at > at + DRIFT:
        return 0  # it went on after this stop
    fit = 0
    if ended.evse is not None and session.evse is not None:
        if session.evse.number != ended.evse:
            return 0
        fit += 2
    if ended.token is not None and session.token_value:
        if not _may_stop(session, ended.token):
            return 0
        fit += 2
    highest = session.register_wh if session.register_wh is not None else session.meter_start_wh
    if ended.meter_wh is not None and highest is not None:
        fit += 1 if ended.meter_wh >= highest - LAG_WH else -1
    return fit


def _may_stop(session: Session, token: Token) -> bool:
    began = session.token
    return may_stop(
        known(find_token(token)),
        shown_key=token.key,
        began_key=token_key(session.token_value),
        began_group=began.group if began is not None else "",
    )


def _keep_alone(
    charger: Charger,
    ended: ChargingEnded,
    at: Moment,
    decision: TokenDecision | None,
    digest: str,
    *,
    place: Place,
    heard_at: datetime,
) -> Session:
    """A row from the stop alone. Where the charger sends the first register along, that is what it counts from."""
    cable = cable_of(charger, ended.evse, ended.connector)
    told = in_time(ended.readings, heard_at=heard_at, clock_offset_s=charger.clock_offset_s)
    begin = next((pair for pair in told if pair[0].context == "Transaction.Begin"), None)
    first_at = min([at.at, *(reading_at for _, reading_at in told)])
    row: IdToken | None = find_token(ended.token)
    session = open_session(
        charger,
        Opening(
            start_key=f"{STOP_ALONE}{digest}",
            started=Moment(first_at, at.note),
            heard_at=heard_at,
            # In 1.6 a number that we never gave means nothing; from 2.0.1 on it is the session's own name.
            reference=ended.reference if names_its_sessions(charger) else "",
            cable=cable,
            place=place,
            token=ended.token,
            token_row=row,
            decision=decision,
            meter_wh=begin[0].energy_wh if begin else None,
            readings=ended.readings,
            offline=ended.offline,
            over_since=at.at,
            notes=(Note(Code.START_UNKNOWN, f"Only the stop was told, of transaction {ended.reference or 'none'}."),),
        ),
    )
    _end(session, ended, at, place=place, heard_at=heard_at)
    return session
