"""Tokens: who is shown to us, what we answer, and the token of ours that each vehicle has."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet, Subquery

from chargers.events import ChargeLimit, Token, TokenDecision, TokenPresented, TokenStatus, token_key
from chargers.prepared import Prepared
from sessions.authorization import NOWHERE_ELSE, Asked, InUse, KnownToken, decide, decide_at_charger
from sessions.models import IdToken, TokenGroup, TokenStanding, Vehicle
from sessions.place import NOWHERE, Place

# Without letters and digits that are mistaken for each other when one is read aloud or typed.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
# 1.6 takes 20 characters; some chargers append to them (quirk 44).
OWN_TOKEN_LENGTH = 18


def tokens_with_groups() -> QuerySet[IdToken]:
    """Tokens with what holds for their group, as `group_max_concurrent`."""
    of_group = TokenGroup.objects.filter(name=OuterRef("group")).order_by().values("max_concurrent")[:1]
    return IdToken.objects.select_related("vehicle").annotate(group_max_concurrent=Subquery(of_group)).order_by()


_tokens_of = Prepared(lambda key: tokens_with_groups().filter(key=key), str)


def find_token(token: Token | None) -> IdToken | None:
    # PostgreSQL takes no NUL in a text; a token that has one in its midst is none of ours.
    if token is None or not token.key or "\x00" in token.key:
        return None
    found = next(iter(_tokens_of(token.key)), None)
    if found is None and token.type.casefold() == "emaid" and "-" in token.key:
        # The same contract, written with the hyphens that its operator may leave out.
        return next(iter(_tokens_of(token.key.replace("-", ""))), None)
    return found


def known(row: IdToken | None) -> KnownToken | None:
    if row is None:
        return None
    vehicle = row.vehicle
    return KnownToken(
        key=row.key,
        is_blocked=row.standing == TokenStanding.BLOCKED,
        valid_from=row.valid_from,
        expires_at=row.expires_at,
        group=row.group,
        depot_key=row.depot_key,
        bay_keys=frozenset(row.bay_keys),
        vehicle_id=row.vehicle_id,
        vehicle_name="" if vehicle is None else vehicle.unit_number,
        vehicle_is_active=vehicle is None or vehicle.is_active,
        is_master_pass=row.is_master_pass,
        max_concurrent=row.max_concurrent,
        # Where the row was found without its group, it is judged without the group's limit: no start is.
        group_max_concurrent=getattr(row, "group_max_concurrent", None),
        credit=row.prepaid_balance,
        limit=ChargeLimit(row.limit_cost, row.limit_wh, row.limit_s, row.limit_soc_percent),
        priority=row.charging_priority,
        language=row.language,
    )


def judge(
    token: Token,
    row: IdToken | None,
    *,
    place: Place,
    now: datetime,
    asked: Asked = Asked.SHOWN,
    in_use: InUse = NOWHERE_ELSE,
) -> TokenDecision:
    return decide(token, known(row), place=place, now=now, asked=asked, in_use=in_use)


def authorize(
    presented: TokenPresented, *, place: Place, now: datetime, places: Mapping[int, Place] | None = None
) -> TokenDecision:
    """May this token charge? Whether its vehicle charges already is judged at a start: the card may come to stop it.

    `places`: of all EVSEs of the charger, where it did not say at which of them the token was shown.
    """
    row = find_token(presented.token)
    return decide_at_charger(presented.token, known(row), places=places or {}, now=now, anywhere=place)


def may_charge(row: IdToken, *, now: datetime) -> bool:
    """Wherever it is: is there nothing about the token itself that speaks against it?"""
    judged = judge(Token(row.value), row, place=NOWHERE, now=now)
    return judged.status is TokenStatus.ACCEPTED and not row.is_master_pass


def issue_own_token(vehicle: Vehicle, now: datetime) -> IdToken:
    """The vehicle's token of ours, made if it has none, so that a dispatcher can start the vehicle."""
    while True:
        held = IdToken.objects.filter(vehicle=vehicle, is_ours=True).first()
        if held is not None:
            return held
        value = "".join(secrets.choice(LETTERS) for _ in range(OWN_TOKEN_LENGTH))
        try:
            with transaction.atomic():
                return IdToken.objects.create(
                    value=value, key=token_key(value), type="Central", vehicle=vehicle, is_ours=True, created_at=now
                )
        except IntegrityError:
            # Somebody else has just made it: then it is there at the next look.
            continue
