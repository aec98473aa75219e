"""A charger wants something of a certificate: its own signed, one for a vehicle, or whether one still holds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chargers.events.base import Event


@dataclass(frozen=True, slots=True)
class SigningDecision:
    accepted: bool  # then the certificate follows by a command of its own
    reason: str = ""  # one word, where it is refused


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRequested(Event[SigningDecision]):
    """A key pair was made in the charger, and its public half is to be signed (2.x A02, 1.6 security)."""

    request: str  # PKCS#10 in PEM
    kind: str = ""  # 2.x: of the station or of ISO 15118; left out it is of the station
    request_id: int | None = None  # 2.1


@dataclass(frozen=True, slots=True)
class ContractAnswer:
    exi_response: str | None  # base64; None: nobody was there to give one
    reason: str = ""
    remaining: int | None = None  # 2.1: more contracts to ask for; None: it was not asked how many


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRequested(Event[ContractAnswer]):
    """A vehicle wants its contract certificate installed or renewed (2.x M01, M02)."""

    exi_request: str
    schema_version: str
    update: bool
    takes_several: bool = False  # 2.1, ISO 15118-20


@dataclass(frozen=True, slots=True)
class RevocationAnswer:
    ocsp_result: str | None  # base64 DER; None: nobody was there to ask
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationAsked(Event[RevocationAnswer]):
    """Does this certificate still hold (2.x M06)?"""

    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str
    responder_url: str


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """What is known of one certificate of a chain."""

    certificate: dict[str, Any]  # its hash data, as it was asked for
    source: str  # CRL or OCSP
    status: str  # Good, Revoked, Unknown, Failed
    ask_again_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainAsked(Event[tuple[ChainStatus, ...]]):
    """Do the certificates of this chain still hold (2.1 M07)? Each as (hash data, CRL or OCSP)."""

    certificates: tuple[tuple[dict[str, Any], str], ...]
    urls: tuple[str, ...] = ()  # of each, where it says one may ask


@dataclass(frozen=True, slots=True)
class HeldPaper:
    """A certificate that a charger has installed, as it names it."""

    kind: str  # in the words of 2.x
    algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str
    children: tuple["HeldPaper", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesRead(Event[None]):
    """Which certificates a charger has installed (2.x M03); `kinds`: those that it was asked for, none named: all."""

    kinds: tuple[str, ...]
    held: tuple[HeldPaper, ...]
