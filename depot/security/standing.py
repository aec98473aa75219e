"""How a charger proves who it is, in the reader's words: its profile, its certificate, and what breaks when it ends."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from chargers.certificates.models import Profile, Security, SignedCertificate, Upgrade
from chargers.certificates.papers import common_name, names_of, read_pem, serial_of
from chargers.certificates.services import signing
from chargers.models import Charger

SOON_DAYS = 30


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate of a chain."""

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    days_left: int

    @property
    def ends_soon(self) -> bool:
        return self.days_left <= SOON_DAYS


def link_of(certificate: x509.Certificate, at: datetime) -> Link:
    return Link(
        subject=common_name(certificate),
        issuer=next(iter(names_of(certificate.issuer)), "unnamed"),
        serial=serial_of(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        days_left=(certificate.not_valid_after_utc - at).days,
    )


@dataclass(frozen=True, slots=True)
class Standing:
    required: Profile
    came_by: Profile | None
    came_at: datetime | None
    asked: Profile | None
    upgrade: Upgrade | None
    chain: list[Link]
    breaks: str


def standing_of(charger: Charger, *, at: datetime) -> Standing:
    security = Security.objects.filter(charger=charger).first() or Security(charger=charger)
    ours = signing.in_force(charger)
    chain = chain_of(security, ours, at)
    required = Profile(security.required_profile)
    return Standing(
        required=required,
        came_by=Profile(security.came_by) if security.came_by is not None else None,
        came_at=security.came_at,
        asked=Profile(security.asked_profile) if security.asked_profile is not None else None,
        upgrade=Upgrade.objects.filter(charger=charger).first(),
        chain=chain,
        breaks=what_breaks(required, chain),
    )


def chain_of(security: Security, ours: SignedCertificate | None, at: datetime) -> list[Link]:
    """What it proves itself with, or will: its own certificate, and who signed it where that is one of ours."""
    if ours is not None:
        return [link_of(read_pem(pem), at) for pem in (ours.certificate, *signing.certificates_above(ours))]
    return [link_of(read_pem(security.certificate), at)] if security.certificate else []


def what_breaks(required: Profile, chain: list[Link]) -> str:
    if not chain:
        return ""
    first = min(chain, key=lambda link: link.not_after)
    when = f"On {first.not_after:%Y-%m-%d} {'its certificate' if first is chain[0] else first.subject} ends."
    if required == Profile.CERTIFICATE:
        return f"{when} From then on the charger is not let in: it charges by its own rules, and we hear nothing of it."
    return f"{when} Nothing breaks by that: it comes in by its password."
