"""Where a card, its group and its vehicle are in use already: by what is seen there, not by an open row."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from chargers.choices import ConnectorStatus
from chargers.models import Evse
from sessions.authorization import NOWHERE_ELSE, InUse
from sessions.models import EnergyState, IdToken, Session

# With one of these, told lately, energy flows or may flow again any moment.
DRAWS = {ConnectorStatus.CHARGING, ConnectorStatus.SUSPENDED_EV, ConnectorStatus.SUSPENDED_EVSE}
DRAWING = {EnergyState.CHARGING, EnergyState.SUSPENDED_EV, EnergyState.SUSPENDED_EVSE}
LATELY = timedelta(minutes=30)
# So long a charge that was let begin counts for the limits of its card, though nothing flows yet: two cards shown one
# after the other would else both be the first.
BEGINS_WITHIN = timedelta(minutes=2)
OVER_OR_BROKEN = {ConnectorStatus.FINISHING, ConnectorStatus.FAULTED}


def uses_elsewhere(
    near: Sequence[Session], evse: Evse | None, row: IdToken | None, itself: Session | None, heard_at: datetime
) -> InUse:
    """Who draws energy at another EVSE: the token's vehicle, the token, its group?

    By what is seen there: an open row alone proves nothing, unless it was opened a moment ago. `near` has the sessions
    of the vehicle, and of the token if a limit is set for it; those of the group are asked for only where it has one.
    """
    if row is None:
        return NOWHERE_ELSE

    def runs_elsewhere(session: Session) -> bool:
        elsewhere = evse is not None and session.evse_id not in (None, evse.pk)
        running = session.ended_at is None and (itself is None or session.pk != itself.pk)
        return elsewhere and running and session.last_heard_at >= heard_at - LATELY

    def takes_a_place(session: Session) -> bool:
        return runs_elsewhere(session) and (_draws(session) or _begins(session, heard_at))

    by_group = 0
    if row.group and getattr(row, "group_max_concurrent", None) is not None:
        of_group = Session.objects.running().filter(token__group=row.group).select_related("connector")
        by_group = sum(takes_a_place(session) for session in of_group)
    return InUse(
        by_vehicle=row.vehicle_id is not None
        and any(
            session.vehicle_id == row.vehicle_id and runs_elsewhere(session) and _draws(session) for session in near
        ),
        by_token=sum(session.token_id == row.pk and takes_a_place(session) for session in near),
        by_group=by_group,
    )


def _begins(session: Session, heard_at: datetime) -> bool:
    is_over = session.connector is not None and session.connector.status in OVER_OR_BROKEN
    return not session.token_why and not is_over and session.started_heard_at > heard_at - BEGINS_WITHIN


def _draws(session: Session) -> bool:
    shown = session.connector is not None and session.connector.status in DRAWS
    return shown or session.energy_state in DRAWING or bool(session.power_w)
