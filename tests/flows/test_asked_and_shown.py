"""What a charger answers on its socket to what it was asked over REST is read over REST and on its page."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from rest_framework.test import APIClient

from chargers.commands import Command, PublishFirmware, SetMonitoringLevel, UnpublishFirmware
from chargers.models import IssuedCommand
from chargers.ocpp.coverage import SAMPLES
from chargers.ocpp.dialect import Call, CommandNotSpoken
from chargers.ocpp.dialects import DIALECTS
from chargers.services import issue_command
from tests.access.actors import browser_of
from tests.factories import THURSDAY, make_user
from tests.flows.scene import PASSWORD, Scene
from tests.flows.speakers import VERSIONS, Speaker, speaker
from tests.live import LiveDepot
from tests.polling import until
from tests.wire import Payload, dial
from tests.yard.reading import words

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("business_time")]
PROFILE: Payload = {
    "profile_id": 1,
    "stack_level": 0,
    "purpose": "tx_default",
    "kind": "Relative",
    "schedules": [{"unit": "A", "periods": [{"start_s": 0, "limit": 16}]}],
}
# Operation, its body, and the action that asks for it in 1.6 and in 2.x.
OPERATIONS: list[tuple[str, Payload, str, str]] = [
    ("reset", {}, "Reset", "Reset"),
    ("unlock", {"evse": 1}, "UnlockConnector", "UnlockConnector"),
    ("trigger", {"message": "Heartbeat"}, "TriggerMessage", "TriggerMessage"),
    ("trigger", {"message": "LogStatusNotification"}, "ExtendedTriggerMessage", "TriggerMessage"),
    ("availability", {"operative": False}, "ChangeAvailability", "ChangeAvailability"),
    ("clear-cache", {}, "ClearCache", "ClearCache"),
    ("install-profile", {"evse": 1, "profile": PROFILE}, "SetChargingProfile", "SetChargingProfile"),
    ("clear-profiles", {"profile_id": 1}, "ClearChargingProfile", "ClearChargingProfile"),
]
V2X = ("ocpp2.0.1", "ocpp2.1")
SETTING: Payload = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
# Where `{"status": "Accepted"}` would be no answer.
TEMPERATURE: Payload = {"component": {"name": "ChargingStation"}, "variable": {"name": "Temperature"}}
ANSWERS: dict[str, Payload] = {
    "ClearTariffs": {"clearTariffsResult": [{"status": "Accepted"}]},
    "CostUpdated": {},
    "UnlockConnector": {"status": "Unlocked"},
    "UnpublishFirmware": {"status": "Unpublished"},
    "GetConfiguration": {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "60"}]},
    "GetVariables": {"getVariableResult": [{**SETTING, "attributeStatus": "Accepted", "attributeValue": "60"}]},
    "SetVariables": {"setVariableResult": [{**SETTING, "attributeStatus": "Accepted"}]},
    "GetDiagnostics": {"fileName": "logs.zip"},
    "GetTransactionStatus": {"ongoingIndicator": True, "messagesInQueue": False},
    "SetVariableMonitoring": {
        "setMonitoringResult": [{**TEMPERATURE, "id": 7, "status": "Accepted", "type": "UpperThreshold", "severity": 4}]
    },
    "ClearVariableMonitoring": {"clearMonitoringResult": [{"id": 1, "status": "Accepted"}]},
    "ocpp1.6 UpdateFirmware": {},
    "GetPeriodicEventStream": {},
    "NotifyWebPaymentStarted": {},
    "ocpp1.6 GetLocalListVersion": {"listVersion": 3},
    "GetLocalListVersion": {"versionNumber": 3},
}
NAMED = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}


@pytest.fixture(params=VERSIONS)
async def charger(request: pytest.FixtureRequest, live_depot: LiveDepot, scene: Scene) -> AsyncIterator[Speaker]:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(request.param,)) as wire:
        told = speaker(request.param, wire)
        await told.boot()
        yield told


@pytest.fixture
def client(scene: Scene) -> APIClient:
    browser: Any = browser_of(make_user())
    return browser  # type: ignore[no-any-return]


async def ask(client: APIClient, path: str, body: Payload) -> Payload:
    response = await sync_to_async(client.post)(f"/api/v1/{path}", body, format="json")
    assert response.status_code == 201, response.json()
    told: Payload = response.json()
    return told


async def answered(client: APIClient, command: Payload) -> Payload:
    """The command over REST, once its answer is kept."""

    async def is_kept() -> bool:
        return await IssuedCommand.objects.filter(pk=command["id"], answered_at__isnull=False).aexists()

    await until(is_kept)
    told: Payload = (await sync_to_async(client.get)(f"/api/v1/commands/{command['id']}/")).json()
    return told


@pytest.mark.parametrize(("operation", "body", "in_16", "in_2x"), OPERATIONS)
async def test_an_answer_shows(
    charger: Speaker, client: APIClient, operation: str, body: Payload, in_16: str, in_2x: str
) -> None:
    action = in_16 if charger.wire.socket.subprotocol == "ocpp1.6" else in_2x
    word = "Unlocked" if action == "UnlockConnector" else "Accepted"
    charger.wire.answers[action] = {"status": word}

    told = await answered(client, await ask(client, f"chargers/CP-A01/{operation}/", body))

    assert (told["action"], told["state"], told["status"]) == (action, "accepted", word)


async def test_an_effect_shows(charger: Speaker, client: APIClient) -> None:
    command = await ask(client, "chargers/CP-A01/reset/", {})
    assert (await answered(client, command))["effect"] == "awaited"

    await charger.boot()

    assert (await answered(client, command))["effect"] == "seen"


async def test_a_start_and_a_stop_show(charger: Speaker, client: APIClient, scene: Scene) -> None:
    start = await ask(client, "sessions/start/", {"vehicle": "Van 12", "bay": scene.bay.pk})
    asked = await charger.asked_to_start()
    await charger.start(asked["token"], at=THURSDAY, wh=1_000, remote_start_id=asked["remote_start_id"])
    (session,) = (await sync_to_async(client.get)("/api/v1/sessions/")).json()["results"]
    stop = await ask(client, f"sessions/{session['id']}/stop/", {})

    await charger.stop(at=THURSDAY, wh=1_000, reason="Remote")

    shown = [await answered(client, command) for command in (start, stop)]
    assert [(told["status"], told["effect"]) for told in shown] == [("Accepted", "seen")] * 2


async def test_settings_that_were_asked_for_show(charger: Speaker, client: APIClient, scene: Scene) -> None:
    charger.wire.answers |= {
        "GetConfiguration": {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "47"}]},
        "GetVariables": {"getVariableResult": [{**SETTING, "attributeStatus": "Accepted", "attributeValue": "47"}]},
    }
    read = await ask(client, "chargers/CP-A01/read-settings/", {"settings": [NAMED]})

    assert (await answered(client, read))["state"] == "accepted"
    assert "47" in (await configuration(client, scene)).split("\n")


async def test_a_setting_that_was_changed_shows(charger: Speaker, client: APIClient, scene: Scene) -> None:
    charger.wire.answers["SetVariables"] = {"setVariableResult": [{**SETTING, "attributeStatus": "Accepted"}]}
    change = await ask(client, "chargers/CP-A01/change-settings/", {"settings": [NAMED | {"value": "53"}]})

    assert (await answered(client, change))["state"] == "accepted"
    assert "53" in (await configuration(client, scene)).split("\n")


async def test_a_report_is_asked_for(charger: Speaker, client: APIClient) -> None:
    charger.wire.answers["GetConfiguration"] = {}
    told = await answered(client, await ask(client, "chargers/CP-A01/report-settings/", {}))

    assert (told["action"], told["state"]) == (
        "GetConfiguration" if charger.wire.socket.subprotocol == "ocpp1.6" else "GetBaseReport",
        "accepted",
    )


@pytest.mark.parametrize("version", VERSIONS)
async def test_what_is_asked_by_no_form_yet_shows_its_answer(
    live_depot: LiveDepot, scene: Scene, client: APIClient, version: str
) -> None:
    calls = [(sample, call.action) for sample in SAMPLES if (call := said(version, sample)) is not None]
    issue = sync_to_async(issue_command)
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(version,)) as wire:
        await wire.call("Heartbeat")
        wire.answers = {action: answer_to(version, action) for _, action in calls}
        issued = [await issue(scene.charger, sample, issued_by=None, now=THURSDAY) for sample, _ in calls]
        told = [await answered(client, {"id": command.pk}) for command in issued]

    shown = [(one["action"], one["state"], one["response"]) for one in told]
    assert shown == [(action, "accepted", answer_to(version, action)) for _, action in calls]


async def test_a_composite_schedule_shows(charger: Speaker, client: APIClient, scene: Scene) -> None:
    periods = [{"startPeriod": 0, "limit": 13.0, "numberPhases": 3}]
    schedule: Payload = {"duration": 3600, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    answer_16 = {"connectorId": 1, "scheduleStart": "2026-03-05T16:30:00Z", "chargingSchedule": schedule}
    answer_2x = {"schedule": {**schedule, "evseId": 1, "scheduleStart": "2026-03-05T16:30:00Z"}}
    is_16 = charger.wire.socket.subprotocol == "ocpp1.6"
    charger.wire.answers["GetCompositeSchedule"] = {"status": "Accepted", **(answer_16 if is_16 else answer_2x)}

    body = {"evse": 1, "duration_s": 3600}
    await answered(client, await ask(client, "chargers/CP-A01/composite-schedule/", body))

    page = await sync_to_async(client.get)(f"/chargers/{scene.charger.pk}/power/")
    assert "Outlet 1" in words(page)
    assert "at most 13 A per phase, on 3 phases" in words(page)


def said(version: str, sample: Command) -> Call | None:
    try:
        return DIALECTS[version].say(sample)
    except CommandNotSpoken:
        return None


def answer_to(version: str, action: str) -> Payload:
    return ANSWERS.get(f"{version} {action}", ANSWERS.get(action, {"status": "Accepted"}))


async def configuration(client: APIClient, scene: Scene) -> str:
    """What the page says of HeartbeatInterval."""
    response = await sync_to_async(client.get)(f"/chargers/{scene.charger.pk}/configuration/?q=HeartbeatInterval")
    return words(response)


async def test_a_change_of_availability_is_seen_at_the_outlet(charger: Speaker, client: APIClient) -> None:
    await charger.status("Available", at=THURSDAY)
    command = await ask(client, "chargers/CP-A01/availability/", {"operative": False})
    assert (await answered(client, command))["effect"] == "awaited"

    await charger.status("Unavailable", at=THURSDAY)

    async def is_seen() -> bool:
        return (await answered(client, command))["effect"] == "seen"

    await until(is_seen)


async def test_a_profile_that_was_taken_shows(charger: Speaker, client: APIClient, scene: Scene) -> None:
    await answered(client, await ask(client, "chargers/CP-A01/install-profile/", {"evse": 1, "profile": PROFILE}))

    assert "at most 16 A per phase" in await taken(client, scene)


async def test_a_profile_that_was_cleared_shows_no_more(charger: Speaker, client: APIClient, scene: Scene) -> None:
    await answered(client, await ask(client, "chargers/CP-A01/install-profile/", {"evse": 1, "profile": PROFILE}))

    await answered(client, await ask(client, "chargers/CP-A01/clear-profiles/", {"profile_id": 1}))

    assert "None, as far as its answers tell" in await taken(client, scene)


@pytest.mark.parametrize("version", V2X)
async def test_the_level_of_monitoring_shows_as_a_setting(
    live_depot: LiveDepot, scene: Scene, client: APIClient, version: str
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(version,)) as wire:
        await wire.call("Heartbeat")
        issued = await sync_to_async(issue_command)(
            scene.charger, SetMonitoringLevel(severity=4), issued_by=None, now=THURSDAY
        )
        await answered(client, {"id": issued.pk})

    shown = await sync_to_async(client.get)(f"/chargers/{scene.charger.pk}/configuration/?q=ActiveMonitoringLevel")
    assert "4" in words(shown).split("\n")


@pytest.mark.parametrize("version", V2X)
async def test_firmware_that_is_published_shows_as_a_job(
    live_depot: LiveDepot, scene: Scene, client: APIClient, version: str
) -> None:
    checksum = "d41d8cd98f00b204e9800998ecf8427e"
    location = "https://depot.example/fw/1.bin"
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(version,)) as wire:
        await wire.call("Heartbeat")
        wire.answers["UnpublishFirmware"] = {"status": "Unpublished"}
        shown = []
        for command in (
            PublishFirmware(request_id=7, location=location, checksum=checksum),
            UnpublishFirmware(checksum=checksum),
        ):
            issued = await sync_to_async(issue_command)(scene.charger, command, issued_by=None, now=THURSDAY)
            await answered(client, {"id": issued.pk})
            shown.append(words(await sync_to_async(client.get)(f"/chargers/{scene.charger.pk}/")))

    assert "Publishing: Accepted" in shown[0]
    assert "Publishing: Unpublished" in shown[1]


async def taken(client: APIClient, scene: Scene) -> str:
    """What its page says of the profiles that it took from us."""
    page = words(await sync_to_async(client.get)(f"/chargers/{scene.charger.pk}/power/"))
    return page.partition("Profiles it took from us")[2].partition("What vehicles want")[0]
