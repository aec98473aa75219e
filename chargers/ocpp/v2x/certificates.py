"""Certificates to sign, for vehicles, whether they hold, and those that it trusts (2.x A02, M01-M06)."""

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
from chargers.events import (
    CertificatesRead,
    ContractAnswer,
    ContractRequested,
    HeldPaper,
    RevocationAnswer,
    RevocationAsked,
    SigningDecision,
    SigningRequested,
)
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v2x.versions import both, v21
from chargers.ocpp.v2x.words import hear_status
from chargers.ocpp.values import whole

# StatusInfoType.reasonCode
REASON_LENGTH = 20


@both.tells("SignCertificate")
def sign(said: Payload, heard_at: datetime) -> SigningRequested:
    return SigningRequested(
        request=said["csr"], kind=said.get("certificateType") or "", request_id=whole(said.get("requestId"))
    )


@both.answers("SignCertificate")
def sign_answer(decision: SigningDecision) -> Payload:
    return {"status": "Accepted" if decision.accepted else "Rejected", **_reason(decision.reason)}


@both.tells("Get15118EVCertificate")
def contract(said: Payload, heard_at: datetime) -> ContractRequested:
    return ContractRequested(
        exi_request=said["exiRequest"],
        schema_version=said["iso15118SchemaVersion"],
        update=said["action"] == "Update",
        takes_several=said.get("maximumContractCertificateChains") is not None,
    )


@both.answers("Get15118EVCertificate")
def contract_answer(answer: ContractAnswer) -> Payload:
    # The schema wants a response even where there is none.
    found = answer.exi_response is not None
    return {
        "status": "Accepted" if found else "Failed",
        "exiResponse": answer.exi_response or "",
        **({} if answer.remaining is None else {"remainingContracts": answer.remaining}),
        **_reason(answer.reason),
    }


@both.tells("GetCertificateStatus")
def revocation(said: Payload, heard_at: datetime) -> RevocationAsked:
    asked = said["ocspRequestData"]
    return RevocationAsked(
        hash_algorithm=asked["hashAlgorithm"],
        issuer_name_hash=asked["issuerNameHash"],
        issuer_key_hash=asked["issuerKeyHash"],
        serial_number=asked["serialNumber"],
        responder_url=asked["responderURL"],
    )


@both.answers("GetCertificateStatus")
def revocation_answer(answer: RevocationAnswer) -> Payload:
    if answer.ocsp_result is None:
        return {"status": "Failed", **_reason(answer.reason)}
    return {"status": "Accepted", "ocspResult": answer.ocsp_result}


def _reason(word: str) -> Payload:
    return {"statusInfo": {"reasonCode": word[:REASON_LENGTH]}} if word else {}


@both.asks(InstallCertificate)
def install(command: InstallCertificate) -> Call:
    if command.root is RootKind.V2G_CHAIN:
        raise CommandNotSpoken("A charger's own chain is given to it, not installed as a root")
    return Call("InstallCertificate", {"certificateType": command.root.value, "certificate": command.certificate})


@both.asks(GiveCertificate)
def give(command: GiveCertificate) -> Call:
    if command.signed_for is SignedFor.V2G20:
        raise CommandNotSpoken("2.0.1 knows no certificate of its own for ISO 15118-20")
    return _given(command)


def _given(command: GiveCertificate) -> Call:
    kind = {"certificateType": command.signed_for.value} if command.signed_for.value else {}
    return Call("CertificateSigned", {"certificateChain": command.chain, **kind})


@v21.asks(GiveCertificate)
def give_by_request(command: GiveCertificate) -> Call:
    call = _given(command)
    # A02.FR.25: the charger knows by it which of its key pairs is meant.
    known = {} if command.request_id is None else {"requestId": command.request_id}
    return Call(call.action, call.payload | known)


@both.asks(DeleteCertificate)
def delete(command: DeleteCertificate) -> Call:
    return Call("DeleteCertificate", {"certificateHashData": _hash(command.certificate)})


def _hash(certificate: CertificateHash) -> Payload:
    return {
        "hashAlgorithm": certificate.algorithm,
        "issuerNameHash": certificate.issuer_name_hash,
        "issuerKeyHash": certificate.issuer_key_hash,
        "serialNumber": certificate.serial_number,
    }


@both.hears("DeleteCertificate")
def deleted(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # NotFound: it is not there, which is what was wanted.
    return hear_status(response, "Accepted", "NotFound")


@both.asks(ReadCertificates)
def read(command: ReadCertificates) -> Call:
    roots = [root.value for root in command.roots]
    return Call("GetInstalledCertificateIds", {"certificateType": roots} if roots else {})


@both.hears("GetInstalledCertificateIds")
def certificates_read(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # NotFound: it has none of these.
    hearing = hear_status(response, "Accepted", "NotFound")
    if not hearing.accepted:
        return hearing
    held = tuple(_held(one) for one in response.get("certificateHashDataChain") or ())
    read = CertificatesRead(kinds=tuple(request.get("certificateType") or ()), held=held)
    return Hearing(True, hearing.status, (read,))


def _held(chain: Payload) -> HeldPaper:
    kind = chain["certificateType"]
    children = tuple(_paper(kind, one) for one in chain.get("childCertificateHashData") or ())
    return _paper(kind, chain["certificateHashData"], children)


def _paper(kind: str, told: Payload, children: tuple[HeldPaper, ...] = ()) -> HeldPaper:
    return HeldPaper(
        kind, told["hashAlgorithm"], told["issuerNameHash"], told["issuerKeyHash"], told["serialNumber"], children
    )
