"""Block B: coming in, settings read and set, reports, restarts, ways to the server."""

from typing import Any

import pytest

from chargers.models import Charger, RefusedHandshake, SettingValue
from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import Station
from tests.certification.yard import PASSWORD, Yard
from tests.wire import Payload, Refused, dial

THRESHOLD = {"component": "OCPPCommCtrlr", "variable": "OfflineThreshold"}
REMOTE = {"component": "AuthCtrlr", "variable": "AuthorizeRemoteStart"}


def named(setting: dict[str, str]) -> Payload:
    instance = {"instance": setting["variable_instance"]} if "variable_instance" in setting else {}
    return {"component": {"name": setting["component"]}, "variable": {"name": setting["variable"], **instance}}


async def read(yard: Yard, setting: dict[str, str]) -> str:
    """What is shown of a setting."""
    rows = await yard.desk.rows("settings")
    found: str = next(row["value"] for row in rows if row["variable"] == setting["variable"])
    return found


@case_201("TC_B_01")
async def test_a_station_that_is_known_is_let_in(station: Station, yard: Yard, desk: Desk) -> None:
    answer = await station.boot(serialNumber="SN-77")

    charger = await Charger.objects.aget(pk=yard.charger.pk)
    assert (answer["status"], answer["interval"] > 0) == ("Accepted", True)
    assert (charger.vendor, charger.model, charger.serial) == ("Acme", "One", "SN-77")
    assert [await desk.connector(evse) for evse in (1, 2)] == ["available", "available"]


class Stranger:
    """A station that nobody here knows yet, at the door."""

    def __init__(self, wire: Any, identity: str) -> None:
        self.wire, self.identity = wire, identity

    async def boot(self, reason: str = "PowerUp") -> Payload:
        told = {"reason": reason, "chargingStation": {"vendorName": "Acme", "model": "One"}}
        return await self.wire.call("BootNotification", told)  # type: ignore[no-any-return]


STATUS = {"timestamp": "2026-03-05T16:30:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}


@case_201("TC_B_02", "TC_B_30", "TC_B_31")
async def test_a_stranger_waits_until_somebody_adopts_it(yard: Yard, desk: Desk) -> None:
    identity = f"NEW-{yard.identity}"
    async with dial(yard.url, identity, password=PASSWORD, subprotocols=("ocpp2.0.1",)) as wire:
        stranger = Stranger(wire, identity)
        waiting = await stranger.boot()
        with pytest.raises(Refused) as refused:
            await wire.call("StatusNotification", STATUS)
        adopted = await desk.post(f"chargers/{identity}/adopt/", {"proof": "presented"}, status=200)
        asked = await wire.is_asked("TriggerMessage")
        let_in = await stranger.boot("Triggered")
        await wire.call("StatusNotification", STATUS)

    assert (waiting["status"], waiting["interval"] > 0, let_in["status"]) == ("Pending", True, "Accepted")
    assert refused.value.args[0] == "SecurityError"
    assert asked == {"requestedMessage": "BootNotification"}
    assert adopted["standing"] == "adopted"
    shown = (await desk.get(f"connectors/?charger={identity}"))["results"]
    assert [row["status"] for row in shown] == ["available"]


@case_201("TC_B_58")
async def test_a_version_that_both_speak_is_taken_and_none_that_only_one_speaks(yard: Yard) -> None:
    async with dial(yard.url, yard.identity, password=PASSWORD, subprotocols=("ocpp9.9", "ocpp2.0.1")) as wire:
        taken = wire.socket.subprotocol
        heard = await wire.call("Heartbeat")
    async with dial(yard.url, yard.identity, password=PASSWORD, subprotocols=("ocpp9.9",)) as wire:
        refused = wire.socket.subprotocol
        # OCPP-J wants the handshake to be finished without a version, and then closed.
        await wire.closed()

    charger = await Charger.objects.aget(pk=yard.charger.pk)
    assert (taken, charger.protocol, "currentTime" in heard) == ("ocpp2.0.1", "ocpp2.0.1", True)
    assert refused is None
    assert await RefusedHandshake.objects.filter(identity=yard.identity, reason="wrong_subprotocol").aexists()


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param([THRESHOLD], marks=case_201("TC_B_06")),
        pytest.param([THRESHOLD, REMOTE], marks=case_201("TC_B_07")),
    ],
)
async def test_settings_are_read_together_and_shown(
    station: Station, yard: Yard, desk: Desk, settings: list[dict[str, str]]
) -> None:
    values = {"OfflineThreshold": "61", "AuthorizeRemoteStart": "true"}
    station.wire.answers["GetVariables"] = lambda asked: {
        "getVariableResult": [
            {**one, "attributeStatus": "Accepted", "attributeValue": values[one["variable"]["name"]]}
            for one in asked["getVariableData"]
        ]
    }

    told = await desk.ask("read-settings", {"settings": settings})

    assert told["request"]["getVariableData"] == [named(setting) for setting in settings]
    assert [await read(yard, setting) for setting in settings] == [values[one["variable"]] for one in settings]


