"""Certificates as they are made: keys, roots, what a root signs. Knows no rows."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
# A charger's clock may be behind ours: what begins this very moment would not be valid there yet (A02.FR.06, note).
CLOCK_SLACK = timedelta(hours=1)
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


def make_key(kind: str = "ec") -> Key:
    return rsa.generate_private_key(65537, 3072) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())


def key_bytes(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read_key(data: bytes) -> Key:
    key = serialization.load_pem_private_key(data, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise TypeError(f"{type(key).__name__} signs no certificates")
    return key


def name_of(common_name: str, organization: str = "") -> x509.Name:
    told = [(NameOID.COMMON_NAME, common_name), (NameOID.ORGANIZATION_NAME, organization)]
    return x509.Name([x509.NameAttribute(which, value) for which, value in told if value])


def make_authority(
    key: Key,
    name: x509.Name,
    *,
    at: datetime,
    days: int,
    signer: tuple[x509.Certificate, Key] | None = None,
    path_length: int | None = 0,
) -> x509.Certificate:
    """A root, or, with a signer, an authority below it."""
    issuer, signing_key = (signer[0].subject, signer[1]) if signer else (name, key)
    builder = (
        _begun(name, key.public_key(), issuer, at, at + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )
    return _signed(builder, signing_key)


def make_certificate(
    public_key: CertificatePublicKeyTypes,
    name: x509.Name,
    *,
    signer: tuple[x509.Certificate, Key],
    at: datetime,
    days: int,
    uses: Sequence[x509.ObjectIdentifier] = (),
    hosts: Sequence[str] = (),
    responder_url: str = "",
) -> x509.Certificate:
    """Never outlives who signed it."""
    authority, key = signer
    ends = min(at + timedelta(days=days), authority.not_valid_after_utc)
    builder = (
        _begun(name, public_key, authority.subject, at, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),  # type: ignore[arg-type]
            critical=False,
        )
    )
    if uses:
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    if responder_url:
        access = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder_url)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return _signed(builder, key)


def _begun(
    name: x509.Name, public_key: CertificatePublicKeyTypes, issuer: x509.Name, at: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - CLOCK_SLACK)
        .not_valid_after(ends)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(public_key),
            critical=False,
        )
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=False,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _signed(builder: x509.CertificateBuilder, key: Key) -> x509.Certificate:
    if isinstance(key, rsa.RSAPrivateKey):
        # A00.FR.505: RSA-PSS or ECDSA.
        return builder.sign(
            key, hashes.SHA256(), rsa_padding=padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256().digest_size)
        )
    return builder.sign(key, hashes.SHA256())
