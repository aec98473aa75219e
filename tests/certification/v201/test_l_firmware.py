"""Block L: firmware brought to a station, and published by a local controller."""

import pytest
from asgiref.sync import sync_to_async

from chargers.models import Charger, Job, SecurityEvent
from depot.firmware.models import CampaignStep
from depot.firmware.services import carry_on
from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import Station
from tests.certification.yard import Yard
from tests.flows.speakers import wire_time
from tests.polling import until
from tests.wire import Payload

SIGNING, SIGNATURE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "c2lnbmVk"
LOCATION = "https://firmware.example/acme-2.0.bin"
UP_TO_REBOOT = ("Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting")


async def campaign(station: Station, yard: Yard, *, answer: str = "Accepted", only_when_idle: bool = True) -> Payload:
    """A signed image for this one station, asked for: what the station was asked."""
    station.wire.answers["UpdateFirmware"] = {"status": answer}
    image = {
        "vendor": "Acme", "model": "One", "version": "2.0", "location": LOCATION, "signing_certificate": SIGNING,
        "signature": SIGNATURE,
    }  # fmt: skip
    made = await yard.desk.post("firmware-images/", image)
    body = {
        "name": f"For {yard.identity}", "image": made["id"], "chargers": [yard.identity],
        "only_when_idle": only_when_idle,
    }  # fmt: skip
    await yard.desk.post("firmware-campaigns/", body)
    await look(station)
    asked = await station.wire.is_asked("UpdateFirmware")

    async def is_settled() -> bool:
        step = await step_of(yard)
        return step.command is not None and step.command.answered_at is not None

    await until(is_settled)
    await look(station)
    return asked


async def look(station: Station) -> None:
    await sync_to_async(carry_on)(station.time.moment)


async def step_of(yard: Yard) -> CampaignStep:
    return await CampaignStep.objects.select_related("command").aget(charger=yard.charger)


async def tell(station: Station, number: int | None, *words: str) -> None:
    for word in words:
        told = {"status": word} | ({} if number is None else {"requestId": number})
        assert await station.wire.call("FirmwareStatusNotification", told) == {}


async def reboot(station: Station, firmware: str = "2.0") -> None:
    answer = await station.boot("FirmwareUpdate", firmwareVersion=firmware)
    assert answer["status"] == "Accepted"
    for evse in (1, 2):
        await station.status("Available", evse=evse)


async def assert_state(station: Station, yard: Yard, state: str) -> CampaignStep:
    await look(station)
    step = await step_of(yard)
    assert step.state == state
    return step


@case_201("TC_L_01")
async def test_signed_firmware_is_brought_and_is_installed_once_the_station_runs_it(
    station: Station, yard: Yard
) -> None:
    asked = await campaign(station, yard)
    await tell(station, asked["requestId"], *UP_TO_REBOOT)
    await assert_state(station, yard, "under_way")
    await reboot(station)
    await tell(station, asked["requestId"], "Installed")

    firmware = asked["firmware"]
    assert (firmware["signingCertificate"], firmware["signature"], firmware["location"]) == (
        SIGNING, SIGNATURE, LOCATION,
    )  # fmt: skip
    await assert_state(station, yard, "installed")
    assert (await Charger.objects.aget(pk=yard.charger.pk)).firmware == "2.0"


@pytest.mark.parametrize(
    ("field", "waits"),
    [
        pytest.param("installDateTime", "InstallScheduled", marks=case_201("TC_L_02")),
        pytest.param("retrieveDateTime", "DownloadScheduled", marks=case_201("TC_L_03")),
    ],
)
async def test_firmware_may_be_brought_or_installed_later(
    station: Station, yard: Yard, desk: Desk, field: str, waits: str
) -> None:
    now = wire_time(station.time.moment)
    later = now.replace("T16", "T22")
    firmware = {
        "location": LOCATION, "retrieveDateTime": now, "signingCertificate": SIGNING, "signature": SIGNATURE,
        field: later,
    }  # fmt: skip
    told = await desk.call("UpdateFirmware", {"requestId": 31, "firmware": firmware})
    await tell(station, 31, waits, *UP_TO_REBOOT)
    await reboot(station)
    await tell(station, 31, "Installed")

    job = await Job.objects.aget(charger=yard.charger, kind="firmware", request_id=31)
    assert (told["state"], told["request"]["firmware"][field]) == ("accepted", later)
    assert [job.steps[0][1], job.status] == [waits, "Installed"]


@pytest.mark.parametrize(
    ("answer", "event"),
    [
        pytest.param("RevokedCertificate", "", marks=case_201("TC_L_04")),
        pytest.param("InvalidCertificate", "InvalidFirmwareSigningCertificate", marks=case_201("TC_L_05")),
    ],
)
async def test_firmware_whose_certificate_the_station_does_not_take_has_failed(
    station: Station, yard: Yard, answer: str, event: str
) -> None:
    await campaign(station, yard, answer=answer)
    if event:
        await tell_security(station, event)

    step = await assert_state(station, yard, "failed")
    assert answer in step.note
    kept = [one.type async for one in SecurityEvent.objects.filter(charger=yard.charger)]
    assert kept == ([event] if event else [])


