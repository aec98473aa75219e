"""What an operator asks of a charge point, how it answers, and what it tells by itself."""

import pytest

from chargers.models import Connector, Job, SettingValue
from tests.certification.cases import case_16
from tests.certification.desk import Desk
from tests.certification.v16.charge_point import ChargePoint
from tests.certification.yard import Yard
from tests.polling import until
from tests.wire import Payload, Wire


@pytest.mark.parametrize(
    ("immediately", "kind"),
    [
        pytest.param(True, "Hard", marks=case_16("TC_013")),
        pytest.param(False, "Soft", marks=case_16("TC_014")),
    ],
)
async def test_a_restart_that_was_asked_for_is_seen_when_it_boots(
    point: ChargePoint, wire: Wire, desk: Desk, immediately: bool, kind: str
) -> None:
    accepted = await desk.ask("reset", {"immediately": immediately})
    booted = await point.booted()

    assert await wire.is_asked("Reset") == {"type": kind}
    assert (accepted["state"], accepted["effect"]) == ("accepted", "awaited")
    assert booted["status"] == "Accepted"
    assert (await desk.command(accepted))["effect"] == "seen"


@pytest.mark.parametrize(
    ("connector", "word", "state"),
    [
        pytest.param(1, "Unlocked", "accepted", marks=case_16("TC_017_1")),
        pytest.param(1, "NotSupported", "rejected", marks=case_16("TC_017_2")),
        pytest.param(7, "NotSupported", "rejected", marks=case_16("TC_031")),
    ],
)
async def test_what_became_of_a_lock_that_was_to_open_shows(
    point: ChargePoint, wire: Wire, desk: Desk, connector: int, word: str, state: str
) -> None:
    wire.answers["UnlockConnector"] = {"status": word}

    told = await desk.ask("unlock", {"evse": connector})

    assert await wire.is_asked("UnlockConnector") == {"connectorId": connector}
    assert (told["state"], told["status"]) == (state, word)


@case_16("TC_018_1")
async def test_opening_the_lock_amid_a_charge_ends_it_with_that_reason(
    point: ChargePoint, wire: Wire, yard: Yard, desk: Desk
) -> None:
    wire.answers["UnlockConnector"] = {"status": "Unlocked"}
    await point.charge()
    told = await desk.ask("unlock", {"evse": 1})
    await point.end("UnlockCommand")

    (shown,) = (await desk.get(f"sessions/?charger={point.identity}"))["results"]
    assert told["state"] == "accepted"
    assert (shown["is_open"], shown["stop_reason"]) == (False, "UnlockCommand")
    assert (await yard.session()).energy_wh == 500


@case_16("TC_030")
async def test_a_lock_that_does_not_open_shows_with_the_fault_that_is_told_of_it(
    point: ChargePoint, wire: Wire, yard: Yard, desk: Desk
) -> None:
    wire.answers["UnlockConnector"] = {"status": "UnlockFailed"}
    told = await desk.ask("unlock", {"evse": 1})
    await point.status("Faulted", error="ConnectorLockFailure")

    connector = await Connector.objects.aget(evse=yard.evses[0])
    assert (told["state"], told["status"]) == ("rejected", "UnlockFailed")
    assert connector.error_code == "ConnectorLockFailure"
    assert await desk.connector() == "faulted"


