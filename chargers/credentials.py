"""Passwords of chargers: generated machine secrets, kept as HMAC-SHA-256, compared in constant time.

A slow hash would cost 0.18 s a handshake, so that a thousand chargers' return would take three minutes; a generated
secret of 121 bits needs none.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from functools import cache

from cryptography.fernet import Fernet
from django.conf import settings

# Hex digits, for 1.6 takes an AuthorizationKey as such (security white paper §5.1.1), without 0 and 1, which people
# mistake for O and l when they type from a screen.
ALPHABET = "23456789abcdef"
LENGTH = 32


def new_password() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def keyed_hash(secret: bytes) -> str:
    return hmac.new(settings.CREDENTIAL_KEY.encode(), secret, hashlib.sha256).hexdigest()


def password_fits(told: bytes, stored_hmac: str) -> bool:
    """Is `told` the stored password? 1.6 chargers send a key's hex text, or the bytes that it stands for (quirk 8)."""
    if not stored_hmac:
        return False
    spellings = (told, told.hex().encode(), told.hex().upper().encode(), told.lower())
    # All are compared, so that the time tells nothing of which one it was.
    return any([hmac.compare_digest(keyed_hash(spelling), stored_hmac) for spelling in spellings])  # noqa: C419


def basic_credentials(header: bytes | None) -> tuple[str, bytes] | None:
    """User and password of an Authorization header; None where there is none that can be read."""
    if header is None:
        return None
    kind, _, encoded = header.partition(b" ")
    if kind.lower() != b"basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error:
        return None
    return (user.decode("utf-8", "replace"), password) if colon else None


@cache
def _vault(purpose: str) -> Fernet:
    key = hashlib.sha256(f"{purpose}:{settings.CREDENTIAL_KEY}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


COMMANDS, AUTHORITY_KEYS = "sealed commands", "keys of authorities"


def seal(text: bytes, purpose: str = COMMANDS) -> bytes:
    """Encrypted under a key from the environment: a command's secret until it is sent, an authority's private key."""
    return _vault(purpose).encrypt(text)


def unseal(sealed: bytes, purpose: str = COMMANDS) -> bytes:
    """Raises cryptography's InvalidToken where the environment's key is another one now."""
    return _vault(purpose).decrypt(sealed)