async def tell_security(station: Station, event: str) -> None:
    told = {"type": event, "timestamp": station.now()}
    assert await station.wire.call("SecurityEventNotification", told) == {}


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("Downloading", "Downloaded", "InvalidSignature"), marks=case_201("TC_L_06")),
        pytest.param(("Downloading", "DownloadFailed"), marks=case_201("TC_L_07")),
        pytest.param((*UP_TO_REBOOT[:4], "InstallVerificationFailed"), marks=case_201("TC_L_08")),
        pytest.param((*UP_TO_REBOOT, "InstallationFailed"), marks=case_201("TC_L_09")),
    ],
)
async def test_firmware_that_did_not_come_about_has_failed_in_words(
    station: Station, yard: Yard, words: tuple[str, ...]
) -> None:
    asked = await campaign(station, yard)
    number = asked["requestId"]
    await tell(station, number, *words[:-1])
    if "InstallRebooting" in words:
        await reboot(station, "1.0")
    await tell(station, number, words[-1])
    if words[-1] == "InvalidSignature":
        await tell_security(station, "InvalidFirmwareSignature")

    step = await assert_state(station, yard, "failed")
    job = await Job.objects.aget(charger=yard.charger, kind="firmware", request_id=number)
    assert (bool(step.note), job.status) == (True, words[-1])
    assert [one[1] for one in job.steps] == list(words)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param("AcceptedCanceled", "accepted", marks=case_201("TC_L_10")),
        pytest.param("Rejected", "rejected", marks=case_201("TC_L_11")),
    ],
)
async def test_a_second_update_takes_the_place_of_the_first_or_is_refused(
    station: Station, yard: Yard, desk: Desk, answer: str, state: str
) -> None:
    first = (await campaign(station, yard))["requestId"]
    await tell(station, first, "Downloading")
    station.wire.answers["UpdateFirmware"] = {"status": answer}
    firmware = {"location": LOCATION, "retrieveDateTime": wire_time(station.time.moment)}
    second = await desk.call("UpdateFirmware", {"requestId": first + 50_000, "firmware": firmware})
    number = first + 50_000 if answer == "AcceptedCanceled" else first
    await tell(station, number, *UP_TO_REBOOT[1:])
    await reboot(station)
    await tell(station, number, "Installed")

    job = await Job.objects.aget(charger=yard.charger, kind="firmware", request_id=number)
    assert (second["state"], second["status"], job.status) == (state, answer, "Installed")
    await assert_state(station, yard, "installed")


@case_201("TC_L_13")
async def test_firmware_waits_at_the_station_until_the_vehicle_has_left(station: Station, yard: Yard) -> None:
    await station.charge()
    asked = await campaign(station, yard, only_when_idle=False)
    number = asked["requestId"]
    await tell(station, number, "DownloadScheduled")
    await station.status("Unavailable", evse=2)
    waiting = [await yard.desk.connector(evse) for evse in (1, 2)]
    await station.finish()
    await station.unplug()
    await tell(station, number, *UP_TO_REBOOT)
    await reboot(station)
    await tell(station, number, "Installed")

    assert asked["firmware"]["signingCertificate"] == SIGNING
    assert (waiting, bool((await yard.session()).ended_at)) == (["occupied", "unavailable"], True)
    await assert_state(station, yard, "installed")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("Downloading", "Downloaded", "ChecksumVerified", "Published"), marks=case_201("TC_L_17")),
        pytest.param(("Downloading", "Downloaded", "InvalidChecksum"), marks=case_201("TC_L_19")),
        pytest.param(("Downloading", "Downloaded", "ChecksumVerified", "PublishFailed"), marks=case_201("TC_L_20")),
        pytest.param(("Downloading", "DownloadFailed"), marks=case_201("TC_L_24")),
    ],
)
async def test_firmware_is_published_by_a_local_controller_and_its_way_is_kept(
    station: Station, yard: Yard, desk: Desk, words: tuple[str, ...]
) -> None:
    asked = {"location": LOCATION, "checksum": "d41d8cd98f00b204e9800998ecf8427e", "requestId": 44}
    told = await desk.call("PublishFirmware", asked)
    for word in words:
        more = {"location": [LOCATION]} if word == "Published" else {}
        status = {"status": word, "requestId": 44, **more}
        assert await station.wire.call("PublishFirmwareStatusNotification", status) == {}

    job = await Job.objects.aget(charger=yard.charger, request_id=44)
    assert (told["request"], told["state"], job.status) == (asked, "accepted", words[-1])
    assert [one[1] for one in job.steps] == ["Accepted", *words]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("Unpublished", marks=case_201("TC_L_21")),
        pytest.param("NoFirmware", marks=case_201("TC_L_22")),
        pytest.param("DownloadOngoing", marks=case_201("TC_L_23")),
    ],
)
async def test_firmware_is_published_no_more_and_the_answer_shows(station: Station, desk: Desk, answer: str) -> None:
    station.wire.answers["UnpublishFirmware"] = {"status": answer}

    told = await desk.call("UnpublishFirmware", {"checksum": "d41d8cd98f00b204e9800998ecf8427e"})

    assert (told["response"], answer in await desk.page(f"commands/{told['id']}/")) == ({"status": answer}, True)
