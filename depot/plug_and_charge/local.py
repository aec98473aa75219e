"""A test PKI of our own: V2G root, authorities for charging stations and for contracts, contracts, OCSP.

For trying Plug & Charge out, and for tests: nothing here is known to a real vehicle. No EXI is spoken either: what a
vehicle asks and gets here is PEM, a signing request in its VIN's name and the chain that answers it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509 import ocsp

from chargers.certificates import building
from chargers.certificates.models import Authority, AuthorityUse, Purpose, SignedCertificate
from chargers.certificates.papers import (
    ALGORITHMS,
    NotACertificate,
    common_name,
    folded_serial,
    issuer_hashes,
    names_of,
    read_chain,
    read_pem,
    serial_of,
)
from chargers.certificates.services.authorities import keep_authority, living_authority, sign, signer_of
from chargers.certificates.signing_requests import RequestRefused, key_of, read_request
from chargers.commands import CertificateHash
from chargers.events import token_key
from depot.plug_and_charge.provider import (
    ACCEPTED,
    BROKEN,
    COMBINED,
    EXPIRED,
    GOOD,
    REVOKED,
    UNKNOWN,
    WAS_REVOKED,
    Installation,
    NotGiven,
    Standing,
)
from sessions.models import IdToken, Vehicle

OWNER = "Test PKI"
ROOT_DAYS, SUB_DAYS, CONTRACT_DAYS, STATION_DAYS = 3650, 1825, 365, 90
HOLDS_FOR = timedelta(days=1)


def pki_authority(use: AuthorityUse, *, at: datetime) -> Authority:
    """One of the test PKI, made with its root on demand."""
    found = living_authority(use)
    if found is not None:
        return found
    above = {AuthorityUse.CPO_SUB: AuthorityUse.V2G_ROOT, AuthorityUse.MO_SUB: AuthorityUse.MO_ROOT}.get(use)
    signer = pki_authority(above, at=at) if above else None
    key = building.make_key()
    name = building.name_of(f"{OWNER} {AuthorityUse(use).name.replace('_', ' ').lower()}", OWNER)
    certificate = building.make_authority(
        key, name, at=at, days=SUB_DAYS if signer else ROOT_DAYS, signer=signer_of(signer) if signer else None,
        path_length=0 if signer else 1,
    )  # fmt: skip
    return keep_authority(use, certificate, key, organization=OWNER, at=at, signed_by=signer)


def written_emaid(told: str) -> str:
    """An eMAID without the hyphens that people put in."""
    return told.replace("-", "").upper()


def give_contract(emaid: str, vehicle: Vehicle, *, now: datetime) -> IdToken:
    """From now on this eMAID is the vehicle's: what it charges by contract is booked on it."""
    value = written_emaid(emaid)
    token, _ = IdToken.objects.update_or_create(
        key=token_key(value),
        defaults={"value": value, "type": "eMAID", "vehicle": vehicle, "depot_key": vehicle.depot_key},
        create_defaults={
            "value": value,
            "type": "eMAID",
            "vehicle": vehicle,
            "depot_key": vehicle.depot_key,
            "created_at": now,
        },
    )
    return token


def sign_contract(emaid: str, key: CertificatePublicKeyTypes, *, at: datetime) -> str:
    """The contract's chain in PEM, its own certificate first, without the root."""
    authority = pki_authority(AuthorityUse.MO_SUB, at=at)
    signed = sign(authority, key, written_emaid(emaid), purpose=Purpose.CONTRACT, at=at, days=CONTRACT_DAYS)
    return signed.certificate + authority.certificate


class OwnPki:
    def install(self, request: bytes, *, schema: str, update: bool) -> Installation:
        try:
            asked = read_request(request.decode("latin-1"))
            key = key_of(asked)
        except RequestRefused as refused:
            raise NotGiven("NotReadable") from refused
        vin = next(iter(names_of(asked.subject)), "")
        token = IdToken.objects.filter(vehicle__vin__iexact=vin, type="eMAID").order_by("pk").first() if vin else None
        if token is None:
            raise NotGiven("NoContract")
        return Installation(sign_contract(token.value, key, at=datetime.now(UTC)).encode())

    def check_contract(self, emaid: str, chain: str, hashes: Sequence[CertificateHash]) -> str:
        at = datetime.now(UTC)
        if chain:
            return check_chain(chain, emaid, at)
        return check_hashes(emaid, hashes, at)

    def standing_of(self, certificate: CertificateHash, responder_url: str, source: str) -> Standing:
        at = datetime.now(UTC)
        authority = authority_named(certificate)
        if authority is None:
            return Standing(UNKNOWN)
        state, revoked_at = state_of(authority, certificate)
        ends = at + HOLDS_FOR
        return Standing(state, answer_ocsp(authority, certificate, state, revoked_at, at, ends), ends)

    def sign_station(self, request: str, kind: str) -> str:
        try:
            asked = read_request(request)
            key = key_of(asked)
        except RequestRefused as refused:
            raise NotGiven(refused.reason) from refused
        at = datetime.now(UTC)
        name = next(iter(names_of(asked.subject)), "") or "charging station"
        authority = pki_authority(AuthorityUse.CPO_SUB, at=at)
        # Towards a vehicle the charger is the server, towards us the client.
        purpose, uses = Purpose.V2G, [building.SERVER]
        if kind == COMBINED:
            purpose, uses = Purpose.BOTH, [building.SERVER, building.CLIENT]
        signed = sign(authority, key, name, purpose=purpose, at=at, days=STATION_DAYS, uses=uses)
        return signed.certificate + authority.certificate


