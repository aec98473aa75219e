"""Passwords, certificates, security profiles, and what a charge point tells of them; TLS is tested at its own door."""

import ipaddress
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from websockets.exceptions import InvalidStatus

from chargers.certificates import building
from chargers.certificates.models import Authority, HeldCertificate, SignedCertificate
from chargers.certificates.papers import issuer_hashes, read_pem, serial_of
from chargers.certificates.services import authorities
from chargers.models import RefusedHandshake, SecurityEvent
from depot import clock
from depot.certificates import give_certificates
from depot.notices.models import Notice
from tests import papers
from tests.certification.cases import case_16
from tests.certification.desk import Desk
from tests.certification.v16.charge_point import ChargePoint
from tests.certification.yard import PASSWORD, Yard
from tests.papers import OWNER
from tests.polling import until
from tests.wire import Payload, Wire, dial
from tests.yard.reading import flash


@pytest.fixture
async def authority(running: object) -> Authority:
    return await sync_to_async(authorities.make_authority)(OWNER, at=datetime.now(UTC))


async def refused_with(yard: Yard, **how: Any) -> int:
    with pytest.raises(InvalidStatus) as status:
        async with dial(yard.url, yard.identity, **how):
            raise AssertionError("it was let in")
    kept = await RefusedHandshake.objects.filter(identity=yard.identity).alatest("pk")
    answered: int = kept.answered_with
    assert status.value.response.status_code == answered
    return answered


@case_16("TC_085")
async def test_a_charge_point_with_its_password_is_let_in_and_no_other(point: ChargePoint, yard: Yard) -> None:
    assert (await point.boot())["status"] == "Accepted"

    for how in ({}, {"password": "wrong"}, {"password": PASSWORD, "user": "somebody"}):
        assert await refused_with(yard, **how) == 401
    assert (await yard.desk.get(f"chargers/{yard.identity}/"))["is_online"]


@case_16("TC_088")
async def test_the_version_is_the_first_offered_that_is_spoken_here(yard: Yard) -> None:
    async with dial(yard.url, yard.identity, password=PASSWORD, subprotocols=("ocpp1.5", "ocpp1.6")) as wire:
        answered = wire.socket.subprotocol
        shown = (await yard.desk.get(f"chargers/{yard.identity}/"))["protocol"]

    assert (answered, shown) == ("ocpp1.6", "ocpp1.6")
    async with dial(yard.url, yard.identity, password=PASSWORD, subprotocols=("ocpp0.9",)) as wire:
        code, _ = await wire.closed()
    # OCPP-J: the handshake is completed without a version in it, and the socket closed.
    assert (wire.socket.subprotocol, code) == (None, 1002)
    assert (await RefusedHandshake.objects.aget(identity=yard.identity)).offered == "ocpp0.9"


@case_16("TC_073")
async def test_a_new_password_is_written_and_is_the_only_one_once_it_was_used(
    point: ChargePoint, wire: Wire, yard: Yard, desk: Desk
) -> None:
    made = await desk.post(f"chargers/{yard.identity}/password/", status=200)
    asked = await wire.is_asked("ChangeConfiguration")
    await wire.close()
    async with dial(yard.url, yard.identity, password=made["password"]) as point.wire:
        booted = await point.boot()

    assert asked == {"key": "AuthorizationKey", "value": made["password"]}
    assert 16 <= len(made["password"]) <= 40
    assert booted["status"] == "Accepted"
    assert await refused_with(yard, password=PASSWORD) == 401
    assert made["password"] not in await desk.page("messages/")


def rsa_request(identity: str) -> tuple[Any, str]:
    key = building.make_key("rsa")
    return key, papers.request_for(identity, key=key)