HELD = [
    {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
    {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core,SmartCharging"},
]


@case_16("TC_019_1")
async def test_all_its_settings_are_asked_for_and_shown(point: ChargePoint, wire: Wire, desk: Desk) -> None:
    wire.answers["GetConfiguration"] = {"configurationKey": HELD, "unknownKey": []}

    told = await desk.ask("report-settings")

    assert await wire.is_asked("GetConfiguration") == {}
    assert told["state"] == "accepted"
    page = (await desk.page("configuration/")).split("\n")
    assert {"HeartbeatInterval", "300", "SupportedFeatureProfiles", "Core,SmartCharging"} <= set(page)


@case_16("TC_019_2")
async def test_one_setting_is_asked_for_by_its_name_and_one_it_does_not_know_is_counted(
    point: ChargePoint, wire: Wire, desk: Desk
) -> None:
    wire.answers["GetConfiguration"] = {"configurationKey": HELD[1:], "unknownKey": ["Colour"]}

    told = await desk.ask(
        "read-settings", {"settings": [{"variable": "SupportedFeatureProfiles"}, {"variable": "Colour"}]}
    )

    kept = await SettingValue.objects.aget(charger=desk.charger_id)
    assert await wire.is_asked("GetConfiguration") == {"key": ["SupportedFeatureProfiles", "Colour"]}
    assert (told["state"], told["status"]) == ("accepted", "1 unknown")
    assert (kept.variable, kept.value, kept.is_read_only) == ("SupportedFeatureProfiles", "Core,SmartCharging", True)


async def change(desk: Desk, wire: Wire, variable: str, value: str, word: str) -> Payload:
    wire.answers["ChangeConfiguration"] = {"status": word}
    told = await desk.ask("change-settings", {"settings": [{"variable": variable, "value": value}]})
    assert await wire.is_asked("ChangeConfiguration") == {"key": variable, "value": value}
    return told


@case_16("TC_021")
async def test_a_setting_that_was_changed_shows_its_new_value(point: ChargePoint, wire: Wire, desk: Desk) -> None:
    told = await change(desk, wire, "MeterValueSampleInterval", "47", "Accepted")

    assert (told["state"], told["status"]) == ("accepted", "Accepted")
    assert "47" in (await desk.page("configuration/?q=MeterValueSampleInterval")).split("\n")


@pytest.mark.parametrize(
    ("variable", "value", "word"),
    [
        pytest.param("Colour", "red", "NotSupported", marks=case_16("TC_040_1")),
        pytest.param("MeterValueSampleInterval", "-1", "Rejected", marks=case_16("TC_040_2")),
    ],
)
async def test_a_change_that_is_refused_shows_why_and_changes_nothing_here(
    point: ChargePoint, wire: Wire, desk: Desk, variable: str, value: str, word: str
) -> None:
    told = await change(desk, wire, variable, value, word)

    assert (told["state"], told["status"]) == ("rejected", word)
    assert not await SettingValue.objects.filter(charger=desk.charger_id).aexists()


@case_16("TC_054")
async def test_a_message_that_was_asked_for_is_heard_and_shown(point: ChargePoint, wire: Wire, desk: Desk) -> None:
    asked = []
    for message in ("MeterValues", "Heartbeat", "StatusNotification", "BootNotification"):
        told = await desk.ask("trigger", {"message": message, "evse": 1})
        asked.append((told["state"], await wire.is_asked("TriggerMessage")))
        match message:
            case "MeterValues":
                await point.meter(context="Trigger")
            case "Heartbeat":
                await wire.call("Heartbeat")
            case "StatusNotification":
                await point.status("Preparing")
            case "BootNotification":
                await point.boot(firmwareVersion="3.3")
    for message, action in (("DiagnosticsStatusNotification", "diagnostics"), ("FirmwareStatusNotification", "")):
        told = await desk.ask("trigger", {"message": message})
        asked.append((told["state"], await wire.is_asked("TriggerMessage")))
        assert await wire.call(message, {"status": "Uploading" if action else "Idle"}) == {}

    of_connector = ("MeterValues", "Heartbeat", "StatusNotification", "BootNotification")
    assert asked == [
        *(("accepted", {"requestedMessage": message, "connectorId": 1}) for message in of_connector),
        ("accepted", {"requestedMessage": "DiagnosticsStatusNotification"}),
        ("accepted", {"requestedMessage": "FirmwareStatusNotification"}),
    ]
    assert await desk.connector() == "preparing"
    assert (await desk.get(f"chargers/{point.identity}/"))["firmware"] == "3.3"
    jobs = {job.kind: job.status async for job in Job.objects.filter(charger=desk.charger_id)}
    assert jobs == {"diagnostics": "Uploading", "firmware": "Idle"}


@case_16("TC_055")
@pytest.mark.parametrize("word", ["Rejected", "NotImplemented"])
async def test_a_message_that_it_will_not_send_shows_as_refused(
    point: ChargePoint, wire: Wire, desk: Desk, word: str
) -> None:
    wire.answers["TriggerMessage"] = {"status": word}

    told = await desk.ask("trigger", {"message": "MeterValues", "evse": 1})

    assert await wire.is_asked("TriggerMessage") == {"requestedMessage": "MeterValues", "connectorId": 1}
    assert (told["state"], told["status"]) == ("rejected", word)


@case_16("TC_061")
async def test_its_memory_of_cards_is_cleared(point: ChargePoint, wire: Wire, desk: Desk) -> None:
    told = await desk.ask("clear-cache")

    assert await wire.is_asked("ClearCache") == {}
    assert (told["state"], told["status"]) == ("accepted", "Accepted")


@case_16("TC_064")
async def test_what_the_standard_does_not_know_is_answered_by_whether_we_know_its_vendor(
    point: ChargePoint, wire: Wire, desk: Desk
) -> None:
    from chargers.models import TracedCall

    stranger = await wire.call("DataTransfer", {"vendorId": "com.nobody", "messageId": "Any", "data": "x"})
    known = await wire.call("DataTransfer", {"vendorId": "sungrow", "data": "x"})

    traced = TracedCall.objects.filter(charger=desk.charger_id, action="DataTransfer")

    async def are_written() -> bool:
        return await traced.acount() == 2

    await until(are_written)
    assert (stranger, known) == ({"status": "UnknownVendorId"}, {"status": "Accepted"})
    first = await traced.aearliest("pk")
    page = await desk.page(f"messages/?message={first.pk}")
    assert "com.nobody" in page
    assert "UnknownVendorId" in page