def check_chain(chain: str, emaid: str, at: datetime) -> str:
    """From the contract up to the root of contracts, link by link."""
    try:
        links = read_chain(chain)
    except NotACertificate:
        return BROKEN
    root = living_authority(AuthorityUse.MO_ROOT)
    if root is None or written_emaid(common_name(links[0])) != written_emaid(emaid):
        return BROKEN
    try:
        for lower, upper in zip(links, [*links[1:], read_pem(root.certificate)], strict=True):
            if lower != upper:
                lower.verify_directly_issued_by(upper)
    except (InvalidSignature, ValueError, TypeError):
        return BROKEN
    if any(not link.not_valid_before_utc <= at <= link.not_valid_after_utc for link in links):
        return EXPIRED
    serials = [serial_of(link) for link in links]
    revoked = SignedCertificate.objects.filter(serial_number__in=serials).exclude(revoked_at=None)
    return WAS_REVOKED if revoked.filter(purpose=Purpose.CONTRACT).exists() else ACCEPTED


def check_hashes(emaid: str, told: Sequence[CertificateHash], at: datetime) -> str:
    """The first names the contract itself, the others who signed it."""
    leaf = next((one for one in told if _contract(one) is not None), None)
    contract = _contract(leaf) if leaf else None
    if contract is None or contract.subject != written_emaid(emaid):
        return BROKEN
    if any(authority_named(one) is None or state_of(authority_named(one), one)[0] == UNKNOWN for one in told):
        return BROKEN
    if contract.revoked_at is not None:
        return WAS_REVOKED
    return ACCEPTED if contract.not_before <= at <= contract.not_after else EXPIRED


def _contract(named: CertificateHash) -> SignedCertificate | None:
    authority = authority_named(named)
    serial = folded_serial(named.serial_number)
    return SignedCertificate.objects.filter(
        authority=authority, serial_number=serial, purpose=Purpose.CONTRACT
    ).first() if authority else None  # fmt: skip


def authority_named(certificate: CertificateHash) -> Authority | None:
    """Who of the test PKI signed what is named so."""
    if certificate.algorithm not in ALGORITHMS:
        return None
    told = (certificate.issuer_name_hash.lower(), certificate.issuer_key_hash.lower())
    rows = Authority.objects.exclude(use__in=[AuthorityUse.CHARGERS, AuthorityUse.FOREIGN])
    return next((row for row in rows if issuer_hashes(read_pem(row.certificate), certificate.algorithm) == told), None)


def state_of(authority: Authority | None, certificate: CertificateHash) -> tuple[str, datetime | None]:
    serial = folded_serial(certificate.serial_number)
    signed = SignedCertificate.objects.filter(authority=authority, serial_number=serial).first()
    if signed is not None:
        return (GOOD, None) if signed.revoked_at is None else (REVOKED, signed.revoked_at)
    below = Authority.objects.filter(signed_by=authority)
    for row in [*below, *([authority] if authority and authority.signed_by is None else [])]:
        if serial_of(read_pem(row.certificate)) == serial:
            return (GOOD, None) if row.retired_at is None else (REVOKED, row.retired_at)
    return UNKNOWN, None


def answer_ocsp(
    authority: Authority,
    asked: CertificateHash,
    state: str,
    revoked_at: datetime | None,
    at: datetime,
    ends: datetime,
) -> bytes:
    """The responder's answer, signed by the authority itself (RFC 6960)."""
    certificate, key = signer_of(authority)
    words = {
        GOOD: ocsp.OCSPCertStatus.GOOD,
        REVOKED: ocsp.OCSPCertStatus.REVOKED,
        UNKNOWN: ocsp.OCSPCertStatus.UNKNOWN,
    }
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=bytes.fromhex(asked.issuer_name_hash),
        issuer_key_hash=bytes.fromhex(asked.issuer_key_hash),
        serial_number=int(asked.serial_number, 16),
        algorithm=ALGORITHMS[asked.algorithm](),
        cert_status=words[state],
        this_update=at,
        next_update=ends,
        revocation_time=revoked_at,
        revocation_reason=x509.ReasonFlags.unspecified if revoked_at else None,
    )
    answer = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, certificate).sign(key, hashes.SHA256())
    return answer.public_bytes(serialization.Encoding.DER)
