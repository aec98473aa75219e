"""Vehicles that prove themselves by a contract certificate, over real sockets, against the test PKI."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from billing.services import settle_session
from chargers.certificates.models import Authority, AuthorityUse, GivenState, SignedCertificate
from chargers.certificates.papers import read_chain, read_pem
from depot import certificates
from depot.plug_and_charge import local
from sessions.models import Session
from tests.factories import THURSDAY
from tests.flows.scene import PASSWORD, Scene, set_scene
from tests.live import LiveDepot
from tests.papers import request_for, root, signed_by
from tests.plug_and_charge import pki
from tests.plug_and_charge.pki import EMAID
from tests.polling import until
from tests.simulator.yards import make_yard, running
from tests.wire import Payload, Wire, dial

pytestmark = pytest.mark.django_db(transaction=True)
V2X = ["ocpp2.0.1", "ocpp2.1"]


@pytest.fixture(autouse=True)
def provider(settings: Any) -> None:
    settings.PLUG_AND_CHARGE = "local"


@pytest.fixture
def scene(db: None) -> Scene:
    made = set_scene()
    made.van.vin = "WVWZZZ1KZ00000012"
    made.van.save()
    local.give_contract(EMAID, made.van, now=THURSDAY)
    return made


def connected(depot: LiveDepot, version: str) -> Any:
    return dial(depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(version,))


async def presented(wire: Wire, emaid: str = EMAID, **shown: Any) -> tuple[str, str]:
    answer = await wire.call("Authorize", {"idToken": {"idToken": emaid, "type": "eMAID"}, **shown})
    return answer["idTokenInfo"]["status"], answer.get("certificateStatus", "")


@pytest.mark.parametrize("version", V2X)
async def test_a_virtual_vehicle_starts_by_its_contract_and_the_books_carry_emaid_and_vehicle(
    live_depot: LiveDepot, scene: Scene, version: str
) -> None:
    chain, _ = await sync_to_async(pki.contract)()
    yard = make_yard(version.removeprefix("ocpp"), identity="CP-A01", password=PASSWORD)
    van = replace(yard.vehicles[0], emaid=EMAID, contract=chain)
    yard = replace(yard, vehicles=(van, *yard.vehicles[1:]))

    async with running(yard, f"{live_depot.socket_url}/ocpp") as runner:
        charger = runner.world.chargers["CP-A01"]
        await until(_is(lambda: charger.is_online))
        charger.evses[0].plug_in(runner.world.vehicles["Van 1"])
        await until(Session.objects.filter(charger=scene.charger).aexists)
        charger.evses[0].unplug()
        await until(Session.objects.exclude(ended_at=None).aexists)

    session = await Session.objects.select_related("vehicle").aget()
    transaction = await sync_to_async(settle_session)(session, now=session.ended_heard_at + timedelta(hours=1))
    assert (session.token_value, session.token_type, session.vehicle) == (EMAID, "eMAID", scene.van)
    assert transaction.facts["id_token"] == EMAID
    assert transaction.facts["vehicle"]["unit_number"] == "Van 12"


def _is(true: Callable[[], bool]) -> Any:
    async def ask() -> bool:
        return true()

    return ask


@pytest.mark.parametrize("version", V2X)
async def test_a_contract_that_holds_is_accepted_by_its_chain_and_by_its_hashes(
    live_depot: LiveDepot, scene: Scene, version: str
) -> None:
    chain, _ = await sync_to_async(pki.contract)()
    named = await sync_to_async(pki.hashes)(chain)

    async with connected(live_depot, version) as wire:
        by_chain = await presented(wire, certificate=chain)
        by_hashes = await presented(wire, iso15118CertificateHashData=named)
        written_with_hyphens = await presented(wire, "DE-8AA-C12345678-X", certificate=chain)

    assert by_chain == by_hashes == written_with_hyphens == ("Accepted", "Accepted")


async def test_a_contract_nobody_knows_is_cancelled_though_its_certificate_holds(
    live_depot: LiveDepot, scene: Scene
) -> None:
    chain, _ = await sync_to_async(pki.contract)("DE8AAC99999999X")

    async with connected(live_depot, "ocpp2.0.1") as wire:
        assert await presented(wire, "DE8AAC99999999X", certificate=chain) == ("Unknown", "ContractCancelled")


@pytest.mark.parametrize("by", ["chain", "hashes"])
async def test_a_revoked_contract_is_refused(live_depot: LiveDepot, scene: Scene, by: str) -> None:
    chain, _ = await sync_to_async(pki.contract)()
    named = await sync_to_async(pki.hashes)(chain)
    await sync_to_async(pki.revoke_all)()
    shown: dict[str, Any] = {"certificate": chain} if by == "chain" else {"iso15118CertificateHashData": named}

    async with connected(live_depot, "ocpp2.1") as wire:
        assert await presented(wire, **shown) == ("Invalid", "CertificateRevoked")


async def test_an_expired_contract_is_refused(live_depot: LiveDepot, scene: Scene) -> None:
    chain, _ = await sync_to_async(pki.contract)()
    named = await sync_to_async(pki.hashes)(chain)
    await sync_to_async(pki.let_expire)()

    async with connected(live_depot, "ocpp2.1") as wire:
        assert await presented(wire, iso15118CertificateHashData=named) == ("Expired", "CertificateExpired")


async def test_somebody_else_s_chain_and_another_s_contract_are_refused(live_depot: LiveDepot, scene: Scene) -> None:
    own, _ = await sync_to_async(pki.contract)("DE8AAC99999999X")
    foreign = signed_by(root("Another pool"), EMAID).pem

    async with connected(live_depot, "ocpp2.0.1") as wire:
        assert await presented(wire, certificate=foreign) == ("Invalid", "CertChainError")
        assert await presented(wire, certificate=own) == ("Invalid", "CertChainError")
        assert await presented(wire, certificate="nonsense") == ("Invalid", "CertChainError")


@pytest.mark.parametrize("version", V2X)
async def test_without_a_provider_everything_is_refused_in_the_schema_s_words(
    live_depot: LiveDepot, scene: Scene, version: str, settings: Any
) -> None:
    chain, _ = await sync_to_async(pki.contract)()
    settings.PLUG_AND_CHARGE = ""

    async with connected(live_depot, version) as wire:
        shown = await presented(wire, certificate=chain)
        wanted = await wire.call("Get15118EVCertificate", installing("gJgC"))
        signed = await wire.call("SignCertificate", {"csr": request_for("SECC-1"), "certificateType": "V2GCertificate"})

    assert shown == ("Invalid", "CertChainError")
    assert (wanted["status"], wanted["statusInfo"]["reasonCode"]) == ("Failed", "NoProvider")
    assert (signed["status"], signed["statusInfo"]["reasonCode"]) == ("Rejected", "NoProvider")


def installing(request: str, **more: Any) -> Payload:
    return {
        "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef",
        "action": "Install",
        "exiRequest": request,
        **more,
    }


@pytest.mark.parametrize("version", V2X)
async def test_a_vehicle_gets_the_contract_certificate_of_its_vin(
    live_depot: LiveDepot, scene: Scene, version: str
) -> None:
    request = base64.b64encode(request_for(scene.van.vin).encode()).decode()

    async with connected(live_depot, version) as wire:
        answer = await wire.call("Get15118EVCertificate", installing(request))
        chain = base64.b64decode(answer["exiResponse"]).decode()
        shown = await presented(wire, certificate=chain)

    assert answer["status"] == "Accepted"
    assert read_chain(chain)[0].subject.rfc4514_string().startswith("O=Test PKI,CN=DE8AAC")
    assert shown == ("Accepted", "Accepted")


async def test_a_2_1_charger_that_takes_several_is_told_how_many_are_left(live_depot: LiveDepot, scene: Scene) -> None:
    request = base64.b64encode(request_for(scene.van.vin).encode()).decode()

    async with connected(live_depot, "ocpp2.1") as wire:
        answer = await wire.call("Get15118EVCertificate", installing(request, maximumContractCertificateChains=2))

    assert answer["remainingContracts"] == 0


async def test_a_vehicle_without_a_contract_gets_none(live_depot: LiveDepot, scene: Scene) -> None:
    request = base64.b64encode(request_for("UNKNOWN-VIN").encode()).decode()

    async with connected(live_depot, "ocpp2.0.1") as wire:
        answer = await wire.call("Get15118EVCertificate", installing(request))

    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Failed", "NoContract")


@pytest.mark.parametrize(("revoked", "state"), [(False, ocsp.OCSPCertStatus.GOOD), (True, ocsp.OCSPCertStatus.REVOKED)])
async def test_whether_a_certificate_holds_is_answered_by_ocsp_that_its_authority_signed(
    live_depot: LiveDepot, scene: Scene, revoked: bool, state: ocsp.OCSPCertStatus
) -> None:
    chain, _ = await sync_to_async(pki.contract)()
    named = (await sync_to_async(pki.hashes)(chain))[0]
    if revoked:
        await sync_to_async(pki.revoke_all)()

    async with connected(live_depot, "ocpp2.0.1") as wire:
        answer = await wire.call("GetCertificateStatus", {"ocspRequestData": named})

    told = ocsp.load_der_ocsp_response(base64.b64decode(answer["ocspResult"]))
    authority = read_pem((await Authority.objects.aget(use=AuthorityUse.MO_SUB)).certificate)
    key: Any = authority.public_key()
    key.verify(told.signature, told.tbs_response_bytes, ec.ECDSA(told.signature_hash_algorithm))
    assert answer["status"] == "Accepted"
    assert (told.certificate_status, f"{told.serial_number:x}") == (state, named["serialNumber"])


async def test_each_certificate_of_a_chain_is_judged_by_itself(live_depot: LiveDepot, scene: Scene) -> None:
    chain, _ = await sync_to_async(pki.contract)()
    named = [
        {name: value for name, value in one.items() if name != "responderURL"}
        for one in await sync_to_async(pki.hashes)(chain)
    ]
    stranger = named[0] | {"serialNumber": "abc"}
    asked = [{"certificateHashData": one, "source": "OCSP", "urls": ["http://x.example"]} for one in (*named, stranger)]

    async with connected(live_depot, "ocpp2.1") as wire:
        answer = await wire.call("GetCertificateChainStatus", {"certificateStatusRequests": asked})

    assert [one["status"] for one in answer["certificateStatus"]] == ["Good", "Good", "Unknown"]


@pytest.mark.parametrize("version", V2X)
async def test_a_charger_s_certificate_towards_vehicles_is_signed_and_handed_over_with_its_chain(
    live_depot: LiveDepot, scene: Scene, version: str
) -> None:
    async with connected(live_depot, version) as wire:
        answer = await wire.call("SignCertificate", {"csr": request_for("SECC-1"), "certificateType": "V2GCertificate"})
        await sync_to_async(certificates.give_certificates)(THURSDAY)
        given = await wire.is_asked("CertificateSigned")
        await until(SignedCertificate.objects.filter(given_state=GivenState.ACCEPTED).aexists)

    leaf, above = read_chain(given["certificateChain"])
    leaf.verify_directly_issued_by(above)
    assert (answer["status"], given["certificateType"]) == ("Accepted", "V2GCertificate")
    assert leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == "SECC-1"