@case_201("TC_B_08")
async def test_no_more_settings_are_read_at_once_than_the_station_takes(
    station: Station, yard: Yard, desk: Desk
) -> None:
    await SettingValue.objects.acreate(
        charger=yard.charger, component="DeviceDataCtrlr", variable="ItemsPerMessage", variable_instance="GetVariables",
        value="4", reported_at=station.time.moment,
    )  # fmt: skip
    station.wire.answers["GetVariables"] = lambda asked: {
        "getVariableResult": [
            {**one, "attributeStatus": "Accepted", "attributeValue": "7"} for one in asked["getVariableData"]
        ]
    }
    five = [
        {"component": "DeviceDataCtrlr", "variable": name, "variable_instance": instance}
        for name in ("ItemsPerMessage", "BytesPerMessage")
        for instance in ("GetReport", "GetVariables")
    ]
    five.append(REMOTE)

    await desk.ask("read-settings", {"settings": five})

    asked = [payload["getVariableData"] for action, payload in station.wire.asked if action == "GetVariables"]
    assert max(len(one) for one in asked) <= 4
    assert [each for one in asked for each in one] == [named(setting) for setting in five]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([THRESHOLD | {"value": "123"}], marks=case_201("TC_B_09")),
        pytest.param([THRESHOLD | {"value": "123"}, REMOTE | {"value": "false"}], marks=case_201("TC_B_10")),
    ],
)
async def test_settings_are_set_together_and_shown(
    station: Station, yard: Yard, desk: Desk, values: list[dict[str, str]]
) -> None:
    station.wire.answers["SetVariables"] = lambda asked: {
        "setVariableResult": [
            {"component": one["component"], "variable": one["variable"], "attributeStatus": "Accepted"}
            for one in asked["setVariableData"]
        ]
    }

    told = await desk.ask("change-settings", {"settings": values})

    assert told["request"]["setVariableData"] == [{**named(one), "attributeValue": one["value"]} for one in values]
    assert told["state"] == "accepted"
    assert [await read(yard, one) for one in values] == [one["value"] for one in values]


def report_part(request_id: int, name: str, value: str, **more: Any) -> Payload:
    variable = {
        "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": name},
        "variableAttribute": [{"value": value, "mutability": "ReadOnly"}],
        "variableCharacteristics": {"dataType": "OptionList", "supportsMonitoring": True},
    }
    return {
        "requestId": request_id, "generatedAt": "2026-03-05T16:30:00Z", "seqNo": 0, "reportData": [variable], **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    "base",
    [
        pytest.param("ConfigurationInventory", marks=case_201("TC_B_12")),
        pytest.param("FullInventory", marks=case_201("TC_B_13")),
        pytest.param("SummaryInventory", marks=case_201("TC_B_14")),
    ],
)
async def test_a_report_of_settings_is_asked_for_and_shown_once_all_of_it_is_there(
    station: Station, desk: Desk, base: str
) -> None:
    told = await desk.ask("report-settings", {"report": base})
    number = told["request"]["requestId"]
    await station.wire.call("NotifyReport", report_part(number, "AvailabilityState", "Available", tbc=True))
    await station.wire.call("NotifyReport", report_part(number, "Power", "7000") | {"seqNo": 1})

    (report,) = await desk.rows("reports")
    assert told["request"] == {"requestId": number, "reportBase": base}
    assert (report["state"], report["items"]) == ("complete", 2)
    shown = {row["variable"]: row["value"] for row in await desk.rows("settings")}
    assert shown == {"AvailabilityState": "Available", "Power": "7000"}


@case_201("TC_B_18")
async def test_a_report_of_some_components_may_be_empty_or_shown(station: Station, desk: Desk) -> None:
    state = {"component": "EVSE", "evse": 1, "variable": "AvailabilityState"}
    station.wire.answers["GetReport"] = {"status": "EmptyResultSet"}
    empty = await desk.ask("report-some-settings", {"settings": [state], "criteria": ["Problem"]})
    station.wire.answers["GetReport"] = {"status": "Accepted"}
    told = await desk.ask("report-some-settings", {"settings": [state], "criteria": ["Available"]})
    await station.wire.call("NotifyReport", report_part(told["request"]["requestId"], "AvailabilityState", "Available"))

    wanted = {
        "component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"},
    }  # fmt: skip
    assert (empty["request"]["componentCriteria"], told["request"]["componentCriteria"]) == (["Problem"], ["Available"])
    assert empty["request"]["componentVariable"] == told["request"]["componentVariable"] == [wanted]
    assert [report["state"] for report in await desk.rows("reports")] == ["complete", "empty"]
    assert [row["value"] for row in await desk.rows("settings")] == ["Available"]


