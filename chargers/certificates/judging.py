"""May a charger come in by this client certificate? One step to an accepted authority, no further (A00.FR.403-407)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from chargers.certificates.papers import names_of
from chargers.choices import Refusal

# Security equivalent to 112 bits (A00.FR.501-503).
RSA_BITS, CURVE_BITS = 2048, 224
SOUND_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
UNDERSTOOD = {
    x509.BasicConstraints.oid,
    x509.KeyUsage.oid,
    x509.ExtendedKeyUsage.oid,
    x509.SubjectAlternativeName.oid,
    x509.CertificatePolicies.oid,
}


class NotProven(Exception):
    """The certificate does not prove who it is: the refusal's kind, and more of it in words."""

    def __init__(self, refusal: Refusal, words: str) -> None:
        super().__init__(words)
        self.refusal = refusal
        self.words = words


@dataclass(frozen=True, slots=True)
class Accepted:
    """An authority whose certificates are accepted. `key` is whatever its owner knows it by."""

    key: int
    certificate: x509.Certificate
    organization: str = ""


def find_issuer(certificate: x509.Certificate, accepted: Collection[Accepted], at: datetime) -> Accepted:
    """Who of `accepted` signed it. Raises NotProven."""
    for authority in accepted:
        if authority.certificate.subject != certificate.issuer:
            continue
        try:
            certificate.verify_directly_issued_by(authority.certificate)
        except (InvalidSignature, ValueError, TypeError):
            # Another authority of the same name, such as the one before its renewal.
            continue
        if authority.certificate.not_valid_after_utc < at:
            raise NotProven(Refusal.CERTIFICATE_EXPIRED, "The authority's own certificate has expired")
        return authority
    issuer = certificate.issuer.rfc4514_string()
    raise NotProven(Refusal.CERTIFICATE_FOREIGN, f"Signed by {issuer}, which is not accepted here")


def check_dates(certificate: x509.Certificate, at: datetime) -> None:
    """Raises NotProven."""
    if certificate.not_valid_after_utc < at:
        ended = certificate.not_valid_after_utc
        raise NotProven(Refusal.CERTIFICATE_EXPIRED, f"It expired on {ended:%Y-%m-%d %H:%M} UTC")
    if certificate.not_valid_before_utc > at:
        begins = certificate.not_valid_before_utc
        raise NotProven(Refusal.CERTIFICATE_EARLY, f"It is valid from {begins:%Y-%m-%d %H:%M} UTC on only")


def check_fitness(certificate: x509.Certificate) -> None:
    """Is it one of a client, with a sound key and hash? Raises NotProven."""
    weakness = weakness_of(certificate.public_key()) or hash_weakness(certificate)
    if weakness:
        raise NotProven(Refusal.CERTIFICATE_UNFIT, weakness)
    for extension in certificate.extensions:
        value = extension.value
        if isinstance(value, x509.ExtendedKeyUsage) and ExtendedKeyUsageOID.CLIENT_AUTH not in value:
            raise NotProven(Refusal.CERTIFICATE_UNFIT, "It is not meant for a client's side of TLS")
        if isinstance(value, x509.BasicConstraints) and value.ca:
            raise NotProven(Refusal.CERTIFICATE_UNFIT, "It is an authority's, not a charger's")
        if extension.critical and extension.oid not in UNDERSTOOD:
            raise NotProven(Refusal.CERTIFICATE_UNFIT, f"It has a critical extension {extension.oid.dotted_string}")


def weakness_of(key: object) -> str:
    """What speaks against a public key; "" when nothing does."""
    if isinstance(key, rsa.RSAPublicKey):
        return "" if key.key_size >= RSA_BITS else f"Its RSA key has {key.key_size} bits, less than {RSA_BITS}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "" if key.key_size >= CURVE_BITS else f"Its curve has {key.key_size} bits, less than {CURVE_BITS}"
    return "Its key is neither RSA nor on an elliptic curve"


def hash_weakness(signed: x509.Certificate | x509.CertificateSigningRequest) -> str:
    algorithm = signed.signature_hash_algorithm
    return "" if isinstance(algorithm, SOUND_HASHES) else "It is signed over a hash that is no longer sound"


def check_names(certificate: x509.Certificate, names: Collection[str], organization: str) -> None:
    """Whose is it (A00.FR.404, A00.FR.405)? `names`: the charger's identity and serial number. Raises NotProven."""
    wanted = {name.casefold() for name in names if name}
    told = names_of(certificate.subject)
    if not any(name.casefold() in wanted for name in told):
        raise NotProven(Refusal.CERTIFICATE_OTHER, f"It is {' / '.join(told) or 'nobody'}'s (common name)")
    owners = names_of(certificate.subject, NameOID.ORGANIZATION_NAME)
    if organization and not any(organization.casefold() in owner.casefold() for owner in owners):
        whose = " / ".join(owners) or "nobody"
        raise NotProven(Refusal.CERTIFICATE_OWNER, f"It belongs to {whose} (organization), not to {organization}")
