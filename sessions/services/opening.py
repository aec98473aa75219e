"""A session's row, made from whatever was told first: its start, an update, a reading, or its stop alone."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from chargers.events import NO_LIMIT, ChargeLimit, ChargingState, Reading, Token, TokenDecision, TokenStatus
from chargers.models import Charger, IssuedCommand
from chargers.prepared import insert_row, update_row
from sessions.authorization import vehicle_at
from sessions.lifecycle import Moment, end_before_next
from sessions.models import ClosedBy, IdToken, Session, VehicleSource
from sessions.place import NOWHERE, Place
from sessions.quality import Code, Note, Quality, fit, with_notes
from sessions.services.changing import put_at, settle_when
from sessions.services.curves import in_time, keep_readings, take_readings
from sessions.services.effects import start_seen
from sessions.services.finding import Cable, reference_of
from sessions.services.limiting import mark_refused, put_limit, take_limit
from sessions.services.tokens import known

TOKEN_LENGTH = 255


def key_of(*parts: object) -> str:
    """A key of 40 characters: the same parts have the same one."""
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is known of a session when its row is made."""

    start_key: str
    started: Moment
    heard_at: datetime
    reference: str = ""
    cable: Cable = field(default_factory=Cable)
    place: Place = NOWHERE
    token: Token | None = None
    token_row: IdToken | None = None
    decision: TokenDecision | None = None
    meter_wh: int | None = None
    state: ChargingState | None = None
    remote_start_id: int | None = None
    readings: tuple[Reading, ...] = ()
    limit: ChargeLimit = NO_LIMIT  # as the charger told it
    offline: bool = False
    asked: IssuedCommand | None = None  # of ours, which this start answers
    over_since: datetime | None = None  # another session began at the EVSE then: this one is told late
    notes: tuple[Note | None, ...] = ()


def open_session(charger: Charger, opening: Opening) -> Session:
    """The row, saved; in 1.6 it gives itself the number that the charger will call it by."""
    at = opening.started.at
    quality: Quality = with_notes([], opening.started.note, *opening.notes)
    if opening.cable.evse is None:
        quality = with_notes(quality, Note(Code.EVSE_UNKNOWN, "The charger has not said which EVSE."))
    session = Session(
        charger=charger,
        evse=opening.cable.evse,
        connector=opening.cable.connector,
        reference=reference_of(opening.reference),
        start_key=opening.start_key,
        started_at=at,
        started_heard_at=opening.heard_at,
        meter_start_wh=opening.meter_wh,
        # At its start a session has taken nothing; where no register was told, that is not known.
        energy_wh=None if opening.meter_wh is None else 0,
        base_wh=opening.meter_wh,
        register_wh=opening.meter_wh,
        register_at=None if opening.meter_wh is None else at,
        energy_state=str(opening.state or ""),
        energy_state_at=at if opening.state else None,
        remote_start_id=opening.remote_start_id,
        last_heard_at=opening.heard_at,
        quality=quality,
    )
    put_at(session, opening.place)
    put_token(session, opening.token, opening.token_row, opening.decision, place=opening.place)
    put_limit(session, opening.decision)
    take_limit(session, opening.limit)
    mark_refused(session, opening.decision, offline=opening.offline)
    if opening.asked is not None:
        put_asker(session, opening.asked)
    told = in_time(opening.readings, heard_at=opening.heard_at, clock_offset_s=charger.clock_offset_s)
    take_readings(session, told, heard_at=opening.heard_at, offline=opening.offline)
    if opening.over_since is not None:
        _close_at_once(session, opening.over_since, heard_at=opening.heard_at)
    insert_row(session)
    if not session.reference:
        call_by_number(session)
    keep_readings(session, told, heard_at=opening.heard_at, is_new=True)
    if opening.asked is not None:
        start_seen(opening.asked, session, heard_at=opening.heard_at)
    return session


def _close_at_once(session: Session, next_started_at: datetime, *, heard_at: datetime) -> None:
    """It is told after the next session at its EVSE: it has ended, and its stop may still come."""
    last_sign = session.last_reading_at or session.started_at
    session.ended_at = max(session.started_at, end_before_next(next_started_at, last_sign_at=last_sign))
    session.ended_heard_at = heard_at
    session.closed_by = ClosedBy.EVIDENCE
    session.energy_state = ""
    session.power_w = 0
    why = "It was told after the next session at its EVSE had begun; its stop has not come yet."
    session.quality = with_notes(session.quality, Note(Code.STOP_ESTIMATED, why))
    session.settle_after = settle_when(session, heard_at=heard_at)


def call_by_number(session: Session) -> None:
    session.reference = str(session.pk)
    update_row(session, "reference")


def put_asker(session: Session, command: IssuedCommand) -> None:
    """Who started it: a person, or the bay by itself."""
    session.started_by = command.issued_by
    if session.vehicle_source == VehicleSource.TOKEN:
        session.vehicle_source = VehicleSource.REMOTE_START if command.issued_by else VehicleSource.AUTOSTART


def put_token(
    session: Session, token: Token | None, row: IdToken | None, decision: TokenDecision | None, *, place: Place
) -> None:
    """Who charges, as far as the token or the bay says; a dispatcher's word stands above both."""
    if token is not None:
        session.token_value = fit(token.value, TOKEN_LENGTH)
        session.token_type = fit(token.type, 20)
        session.token = row
        session.token_status = str(decision.status) if decision else ""
        session.driver = row.driver if row is not None else ""
    if session.vehicle_source == VehicleSource.DISPATCHER or (token is None and session.vehicle_id is not None):
        return
    is_welcome = session.token_status in ("", TokenStatus.ACCEPTED)
    session.vehicle_id = vehicle_at(known(row), place, is_welcome=is_welcome)
    if session.vehicle_id is None:
        session.vehicle_source = VehicleSource.UNKNOWN
    elif row is not None and row.vehicle_id is not None:
        session.vehicle_source = VehicleSource.TOKEN
    else:
        session.vehicle_source = VehicleSource.AUTOSTART
