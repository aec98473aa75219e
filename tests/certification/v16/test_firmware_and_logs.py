"""New firmware, plain and signed, and logs that are brought to us."""

import asyncio
import http.client
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async

from chargers.models import Job, SecurityEvent
from depot.firmware.models import Campaign
from depot.firmware.services import carry_on
from depot.notices.models import Notice
from tests.certification.cases import case_16
from tests.certification.desk import Desk
from tests.certification.v16.charge_point import ChargePoint
from tests.factories import THURSDAY
from tests.wire import Payload, Wire

SIGNED: Payload = {
    "signature": "c2lnbmVk",
    "signing_certificate": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
}


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Any) -> None:
    settings.FILES_DIR = str(tmp_path / "files")


async def plan(desk: Desk, **image: Any) -> Payload:
    """A campaign that brings version 2.0 to this charge point; it was asked by the tick that followed."""
    told = {"vendor": "Acme", "model": "One", "version": "2.0", "location": "https://maker.example/one-2.0.bin"}
    added = await desk.post("firmware-images/", told | image)
    campaign: Payload = await desk.post(
        "firmware-campaigns/", {"name": "To 2.0", "image": added["id"], "chargers": [desk.identity]}
    )
    await tick()
    return campaign


async def tick() -> None:
    await sync_to_async(carry_on)(THURSDAY)


async def step(desk: Desk, campaign: Payload) -> Payload:
    """How far it is, as shown."""
    await tick()
    (told,) = (await desk.get(f"firmware-campaigns/{campaign['id']}/"))["steps"]
    await Campaign.objects.filter(pk=campaign["id"]).aupdate(state="stopped")
    return told  # type: ignore[no-any-return]


async def tell(point: ChargePoint, action: str, *words: str, **more: Any) -> None:
    for word in words:
        assert await point.wire.call(action, {"status": word, **more}) == {}


async def stages(desk: Desk, kind: str) -> list[str]:
    job = await Job.objects.aget(charger=desk.charger_id, kind=kind)
    return [word for _, word in job.steps]


@case_16("TC_044_1")
async def test_firmware_is_fetched_and_installed_and_shows_as_running(
    point: ChargePoint, wire: Wire, desk: Desk
) -> None:
    wire.answers["UpdateFirmware"] = {}
    campaign = await plan(desk)
    asked = await wire.is_asked("UpdateFirmware")
    await tell(point, "FirmwareStatusNotification", "Downloading", "Downloaded", "Installing")
    await point.status("Unavailable")
    await point.booted(firmwareVersion="2.0")
    await tell(point, "FirmwareStatusNotification", "Installed")

    assert asked == {
        "location": "https://maker.example/one-2.0.bin", "retrieveDate": "2026-03-05T16:30:00.000Z",
        "retries": 3, "retryInterval": 120,
    }  # fmt: skip
    told = await step(desk, campaign)
    assert (told["state"], told["note"], told["runs"]) == ("installed", "Runs 2.0", "2.0")
    assert await stages(desk, "firmware") == ["Downloading", "Downloaded", "Installing", "Installed"]


@pytest.mark.parametrize(
    ("words", "note"),
    [
        pytest.param(["Downloading", "DownloadFailed"], "It could not fetch the file", marks=case_16("TC_044_2")),
        pytest.param(
            ["Downloading", "Downloaded", "Installing", "InstallationFailed"],
            "It could not install it",
            marks=case_16("TC_044_3"),
        ),
    ],
)
async def test_firmware_that_is_not_installed_shows_why_and_people_hear_of_it(
    point: ChargePoint, wire: Wire, desk: Desk, words: list[str], note: str
) -> None:
    wire.answers["UpdateFirmware"] = {}
    campaign = await plan(desk)
    await wire.is_asked("UpdateFirmware")
    await tell(point, "FirmwareStatusNotification", *words)

    told = await step(desk, campaign)
    assert (told["state"], told["note"], told["runs"]) == ("failed", note, "1.0")
    assert await stages(desk, "firmware") == words
    notice = await Notice.objects.aget(kind="firmware.failed", text__contains=desk.identity)
    assert note in notice.text


@case_16("TC_080")
async def test_signed_firmware_comes_with_its_proof_and_is_followed_by_its_number(
    point: ChargePoint, wire: Wire, desk: Desk
) -> None:
    campaign = await plan(desk, **SIGNED)
    asked = await wire.is_asked("SignedUpdateFirmware")
    words = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting"]
    await tell(point, "SignedFirmwareStatusNotification", *words, requestId=asked["requestId"])
    await point.booted(firmwareVersion="2.0")
    await tell(point, "SignedFirmwareStatusNotification", "Installed", requestId=asked["requestId"])
    await security_event(point, "FirmwareUpdated")

    firmware = asked["firmware"]
    assert firmware["location"] == "https://maker.example/one-2.0.bin"
    assert (firmware["signature"], firmware["signingCertificate"]) == (
        SIGNED["signature"], SIGNED["signing_certificate"],
    )  # fmt: skip
    told = await step(desk, campaign)
    assert (told["state"], told["runs"]) == ("installed", "2.0")
    assert await stages(desk, "firmware") == [*words, "Installed"]
    assert "FirmwareUpdated" in await desk.page()


