"""Whether the vehicle of a charge that is over stands there still, by what its charger said of the cable."""

from datetime import timedelta

from chargers.choices import ConnectorStatus
from chargers.models import Connector
from sessions.models import ClosedBy, Session

# So its charger ends a charge by itself, the cable still in: by its power, its guards, or to start again.
BROKEN_OFF = frozenset(
    {
        "PowerLoss", "PowerQuality", "GroundFault", "OvercurrentFault", "Reboot", "HardReset", "SoftReset",
        "ImmediateReset",
    }
)  # fmt: skip
# Within this somebody comes by and shows the card again. Later a vehicle has rather been away meanwhile.
GOES_ON_WITHIN = timedelta(hours=2)
# Said of a cable in which somebody may stand whose charge is over.
MAY_STAND = (
    ConnectorStatus.FINISHING, ConnectorStatus.SUSPENDED_EV, ConnectorStatus.OCCUPIED, ConnectorStatus.PREPARING,
)  # fmt: skip


def was_broken_off(session: Session) -> bool:
    """Its charger ended it, or has forgotten it; nobody else did."""
    return session.ended_at is not None and (
        session.stop_reason in BROKEN_OFF or session.closed_by == ClosedBy.EVIDENCE
    )


def still_stands(session: Session, cable: Connector) -> bool:
    """Of a session that is over, the last one there."""
    if cable.status in (ConnectorStatus.FINISHING, ConnectorStatus.SUSPENDED_EV):
        return True
    ended = session.ended_heard_at or session.ended_at
    if cable.status not in MAY_STAND or cable.heard_at is None or ended is None:
        return False
    if was_broken_off(session):
        # With its power a charger tells anew what it has in its cables, before or after the end of the charge.
        return cable.heard_at <= ended + GOES_ON_WITHIN
    # 2.x says "occupied" once, when the plug goes in: later than the end it is another vehicle, or the same anew.
    return cable.status == ConnectorStatus.OCCUPIED and cable.heard_at <= ended
