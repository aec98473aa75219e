"""What happens to a session: it starts, goes on, ends, is forgotten, is asked for, and is some vehicle's.

Handlers of a charger's word run inside the caller's atomic block; told the same thing twice, they do it once.
"""

from sessions.services.adopting import adopt_readings
from sessions.services.asking import (
    RESTARTS_WITHOUT_REPLUG,
    EvseOccupied,
    NeedsReplug,
    SessionAlreadyEnded,
    TokenMayNotCharge,
    VehicleHasNoToken,
    autostart,
    request_start,
    request_stop,
)
from sessions.services.changing import charger_left, charger_returned
from sessions.services.closing import heed_status, statuses_that_matter
from sessions.services.credit import add_credit, end_credit
from sessions.services.ending import end_session
from sessions.services.forgetting import close_forgotten
from sessions.services.naming import name_vehicle
from sessions.services.outcome import HeardReadings, HeardStatus, Outcome
from sessions.services.starting import start_session
from sessions.services.stopping import limited_sessions, stop_at_limit
from sessions.services.storing import store_readings
from sessions.services.tokens import authorize, issue_own_token
from sessions.services.updating import update_session

__all__ = [
    "RESTARTS_WITHOUT_REPLUG",
    "EvseOccupied",
    "HeardReadings",
    "HeardStatus",
    "NeedsReplug",
    "Outcome",
    "SessionAlreadyEnded",
    "TokenMayNotCharge",
    "VehicleHasNoToken",
    "add_credit",
    "adopt_readings",
    "authorize",
    "autostart",
    "charger_left",
    "charger_returned",
    "close_forgotten",
    "end_credit",
    "end_session",
    "heed_status",
    "issue_own_token",
    "limited_sessions",
    "name_vehicle",
    "request_start",
    "request_stop",
    "start_session",
    "statuses_that_matter",
    "stop_at_limit",
    "store_readings",
    "update_session",
]