@case_16("TC_081")
async def test_firmware_with_a_wrong_signature_is_not_installed_and_people_hear_of_it(
    point: ChargePoint, wire: Wire, desk: Desk
) -> None:
    campaign = await plan(desk, **SIGNED)
    asked = await wire.is_asked("SignedUpdateFirmware")
    words = ["Downloading", "Downloaded", "InvalidSignature"]
    await tell(point, "SignedFirmwareStatusNotification", *words, requestId=asked["requestId"])
    await security_event(point, "InvalidFirmwareSignature")

    told = await step(desk, campaign)
    assert (told["state"], told["note"], told["runs"]) == ("failed", "It found the signature wrong", "1.0")
    event = await SecurityEvent.objects.aget(charger=desk.charger_id)
    assert event.type == "InvalidFirmwareSignature"
    notices = Notice.objects.filter(text__contains=desk.identity)
    assert {notice.kind async for notice in notices} >= {"firmware.failed", "charger.security_event"}


async def security_event(point: ChargePoint, kind: str) -> None:
    assert await point.wire.call("SecurityEventNotification", {"type": kind, "timestamp": point.now()}) == {}


async def bring(location: str, name: str, body: bytes) -> int:
    """The charge point brings the file to where it was asked for."""
    address = urlsplit(location)

    def put() -> int:
        connection = http.client.HTTPConnection(address.netloc, timeout=10)
        connection.request("PUT", f"{address.path}{name}", body)
        status = connection.getresponse().status
        connection.close()
        return status

    return await asyncio.to_thread(put)


def ours(location: str, point: ChargePoint) -> str:
    """The same address at the server that runs here: the operator's browser came by another name."""
    host = point.wire.socket.remote_address
    return urlsplit(location)._replace(netloc=f"{host[0]}:{host[1]}").geturl()


@case_16("TC_045_1")
async def test_diagnostics_are_brought_to_an_address_of_ours_and_kept(
    point: ChargePoint, wire: Wire, desk: Desk
) -> None:
    wire.answers["GetDiagnostics"] = {"fileName": "diagnostics.zip"}
    awaited = await desk.post(f"chargers/{desk.identity}/logs/", {"sort": "diagnostics"})
    asked = await wire.is_asked("GetDiagnostics")
    await tell(point, "DiagnosticsStatusNotification", "Uploading")
    status = await bring(ours(asked["location"], point), "diagnostics.zip", b"what happened")
    await tell(point, "DiagnosticsStatusNotification", "Uploaded")

    told = await desk.get(f"uploads/{awaited['id']}/")
    assert status == 201
    assert (told["is_here"], told["told_name"], told["size_bytes"]) == (True, "diagnostics.zip", 13)
    assert await stages(desk, "diagnostics") == ["Uploading", "Uploaded"]
    assert "Diagnostics: Uploaded" in await desk.page()


@case_16("TC_045_2")
async def test_diagnostics_that_do_not_come_show_so(point: ChargePoint, wire: Wire, desk: Desk) -> None:
    wire.answers["GetDiagnostics"] = {"fileName": "diagnostics.zip"}
    awaited = await desk.post(f"chargers/{desk.identity}/logs/", {"sort": "diagnostics"})
    await wire.is_asked("GetDiagnostics")
    await tell(point, "DiagnosticsStatusNotification", "Uploading", "UploadFailed")

    told = await desk.get(f"uploads/{awaited['id']}/")
    assert (told["is_here"], told["received_at"]) == (False, None)
    assert await stages(desk, "diagnostics") == ["Uploading", "UploadFailed"]
    assert "Diagnostics: UploadFailed" in await desk.page()


@case_16("TC_079")
async def test_the_security_log_is_brought_to_an_address_of_ours_and_kept(
    point: ChargePoint, wire: Wire, desk: Desk
) -> None:
    wire.answers["GetLog"] = {"status": "Accepted", "filename": "security.log"}
    awaited = await desk.post(f"chargers/{desk.identity}/logs/", {"sort": "security"})
    asked = await wire.is_asked("GetLog")
    number = asked["requestId"]
    await tell(point, "LogStatusNotification", "Uploading", requestId=number)
    status = await bring(ours(asked["log"]["remoteLocation"], point), "security.log", b"nobody broke in")
    await tell(point, "LogStatusNotification", "Uploaded", requestId=number)

    told = await desk.get(f"uploads/{awaited['id']}/")
    assert (asked["logType"], status) == ("SecurityLog", 201)
    assert (told["is_here"], told["told_name"]) == (True, "security.log")
    assert await stages(desk, "log") == ["Uploading", "Uploaded"]
