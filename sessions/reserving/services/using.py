"""Somebody starts to charge: is it who the place was kept for?"""

from datetime import datetime

from django.db.models import Q

from chargers.models import Charger
from sessions.lifecycle import DRIFT
from sessions.models import Session
from sessions.reserving.models import Reservation, ReservationState
from sessions.reserving.queries import kept_for


def note_use(
    charger: Charger, session: Session, *, reservation_id: int | None, key: str, group: str, at: datetime, now: datetime
) -> Reservation | None:
    """The charger names the reservation, or the token or its group shows whose it is (2.x H03).

    `at`: when the charge began; one that is told late used nothing that was asked for only after it.
    """
    live = Reservation.objects.live().select_for_update(of=("self",)).filter(charger=charger)
    found = live.filter(pk=reservation_id).first() if reservation_id else None
    if found is None:
        here = live.filter(Q(evse=None) | Q(evse=session.evse_id), asked_at__lte=at + DRIFT)
        fits = [one for one in here if kept_for(one).admits(key, group)]
        # One for this very EVSE before one for any.
        found = min(fits, key=lambda one: (one.evse_id is None, one.pk), default=None)
    if found is None:
        return None
    found.state, found.ended_at, found.session, found.why = ReservationState.USED, now, session, ""
    found.save(update_fields=["state", "ended_at", "session", "why"])
    return found
