"""Who stands behind contract certificates (ISO 15118): a pool of contracts, its authorities, and whether they hold.

Two speak this: `local`, a test PKI of our own, and `web`, somebody else's by HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings

from chargers.commands import CertificateHash

# CertificateStatusEnumType
GOOD, REVOKED, UNKNOWN, FAILED = "Good", "Revoked", "Unknown", "Failed"
# AuthorizeCertificateStatusEnumType, of which a check of the certificates alone gives these.
ACCEPTED, EXPIRED, WAS_REVOKED, BROKEN = "Accepted", "CertificateExpired", "CertificateRevoked", "CertChainError"
# One certificate for both lines, towards us and towards vehicles; OCPP has no word for its kind.
COMBINED = "Combined"


class ProviderAway(Exception):
    """It did not answer in time, or not as agreed."""


class NotGiven(Exception):
    """It answered, and gives nothing: one word why, for the charger."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What a vehicle gets that wants its contract certificate."""

    response: bytes
    remaining: int = 0  # 2.1: more contracts that it may ask for


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a certificate holds; with the responder's own answer, DER of RFC 6960, where there is one."""

    state: str
    response: bytes | None = None
    next_update: datetime | None = None


class Provider(Protocol):
    def install(self, request: bytes, *, schema: str, update: bool) -> Installation:
        """A contract certificate for the vehicle that asks. Raises NotGiven, ProviderAway."""
        ...

    def check_contract(self, emaid: str, chain: str, hashes: Sequence[CertificateHash]) -> str:
        """Does this contract hold? By the chain in PEM where there is one, else by its hashes. Raises ProviderAway."""
        ...

    def standing_of(self, certificate: CertificateHash, responder_url: str, source: str) -> Standing:
        """Raises ProviderAway."""
        ...

    def sign_station(self, request: str, kind: str) -> str:
        """The chain, in PEM, of a charger's certificate towards vehicles; COMBINED: towards us too.

        Raises NotGiven, ProviderAway.
        """
        ...


def hash_of_words(told: dict[str, Any]) -> CertificateHash:
    """CertificateHashDataType and OCSPRequestDataType in our words."""
    return CertificateHash(
        algorithm=told["hashAlgorithm"],
        issuer_name_hash=told["issuerNameHash"],
        issuer_key_hash=told["issuerKeyHash"],
        serial_number=told["serialNumber"],
    )


def provider() -> Provider | None:
    """The one that is set up; None: Plug & Charge is not."""
    if not settings.PLUG_AND_CHARGE:
        return None
    if settings.PLUG_AND_CHARGE == "local":
        from depot.plug_and_charge.local import OwnPki

        return OwnPki()
    from depot.plug_and_charge.web import WebProvider

    return WebProvider(settings.PLUG_AND_CHARGE, settings.PLUG_AND_CHARGE_KEY)
