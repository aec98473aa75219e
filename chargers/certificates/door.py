"""By a client certificate: is it this charger's, signed by someone accepted, in force, not revoked (A00.FR.403-407)?"""

from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from chargers.certificates.judging import (
    Accepted,
    NotProven,
    check_dates,
    check_fitness,
    check_names,
    find_issuer,
)
from chargers.certificates.models import (
    Authority,
    AuthorityUse,
    Profile,
    Purpose,
    Security,
    SignedCertificate,
    Upgrade,
    UpgradeStep,
)
from chargers.certificates.papers import NotACertificate, names_of, pem_of, read_der, read_pem, serial_of
from chargers.choices import Refusal
from chargers.models import Charger, Connection
from chargers.prepared import Prepared

# The test sub-authority signs what chargers show to vehicles: only what our books know as for both opens our door.
AT_THE_DOOR = (AuthorityUse.CHARGERS, AuthorityUse.FOREIGN, AuthorityUse.CPO_SUB)
FOR_OUR_LINE = (Purpose.STATION, Purpose.BOTH)


@lru_cache(maxsize=64)
def _parsed(pem: str) -> x509.Certificate:
    return read_pem(pem)


def accepted_authorities() -> list[Accepted]:
    rows = Authority.objects.filter(use__in=AT_THE_DOOR, retired_at=None).order_by("pk")
    return [
        Accepted(key, _parsed(pem), organization)
        for key, pem, organization in rows.values_list("pk", "certificate", "organization")
    ]


def prove_by_certificate(charger: Charger, shown: bytes | None, *, at: datetime) -> x509.Certificate:
    """The certificate, where it proves that `charger` is who it says. Raises NotProven."""
    if shown is None:
        raise NotProven(Refusal.NO_CERTIFICATE, "")
    try:
        return _judged(charger, read_der(shown), at)
    except (NotACertificate, ValueError, UnsupportedAlgorithm) as error:
        # Its fields are read one by one, each when it is looked at.
        raise NotProven(Refusal.CERTIFICATE_UNFIT, f"It cannot be read: {error}") from error


def _judged(charger: Charger, certificate: x509.Certificate, at: datetime) -> x509.Certificate:
    issuer = find_issuer(certificate, accepted_authorities(), at)
    check_dates(certificate, at)
    signed = SignedCertificate.objects.filter(authority=issuer.key, serial_number=serial_of(certificate)).first()
    if signed is not None:
        _check_our_books(signed, charger)
    elif Authority.objects.filter(pk=issuer.key, use=AuthorityUse.CPO_SUB).exists():
        raise NotProven(Refusal.CERTIFICATE_UNFIT, "It was not signed for a charger's line to us")
    check_fitness(certificate)
    check_names(certificate, (charger.identity, charger.serial), issuer.organization)
    if signed is not None and signed.first_used_at is None:
        SignedCertificate.objects.filter(pk=signed.pk).update(first_used_at=at)
    return certificate


def _check_our_books(signed: SignedCertificate, charger: Charger) -> None:
    if signed.revoked_at is not None:
        why = f": {signed.revoked_because}" if signed.revoked_because else ""
        raise NotProven(Refusal.CERTIFICATE_REVOKED, f"Revoked on {signed.revoked_at:%Y-%m-%d}{why}")
    if signed.purpose not in FOR_OUR_LINE:
        raise NotProven(Refusal.CERTIFICATE_UNFIT, "It was not signed for a charger's line to us")
    if signed.charger_id not in (None, charger.pk):
        raise NotProven(Refusal.CERTIFICATE_OTHER, f"It was signed for {signed.subject}, which is another charger")


_came_by_certificate = Prepared(
    lambda charger: Security.objects.filter(charger=charger, came_by=Profile.CERTIFICATE).exclude(certificate=""), int
)


def whose_certificate(charger: Charger, serial: str) -> str:
    """Another's name, where it came by a certificate that is not that of the serial number it now tells; else "".

    B01.FR.11, B01.FR.12. A certificate may bear the charger's own name in place of a serial number.
    """
    if not serial:
        return ""
    security = next(iter(_came_by_certificate(charger.pk)), None)
    if security is None:
        return ""
    told = names_of(_parsed(security.certificate).subject)
    wanted = {charger.identity.casefold(), serial.casefold()}
    return "" if any(name.casefold() in wanted for name in told) else " / ".join(told)


def comes_by(charger: Charger, security: Security | None) -> Profile:
    """The profile of its newest arrival. Open lines are not kept as such: a password on one is the first profile."""
    if security is not None and security.came_by is not None:
        return Profile(security.came_by)
    newest = Connection.objects.filter(charger=charger).order_by("-pk").values_list("authenticated", flat=True).first()
    return Profile.PASSWORD if newest else Profile.NOTHING


def note_arrival(
    charger: Charger, security: Security | None, came_by: Profile, certificate: x509.Certificate | None, *, at: datetime
) -> None:
    """Keep how it came where that is news; from a profile that was asked for there is no way back (A05.FR.07/09)."""
    if security is None:
        if came_by < Profile.TLS:
            return
        security = Security(charger=charger)
    pem = pem_of(certificate) if certificate is not None else security.certificate
    is_upgraded = security.asked_profile is not None and came_by >= security.asked_profile
    if security.pk and not is_upgraded and (security.came_by, security.certificate) == (came_by, pem):
        return
    if security.came_by != came_by:
        security.came_by, security.came_at = came_by, at
    security.certificate = pem
    if is_upgraded:
        security.required_profile, security.asked_profile = int(security.asked_profile or came_by), None
        Upgrade.objects.filter(charger=charger, step=UpgradeStep.RETURN).update(step=UpgradeStep.DONE)
    security.save()