async def ask_to_sign(point: ChargePoint, wire: Wire, desk: Desk) -> Payload:
    """The charge point is asked for a request, sends one by a key of RSA, and is handed what came of it."""
    wire.answers["ExtendedTriggerMessage"] = {"status": "Accepted"}
    await desk.ask("trigger", {"message": "SignChargingStationCertificate"})
    assert await wire.is_asked("ExtendedTriggerMessage") == {"requestedMessage": "SignChargePointCertificate"}
    _, request = await sync_to_async(rsa_request)(point.identity)
    assert await wire.call("SignCertificate", {"csr": request}) == {"status": "Accepted"}
    await sync_to_async(give_certificates)(clock.now())
    return await wire.is_asked("CertificateSigned")


async def given(desk: Desk, state: str) -> Payload:
    """The certificate as shown, once the charge point's answer is kept."""

    async def is_so() -> bool:
        return await SignedCertificate.objects.filter(charger=desk.charger_id, given_state=state).aexists()

    await until(is_so)
    (told,) = (await desk.get(f"certificates/?charger={desk.identity}"))["results"]
    return told  # type: ignore[no-any-return]


@case_16("TC_074")
async def test_a_request_by_a_key_of_rsa_is_signed_and_handed_over(
    point: ChargePoint, wire: Wire, desk: Desk, authority: Authority
) -> None:
    handed = await ask_to_sign(point, wire, desk)

    told = await given(desk, "accepted")
    certificate = read_pem(handed["certificateChain"])
    assert isinstance(certificate.public_key(), rsa.RSAPublicKey)
    assert point.identity in [name.value for name in certificate.subject]
    assert (told["purpose"], told["given_state"]) == ("station", "accepted")
    assert read_pem(told["certificate"]) == certificate


@case_16("TC_077")
async def test_a_certificate_that_the_charge_point_finds_wrong_is_told_to_people(
    point: ChargePoint, wire: Wire, desk: Desk, authority: Authority
) -> None:
    wire.answers["CertificateSigned"] = {"status": "Rejected"}
    await ask_to_sign(point, wire, desk)

    async def was_refused() -> bool:
        # Once more, with the root this time: then it is given up.
        await sync_to_async(give_certificates)(clock.now())
        return await SignedCertificate.objects.filter(charger=desk.charger_id, given_state="refused").aexists()

    await until(was_refused)
    await security_event(point, "InvalidChargePointCertificate")

    notices = {notice.kind async for notice in Notice.objects.filter(text__contains=point.identity)}
    assert (await given(desk, "refused"))["first_used_at"] is None
    assert {"certificate.refused", "charger.security_event"} <= notices
    assert "InvalidChargePointCertificate" in await desk.page()


async def security_event(point: ChargePoint, kind: str) -> None:
    assert await point.wire.call("SecurityEventNotification", {"type": kind, "timestamp": point.now()}) == {}
    assert await SecurityEvent.objects.filter(charger__identity=point.identity, type=kind).aexists()


def hashes_of(certificate: x509.Certificate) -> Payload:
    name_hash, key_hash = issuer_hashes(certificate, "SHA256")
    return {
        "hashAlgorithm": "SHA256", "issuerNameHash": name_hash, "issuerKeyHash": key_hash,
        "serialNumber": serial_of(certificate),
    }  # fmt: skip


async def act(desk: Desk, path: str, **form: str) -> None:
    """What a person does on the charge point's page of its security."""
    where = f"/chargers/{desk.charger_id}/security/{path}/"
    response = await sync_to_async(desk.client.post)(where, form, format="multipart", follow=True)
    assert "Not sent" not in (said := flash(response)), said


