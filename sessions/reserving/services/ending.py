"""A reservation ends unused: by its charger's word, or by the clock, for 1.6 has no word and others stay silent."""

from datetime import datetime

from django.db import transaction

from chargers.events.reservations import ReservationEnd, ReservationUpdated
from chargers.models import Charger
from sessions.reserving.models import Keeper, Reservation, ReservationState

STATES = {
    ReservationEnd.EXPIRED: ReservationState.EXPIRED,
    ReservationEnd.REMOVED: ReservationState.REMOVED,
    ReservationEnd.NO_TRANSACTION: ReservationState.NO_CHARGE,
}


def end_by_charger(charger: Charger, event: ReservationUpdated, *, now: datetime) -> Reservation | None:
    """None where it is no live one of ours: told twice, or after we had ended it."""
    live = Reservation.objects.live().select_for_update(of=("self",))
    reservation = live.filter(charger=charger, pk=event.reservation_id).first()
    if reservation is None:
        return None
    reservation.state, reservation.ended_at = STATES[event.status], now
    reservation.why = "By the charger's word"
    reservation.save(update_fields=["state", "ended_at", "why"])
    return reservation


def expire_due(now: datetime) -> list[Reservation]:
    """Those whose time is over, whatever their charger says or does not say."""
    with transaction.atomic():
        due = Reservation.objects.live().select_for_update(of=("self",)).filter(until__lte=now)
        over = list(due.select_related("charger"))
        for reservation in over:
            if reservation.state == ReservationState.ASKED:
                reservation.state, reservation.why = ReservationState.REFUSED, "The charger gave no answer in time"
            else:
                silent = reservation.kept_by == Keeper.CHARGER
                reservation.state = ReservationState.EXPIRED
                reservation.why = "Its time was over; the charger has not said so itself" if silent else ""
            reservation.ended_at = now
            reservation.save(update_fields=["state", "why", "ended_at"])
    return over
