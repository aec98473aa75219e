"""A vehicle charging, as the charger tells it: token, start, update, meter, end."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargers.events.base import ChargingState, Event, Reading, Token


class TokenStatus(StrEnum):
    """May this token charge? 1.6 knows the first five; the dialect of 1.6 folds the rest into Invalid."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    CONCURRENT = "ConcurrentTx"
    NO_CREDIT = "NoCredit"
    NOT_ALLOWED_HERE = "NotAtThisLocation"
    NOT_NOW = "NotAtThisTime"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class TokenDecision:
    status: TokenStatus
    expires_at: datetime | None = None
    group: str = ""  # parentIdTag (1.6), groupIdToken (2.x)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPresented(Event[TokenDecision]):
    """Authorize: nothing has started yet. `evse` only where the charger says it."""

    token: Token
    evse: int | None = None


@dataclass(frozen=True, slots=True)
class StartDecision:
    reference: str  # 1.6: the transaction id we issue, 1..2**31-1; 2.x: the charger's own, back
    token: TokenDecision | None  # None: no token was told, so none is judged (2.x)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingStarted(Event[StartDecision]):
    evse: int | None  # 2.x may leave it open until a cable is plugged
    connector: int | None = None
    token: Token | None
    meter_wh: int | None  # a missing register is not zero
    at: datetime
    reference: str = ""  # what the charger calls this charge; 1.6 leaves the naming to us
    sequence: int | None = None
    digest: str = ""  # of the message's content: the same message told again has the same one
    offline: bool = False
    trigger: str = ""
    state: ChargingState | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingUpdated(Event[TokenDecision | None]):
    """2.x TransactionEvent Updated that is more than a periodic meter value."""

    reference: str
    at: datetime
    sequence: int | None = None
    digest: str = ""
    offline: bool = False
    trigger: str = ""
    evse: int | None = None
    connector: int | None = None
    token: Token | None = None
    state: ChargingState | None = None
    remote_start_id: int | None = None
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingEnded(Event[TokenDecision | None]):
    reference: str
    at: datetime
    meter_wh: int | None
    reason: str = ""  # in the charger's words; "" means Local in 1.6
    token: Token | None = None
    sequence: int | None = None
    digest: str = ""
    offline: bool = False
    trigger: str = ""
    evse: int | None = None
    connector: int | None = None
    state: ChargingState | None = None
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MetersRead(Event[None]):
    """Meter values by the interval: 1.6 and 2.x MeterValues, and 2.x TransactionEvent Updated that is nothing more."""

    evse: int | None  # 0: the main meter of the charger
    connector: int | None = None
    reference: str = ""  # of the transaction, where told
    readings: tuple[Reading, ...]
    sequence: int | None = None
    digest: str = ""
    offline: bool = False
    state: ChargingState | None = None
    trigger: str = ""
    at: datetime | None = None
