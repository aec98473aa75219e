"""Sessions that the charger forgot to end: closed by evidence, and opened again where the evidence was wrong."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from chargers.choices import ConnectorStatus
from chargers.events import Status, StatusChanged
from chargers.models import Charger, Connector
from chargers.prepared import Prepared, among, numbers, update_row
from sessions.lifecycle import Move, Word, end_before_next, end_by_evidence, moment, next_move
from sessions.models import ClosedBy, EnergyState, Session
from sessions.quality import OF_ENERGY, Code, Note, has, with_notes, without
from sessions.services.changing import given_out, note_correction, settle_when
from sessions.services.curves import recount, show_power
from sessions.services.finding import locked, phase_of, take_turn
from sessions.services.outcome import HeardStatus, Outcome


def last_sign_at(session: Session) -> datetime:
    """The charger's time of the last thing told about it."""
    signs = (session.last_reading_at, session.energy_state_at)
    return max((sign for sign in signs if sign is not None), default=session.started_at)


def close_by_evidence(session: Session, *, ended_at: datetime, why: str, heard_at: datetime) -> None:
    """Close and count it; when the charger's own stop arrives, that replaces what is estimated here."""
    before = given_out(session)
    session.ended_at = max(ended_at, session.started_at)
    session.ended_heard_at = heard_at
    session.closed_by = ClosedBy.EVIDENCE
    session.quality = with_notes(session.quality, Note(Code.STOP_ESTIMATED, why))
    session.energy_state = ""
    session.power_w = 0
    recount(session)
    session.settle_after = settle_when(session, heard_at=heard_at)
    note_correction(session, before, reason=why)
    update_row(session)
    show_power(session, 0, at=heard_at, heard_at=heard_at)


def close_before_next(session: Session, *, next_started_at: datetime, heard_at: datetime) -> None:
    if next_move(phase_of(session), Word.NEXT_START) is not Move.CLOSE:
        return
    close_by_evidence(
        session,
        ended_at=end_before_next(next_started_at, last_sign_at=last_sign_at(session)),
        why="The next session began at this EVSE; its stop never came.",
        heard_at=heard_at,
    )


def resume(session: Session) -> None:
    """The evidence was wrong: it goes on. To be called where nothing else runs at its EVSE, and nothing is settled."""
    session.ended_at = None
    session.ended_heard_at = None
    session.closed_by = ClosedBy.OPEN
    session.settle_after = None
    session.quality = without(session.quality, {Code.STOP_ESTIMATED, *OF_ENERGY})
    note = Note(Code.RESUMED, "It was taken for ended, and then went on.")
    session.quality = with_notes(session.quality, note)


def _running(charger_ids: int | str) -> QuerySet[Session, tuple[int, int | None]]:
    running = Session.objects.filter(ended_at=None).order_by().values_list("charger", "evse__number")
    return among(running, "charger", charger_ids)


_places_in_use = Prepared(_running, str)


def statuses_that_matter(statuses: Sequence[HeardStatus]) -> list[int]:
    """Those after which a running session cannot be: its connector says that nobody is plugged in."""
    free = [
        (index, heard)
        for index, heard in enumerate(statuses)
        if heard.event.status is Status.AVAILABLE and heard.event.evse > 0
    ]
    if not free:
        return []
    places = set(_places_in_use(numbers({heard.charger_id for _, heard in free})))
    return [index for index, heard in free if (heard.charger_id, heard.event.evse) in places]


def heed_status(charger: Charger, event: StatusChanged, *, heard_at: datetime) -> Outcome:
    """A connector became available: what still ran there has ended, whether the charger says so or not."""
    take_turn(charger.pk)
    session = locked().filter(charger=charger, evse__number=event.evse, ended_at=None).first()
    if session is None or event.status is not Status.AVAILABLE or not _frees(session, event):
        return Outcome(session, None, is_news=False)
    if next_move(phase_of(session), Word.FREE) is not Move.CLOSE:
        return Outcome(session, None, is_news=False)
    shown = moment(event.at, heard_at, charger.clock_offset_s)
    ended_at = end_by_evidence(shown.at, last_sign_at=last_sign_at(session), heard_at=heard_at)
    why = f"The connector was {event.raw or event.status}; its stop never came."
    close_by_evidence(session, ended_at=ended_at, why=why, heard_at=heard_at)
    return Outcome(session)


def _frees(session: Session, event: StatusChanged) -> bool:
    # This charger says "available" of a connector that charges (quirk 38): its word on that is worth nothing.
    if has(session.quality, Code.RESUMED):
        return False
    # Told to be unplugged and yet to go on, it waits for the vehicle to come back, or to leave (2.x E10.FR.01).
    if session.energy_state == EnergyState.IDLE:
        return False
    if session.connector is not None:
        return session.connector.number == event.connector
    others = Connector.objects.filter(evse=session.evse_id).exclude(number=event.connector)
    return not others.exclude(status=ConnectorStatus.AVAILABLE).exists()