def holds(wire: Wire, certificate: x509.Certificate | None, kind: str) -> None:
    """What the charge point tells of what it has installed."""

    def told(asked: Payload) -> Payload:
        if certificate is None or asked["certificateType"] != kind:
            return {"status": "NotFound"}
        return {"status": "Accepted", "certificateHashData": [hashes_of(certificate)]}

    wire.answers["GetInstalledCertificateIds"] = told


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("ManufacturerRootCertificate", marks=case_16("TC_075_1")),
        pytest.param("CentralSystemRootCertificate", marks=case_16("TC_075_2")),
    ],
)
async def test_a_root_to_trust_is_installed_and_read_back(
    point: ChargePoint, wire: Wire, desk: Desk, kind: str
) -> None:
    ours = "CSMSRootCertificate" if kind == "CentralSystemRootCertificate" else kind
    root = await sync_to_async(papers.root)()
    holds(wire, root.certificate, kind)
    await act(desk, "install", kind=ours, certificate=root.pem)
    asked = await wire.is_asked("InstallCertificate")
    held = await is_held(desk, root.certificate)

    assert (asked["certificateType"], read_pem(asked["certificate"])) == (kind, root.certificate)
    assert held.kind == ours
    assert {payload["certificateType"] for name, payload in wire.asked if name == "GetInstalledCertificateIds"} >= {
        kind
    }


async def is_held(desk: Desk, certificate: x509.Certificate) -> HeldCertificate:
    rows = HeldCertificate.objects.filter(charger=desk.charger_id, serial_number=serial_of(certificate))
    await until(rows.aexists)
    return await rows.aget()


@case_16("TC_076")
async def test_an_installed_certificate_is_deleted_by_the_charge_point_s_own_hashes(
    point: ChargePoint, wire: Wire, desk: Desk
) -> None:
    root = (await sync_to_async(papers.root)()).certificate
    holds(wire, root, "CentralSystemRootCertificate")
    await act(desk, "read")
    held = await is_held(desk, root)
    holds(wire, None, "")
    await act(desk, f"held/{held.pk}/delete")
    asked = await wire.is_asked("DeleteCertificate")

    async def is_gone() -> bool:
        return not await HeldCertificate.objects.filter(charger=desk.charger_id).aexists()

    await until(is_gone)
    assert asked == {"certificateHashData": hashes_of(root)}


@case_16("TC_078")
async def test_a_root_that_the_charge_point_finds_wrong_is_not_held_and_told_to_people(
    point: ChargePoint, wire: Wire, desk: Desk
) -> None:
    wire.answers["InstallCertificate"] = {"status": "Rejected"}
    root = await sync_to_async(papers.root)()
    await act(desk, "install", kind="CSMSRootCertificate", certificate=root.pem)
    await wire.is_asked("InstallCertificate")
    await security_event(point, "InvalidCentralSystemCertificate")

    (command,) = (await desk.get(f"commands/?charger={desk.identity}"))["results"]
    assert (command["action"], command["state"]) == ("InstallCertificate", "rejected")
    assert not await HeldCertificate.objects.filter(charger=desk.charger_id).aexists()
    notice = await Notice.objects.aget(kind="charger.security_event", text__contains=desk.identity)
    assert "InvalidCentralSystemCertificate" in notice.text


@case_16("TC_083")
async def test_a_higher_security_profile_is_asked_for_and_required_once_it_came_by_it(
    point: ChargePoint, wire: Wire, yard: Yard, desk: Desk, settings: Any
) -> None:
    settings.PUBLIC_CHARGER_URL = "wss://depot.example/ocpp"
    settings.TRUSTED_PROXIES = [ipaddress.ip_network("127.0.0.1/32")]
    by_tls = {"X-Forwarded-Proto": "https"}
    asked_for = await desk.post(f"chargers/{desk.identity}/security/", {"profile": 2}, status=200)
    asked = await wire.is_asked("ChangeConfiguration")

    async def returns() -> bool:
        return (await desk.get(f"chargers/{desk.identity}/security/"))["upgrade"] == "return"

    await until(returns)
    await wire.close()
    async with dial(yard.url, yard.identity, password=PASSWORD, headers=by_tls) as point.wire:
        booted = await point.boot()

    shown = await desk.get(f"chargers/{desk.identity}/security/")
    assert (asked_for["required_profile"], asked_for["asked_profile"]) == (0, 2)
    assert asked == {"key": "SecurityProfile", "value": "2"}
    assert booted["status"] == "Accepted"
    assert (shown["required_profile"], shown["came_by"], shown["upgrade"]) == (2, 2, "done")
    assert await refused_with(yard, password=PASSWORD) == 403
