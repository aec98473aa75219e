"""Keys and certificates for tests: what chargers, makers and others hold in their hands."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from chargers.certificates import building
from chargers.certificates.building import Key
from chargers.certificates.papers import pem_of

OWNER = "Acme Fleet"


def now() -> datetime:
    """Certificates are judged by the real clock."""
    return datetime.now(UTC)


@dataclass
class Paper:
    """A certificate with its key, in memory and as files."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> str:
        return pem_of(self.certificate)

    def save(self, folder: Path, name: str, *above: str) -> tuple[str, str]:
        chain, key = folder / f"{name}.pem", folder / f"{name}.key"
        chain.write_text(self.pem + "".join(above))
        key.write_bytes(building.key_bytes(self.key))
        return str(chain), str(key)


def root(name: str = "Maker root", owner: str = "Maker") -> Paper:
    key = building.make_key()
    return Paper(building.make_authority(key, building.name_of(name, owner), at=now(), days=3650), key)


def signed_by(
    signer: Paper, name: str, owner: str = OWNER, *, days: float = 30, began_days_ago: float = 0, **more: object
) -> Paper:
    key = building.make_key()
    at = now() - timedelta(days=began_days_ago)
    made = building.make_certificate(
        key.public_key(), building.name_of(name, owner), signer=(signer.certificate, signer.key), at=at, days=days,  # type: ignore[arg-type]
        uses=[building.CLIENT], **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return Paper(made, key)


def request_for(name: str, owner: str = OWNER, *, key: Key | None = None) -> str:
    """A CSR in PEM, signed by its key."""
    key = key or building.make_key()
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else []
    attributes += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, owner)] if owner else []
    made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes)).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def client_context(server_root: str, own: tuple[str, str] | None = None) -> ssl.SSLContext:
    """A charger's side of TLS: what it trusts, and what it proves itself with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=server_root)
    if own:
        context.load_cert_chain(*own)
    return context
