"""A vehicle charging, as the charger tells it: token, start, update, meter, end."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from chargers.events.base import ChargingState, Event, Reading, Token
from chargers.events.payment import Terms


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
class ChargeLimit:
    """As much as one charge may come to (2.1 E16); what is None is not limited."""

    cost: Decimal | None = None  # in the currency of the place
    energy_wh: int | None = None
    duration_s: int | None = None
    soc_percent: int | None = None

    def __bool__(self) -> bool:
        return self != NO_LIMIT


NO_LIMIT = ChargeLimit()


@dataclass(frozen=True, slots=True)
class TokenDecision:
    status: TokenStatus
    expires_at: datetime | None = None
    group: str = ""  # parentIdTag (1.6), groupIdToken (2.x)
    why: str = ""  # in words; blank where it is accepted
    certificate_status: str = ""  # 2.x, in its words; blank where no certificate was shown
    # Not to be remembered after this moment, though it holds longer (2.x cacheExpiryDateTime; C17.FR.01).
    cache_until: datetime | None = None
    evses: tuple[int, ...] = ()  # only at these (2.x); none: at all of them
    priority: int | None = None  # 2.x chargingPriority, -9..9
    language: str = ""  # RFC 5646, as de or en-GB
    limit: ChargeLimit = NO_LIMIT  # 2.1 says it to the charger; elsewhere we keep it
    is_master_pass: bool = False  # it stops charges and starts none (2.x C16)
    message: str = ""  # 2.x personalMessage: what the charger shows to the card's holder
    message_language: str = ""


@dataclass(frozen=True, slots=True)
class ContractShown:
    """A vehicle's contract certificate: as its chain in PEM, or as what names it and those above it (2.x C07)."""

    chain: str = ""
    hashes: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPresented(Event[TokenDecision]):
    """Authorize: nothing has started yet. `evse` only where the charger says it."""

    token: Token
    evse: int | None = None
    contract: ContractShown | None = None


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
    terms: Terms | None = None  # 2.1
    limit: ChargeLimit = NO_LIMIT  # as the charger keeps it, by the driver's wish or ours


@dataclass(frozen=True, slots=True)
class ChargeAnswer:
    """What 2.x is answered to a word about a charge, where there is more to say than of its token."""

    token: TokenDecision | None = None
    total_cost: Decimal | None = None  # so far, or in all; tax included


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingUpdated(Event[ChargeAnswer | TokenDecision | None]):
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
    reservation_id: int | None = None
    readings: tuple[Reading, ...] = ()
    terms: Terms | None = None  # 2.1
    limit: ChargeLimit = NO_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingEnded(Event[ChargeAnswer | TokenDecision | None]):
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
    terms: Terms | None = None  # 2.1


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
