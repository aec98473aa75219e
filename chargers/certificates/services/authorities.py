"""The authority that signs our chargers' certificates, and others that are accepted beside it."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from chargers import outbox
from chargers.certificates import building
from chargers.certificates.building import Key
from chargers.certificates.judging import hash_weakness, weakness_of
from chargers.certificates.models import Authority, AuthorityUse, Profile, Purpose, Security, SignedCertificate
from chargers.certificates.papers import common_name, names_of, pem_of, read_pem, serial_of
from chargers.credentials import AUTHORITY_KEYS, seal, unseal
from chargers.models import Charger

ROOT_DAYS = 20 * 365
SERVER_DAYS = 365
DEFAULT_ORGANIZATION = "Depot"


class AuthorityLocked(Exception):
    """Its private key cannot be opened: CREDENTIAL_KEY is not the one that it was sealed under."""


class NotAnAuthority(Exception):
    """A certificate that is to be accepted is not one of an authority; the text says why."""


def living_authority(use: AuthorityUse = AuthorityUse.CHARGERS, key_kind: str = "ec") -> Authority | None:
    return Authority.objects.filter(use=use, key_kind=key_kind, retired_at=None).first()


def make_authority(organization: str, *, key_kind: str = "ec", at: datetime) -> Authority:
    """Ours for chargers, made where there is none yet; there is one for each kind of key at a time."""
    existing = living_authority(key_kind=key_kind)
    if existing is not None:
        return existing
    key = building.make_key(key_kind)
    name = f"{organization} charger authority {at:%Y}{' RSA' if key_kind == 'rsa' else ''}"
    root = building.make_authority(key, building.name_of(name, organization), at=at, days=ROOT_DAYS)
    return keep_authority(AuthorityUse.CHARGERS, root, key, organization=organization, at=at)


def keep_authority(
    use: AuthorityUse,
    certificate: x509.Certificate,
    key: Key,
    *,
    organization: str,
    at: datetime,
    signed_by: Authority | None = None,
) -> Authority:
    kind = "rsa" if isinstance(key, rsa.RSAPrivateKey) else "ec"
    try:
        with transaction.atomic():
            return Authority.objects.create(
                use=use,
                key_kind=kind,
                name=common_name(certificate),
                organization=organization,
                certificate=pem_of(certificate),
                sealed_key=seal(building.key_bytes(key), AUTHORITY_KEYS),
                signed_by=signed_by,
                created_at=at,
            )
    except IntegrityError:
        # Somebody else has just made it.
        return Authority.objects.get(use=use, key_kind=kind, retired_at=None)


def authority_for(public_key: CertificatePublicKeyTypes, *, at: datetime) -> Authority | None:
    """Ours of the same kind of key, for a charger may know no other; made on demand beside the first (A00.FR.318)."""
    kind = "rsa" if isinstance(public_key, rsa.RSAPublicKey) else "ec"
    found = living_authority(key_kind=kind)
    if found is not None:
        return found
    other = living_authority(key_kind="ec" if kind == "rsa" else "rsa")
    return make_authority(other.organization, key_kind=kind, at=at) if other is not None else None


def signer_of(authority: Authority) -> tuple[x509.Certificate, Key]:
    """Raises AuthorityLocked."""
    if authority.sealed_key is None:
        raise AuthorityLocked(f"{authority} signs elsewhere")
    try:
        key = unseal(bytes(authority.sealed_key), AUTHORITY_KEYS)
    except InvalidToken as error:
        raise AuthorityLocked(str(authority)) from error
    return read_pem(authority.certificate), building.read_key(key)


def accept_authority(pem: str, *, organization: str = "", at: datetime) -> Authority:
    """Accept certificates of a maker or of another operator, signed directly by it. Raises NotAnAuthority."""
    certificate = read_pem(pem)
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        raise NotAnAuthority("It does not say that it may sign others (basic constraints)") from None
    if not constraints.ca:
        raise NotAnAuthority("It says that it may not sign others (basic constraints)")
    weakness = weakness_of(certificate.public_key()) or hash_weakness(certificate)
    if weakness:
        raise NotAnAuthority(weakness)
    if certificate.not_valid_after_utc < at:
        raise NotAnAuthority("It has expired")
    kind = "rsa" if isinstance(certificate.public_key(), rsa.RSAPublicKey) else "ec"
    name = common_name(certificate) or next(iter(names_of(certificate.subject, NameOID.ORGANIZATION_NAME)), "Unnamed")
    return Authority.objects.create(
        use=AuthorityUse.FOREIGN,
        key_kind=kind,
        name=name[:120],
        organization=organization,
        certificate=pem_of(certificate),
        created_at=at,
    )


def retire_authority(authority: Authority, *, at: datetime) -> None:
    """Nothing that it signed is accepted from now on; sockets that are open stay open."""
    Authority.objects.filter(pk=authority.pk, retired_at=None).update(retired_at=at)


def sign(
    authority: Authority,
    public_key: CertificatePublicKeyTypes,
    common: str,
    *,
    purpose: Purpose,
    at: datetime,
    days: int,
    charger: Charger | None = None,
    uses: Sequence[x509.ObjectIdentifier] = (),
    hosts: Sequence[str] = (),
    responder_url: str = "",
    **told: object,
) -> SignedCertificate:
    """Sign and keep it in one go: what is signed and not in the books could never be revoked."""
    made = building.make_certificate(
        public_key,
        building.name_of(common, authority.organization),
        signer=signer_of(authority),
        at=at,
        days=days,
        uses=uses,
        hosts=hosts,
        responder_url=responder_url,
    )
    return SignedCertificate.objects.create(
        authority=authority,
        charger=charger,
        purpose=purpose,
        subject=common[:255],
        serial_number=serial_of(made),
        certificate=pem_of(made),
        not_before=made.not_valid_before_utc,
        not_after=made.not_valid_after_utc,
        signed_at=at,
        **told,
    )


def sign_server(hosts: Sequence[str], *, key_kind: str = "ec", at: datetime) -> tuple[str, str]:
    """(chain, key) in PEM for our own server, named by all `hosts`; the key is kept nowhere. Raises LookupError."""
    authority = living_authority(key_kind=key_kind)
    if authority is None:
        raise LookupError("There is no authority yet")
    key = building.make_key(key_kind)
    signed = sign(
        authority, key.public_key(), hosts[0], purpose=Purpose.SERVER, at=at, days=SERVER_DAYS,
        uses=[building.SERVER], hosts=hosts,
    )  # fmt: skip
    return signed.certificate + authority.certificate, building.key_bytes(key).decode()


def revoke(signed: SignedCertificate, *, because: str, by: AbstractBaseUser | None, at: datetime) -> bool:
    """Nobody is let in by it any more, and who came in by it is closed; False where it was revoked before."""
    rows = SignedCertificate.objects.filter(pk=signed.pk, revoked_at=None)
    if not rows.update(revoked_at=at, revoked_by_id=by.pk if by else None, revoked_because=because[:200]):
        return False
    came_by_it = Security.objects.filter(came_by=Profile.CERTIFICATE, certificate=signed.certificate)
    for charger_id in came_by_it.values_list("charger", flat=True):
        _hang_up_after_commit(charger_id, "Its certificate was revoked")
    return True


def _hang_up_after_commit(charger_id: int, why: str) -> None:
    def hang_up() -> None:
        outbox.hang_up(charger_id, why)

    transaction.on_commit(hang_up, robust=True)
