"""Certificates that a charger trusts or proves itself with (2.x A02, M03-M05; 1.6 by its security extension)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from chargers.commands.base import Command


class RootKind(StrEnum):
    """In the words of 2.x; 1.6 knows the first two, by another name the first."""

    CSMS = "CSMSRootCertificate"
    MANUFACTURER = "ManufacturerRootCertificate"
    V2G = "V2GRootCertificate"
    MOBILITY_OPERATOR = "MORootCertificate"
    V2G_CHAIN = "V2GCertificateChain"  # read only: what it proves itself to vehicles with


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateHash:
    """By what a certificate is named."""

    algorithm: str  # SHA256, SHA384, SHA512
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallCertificate(Command):
    kind: ClassVar[str] = "install_certificate"
    root: RootKind
    certificate: str  # PEM


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCertificate(Command):
    kind: ClassVar[str] = "delete_certificate"
    certificate: CertificateHash


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCertificates(Command):
    """None named in 2.x: of all kinds; 1.6 reads one kind at a time."""

    kind: ClassVar[str] = "read_certificates"
    roots: tuple[RootKind, ...] = ()


class SignedFor(StrEnum):
    STATION = "ChargingStationCertificate"
    V2G = "V2GCertificate"
    V2G20 = "V2G20Certificate"  # 2.1
    BOTH = ""  # one for the line to us and for vehicles: 2.x leaves the type out


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveCertificate(Command):
    """What it asked to have signed; 1.6 knows only the charger's own."""

    kind: ClassVar[str] = "give_certificate"
    chain: str  # PEM, its own first
    signed_for: SignedFor = SignedFor.STATION
    request_id: int | None = None  # 2.1: of the request that it answers (A02.FR.25); others have no place for it
