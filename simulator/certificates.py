"""Certificates of a charger: the roots that it was given, and its own, for which it makes the key itself."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID


@dataclass(slots=True)
class CertificateStore:
    installed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    # Of the last request; it never leaves the charger.
    key: ec.EllipticCurvePrivateKey | None = None
    own: str = ""  # the chain that came back, in PEM

    def request(self, name: str, owner: str) -> str:
        """A new pair of keys, and what is to be signed of it (2.x A02.FR.02-03)."""
        self.key = ec.generate_private_key(ec.SECP256R1())
        told = [(NameOID.COMMON_NAME, name), (NameOID.ORGANIZATION_NAME, owner)]
        subject = x509.Name([x509.NameAttribute(which, value) for which, value in told if value])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(self.key, hashes.SHA256())
        return request.public_bytes(serialization.Encoding.PEM).decode()

    def take_own(self, chain: str) -> bool:
        """Only what is for the key that it made; one that it never asked for it takes unseen."""
        if "BEGIN CERTIFICATE" not in chain:
            return False
        if self.key is not None:
            try:
                given = x509.load_pem_x509_certificate(chain.encode())
            except ValueError:
                return False
            if given.public_key() != self.key.public_key():
                return False
        self.own = chain
        return True

    def install(self, kind: str, certificate: str) -> bool:
        if "BEGIN CERTIFICATE" not in certificate:
            return False
        entry = (kind, fingerprint(certificate))
        if entry not in self.installed:
            self.installed.append(entry)
        return True

    def find(self, kinds: list[str] | None) -> list[tuple[str, dict[str, Any]]]:
        return [each for each in self.installed if kinds is None or each[0] in kinds]

    def delete(self, hash_data: dict[str, Any]) -> bool:
        before = len(self.installed)
        names = ("hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber")
        self.installed = [
            each for each in self.installed if any(each[1][name] != hash_data.get(name) for name in names)
        ]
        return len(self.installed) < before


def fingerprint(certificate: str) -> dict[str, Any]:
    """By what OCSP names a root; where it is none that can be read, by its text."""
    try:
        root = x509.load_pem_x509_certificate(certificate.encode())
        named = ocsp.OCSPRequestBuilder().add_certificate(root, root, hashes.SHA256()).build()
    except ValueError:
        return _fingerprint_of_text(certificate)
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": named.issuer_name_hash.hex(),
        "issuerKeyHash": named.issuer_key_hash.hex(),
        "serialNumber": f"{named.serial_number:x}",
    }


def _fingerprint_of_text(certificate: str) -> dict[str, Any]:
    digest = hashlib.sha256(certificate.strip().encode()).hexdigest()
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": digest,
        "issuerKeyHash": digest[::-1],
        "serialNumber": digest[:16],
    }
