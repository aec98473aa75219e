"""Cards and other tokens: who may charge."""

from datetime import datetime

from chargers.events import token_key
from sessions.models import IdToken, TokenStanding


def add_token(token: IdToken, *, now: datetime) -> None:
    token.key = token_key(token.value)
    token.created_at = now
    token.save()


def change_token(token: IdToken) -> None:
    """Everything but its value: another value is another token."""
    token.save()


def block_token(token: IdToken) -> None:
    """From now on every charger that asks is told no; what charges already goes on until it is stopped."""
    token.standing = TokenStanding.BLOCKED
    token.save(update_fields=["standing"])


def unblock_token(token: IdToken) -> None:
    token.standing = TokenStanding.ACTIVE
    token.save(update_fields=["standing"])
