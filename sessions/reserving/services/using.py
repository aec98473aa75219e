"""Somebody starts to charge: is it who the place was kept for?"""

from datetime import datetime

from chargers.models import Charger
from sessions.models import Session
from sessions.reserving.models import Reservation, ReservationState
from sessions.reserving.queries import kept_for


def note_use(
    charger: Charger, session: Session, *, reservation_id: int | None, key: str, group: str, now: datetime
) -> Reservation | None:
    """The charger names the reservation, or the token or its group shows whose it is (H03.FR.01-H03.FR.08)."""
    live = Reservation.objects.live().select_for_update(of=("self",)).filter(charger=charger)
    found = live.filter(pk=reservation_id).first() if reservation_id else None
    if found is None:
        fits = [one for one in live if one.evse_id in (None, session.evse_id) and kept_for(one).admits(key, group)]
        # One for this very EVSE before one for any.
        found = min(fits, key=lambda one: (one.evse_id is None, one.pk), default=None)
    if found is None:
        return None
    found.state, found.ended_at, found.session, found.why = ReservationState.USED, now, session, ""
    found.save(update_fields=["state", "ended_at", "session", "why"])
    return found
