"""What concerns a charger's security (2.x A04)."""

from datetime import datetime

from chargers.events import SecurityEventHappened
from chargers.ocpp.dialect import Payload
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.values import moment


@both.tells("SecurityEventNotification")
def security_event(said: Payload, heard_at: datetime) -> SecurityEventHappened:
    return SecurityEventHappened(
        type=said["type"], at=moment(said.get("timestamp")) or heard_at, info=said.get("techInfo") or ""
    )
