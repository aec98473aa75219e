"""Certificates that a charger has been given; it keeps them and never looks inside."""

import hashlib
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class CertificateStore:
    installed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

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
    """Stable names for a certificate. They are made from its text, not from its issuer's fields."""
    digest = hashlib.sha256(certificate.strip().encode()).hexdigest()
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": digest,
        "issuerKeyHash": digest[::-1],
        "serialNumber": digest[:16],
    }
