"""Block A: passwords, TLS, certificates of stations."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from cryptography import x509
from websockets.exceptions import InvalidMessage, InvalidStatus

from chargers.certificates import building
from chargers.certificates.models import Authority, Profile, Security, SignedCertificate
from chargers.certificates.services import authorities, upgrading
from chargers.choices import Refusal
from chargers.models import RefusedHandshake
from depot.certificates import give_certificates
from tests import papers
from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import Station
from tests.certification.yard import PASSWORD, Yard
from tests.chargers.certificates.test_door import TlsDepot, signed_for
from tests.conftest import BusinessTime
from tests.papers import OWNER, client_context, now
from tests.polling import until
from tests.wire import Payload, dial

SUITES = [
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "AES128-GCM-SHA256", "AES256-GCM-SHA384",
]  # fmt: skip


async def come_in(url: str, yard: Yard, time: BusinessTime, **how: Any) -> str:
    """Boots and tells of its connectors; what the boot was answered."""
    async with dial(url, yard.identity, subprotocols=("ocpp2.0.1",), **how) as wire:
        return await Station(wire, yard.identity, yard.card.value, time).booted()


async def turned_away(url: str, yard: Yard, **how: Any) -> RefusedHandshake:
    with pytest.raises(InvalidStatus) as status:
        async with dial(url, yard.identity, subprotocols=("ocpp2.0.1",), **how):
            raise AssertionError("it was let in")
    kept = await RefusedHandshake.objects.filter(identity=yard.identity).alatest("pk")
    assert kept.answered_with == status.value.response.status_code
    return kept


@case_201("TC_A_01")
async def test_a_station_comes_in_by_its_name_and_password(yard: Yard, business_time: BusinessTime) -> None:
    assert await come_in(yard.url, yard, business_time, password=PASSWORD) == "Accepted"
    assert await yard.desk.connector() == "available"


@pytest.mark.parametrize(
    ("user", "password"),
    [
        pytest.param("SOMEBODY", PASSWORD, marks=case_201("TC_A_02")),
        pytest.param(None, "another-password-of-32-characters", marks=case_201("TC_A_03")),
    ],
)
async def test_another_name_or_password_is_turned_away_with_its_reason(
    yard: Yard, user: str | None, password: str
) -> None:
    kept = await turned_away(yard.url, yard, user=user, password=password)

    assert (kept.answered_with, bool(kept.reason)) == (401, True)


@pytest.fixture(scope="module")
def authority(transactional_db: None) -> Authority:
    return authorities.make_authority(OWNER, at=now())


@pytest.fixture(scope="module")
def tls_depot(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsDepot]:
    """With a certificate of each kind of key, for stations that know only one."""
    from django.test import override_settings

    folder = tmp_path_factory.mktemp("tls")
    files: dict[str, list[str]] = {"TLS_CERTIFICATES": [], "TLS_KEYS": []}
    for kind in ("ec", "rsa"):
        chain, key = server_files(kind)
        (folder / f"{kind}.pem").write_text(chain)
        (folder / f"{kind}.key").write_text(key)
        files["TLS_CERTIFICATES"].append(str(folder / f"{kind}.pem"))
        files["TLS_KEYS"].append(str(folder / f"{kind}.key"))
    with override_settings(**files):
        depot = TlsDepot()
        depot.start()
        try:
            yield depot
        finally:
            depot.stop()


def server_files(kind: str) -> tuple[str, str]:
    if kind == "ec":
        return authorities.sign_server(["127.0.0.1"], at=now())
    authorities.make_authority(OWNER, at=now(), key_kind="rsa")
    return authorities.sign_server(["127.0.0.1"], at=now(), key_kind="rsa")


def roots() -> str:
    return "".join(Authority.objects.filter(use="chargers").values_list("certificate", flat=True))


@pytest.fixture
async def trust() -> str:
    return await sync_to_async(roots)()


async def require(yard: Yard, profile: Profile) -> None:
    await sync_to_async(upgrading.require_profile)(yard.charger, profile)


@pytest.mark.parametrize("suite", SUITES)
@case_201("TC_A_04")
async def test_a_station_comes_in_by_tls_with_each_suite_that_it_must_know(
    tls_depot: TlsDepot, yard: Yard, business_time: BusinessTime, trust: str, suite: str
) -> None:
    await require(yard, Profile.TLS)
    narrow = client_context(trust)
    narrow.set_ciphers(suite)
    narrow.maximum_version = ssl.TLSVersion.TLSv1_2

    assert await come_in(tls_depot.tls_url, yard, business_time, ssl=narrow, password=PASSWORD) == "Accepted"

    assert (await Security.objects.aget(charger=yard.charger)).came_by == Profile.TLS


def test_the_server_s_certificate_names_its_host_and_has_a_strong_key(tls_depot: TlsDepot) -> None:
    from django.conf import settings

    for path in settings.TLS_CERTIFICATES:
        certificate = x509.load_pem_x509_certificates(Path(path).read_bytes())[0]
        assert certificate.serial_number
        assert "127.0.0.1" in certificate.subject.rfc4514_string()
        assert certificate.public_key().key_size >= 224  # type: ignore[union-attr]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@case_201("TC_A_06")
async def test_tls_before_1_2_is_not_spoken_and_1_2_is(
    tls_depot: TlsDepot, yard: Yard, business_time: BusinessTime, trust: str
) -> None:
    old = client_context(trust)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await come_in(tls_depot.tls_url, yard, business_time, ssl=old, password=PASSWORD)

    new = client_context(trust)
    assert await come_in(tls_depot.tls_url, yard, business_time, ssl=new, password=PASSWORD) == "Accepted"


@case_201("TC_A_07")
async def test_a_station_comes_in_by_its_certificate_alone(
    tls_depot: TlsDepot, yard: Yard, business_time: BusinessTime, trust: str, tmp_path: Path
) -> None:
    await require(yard, Profile.CERTIFICATE)
    own, signed = await sync_to_async(signed_for)(yard.charger, yard.identity)
    shown = client_context(trust, own.save(tmp_path, "own"))

    assert await come_in(tls_depot.tls_url, yard, business_time, ssl=shown) == "Accepted"

    security = await Security.objects.aget(charger=yard.charger)
    assert (security.came_by, security.certificate) == (Profile.CERTIFICATE, signed.certificate)


@case_201("TC_A_08")
async def test_a_station_with_a_wrong_certificate_stays_outside_and_with_its_own_comes_in(
    tls_depot: TlsDepot, yard: Yard, business_time: BusinessTime, trust: str, tmp_path: Path
) -> None:
    await require(yard, Profile.CERTIFICATE)
    unknown = papers.signed_by(papers.root(), yard.identity).save(tmp_path, "unknown")
    other = (await sync_to_async(signed_for)(yard.charger, yard.identity))[0]
    theirs = (await sync_to_async(signed_as)(yard, "SOMEBODY")).save(tmp_path, "theirs")
    with pytest.raises((InvalidMessage, ConnectionError)):
        await come_in(tls_depot.tls_url, yard, business_time, ssl=client_context(trust, unknown), open_timeout=5)
    kept = await turned_away(tls_depot.tls_url, yard, ssl=client_context(trust, theirs))

    shown = client_context(trust, other.save(tmp_path, "own"))
    assert await come_in(tls_depot.tls_url, yard, business_time, ssl=shown) == "Accepted"
    assert kept.reason == Refusal.CERTIFICATE_OTHER


def signed_as(yard: Yard, name: str) -> papers.Paper:
    """Of our authority, for another charger."""
    from tests.factories import make_charger

    somebody = make_charger(f"{name}-{yard.identity}", online=False)
    return signed_for(somebody, somebody.identity)[0]


@pytest.mark.parametrize(
    ("answer", "good", "bad"),
    [
        pytest.param("Accepted", "new", "old", marks=case_201("TC_A_09")),
        pytest.param("Rejected", "old", "new", marks=case_201("TC_A_10")),
    ],
)
async def test_a_new_password_holds_only_once_the_station_took_it(
    station: Station, yard: Yard, desk: Desk, business_time: BusinessTime, answer: str, good: str, bad: str
) -> None:
    station.wire.answers["SetVariables"] = lambda asked: {
        "setVariableResult": [
            {"component": one["component"], "variable": one["variable"], "attributeStatus": answer}
            for one in asked["setVariableData"]
        ]
    }
    told = await desk.post(f"chargers/{yard.identity}/password/", status=200)
    asked = await station.wire.is_asked("SetVariables")
    (one,) = asked["setVariableData"]
    passwords = {"new": one["attributeValue"], "old": PASSWORD}
    await until(lambda: is_answered(yard))
    await station.wire.close()
    let_in = await come_in(yard.url, yard, business_time, password=passwords[good])

    assert (one["component"]["name"], one["variable"]["name"]) == ("SecurityCtrlr", "BasicAuthPassword")
    assert (let_in, told["password"]) == ("Accepted", passwords["new"])
    if answer == "Accepted":
        assert (await turned_away(yard.url, yard, password=passwords[bad])).answered_with == 401


async def is_answered(yard: Yard) -> bool:
    from chargers.models import IssuedCommand

    rows = IssuedCommand.objects.filter(charger=yard.charger, action="SetVariables", answered_at__isnull=False)
    return await rows.aexists()


async def ask_to_renew(station: Station, desk: Desk, message: str, kind: str, name: str) -> tuple[Payload, Payload]:
    """The station is asked for a new certificate and asks to have it signed: what it was asked, and answered."""
    told = await desk.ask("trigger", {"message": message})
    request = papers.request_for(name, key=building.make_key())
    answer = await station.wire.call("SignCertificate", {"csr": request, "certificateType": kind})
    return told["request"], answer


@pytest.fixture
def signing(authority: Authority, station: Station) -> Station:
    """At a depot that can sign."""
    return station


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param("Accepted", "accepted", marks=case_201("TC_A_11")),
        pytest.param("Rejected", "refused", marks=case_201("TC_A_14")),
    ],
)
async def test_a_station_s_certificate_is_signed_handed_over_and_its_answer_kept(
    signing: Station, yard: Yard, desk: Desk, answer: str, state: str
) -> None:
    signing.wire.answers["CertificateSigned"] = {"status": answer}
    asked, signed = await ask_to_renew(
        signing, desk, "SignChargingStationCertificate", "ChargingStationCertificate", yard.identity
    )

    async def is_settled() -> bool:
        await sync_to_async(give_certificates)(signing.time.moment)
        return await SignedCertificate.objects.filter(charger=yard.charger, given_state=state).aexists()

    await until(is_settled)
    given = await signing.wire.is_asked("CertificateSigned")
    kept = await SignedCertificate.objects.aget(charger=yard.charger)
    assert (asked, signed["status"]) == ({"requestedMessage": "SignChargingStationCertificate"}, "Accepted")
    assert given["certificateType"] == "ChargingStationCertificate"
    assert given["certificateChain"].startswith(kept.certificate)
    assert kept.subject == yard.identity


@case_201("TC_A_19")
async def test_a_station_moves_to_a_higher_profile_and_not_back(
    tls_depot: TlsDepot,
    station: Station,
    yard: Yard,
    desk: Desk,
    business_time: BusinessTime,
    trust: str,
    settings: Any,
) -> None:
    settings.PUBLIC_CHARGER_URL = f"{tls_depot.tls_url}/ocpp/"
    priority = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}}
    station.wire.answers |= {
        "GetVariables": {"getVariableResult": [{**priority, "attributeStatus": "Accepted", "attributeValue": "0"}]},
        "SetVariables": {"setVariableResult": [{**priority, "attributeStatus": "Accepted"}]},
    }
    setting = {"component": "OCPPCommCtrlr", "variable": "NetworkConfigurationPriority"}
    await desk.ask("read-settings", {"settings": [setting]})
    await desk.post(f"chargers/{yard.identity}/security/", {"profile": 2}, status=200)
    profile = await station.wire.is_asked("SetNetworkProfile")
    order = (await station.wire.is_asked("SetVariables"))["setVariableData"]
    await station.wire.is_asked("Reset")
    await station.wire.close()
    let_in = await come_in(tls_depot.tls_url, yard, business_time, ssl=client_context(trust), password=PASSWORD)
    kept = await turned_away(yard.url, yard, password=PASSWORD)

    data, slot = profile["connectionData"], str(profile["configurationSlot"])
    assert (data["securityProfile"], data["ocppVersion"], data["ocppTransport"]) == (2, "OCPP20", "JSON")
    assert order == [{**priority, "attributeValue": f"{slot},0"}]
    assert (let_in, kept.reason) == ("Accepted", Refusal.NOT_ENCRYPTED)
    assert (await desk.get(f"chargers/{yard.identity}/security/"))["required_profile"] == 2
