"""What a charger has installed, as it said last; and what of it we know ourselves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from django.db import transaction

from chargers.certificates.models import Authority, HeldCertificate
from chargers.certificates.papers import ALGORITHMS, folded_serial, issuer_hashes, read_pem, serial_of
from chargers.choices import CommandState, Protocol
from chargers.commands import (
    CertificateHash,
    Command,
    DeleteCertificate,
    InstallCertificate,
    ReadCertificates,
    RootKind,
)
from chargers.events import CertificatesRead, HeldPaper
from chargers.models import Charger, IssuedCommand

PURPOSES = {
    RootKind.CSMS.value: "Our server",
    RootKind.MANUFACTURER.value: "Its maker's firmware",
    RootKind.V2G.value: "Towards vehicles",
    RootKind.MOBILITY_OPERATOR.value: "Vehicles' contracts",
    RootKind.V2G_CHAIN.value: "Its own, towards vehicles",
}
# What 1.6 has; it is asked kind by kind.
KINDS_OF_16 = (RootKind.CSMS, RootKind.MANUFACTURER)


def reading_commands(protocol: str) -> list[Command]:
    if protocol == Protocol.V16:
        return [ReadCertificates(roots=(kind,)) for kind in KINDS_OF_16]
    return [ReadCertificates()]


@transaction.atomic
def keep_held(charger: Charger, told: CertificatesRead, *, now: datetime) -> None:
    """What was told takes the place of what was told before of these kinds."""
    before = HeldCertificate.objects.filter(charger=charger)
    (before.filter(kind__in=told.kinds) if told.kinds else before).delete()
    for paper in told.held:
        head = _keep(charger, paper, None, now)
        for child in paper.children:
            _keep(charger, child, head, now)


def _keep(charger: Charger, paper: HeldPaper, head: HeldCertificate | None, now: datetime) -> HeldCertificate:
    return HeldCertificate.objects.create(
        charger=charger,
        kind=paper.kind[:40],
        algorithm=paper.algorithm[:8],
        issuer_name_hash=paper.issuer_name_hash[:128],
        issuer_key_hash=paper.issuer_key_hash[:128],
        serial_number=paper.serial_number[:40],
        child_of=head,
        told_at=now,
    )


def deletion_of(held: HeldCertificate) -> DeleteCertificate:
    """In the charger's own hashes, so that it knows the algorithm (M04.FR.07)."""
    return DeleteCertificate(
        certificate=CertificateHash(
            algorithm=held.algorithm,
            issuer_name_hash=held.issuer_name_hash,
            issuer_key_hash=held.issuer_key_hash,
            serial_number=held.serial_number,
        )
    )


def installation_of(authority: Authority, kind: RootKind = RootKind.CSMS) -> InstallCertificate:
    return InstallCertificate(root=kind, certificate=authority.certificate)


def changes_what_is_held(command: IssuedCommand) -> bool:
    """After these the charger is asked anew what it holds."""
    return command.state == CommandState.ACCEPTED and command.kind in ("install_certificate", "delete_certificate")


@dataclass(frozen=True, slots=True)
class Named:
    """A held certificate, with its name where it is one of an authority that we know."""

    held: HeldCertificate
    authority: Authority | None
    certificate: x509.Certificate | None

    @property
    def purpose(self) -> str:
        """What the charger trusts it for, in plain words."""
        return PURPOSES.get(self.held.kind, "Another use")


def name_held(charger: Charger) -> list[Named]:
    authorities = [(row, read_pem(row.certificate)) for row in Authority.objects.all()]
    return [_named(held, authorities) for held in HeldCertificate.objects.filter(charger=charger)]


def _named(held: HeldCertificate, authorities: Iterable[tuple[Authority, x509.Certificate]]) -> Named:
    for row, certificate in authorities:
        if is_it(held, certificate):
            return Named(held, row, certificate)
    return Named(held, None, None)


def is_it(held: HeldCertificate, certificate: x509.Certificate) -> bool:
    """Is `held` this root? Only of a root can it be told by itself: it is its own issuer."""
    if held.algorithm not in ALGORITHMS or folded_serial(held.serial_number) != serial_of(certificate):
        return False
    name_hash, key_hash = issuer_hashes(certificate, held.algorithm)
    return (held.issuer_name_hash.lower(), held.issuer_key_hash.lower()) == (name_hash, key_hash)


def holds_root_of(charger: Charger, authorities: Iterable[Authority]) -> bool | None:
    """None where the charger never said what it holds."""
    held = list(HeldCertificate.objects.filter(charger=charger, kind=RootKind.CSMS.value))
    if not held:
        return False if HeldCertificate.objects.filter(charger=charger).exists() else None
    roots = [read_pem(authority.certificate) for authority in authorities]
    return any(is_it(one, root) for one in held for root in roots)
