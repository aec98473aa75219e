"""Certificates to sign, and those that it trusts (1.6 security white paper)."""

from datetime import datetime

from chargers.commands import (
    CertificateHash,
    DeleteCertificate,
    GiveCertificate,
    InstallCertificate,
    ReadCertificates,
    RootKind,
    SignedFor,
)
from chargers.events import CertificatesRead, HeldPaper, SigningDecision, SigningRequested
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v16.words import dialect

# What 2.x calls CSMS is the Central System here; certificates of ISO 15118 came later.
ROOTS = {RootKind.CSMS: "CentralSystemRootCertificate", RootKind.MANUFACTURER: "ManufacturerRootCertificate"}

KINDS: dict[str, str] = {word: root.value for root, word in ROOTS.items()}


@dialect.tells("SignCertificate")
def sign(said: Payload, heard_at: datetime) -> SigningRequested:
    return SigningRequested(request=said["csr"])


@dialect.answers("SignCertificate")
def sign_answer(decision: SigningDecision) -> Payload:
    return {"status": "Accepted" if decision.accepted else "Rejected"}


def _root(root: RootKind) -> str:
    if root not in ROOTS:
        raise CommandNotSpoken(f"1.6 has no {root}")
    return ROOTS[root]


@dialect.asks(InstallCertificate)
def install(command: InstallCertificate) -> Call:
    payload = {"certificateType": _root(command.root), "certificate": command.certificate}
    return Call("InstallCertificate", payload)


@dialect.asks(GiveCertificate)
def give(command: GiveCertificate) -> Call:
    if command.signed_for is not SignedFor.STATION:
        raise CommandNotSpoken("1.6 knows no certificate but the charger's own")
    return Call("CertificateSigned", {"certificateChain": command.chain})


@dialect.asks(DeleteCertificate)
def delete(command: DeleteCertificate) -> Call:
    return Call("DeleteCertificate", {"certificateHashData": _hash(command.certificate)})


def _hash(certificate: CertificateHash) -> Payload:
    return {
        "hashAlgorithm": certificate.algorithm,
        "issuerNameHash": certificate.issuer_name_hash,
        "issuerKeyHash": certificate.issuer_key_hash,
        "serialNumber": certificate.serial_number,
    }


@dialect.hears("DeleteCertificate")
def deleted(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # NotFound: it is not there, which is what was wanted.
    return Hearing(response["status"] in ("Accepted", "NotFound"), response["status"])


@dialect.asks(ReadCertificates)
def read(command: ReadCertificates) -> Call:
    if len(command.roots) != 1:
        raise CommandNotSpoken("1.6 reads certificates of one kind at a time")
    return Call("GetInstalledCertificateIds", {"certificateType": _root(command.roots[0])})


@dialect.hears("GetInstalledCertificateIds")
def certificates_read(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # NotFound: it has none of these.
    status = response["status"]
    if status not in ("Accepted", "NotFound"):
        return Hearing(False, status)
    kind = KINDS[request["certificateType"]]
    held = tuple(
        HeldPaper(kind, one["hashAlgorithm"], one["issuerNameHash"], one["issuerKeyHash"], one["serialNumber"])
        for one in response.get("certificateHashData") or ()
    )
    return Hearing(True, status, (CertificatesRead(kinds=(kind,), held=held),))
