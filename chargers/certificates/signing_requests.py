"""What a charger asks to have signed, looked at before anything is signed (A02; A00.FR.501-511)."""

import ipaddress
from collections.abc import Collection

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from chargers.certificates.judging import hash_weakness, weakness_of
from chargers.certificates.papers import names_of

LONGEST = 20_000


class RequestRefused(Exception):
    """`reason`: one word for the charger (StatusInfo.reasonCode); the text is for people."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason
        self.words = words


def read_request(text: str) -> x509.CertificateSigningRequest:
    """A PKCS#10 in PEM whose signature proves that the charger has the key. Raises RequestRefused."""
    if len(text) > LONGEST:
        raise RequestRefused("InvalidCSR", "Its request is too long to be one")
    try:
        request = x509.load_pem_x509_csr(text.strip().encode())
        is_signed = request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm) as error:
        raise RequestRefused("InvalidCSR", f"Its request cannot be read: {error}"[:200]) from error
    if not is_signed:
        raise RequestRefused("InvalidCSR", "Its request is not signed by the key that it names")
    weakness = weakness_of(request.public_key()) or hash_weakness(request)
    if weakness:
        raise RequestRefused("InvalidCSR", weakness)
    return request


def key_of(request: x509.CertificateSigningRequest) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    key = request.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise RequestRefused("InvalidCSR", weakness_of(key))
    return key


def check_subject(request: x509.CertificateSigningRequest, names: Collection[str], organization: str) -> str:
    """The common name, which must be the charger's serial number or identity. Raises RequestRefused."""
    told = names_of(request.subject)
    name = told[0] if len(told) == 1 else ""
    if not name or looks_like_a_server(name):
        raise RequestRefused("InvalidCSR", f"Its request names {', '.join(told) or 'nobody'} (common name)")
    if name.casefold() not in {one.casefold() for one in names if one}:
        raise RequestRefused("InvalidCSR", f"Its request is for {name}, neither its serial number nor its name")
    owners = names_of(request.subject, NameOID.ORGANIZATION_NAME)
    if organization and not any(organization.casefold() in owner.casefold() for owner in owners):
        whose = ", ".join(owners) or "nobody"
        raise RequestRefused("InvalidCSR", f"Its request names {whose} as owner (organization), not {organization}")
    return name


def looks_like_a_server(name: str) -> bool:
    """An address or a URL: chargers' certificates must be told apart from a server's (A00.FR.511)."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "://" in name
    return True