async def reset(
    desk: Desk, station: Station, *, at_once: bool = False, answer: str = "Accepted", evse: int | None = None
) -> Payload:
    station.wire.answers["Reset"] = {"status": answer}
    told = await desk.ask("reset", {"immediately": at_once, **({"evse": evse} if evse else {})})
    wanted = {"type": "Immediate" if at_once else "OnIdle"} | ({"evseId": evse} if evse else {})
    assert (told["request"], told["state"], told["status"]) == (wanted, "accepted", answer)
    return told


@case_201("TC_B_20")
async def test_an_idle_station_restarts_and_its_boot_is_seen(station: Station, desk: Desk) -> None:
    told = await reset(desk, station)
    booted = await station.booted("RemoteReset")

    assert (booted, (await desk.command(told))["effect"]) == ("Accepted", "seen")
    assert await desk.connector() == "available"


@case_201("TC_B_21")
async def test_a_station_that_charges_restarts_once_the_vehicle_has_left(
    station: Station, yard: Yard, desk: Desk
) -> None:
    await station.charge()
    told = await reset(desk, station, answer="Scheduled")
    await station.finish()
    ended = await station.end("EVCommunicationLost", "EVDisconnected", state="Idle")
    booted = await station.booted("ScheduledReset")

    session = await yard.session()
    assert (booted, session.stop_reason, "idTokenInfo" in ended) == ("Accepted", "EVDisconnected", False)
    assert (await desk.command(told))["effect"] == "seen"


@case_201("TC_B_22")
async def test_a_station_that_charges_restarts_at_once_and_ends_its_session(
    station: Station, yard: Yard, desk: Desk
) -> None:
    await station.charge()
    told = await reset(desk, station, at_once=True)
    await station.end("ResetCommand", "ImmediateReset", state="EVConnected")
    booted = (await station.boot("RemoteReset"))["status"]
    await station.status("Occupied", evse=1)
    await station.status("Available", evse=2)

    session = await yard.session()
    assert (booted, session.stop_reason, (await desk.command(told))["effect"]) == ("Accepted", "ImmediateReset", "seen")
    assert [await desk.connector(evse) for evse in (1, 2)] == ["occupied", "available"]


@case_201("TC_B_25")
async def test_one_evse_is_restarted_by_its_number(station: Station, desk: Desk) -> None:
    await reset(desk, station, evse=1)


@case_201("TC_B_26")
async def test_an_evse_that_charges_restarts_once_the_vehicle_has_left(
    station: Station, yard: Yard, desk: Desk
) -> None:
    await station.charge()
    await reset(desk, station, answer="Scheduled", evse=1)
    running = await yard.session()
    await station.finish()
    await station.end("EVCommunicationLost", "EVDisconnected", state="Idle")

    assert (running.ended_at, (await yard.session()).stop_reason) == (None, "EVDisconnected")


@case_201("TC_B_27")
async def test_an_evse_that_charges_restarts_at_once_and_ends_its_session(
    station: Station, yard: Yard, desk: Desk
) -> None:
    await station.charge()
    await reset(desk, station, at_once=True, evse=1)
    await station.end("ResetCommand", "ImmediateReset", state="EVConnected")

    assert (await yard.session()).stop_reason == "ImmediateReset"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param("Accepted", "accepted", marks=case_201("TC_B_42")),
        pytest.param("Failed", "rejected", marks=case_201("TC_B_44")),
    ],
)
async def test_a_way_to_the_server_is_written_into_a_slot_and_kept_where_it_was_taken(
    station: Station, desk: Desk, answer: str, state: str
) -> None:
    station.wire.answers["SetNetworkProfile"] = {"status": answer}
    profile = {"slot": 2, "url": "wss://depot.example/ocpp", "security_profile": 2, "timeout_s": 45}

    told = await desk.ask("set-network-profile", profile)

    data = told["request"]["connectionData"]
    assert (told["request"]["configurationSlot"], data["ocppCsmsUrl"], data["securityProfile"]) == (
        2, "wss://depot.example/ocpp", 2,
    )  # fmt: skip
    assert (data["ocppVersion"], data["ocppTransport"], data["messageTimeout"]) == ("OCPP20", "JSON", 45)
    assert (told["state"], told["status"]) == (state, answer)
    assert [row["slot"] for row in await desk.rows("network-slots")] == ([2] if answer == "Accepted" else [])
