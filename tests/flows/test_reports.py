"""What a 2.x charger reports, and what it takes of us, is read over REST and on its pages."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from rest_framework.test import APIClient

from chargers.models import IssuedCommand
from tests.access.actors import browser_of
from tests.factories import THURSDAY, make_user
from tests.flows.scene import PASSWORD, Scene
from tests.flows.speakers import Speaker2x, wire_time
from tests.live import LiveDepot
from tests.polling import until
from tests.wire import Payload, dial
from tests.yard.reading import words

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("business_time")]
NOW = wire_time(THURSDAY)
TEMPERATURE: Payload = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Temperature"}}
SCHEDULE: Payload = {
    "id": 1,
    "startSchedule": NOW,
    "duration": 3600,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}, {"startPeriod": 1800, "limit": 16.0}],
}
MESSAGE: Payload = {"id": 4, "priority": "InFront", "message": {"format": "UTF8", "content": "Ready at six"}}
Read = Callable[[str], Awaitable[Any]]


@pytest.fixture(params=["ocpp2.0.1", "ocpp2.1"])
async def charger(request: pytest.FixtureRequest, live_depot: LiveDepot, scene: Scene) -> AsyncIterator[Speaker2x]:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(request.param,)) as wire:
        told = Speaker2x(wire, request.param)
        await told.boot()
        yield told


@pytest.fixture
def client(scene: Scene) -> APIClient:
    browser: Any = browser_of(make_user())
    return browser  # type: ignore[no-any-return]


@pytest.fixture
def reported(client: APIClient) -> Read:
    """The rows at an address of the charger."""

    async def read(name: str) -> Any:
        response = await sync_to_async(client.get)(f"/api/v1/chargers/CP-A01/{name}/")
        assert response.status_code == 200, response.json()
        return response.json()["results"]

    return read


@pytest.fixture
def page(client: APIClient, scene: Scene) -> Read:
    async def read(tab: str) -> str:
        response = await sync_to_async(client.get)(f"/chargers/{scene.charger.pk}/{tab}")
        assert response.status_code == 200
        return words(response)

    return read


async def ask(client: APIClient, operation: str, body: Payload) -> IssuedCommand:
    """The command once the charger's answer to it is kept."""
    response = await sync_to_async(client.post)(f"/api/v1/chargers/CP-A01/{operation}/", body, format="json")
    assert response.status_code == 201, response.json()

    async def is_kept() -> bool:
        return await IssuedCommand.objects.filter(pk=response.json()["id"], answered_at__isnull=False).aexists()

    await until(is_kept)
    return await IssuedCommand.objects.aget(pk=response.json()["id"])


async def test_a_limit_from_outside_shows_until_it_is_lifted(charger: Speaker2x, reported: Read, page: Read) -> None:
    limit = {"chargingLimitSource": "EMS", "isGridCritical": True}
    await charger.wire.call(
        "NotifyChargingLimit", {"evseId": 1, "chargingLimit": limit, "chargingSchedule": [SCHEDULE]}
    )
    (in_force,) = await reported("external-limits")
    shown = await page("power/")

    await charger.wire.call("ClearedChargingLimit", {"evseId": 1, "chargingLimitSource": "EMS"})

    (lifted,) = await reported("external-limits")
    assert (in_force["source"], in_force["evse"], in_force["lifted_at"]) == ("EMS", 1, None)
    assert in_force["schedule"][0]["periods"][1]["limit"] == 16.0
    assert "at most 10 A per phase" in shown
    assert lifted["lifted_at"] == "2026-03-05T16:30:00Z"


