"""Certificates as they are read: from PEM or DER, their names, and the hashes by which chargers name them."""

import base64
import binascii
import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from chargers.commands import CertificateHash

ALGORITHMS: dict[str, type[hashes.SHA256] | type[hashes.SHA384] | type[hashes.SHA512]] = {
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}
ONE_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class NotACertificate(Exception):
    """What was told cannot be read as an X.509 certificate."""


def read_pem(text: str) -> x509.Certificate:
    """The first certificate in `text`. Raises NotACertificate."""
    return read_chain(text)[0]


def read_chain(text: str) -> list[x509.Certificate]:
    """All certificates in `text`, in its order. Raises NotACertificate."""
    found = ONE_PEM.findall(text)
    if not found:
        raise NotACertificate("There is no certificate in it (PEM: -----BEGIN CERTIFICATE-----)")
    try:
        return [x509.load_pem_x509_certificate(one.encode()) for one in found]
    except ValueError as error:
        raise NotACertificate(str(error)) from error


def read_der(data: bytes) -> x509.Certificate:
    """Raises NotACertificate."""
    try:
        return x509.load_der_x509_certificate(data)
    except ValueError as error:
        raise NotACertificate(str(error)) from error


def read_header(value: bytes) -> bytes | None:
    """DER of the certificate in a proxy's header: PEM in percent-encoding, base64 of DER, or RFC 9440 with colons."""
    text = value.strip()
    # Caddy writes the name of what it would have put there where the charger showed nothing.
    if not text or (text.startswith(b"{") and text.endswith(b"}")):
        return None
    if text.startswith((b"-----BEGIN", b"-----BEGIN".replace(b" ", b"%20"))) or b"%0A" in text or b"%20" in text:
        try:
            return read_pem(unquote_to_bytes(text).decode("latin-1")).public_bytes(serialization.Encoding.DER)
        except NotACertificate:
            return b""
    try:
        return base64.b64decode(text.strip(b":"), validate=True)
    except binascii.Error:
        return b""


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def chain_of(certificates: Iterable[x509.Certificate]) -> str:
    return "".join(pem_of(one) for one in certificates)


def serial_of(certificate: x509.Certificate) -> str:
    """As chargers tell it: hexadecimal without leading zeros (CertificateHashDataType)."""
    return f"{certificate.serial_number:x}"


def folded_serial(told: str) -> str:
    """Chargers differ in case, and some tell leading zeros."""
    return told.strip().lower().removeprefix("0x").lstrip("0") or "0"


def names_of(subject: x509.Name, which: x509.ObjectIdentifier = NameOID.COMMON_NAME) -> list[str]:
    return [str(attribute.value) for attribute in subject.get_attributes_for_oid(which)]


def common_name(certificate: x509.Certificate) -> str:
    return next(iter(names_of(certificate.subject)), "")


def fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()


def hash_of(certificate: x509.Certificate, issuer: x509.Certificate, algorithm: str = "SHA256") -> CertificateHash:
    """What names `certificate` in OCSP and in OCPP: hashes of its issuer's name and key, and its serial number."""
    return CertificateHash(
        algorithm=algorithm,
        issuer_name_hash=_digest(algorithm, certificate.issuer.public_bytes()),
        issuer_key_hash=_digest(algorithm, key_bits(issuer)),
        serial_number=serial_of(certificate),
    )


def issuer_hashes(issuer: x509.Certificate, algorithm: str) -> tuple[str, str]:
    return _digest(algorithm, issuer.subject.public_bytes()), _digest(algorithm, key_bits(issuer))


def key_bits(certificate: x509.Certificate) -> bytes:
    """The public key without the header that says its kind, as RFC 6960 hashes it."""
    spki = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return bit_string_of(spki)


def bit_string_of(spki: bytes) -> bytes:
    """The last member of a SubjectPublicKeyInfo, without its count of unused bits."""
    body = _content(spki)
    _, after = _element(body)
    bits = _content(body[after:])
    return bits[1:]


def _content(element: bytes) -> bytes:
    start, end = _element(element)
    return element[start:end]


def _element(data: bytes) -> tuple[int, int]:
    """Where the content of the DER element at the front begins and ends."""
    length, start = data[1], 2
    if length & 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    return start, start + length


def _digest(algorithm: str, data: bytes) -> str:
    digest = hashes.Hash(ALGORITHMS[algorithm]())
    digest.update(data)
    return digest.finalize().hex()
