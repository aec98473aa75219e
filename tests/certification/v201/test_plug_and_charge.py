"""Blocks A, C and M where vehicles prove themselves by contract certificates (ISO 15118), against the test PKI.

The provider judges whether a certificate holds, and its responder is part of it: no address that a station names is
followed by us.
"""

import base64
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import ocsp

from chargers.certificates import building
from chargers.certificates.door import prove_by_certificate
from chargers.certificates.judging import NotProven
from chargers.certificates.models import Authority, AuthorityUse, SignedCertificate
from chargers.certificates.papers import read_chain, read_pem
from depot.certificates import give_certificates
from depot.plug_and_charge import local
from tests import papers
from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import Station
from tests.certification.yard import Yard
from tests.factories import THURSDAY
from tests.papers import now
from tests.plug_and_charge import pki
from tests.polling import until
from tests.wire import Payload


@pytest.fixture(autouse=True)
def provider(settings: Any) -> None:
    settings.PLUG_AND_CHARGE = "local"


class Contract:
    def __init__(self, yard: Yard) -> None:
        self.emaid = f"DE8AAC{yard.charger.pk:08}X"
        self.vin = f"WVWZZZ1KZ{yard.charger.pk:08}"
        yard.van.vin = self.vin
        yard.van.save()
        local.give_contract(self.emaid, yard.van, now=THURSDAY)
        self.chain, self.key = pki.contract(self.emaid)
        self.hashes = pki.hashes(self.chain)

    def revoke(self) -> None:
        serial = f"{read_chain(self.chain)[0].serial_number:x}"
        assert SignedCertificate.objects.filter(serial_number=serial).update(revoked_at=now())


@pytest.fixture
async def contract(yard: Yard) -> Contract:
    return await sync_to_async(Contract)(yard)


async def present(station: Station, contract: Contract, **shown: Any) -> tuple[str, str]:
    answer = await station.authorize(contract.emaid, "eMAID", **shown)
    return answer["idTokenInfo"]["status"], answer.get("certificateStatus", "")


@pytest.mark.parametrize(
    "by",
    [pytest.param("hashes", marks=case_201("TC_C_50")), pytest.param("chain", marks=case_201("TC_C_52"))],
)
async def test_a_contract_that_holds_starts_a_charge_of_its_vehicle(
    station: Station, contract: Contract, yard: Yard, by: str
) -> None:
    shown = {"iso15118CertificateHashData": contract.hashes} if by == "hashes" else {"certificate": contract.chain}
    await station.plug_in()
    presented = await present(station, contract, **shown)
    token = {"idToken": contract.emaid, "type": "eMAID"}
    answer = await station.event("Updated", "Authorized", idToken=token)
    await station.event("Updated", "ChargingStateChanged", state="Charging")

    session = await yard.session()
    assert presented == ("Accepted", "Accepted")
    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert (session.token_value, session.token_type, session.vehicle_id) == (contract.emaid, "eMAID", yard.van.pk)
    assert session.energy_state == "charging"


@case_201("TC_C_51")
async def test_a_contract_whose_certificate_is_revoked_starts_nothing(station: Station, contract: Contract) -> None:
    await station.plug_in()
    await sync_to_async(contract.revoke)()

    status, of_certificate = await present(station, contract, iso15118CertificateHashData=contract.hashes)

    assert (status != "Accepted", of_certificate) == (True, "CertificateRevoked")


@case_201("TC_M_24")
async def test_whether_certificates_of_a_chain_hold_is_told_by_the_responder_s_own_answer(
    station: Station, contract: Contract
) -> None:
    for asked in contract.hashes:
        answer = await station.wire.call("GetCertificateStatus", {"ocspRequestData": asked})

        told = ocsp.load_der_ocsp_response(base64.b64decode(answer["ocspResult"]))
        assert (answer["status"], told.certificate_status) == ("Accepted", ocsp.OCSPCertStatus.GOOD)
        assert told.serial_number == int(asked["serialNumber"], 16)


@pytest.mark.parametrize(
    "action",
    [pytest.param("Install", marks=case_201("TC_M_26")), pytest.param("Update", marks=case_201("TC_M_28"))],
)
async def test_a_vehicle_gets_its_contract_certificate_through_the_station(
    station: Station, contract: Contract, action: str
) -> None:
    request = papers.request_for(contract.vin, key=building.make_key())
    told = {
        "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": action,
        "exiRequest": base64.b64encode(request.encode()).decode(),
    }  # fmt: skip

    answer = await station.wire.call("Get15118EVCertificate", told)

    chain = read_chain(base64.b64decode(answer["exiResponse"]).decode())
    assert answer["status"] == "Accepted"
    assert contract.emaid in chain[0].subject.rfc4514_string()


@case_201("TC_A_13")
async def test_one_certificate_towards_us_and_vehicles_is_signed_by_the_provider_and_opens_our_door(
    station: Station, yard: Yard, desk: Desk
) -> None:
    """The station asks without a kind, for it was told what for."""
    told: Payload = await desk.ask("trigger", {"message": "SignCombinedCertificate"})
    foreign = await station.wire.call(
        "SignCertificate", {"csr": papers.request_for("CP-OTHER", key=building.make_key())}
    )
    request = papers.request_for(yard.identity, key=building.make_key())
    signed = await station.wire.call("SignCertificate", {"csr": request})

    async def is_taken() -> bool:
        await sync_to_async(give_certificates)(station.time.moment)
        return await SignedCertificate.objects.filter(charger=yard.charger, given_state="accepted").aexists()

    await until(is_taken)
    given = await station.wire.is_asked("CertificateSigned")
    leaf, sub = read_chain(given["certificateChain"])
    root = await Authority.objects.aget(use=AuthorityUse.V2G_ROOT)
    shown = leaf.public_bytes(serialization.Encoding.DER)
    leaf.verify_directly_issued_by(sub)
    sub.verify_directly_issued_by(read_pem(root.certificate))
    assert told["request"] == {"requestedMessage": "SignCombinedCertificate"}
    assert (foreign["status"], signed["status"], "certificateType" in given) == ("Rejected", "Accepted", False)
    assert await sync_to_async(prove_by_certificate)(yard.charger, shown, at=now()) == leaf


@case_201("TC_A_12")
async def test_a_station_s_certificate_towards_vehicles_is_signed_by_the_provider(
    station: Station, yard: Yard, desk: Desk
) -> None:
    told: Payload = await desk.ask("trigger", {"message": "SignV2GCertificate"})
    request = papers.request_for(yard.identity, key=building.make_key())
    signed = await station.wire.call("SignCertificate", {"csr": request, "certificateType": "V2GCertificate"})

    async def is_taken() -> bool:
        await sync_to_async(give_certificates)(station.time.moment)
        return await SignedCertificate.objects.filter(charger=yard.charger, given_state="accepted").aexists()

    await until(is_taken)
    given = await station.wire.is_asked("CertificateSigned")
    leaf, sub = read_chain(given["certificateChain"])
    root = await Authority.objects.aget(use=AuthorityUse.V2G_ROOT)
    leaf.verify_directly_issued_by(sub)
    sub.verify_directly_issued_by(read_pem(root.certificate))
    assert told["request"] == {"requestedMessage": "SignV2GCertificate"}
    assert (signed["status"], given["certificateType"]) == ("Accepted", "V2GCertificate")
    assert isinstance(leaf, x509.Certificate)
    with pytest.raises(NotProven, match="not signed for a charger's line to us"):
        await sync_to_async(prove_by_certificate)(yard.charger, leaf.public_bytes(serialization.Encoding.DER), at=now())
