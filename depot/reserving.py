"""Reservations as the yard sees them: who may have the place meanwhile, who took it, and how each ended."""

from dataclasses import replace
from datetime import datetime

from chargers.events import ChargingStarted, ChargingUpdated, StartDecision, TokenDecision, TokenStatus
from chargers.events.reservations import ReservationUpdated
from chargers.inbox import Caller, Heard
from chargers.models import Charger, IssuedCommand
from depot import live
from depot.notices import services as notices
from sessions.models import Session
from sessions.place import Place
from sessions.reserving import queries as reserving
from sessions.reserving import services
from sessions.reserving.models import Reservation, ReservationState
from sessions.services import Outcome


def with_keeping(place: Place, charger: Charger, event: ChargingStarted | ChargingUpdated, *, now: datetime) -> Place:
    """The place, and whom it is kept for; at most chargers nothing is kept, and then nothing is asked."""
    if not getattr(charger, "keeps_places", False) or event.token is None:
        return place
    number = event.evse or _evse_of(charger, event.reference)
    kept_for = reserving.places_kept_at(charger.pk, now).get(number) if number else None
    return replace(place, kept_for=kept_for) if kept_for is not None else place


def _evse_of(charger: Charger, reference: str) -> int | None:
    """2.x names the EVSE once, mostly at the start."""
    named = Session.objects.filter(charger=charger, reference=reference) if reference else Session.objects.none()
    return named.values_list("evse__number", flat=True).first()


def note_use(charger: Charger, event: ChargingStarted | ChargingUpdated, outcome: Outcome, *, now: datetime) -> None:
    """A charge began, or its card came: the reservation that was meant for it is used."""
    session = outcome.session
    if not getattr(charger, "keeps_places", False) or session is None or not outcome.is_news:
        return
    if event.reservation_id is None and (event.token is None or not _is_accepted(outcome)):
        return
    used = services.note_use(
        charger,
        session,
        reservation_id=event.reservation_id,
        key=event.token.key if event.token is not None else "",
        group=session.token.group if session.token is not None else "",
        at=session.started_at,
        now=now,
    )
    if used is not None:
        live.tell([charger.pk], [session.pk], what="reservation")


def _is_accepted(outcome: Outcome) -> bool:
    decision = outcome.decision.token if isinstance(outcome.decision, StartDecision) else outcome.decision
    return isinstance(decision, TokenDecision) and decision.status is TokenStatus.ACCEPTED


def ended_by_charger(caller: Caller, event: ReservationUpdated, heard: Heard) -> None:
    """The charger says that one is over (2.x H04)."""
    charger = Charger.objects.get(pk=caller.charger_id)
    reservation = services.end_by_charger(charger, event, now=heard.at)
    if reservation is not None:
        _tell(reservation, at=heard.at)


def heed_command(command: IssuedCommand, *, now: datetime) -> None:
    """The charger answered, or did not: people hear of a place that is not kept after all."""
    reservation = services.heed_command(command, now=now)
    if reservation is None:
        return
    if reservation.state in (ReservationState.REFUSED, ReservationState.REMOVED):
        _tell(reservation, at=now)
    else:
        live.tell([reservation.charger_id], what="reservation")


def keep_true(now: datetime) -> int:
    """Those whose time is over end, also where the charger is silent; restarted chargers are told again.

    Who gave no answer is told to let go.
    """
    over = services.expire_due(now)
    for reservation in over:
        _tell(reservation, at=now)
    return len(over) + len(services.take_back(now)) + len(services.ask_again(now))


def _tell(reservation: Reservation, *, at: datetime) -> None:
    words = reservation.get_state_display()
    if reservation.why:
        words = f"{words}: {reservation.why[:1].lower()}{reservation.why[1:]}"
    text = f"The place at {reservation.evse or reservation.charger} for {reservation.name}: {words}"
    notices.write("reservation.ended", reservation.charger, text, at=at, reservation=reservation.pk)
    live.tell([reservation.charger_id], what="reservation")
