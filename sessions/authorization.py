"""May this token charge here, now? And whose vehicle is it then? Pure."""

from dataclasses import dataclass
from datetime import datetime

from chargers.events import Token, TokenDecision, TokenStatus
from sessions.place import BayAccess, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownToken:
    """What we know of a token that was shown."""

    is_blocked: bool = False
    valid_from: datetime | None = None
    expires_at: datetime | None = None
    group: str = ""
    depot_key: int | None = None  # None: valid everywhere
    vehicle_id: int | None = None
    vehicle_is_active: bool = True


def decide(
    token: Token, known: KnownToken | None, *, place: Place, now: datetime, charges_elsewhere: bool = False
) -> TokenDecision:
    """`charges_elsewhere`: the token's vehicle draws energy at another EVSE, by evidence and not by an open row."""
    status = _status(token, known, place=place, now=now, charges_elsewhere=charges_elsewhere)
    if known is None:
        return TokenDecision(status)
    return TokenDecision(status, expires_at=known.expires_at, group=known.group)


def _status(
    token: Token, known: KnownToken | None, *, place: Place, now: datetime, charges_elsewhere: bool
) -> TokenStatus:
    if known is not None and known.is_blocked:
        # A block is a person's decision about this very card: it holds even where anyone may charge.
        return TokenStatus.BLOCKED
    if place.access is BayAccess.ANYONE:
        return TokenStatus.ACCEPTED
    if known is None:
        return _status_of_a_stranger(token, place)
    if not known.vehicle_is_active:
        return TokenStatus.BLOCKED
    if known.expires_at is not None and known.expires_at <= now:
        return TokenStatus.EXPIRED
    if known.valid_from is not None and now < known.valid_from:
        return TokenStatus.NOT_NOW
    if not _belongs_here(known, place):
        return TokenStatus.NOT_ALLOWED_HERE
    return TokenStatus.CONCURRENT if charges_elsewhere else TokenStatus.ACCEPTED


def _status_of_a_stranger(token: Token, place: Place) -> TokenStatus:
    if token.key:
        return TokenStatus.UNKNOWN
    # A charger that starts by itself when plugged in shows a blank token (quirk 44): at the bay of one vehicle that
    # is this vehicle, elsewhere it is nobody.
    return TokenStatus.ACCEPTED if place.access is BayAccess.OWN_VEHICLE else TokenStatus.INVALID


def _belongs_here(known: KnownToken, place: Place) -> bool:
    # 1.6 asks for authorization without saying where; what has no place yet is judged at the start.
    if None not in (known.depot_key, place.depot_key) and known.depot_key != place.depot_key:
        return False
    another_vehicle = known.vehicle_id not in (None, place.own_vehicle_id)
    return not (place.access is BayAccess.OWN_VEHICLE and another_vehicle)


def vehicle_at(known: KnownToken | None, place: Place, *, is_welcome: bool = True) -> int | None:
    """The vehicle that charges: the token's; where it names none, the bay's own, unless the token was refused."""
    if known is not None and known.vehicle_id is not None:
        return known.vehicle_id
    return place.own_vehicle_id if place.access is BayAccess.OWN_VEHICLE and is_welcome else None
