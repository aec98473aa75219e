"""May this token charge here, now? And whose vehicle is it then? Pure.

One decision for all who ask: a card shown (Authorize), a start, a stop, and the lists that chargers keep of us.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from chargers.events import NO_LIMIT, ChargeLimit, Token, TokenDecision, TokenStatus
from sessions.display_words import spoken, words_for
from sessions.place import BayAccess, KeptFor, Place

# What chargers of 2.x are told as the group of a master pass that has none of its own (C16: MasterPassGroupId).
MASTER_PASS_GROUP = "MASTERPASS"
# A charger of 2.x that is set to start by a button, for whoever presses it, is not to be refused (C02.FR.02).
BY_A_BUTTON = "noauthorization"


class Asked(StrEnum):
    """What for a token is judged."""

    SHOWN = "shown"  # it may have come to start as well as to stop
    START = "start"
    STOP = "stop"
    LIST = "list"  # to be accepted by the charger itself while we cannot be asked


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownToken:
    """What we know of a token that was shown."""

    key: str = ""
    is_blocked: bool = False
    valid_from: datetime | None = None
    expires_at: datetime | None = None
    group: str = ""
    depot_key: int | None = None  # None: valid everywhere
    bay_keys: frozenset[int] = frozenset()  # none: at every bay of its depot
    vehicle_id: int | None = None
    vehicle_name: str = ""
    vehicle_is_active: bool = True
    is_master_pass: bool = False
    max_concurrent: int | None = None  # charges at a time with this token; None: as its vehicle and credit allow
    group_max_concurrent: int | None = None  # of all that share its group
    credit: Decimal | None = None  # prepaid; None: it is not
    limit: ChargeLimit = NO_LIMIT  # of each charge with it
    priority: int | None = None
    language: str = ""

    @property
    def told_group(self) -> str:
        return self.group or (MASTER_PASS_GROUP if self.is_master_pass else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """Charges that draw energy elsewhere at this moment, by evidence and not by an open row."""

    by_vehicle: bool = False
    by_token: int = 0
    by_group: int = 0


NOWHERE_ELSE = InUse()
Refusal = tuple[TokenStatus, str] | None


def decide(
    token: Token,
    known: KnownToken | None,
    *,
    place: Place,
    now: datetime,
    asked: Asked = Asked.SHOWN,
    in_use: InUse = NOWHERE_ELSE,
) -> TokenDecision:
    """May it? With the reason in words where it may not, and what the charger is to know of it where it may."""
    refused = _refusal(token, known, place=place, now=now, asked=asked, in_use=in_use)
    status, why = refused or (TokenStatus.ACCEPTED, "")
    if known is None:
        return TokenDecision(status, why=why)
    is_prepaid = known.credit is not None
    language = spoken(known.language, place.language)
    message = words_for(status, credit=known.credit, currency=place.currency, language=language)
    return TokenDecision(
        status,
        expires_at=known.expires_at,
        group=known.told_group,
        why=why,
        # A prepaid card must be asked for each time: no charger may remember it (C17.FR.01, C17.FR.02).
        cache_until=now if is_prepaid else None,
        priority=known.priority,
        language=known.language,
        is_master_pass=known.is_master_pass,
        limit=limit_of(known) if refused is None else NO_LIMIT,
        message=message,
        message_language=language if message else "",
    )


def decide_at_charger(
    token: Token,
    known: KnownToken | None,
    *,
    places: Mapping[int, Place],
    now: datetime,
    anywhere: Place,
) -> TokenDecision:
    """A card was shown and the charger did not say at which of its EVSEs (`places`): where may it charge?

    `anywhere` is what is known of the charger as a whole, for one none of whose EVSEs we know. The start is judged
    again at its own.
    """
    if not places:
        return decide(token, known, place=anywhere, now=now)
    decisions = {number: decide(token, known, place=place, now=now) for number, place in sorted(places.items())}
    welcome = tuple(number for number, one in decisions.items() if one.status is TokenStatus.ACCEPTED)
    if not welcome:
        return next(iter(decisions.values()))
    first = decisions[welcome[0]]
    return first if len(welcome) == len(decisions) else replace(first, evses=welcome)


def _refusal(
    token: Token, known: KnownToken | None, *, place: Place, now: datetime, asked: Asked, in_use: InUse
) -> Refusal:
    if known is None:
        return _refusal_of_a_stranger(token, place, asked)
    about_itself = _refusal_of_itself(known, now, asked)
    if about_itself is not None:
        # These hold whoever may charge at the bay: they are about this very card.
        return about_itself
    if asked is Asked.STOP:
        return None
    if known.is_master_pass:
        # A charger of 2.x sees by its group what it is for, and starts nothing with it (C16.FR.03).
        return None if asked is Asked.SHOWN else (TokenStatus.INVALID, "A master pass stops charges and starts none")
    kept = _refusal_by_reservation(known.key or token.key, known.group, place.kept_for)
    if kept is not None:
        return kept
    if place.access is BayAccess.ANYONE:
        return None
    return _refusal_of_place(known, place) or _refusal_of_use(known, asked, in_use)


def _refusal_of_a_stranger(token: Token, place: Place, asked: Asked) -> Refusal:
    if asked is not Asked.STOP and place.kept_for is not None:
        return _refusal_by_reservation(token.key, "", place.kept_for)
    if place.access is BayAccess.ANYONE or token.type.casefold() == BY_A_BUTTON:
        return None
    if token.key:
        return TokenStatus.UNKNOWN, "Nobody here knows it"
    # A charger that starts by itself when plugged in shows a blank token (quirk 44): at the bay of one vehicle that
    # is this vehicle, elsewhere it is nobody.
    if place.access is BayAccess.OWN_VEHICLE:
        return None
    return TokenStatus.INVALID, "The charger showed no card"


def _refusal_of_itself(known: KnownToken, now: datetime, asked: Asked) -> Refusal:
    if known.is_blocked:
        return TokenStatus.BLOCKED, "It is blocked"
    if not known.vehicle_is_active:
        return TokenStatus.BLOCKED, f"Its vehicle {known.vehicle_name} is out of use".replace("  ", " ")
    if known.expires_at is not None and known.expires_at <= now:
        return TokenStatus.EXPIRED, f"It was valid until {known.expires_at:%Y-%m-%d %H:%M} UTC"
    if known.valid_from is not None and now < known.valid_from:
        return TokenStatus.NOT_NOW, f"It is valid from {known.valid_from:%Y-%m-%d %H:%M} UTC"
    if known.credit is None or asked is Asked.STOP:
        return None
    if asked is Asked.LIST:
        return TokenStatus.INVALID, "It is prepaid: only we know its credit"
    if known.credit <= 0:
        return TokenStatus.NO_CREDIT, "Its credit is used up"
    return None


def _refusal_by_reservation(key: str, group: str, kept_for: KeptFor | None) -> Refusal:
    if kept_for is None or kept_for.admits(key, group):
        return None
    return TokenStatus.NOT_NOW, f"The place is kept for {kept_for.name}"


def _refusal_of_place(known: KnownToken, place: Place) -> Refusal:
    # 1.6 asks for authorization without saying where; what has no place yet is judged at the start.
    if None not in (known.depot_key, place.depot_key) and known.depot_key != place.depot_key:
        return TokenStatus.NOT_ALLOWED_HERE, "It is for another depot"
    if known.bay_keys and place.bay_key is not None and place.bay_key not in known.bay_keys:
        return TokenStatus.NOT_ALLOWED_HERE, f"It is not for bay {place.bay_name}"
    another_vehicle = known.vehicle_id not in (None, place.own_vehicle_id)
    if place.access is BayAccess.OWN_VEHICLE and another_vehicle:
        return TokenStatus.NOT_ALLOWED_HERE, f"Bay {place.bay_name} is for another vehicle"
    return None


def _refusal_of_use(known: KnownToken, asked: Asked, in_use: InUse) -> Refusal:
    # A card that is shown may have come to stop what it started: only a start makes one too many.
    if asked is not Asked.START:
        return None
    at_once = at_once_with(known)
    if at_once is not None and in_use.by_token >= at_once:
        return TokenStatus.CONCURRENT, f"It charges already, and may at {at_once} {_places(at_once)} at a time"
    if known.group and known.group_max_concurrent is not None and in_use.by_group >= known.group_max_concurrent:
        return TokenStatus.CONCURRENT, (
            f"Its group {known.group} charges already at {in_use.by_group} "
            f"{_places(in_use.by_group)}, and may at {known.group_max_concurrent}"
        )
    if in_use.by_vehicle:
        return TokenStatus.CONCURRENT, f"Its vehicle {known.vehicle_name} charges elsewhere".replace("  ", " ")
    return None


def _places(count: int) -> str:
    return "place" if count == 1 else "places"


def at_once_with(known: KnownToken) -> int | None:
    """How many charges at a time; None: as many as there are. Credit can be promised only once."""
    if known.max_concurrent is not None:
        return known.max_concurrent
    return 1 if known.credit is not None else None


def limit_of(known: KnownToken) -> ChargeLimit:
    """As much as one charge with it may come to: what was said of it, and what is left of its credit (C17)."""
    costs = [cost for cost in (known.limit.cost, known.credit) if cost is not None]
    return replace(known.limit, cost=min(costs, default=None))


def may_stop(stopper: KnownToken | None, *, shown_key: str, began_key: str, began_group: str) -> bool:
    """May who shows this end a charge that began with another? The same card, one of its group, or a master pass."""
    if shown_key and shown_key == began_key:
        return True
    if stopper is None or stopper.is_blocked:
        return False
    return stopper.is_master_pass or (bool(stopper.group) and stopper.group == began_group)


def vehicle_at(known: KnownToken | None, place: Place, *, is_welcome: bool = True) -> int | None:
    """The vehicle that charges: the token's; where it names none, the bay's own, unless the token was refused."""
    if known is not None and known.vehicle_id is not None:
        return known.vehicle_id
    return place.own_vehicle_id if place.access is BayAccess.OWN_VEHICLE and is_welcome else None
