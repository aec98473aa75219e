"""What a charger tells over its socket is read where people and programs read it: on its page, over REST."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from chargers.models import Connection, TracedCall
from depot.notices.models import Notice
from sessions.models import Session
from tests.access.actors import browser_of
from tests.factories import THURSDAY, make_user
from tests.flows.scene import PASSWORD, Scene
from tests.flows.speakers import Speaker
from tests.live import LiveDepot
from tests.polling import until
from tests.wire import Payload, dial
from tests.yard.reading import words

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("business_time")]
NOON = "2026-03-05T12:00:00.000Z"
V2X = ["ocpp2.0.1", "ocpp2.1"]
# Each way to tell of a job, by what is on the page once it was told.
JOBS = [
    ("ocpp1.6", "FirmwareStatusNotification", {"status": "Downloading"}, "Firmware: Downloading"),
    ("ocpp1.6", "SignedFirmwareStatusNotification", {"status": "Installing", "requestId": 7}, "Firmware: Installing"),
    ("ocpp1.6", "DiagnosticsStatusNotification", {"status": "Uploading"}, "Diagnostics: Uploading"),
    ("ocpp1.6", "LogStatusNotification", {"status": "Uploaded", "requestId": 7}, "Log: Uploaded"),
    *((version, "FirmwareStatusNotification", {"status": "Installed"}, "Firmware: Installed") for version in V2X),
    *(
        (version, "PublishFirmwareStatusNotification", {"status": "Published"}, "Publishing: Published")
        for version in V2X
    ),
    *((version, "LogStatusNotification", {"status": "Uploading", "requestId": 3}, "Log: Uploading") for version in V2X),
]
CSR = "-----BEGIN CERTIFICATE REQUEST-----"
HASHES = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "01"}
CONTRACT = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "gJgC"}
CHAIN = {"certificateHashData": HASHES, "source": "OCSP", "urls": ["http://ocsp.example"]}
# What nobody behind us can give, and how each version says so.
REFUSED: list[tuple[str, str, Payload, Payload]] = [
    ("ocpp1.6", "SignCertificate", {"csr": CSR}, {"status": "Rejected"}),
    ("ocpp2.1", "GetCertificateChainStatus", {"certificateStatusRequests": [CHAIN]},
     {"certificateStatus": [{"certificateHashData": HASHES, "source": "OCSP", "status": "Failed",
                             "nextUpdate": "2026-03-06T16:30:00.000Z"}]}),
]  # fmt: skip
for _version in V2X:
    REFUSED += [
        (_version, "SignCertificate", {"csr": CSR},
         {"status": "Rejected", "statusInfo": {"reasonCode": "NoAuthority"}}),
        (_version, "Get15118EVCertificate", CONTRACT,
         {"status": "Failed", "exiResponse": "", "statusInfo": {"reasonCode": "NoProvider"}}),
        (_version, "GetCertificateStatus", {"ocspRequestData": {**HASHES, "responderURL": "http://ocsp.example"}},
         {"status": "Failed", "statusInfo": {"reasonCode": "NoProvider"}}),
    ]  # fmt: skip


@pytest.fixture
def looker(scene: Scene) -> Client:
    return browser_of(make_user())


@pytest.fixture
def told_over_rest(looker: Client) -> Callable[[str], Awaitable[Any]]:
    async def told(path: str) -> Any:
        return (await sync_to_async(looker.get)(f"/api/v1/{path}")).json()

    return told


@pytest.fixture
def page(looker: Client, scene: Scene) -> Callable[..., Awaitable[str]]:
    async def read(tab: str = "") -> str:
        response = await sync_to_async(looker.get)(f"/chargers/{scene.charger.pk}/{tab}")
        assert response.status_code == 200
        return words(response)

    return read


Told = Callable[[str], Awaitable[Any]]
Shown = Callable[..., Awaitable[str]]


async def test_a_boot_shows_who_it_is(charger: Speaker, told_over_rest: Told) -> None:
    told = await told_over_rest("chargers/CP-A01/")

    assert (told["vendor"], told["model"], told["firmware"]) == ("Acme", "One", "1.0")


async def test_a_heartbeat_shows_that_it_lives(charger: Speaker, told_over_rest: Told) -> None:
    before = (await told_over_rest("chargers/CP-A01/"))["last_heard_at"]
    opened_at = (await Connection.objects.aget()).opened_at
    await Connection.objects.aupdate(last_frame_at=opened_at - timedelta(hours=1))

    await charger.wire.call("Heartbeat")

    assert (await told_over_rest("chargers/CP-A01/"))["last_heard_at"] >= before


async def test_a_status_shows(charger: Speaker, told_over_rest: Told) -> None:
    await charger.status("Faulted", at=THURSDAY)

    (connector,) = (await told_over_rest("connectors/"))["results"]
    assert (connector["charger"], connector["status"]) == ("CP-A01", "faulted")


async def test_a_charge_shows(charger: Speaker, told_over_rest: Told) -> None:
    await charger.start("VAN12", at=THURSDAY - timedelta(hours=1), wh=1_000)
    (begun,) = (await told_over_rest("sessions/"))["results"]

    await charger.stop(at=THURSDAY, wh=9_000)

    ended = await told_over_rest(f"sessions/{begun['id']}/")
    assert (begun["started_at"], begun["ended_at"]) == ("2026-03-05T15:30:00Z", None)
    assert (ended["ended_at"], ended["energy_kwh"]) == ("2026-03-05T16:30:00Z", "8.000")


async def test_a_meter_value_shows_in_the_curve(charger: Speaker, told_over_rest: Told) -> None:
    await charger.start("VAN12", at=THURSDAY, wh=1_000)

    await charger.meter(at=THURSDAY + timedelta(minutes=10), wh=2_500, w=9_000)

    session = await Session.objects.aget()
    readings = (await told_over_rest(f"sessions/{session.pk}/readings/"))["results"]
    assert (readings[-1]["energy_wh"], readings[-1]["power_w"]) == (2_500, 9_000)


@pytest.mark.parametrize("action", ["Authorize", "DataTransfer"])
async def test_a_call_shows_its_answer(charger: Speaker, page: Shown, action: str) -> None:
    if action == "Authorize":
        status = await charger.present("VAN12")
    else:
        status = (await charger.wire.call("DataTransfer", {"vendorId": "sungrow", "data": "x"}))["status"]

    assert status == "Accepted"
    assert '"status": "Accepted"' in await page(f"messages/?message={(await traced(action)).pk}")


async def traced(action: str) -> TracedCall:
    """The trace of a call, which is written once it was answered."""

    async def is_written() -> bool:
        return await TracedCall.objects.filter(action=action).aexists()

    await until(is_written)
    return await TracedCall.objects.aget(action=action)


@pytest.mark.parametrize(("version", "action", "told", "answer"), REFUSED)
async def test_a_refusal_shows_in_the_trace(
    live_depot: LiveDepot, page: Shown, version: str, action: str, told: Payload, answer: Payload
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(version,)) as wire:
        assert await wire.call(action, told) == answer

    assert f'"status": "{answer.get("status", "Failed")}"' in await page(
        f"messages/?message={(await traced(action)).pk}"
    )


async def test_people_hear_that_a_certificate_could_not_be_signed(charger: Speaker) -> None:
    await charger.wire.call("SignCertificate", {"csr": CSR})

    notice = await Notice.objects.aget(kind="certificate.not_signed")
    assert (
        notice.text == "CP-A01 wants its ChargingStationCertificate signed and is refused: No authority is set up here"
    )


@pytest.mark.parametrize(("version", "action", "told", "shown"), JOBS)
async def test_a_job_shows_how_far_it_is(
    live_depot: LiveDepot, page: Shown, version: str, action: str, told: Payload, shown: str
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(version,)) as wire:
        assert await wire.call(action, told) == {}

    assert shown in await page()


async def test_a_security_event_shows(charger: Speaker, page: Shown) -> None:
    told = {"type": "InvalidMessages", "timestamp": NOON, "techInfo": "from the backyard"}

    assert await charger.wire.call("SecurityEventNotification", told) == {}

    shown = await page()
    assert "InvalidMessages" in shown
    assert "from the backyard" in shown


@pytest.mark.parametrize("version", V2X)
async def test_a_report_shows(live_depot: LiveDepot, page: Shown, version: str) -> None:
    variable = {
        "component": {"name": "SampledDataCtrlr"},
        "variable": {"name": "TxUpdatedInterval"},
        "variableAttribute": [{"value": "47", "mutability": "ReadWrite"}],
        "variableCharacteristics": {"dataType": "integer", "unit": "s", "supportsMonitoring": False},
    }
    told = {"requestId": 1, "generatedAt": NOON, "seqNo": 0, "reportData": [variable]}

    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(version,)) as wire:
        assert await wire.call("NotifyReport", told) == {}

    shown = await page("configuration/")
    assert "TxUpdatedInterval" in shown
    assert "47 s" in shown
