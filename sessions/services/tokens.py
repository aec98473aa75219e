"""Tokens: who is shown to us, what we answer, and the token of ours that each vehicle has."""

import secrets
from datetime import datetime

from django.db import IntegrityError, transaction

from chargers.events import Token, TokenDecision, TokenPresented, TokenStatus, token_key
from chargers.prepared import Prepared
from sessions.authorization import KnownToken, decide
from sessions.models import IdToken, TokenStanding, Vehicle
from sessions.place import Place

# Without letters and digits that are mistaken for each other when one is read aloud or typed.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
# 1.6 takes 20 characters; some chargers append to them (quirk 44).
OWN_TOKEN_LENGTH = 18


_tokens_of = Prepared(lambda key: IdToken.objects.select_related("vehicle").filter(key=key).order_by(), str)


def find_token(token: Token | None) -> IdToken | None:
    # PostgreSQL takes no NUL in a text; a token that has one in its midst is none of ours.
    if token is None or not token.key or "\x00" in token.key:
        return None
    return next(iter(_tokens_of(token.key)), None)


def known(row: IdToken | None) -> KnownToken | None:
    if row is None:
        return None
    return KnownToken(
        is_blocked=row.standing == TokenStanding.BLOCKED,
        valid_from=row.valid_from,
        expires_at=row.expires_at,
        group=row.group,
        depot_key=row.depot_key,
        vehicle_id=row.vehicle_id,
        vehicle_is_active=row.vehicle is None or row.vehicle.is_active,
    )


def judge(
    token: Token, row: IdToken | None, *, place: Place, now: datetime, charges_elsewhere: bool = False
) -> TokenDecision:
    return decide(token, known(row), place=place, now=now, charges_elsewhere=charges_elsewhere)


def authorize(presented: TokenPresented, *, place: Place, now: datetime) -> TokenDecision:
    """May this token charge? Whether its vehicle charges already is judged at a start: the card may come to stop it."""
    return judge(presented.token, find_token(presented.token), place=place, now=now)


def may_charge(row: IdToken, *, now: datetime) -> bool:
    """Wherever it is: is there nothing about the token itself that speaks against it?"""
    return judge(Token(row.value), row, place=Place(), now=now).status is TokenStatus.ACCEPTED


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