async def test_needs_of_a_vehicle_show_and_are_answered(charger: Speaker2x, reported: Read, page: Read) -> None:
    needs = {
        "requestedEnergyTransfer": "DC",
        "departureTime": wire_time(THURSDAY + timedelta(hours=12)),
        "dcChargingParameters": {
            "evMaxCurrent": 200, "evMaxVoltage": 400, "stateOfCharge": 40, "evEnergyCapacity": 77_000,
        },
    }  # fmt: skip

    answer = await charger.wire.call("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs})

    (told,) = await reported("charging-needs")
    # Nothing is planned at an outlet that is not wired, and the vehicle is told so.
    assert answer["status"] == "Rejected"
    assert (told["soc_percent"], told["capacity_wh"], told["departs_at"]) == (40, 77_000, "2026-03-06T04:30:00Z")
    assert "77.0 kWh" in await page("power/")


async def test_a_schedule_of_a_vehicle_shows_and_is_judged(charger: Speaker2x, reported: Read) -> None:
    told = {"timeBase": NOW, "evseId": 1, "chargingSchedule": SCHEDULE}

    answer = await charger.wire.call("NotifyEVChargingSchedule", told)

    (shown,) = await reported("vehicle-schedules")
    assert answer["status"] == "Accepted"
    assert (shown["base_at"], shown["is_within_limits"]) == ("2026-03-05T16:30:00Z", True)


async def test_monitors_that_were_set_show_until_they_are_cleared(
    charger: Speaker2x, client: APIClient, reported: Read, page: Read
) -> None:
    result = {**TEMPERATURE, "id": 7, "status": "Accepted", "type": "UpperThreshold", "severity": 4}
    charger.wire.answers["SetVariableMonitoring"] = {"setMonitoringResult": [result]}
    charger.wire.answers["ClearVariableMonitoring"] = {"clearMonitoringResult": [{"id": 7, "status": "Accepted"}]}
    monitor = {"component": "EVSE", "evse": 1, "variable": "Temperature", "kind": "UpperThreshold", "value": 60}

    await ask(client, "set-monitors", {"monitors": [{**monitor, "severity": 4}]})
    (kept,) = await reported("monitors")
    shown = await page("monitoring/")
    await ask(client, "clear-monitors", {"numbers": [7]})

    assert (kept["number"], kept["value"], kept["state"]) == (7, 60.0, "set")
    assert "above 60" in shown
    assert await reported("monitors") == []


async def test_another_monitoring_base_deletes_the_monitors_that_we_set(
    charger: Speaker2x, client: APIClient, reported: Read
) -> None:
    result = {**TEMPERATURE, "id": 7, "status": "Accepted", "type": "Delta", "severity": 4}
    charger.wire.answers["SetVariableMonitoring"] = {"setMonitoringResult": [result]}
    monitor = {"component": "EVSE", "evse": 1, "variable": "Temperature", "kind": "Delta", "value": 1, "severity": 4}
    await ask(client, "set-monitors", {"monitors": [monitor]})
    before = await reported("monitors")

    await ask(client, "monitoring-base", {"base": "FactoryDefault"})

    assert [one["origin"] for one in before] == ["CustomMonitor"]
    assert await reported("monitors") == []


def monitor_part(version: str, *numbers: int) -> list[Payload]:
    """What a report says of monitors; 2.1 tells where each comes from."""
    origin = {"eventNotificationType": "PreconfiguredMonitor"} if version == "ocpp2.1" else {}
    monitors = [
        {"id": number, "transaction": False, "value": 50.0, "type": "Delta", "severity": 5, **origin}
        for number in numbers
    ]
    return [{**TEMPERATURE, "variableMonitoring": monitors}]


async def test_monitors_that_are_reported_in_parts_show_when_all_are_there(
    charger: Speaker2x, client: APIClient, reported: Read
) -> None:
    asked = await ask(client, "report-monitors", {})
    part = {"requestId": asked.request["requestId"], "generatedAt": NOW}
    version = charger.version

    await charger.wire.call("NotifyMonitoringReport", {**part, "seqNo": 1, "monitor": monitor_part(version, 3)})
    (half,) = await reported("reports")
    before = await reported("monitors")
    first = {**part, "seqNo": 0, "tbc": True, "monitor": monitor_part(version, 1, 2)}
    await charger.wire.call("NotifyMonitoringReport", first)

    (whole,) = await reported("reports")
    assert (half["state"], half["missing"], before) == ("coming", [0], [])
    assert (whole["state"], whole["items"]) == ("complete", 3)
    assert [monitor["number"] for monitor in await reported("monitors")] == [1, 2, 3]


async def test_an_alert_shows_with_what_its_monitor_saw(charger: Speaker2x, reported: Read, page: Read) -> None:
    event = {
        **TEMPERATURE, "eventId": 1, "timestamp": NOW, "trigger": "Alerting", "actualValue": "71",
        "eventNotificationType": "CustomMonitor", "variableMonitoringId": 7,
    }  # fmt: skip
    told = {"generatedAt": NOW, "seqNo": 0, "eventData": [event]}

    await charger.wire.call("NotifyEvent", told)
    await charger.wire.call("NotifyEvent", told)

    (alert,) = await reported("alerts")
    assert (alert["variable"], alert["value"], alert["monitor_number"]) == ("Temperature", "71", 7)
    assert "Temperature" in await page("monitoring/")


async def test_a_message_shows_from_when_it_was_taken_until_it_is_cleared(
    charger: Speaker2x, client: APIClient, reported: Read, page: Read
) -> None:
    await ask(client, "show-message", {"number": 4, "text": "Ready at six", "priority": "InFront"})
    (taken,) = await reported("display-messages")
    shown = await page("display/")

    await ask(client, "clear-message", {"number": 4})

    assert (taken["text"], taken["standing"]) == ("Ready at six", "taken")
    assert "Ready at six" in shown
    assert await reported("display-messages") == []


async def test_messages_that_are_reported_replace_what_was_known(
    charger: Speaker2x, client: APIClient, reported: Read
) -> None:
    await ask(client, "show-message", {"number": 9, "text": "Gone meanwhile"})
    asked = await ask(client, "report-messages", {})

    told = {"requestId": asked.request["requestId"], "messageInfo": [MESSAGE]}
    await charger.wire.call("NotifyDisplayMessages", told)

    (message,) = await reported("display-messages")
    assert (message["number"], message["text"], message["standing"]) == (4, "Ready at six", "reported")


async def test_what_it_knows_of_a_customer_shows_once_all_of_it_is_told(
    charger: Speaker2x, client: APIClient, reported: Read, page: Read
) -> None:
    asked = await ask(client, "ask-customer", {"token": "VAN12"})
    part = {"requestId": asked.request["requestId"], "generatedAt": NOW}

    await charger.wire.call("NotifyCustomerInformation", {**part, "seqNo": 0, "tbc": True, "data": "Charged 12 times"})
    (half,) = await reported("customer-files")
    await charger.wire.call("NotifyCustomerInformation", {**part, "seqNo": 1, "data": ", last on Tuesday"})

    (whole,) = await reported("customer-files")
    assert (half["about"], half["text"]) == ("VAN12", "")
    assert whole["text"] == "Charged 12 times, last on Tuesday"
    assert "last on Tuesday" in await page("display/")


async def test_profiles_that_it_reports_show(charger: Speaker2x, client: APIClient, reported: Read, page: Read) -> None:
    asked = await ask(client, "read-profiles", {"purpose": "tx_default"})
    profile = {
        "id": 20, "stackLevel": 1, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute",
        "chargingSchedule": [SCHEDULE],
    }  # fmt: skip
    part = {"requestId": asked.request["requestId"], "chargingLimitSource": "CSO"}

    await charger.wire.call("ReportChargingProfiles", {**part, "evseId": 0, "chargingProfile": [profile], "tbc": True})
    other = {**profile, "id": 21}
    await charger.wire.call("ReportChargingProfiles", {**part, "evseId": 1, "chargingProfile": [other]})

    told = await reported("reported-profiles")
    assert [(row["evse_number"], row["number"], row["purpose"]) for row in told] == [
        (0, 20, "tx_default"), (1, 21, "tx_default"),
    ]  # fmt: skip
    assert "at most 16 A per phase" in await page("power/")


@pytest.mark.parametrize(
    ("operation", "body", "empty"),
    [
        ("report-settings", {}, ""),
        ("report-some-settings", {"criteria": ["Problem"]}, "EmptyResultSet"),
        ("report-monitors", {}, "EmptyResultSet"),
        ("report-messages", {}, "Unknown"),
        ("read-profiles", {"purpose": "tx"}, "NoProfiles"),
    ],
)
async def test_a_report_that_was_asked_for_shows_how_far_it_is(
    charger: Speaker2x, client: APIClient, reported: Read, operation: str, body: Payload, empty: str
) -> None:
    asked = await ask(client, operation, body)
    if empty:
        charger.wire.answers[asked.action] = {"status": empty}
        await ask(client, operation, body)

    newest, *before = await reported("reports")
    assert (before or [newest])[-1]["state"] == "promised"
    assert newest["state"] == ("empty" if empty else "promised")


async def test_variables_that_are_reported_in_parts_are_complete_with_the_last(
    charger: Speaker2x, client: APIClient, reported: Read
) -> None:
    asked = await ask(client, "report-settings", {})
    variable = {
        "component": {"name": "SampledDataCtrlr"},
        "variable": {"name": "TxUpdatedInterval"},
        "variableAttribute": [{"value": "47", "mutability": "ReadWrite"}],
        "variableCharacteristics": {"dataType": "integer", "unit": "s", "supportsMonitoring": False, "maxLimit": 900},
    }
    told = {"requestId": asked.request["requestId"], "generatedAt": NOW, "seqNo": 0, "reportData": [variable]}

    await charger.wire.call("NotifyReport", told)

    (report,) = await reported("reports")
    (setting,) = await reported("settings")
    assert (report["state"], report["items"]) == ("complete", 1)
    assert (setting["variable"], setting["value"], setting["unit"], setting["max_limit"]) == (
        "TxUpdatedInterval", "47", "s", "900",
    )  # fmt: skip


async def test_a_network_profile_that_it_took_shows(
    charger: Speaker2x, client: APIClient, reported: Read, page: Read
) -> None:
    await ask(client, "set-network-profile", {"slot": 2, "url": "wss://depot.example/ocpp", "security_profile": 2})

    (slot,) = await reported("network-slots")
    assert (slot["slot"], slot["url"], slot["security_profile"]) == (2, "wss://depot.example/ocpp", 2)
    assert "wss://depot.example/ocpp" in await page("display/")


async def test_how_a_transaction_stands_shows(charger: Speaker2x, client: APIClient, page: Read) -> None:
    charger.wire.answers["GetTransactionStatus"] = {"ongoingIndicator": True, "messagesInQueue": True}

    command = await ask(client, "read-transaction", {"reference": "tx-1"})

    assert command.status == "Ongoing, messages waiting"
    assert "Ongoing, messages waiting" in await page(f"commands/{command.pk}/")
