"""Block N: logs, what is known of a customer, monitors and their alerts."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from chargers.models import IssuedCommand, Job, SettingValue
from chargers.upkeep.models import ListedToken
from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import Station
from tests.certification.v201.test_d_local_list import List, keep, kept
from tests.certification.yard import Yard, make_card
from tests.wire import Payload

__all__ = ["kept"]

STATE = {"component": "EVSE", "evse": 1, "variable": "AvailabilityState"}
STATION_STATE = {"component": "ChargingStation", "variable": "AvailabilityState"}
POWER = {"component": "ChargingStation", "variable": "Power"}
EVSE_POWER = {"component": "EVSE", "evse": 1, "variable": "Power"}


def named(setting: dict[str, Any]) -> Payload:
    evse = {"evse": {"id": setting["evse"]}} if "evse" in setting else {}
    return {"component": {"name": setting["component"], **evse}, "variable": {"name": setting["variable"]}}


async def ask_for_log(desk: Desk, sort: str) -> Payload:
    upload = await desk.post(f"chargers/{desk.identity}/logs/", {"sort": sort})
    return await desk.answered({"id": upload["command"]})


async def tell_log(station: Station, number: int, *words: str) -> None:
    for word in words:
        answer = await station.wire.call("LogStatusNotification", {"status": word, "requestId": number})
        assert answer == {}


async def steps(yard: Yard, number: int) -> list[str]:
    job = await Job.objects.aget(charger=yard.charger, kind="log", request_id=number)
    return [step[1] for step in job.steps]


@pytest.mark.parametrize(
    ("sort", "word"),
    [
        pytest.param("diagnostics", "DiagnosticsLog", marks=case_201("TC_N_25")),
        pytest.param("security", "SecurityLog", marks=case_201("TC_N_35")),
    ],
)
async def test_a_log_is_asked_for_at_an_address_of_ours_and_its_way_is_kept(
    station: Station, yard: Yard, desk: Desk, sort: str, word: str
) -> None:
    told = await ask_for_log(desk, sort)
    number = told["request"]["requestId"]
    await tell_log(station, number, "Uploading", "Uploaded")

    asked = await station.wire.is_asked("GetLog")
    assert (asked["logType"], "/uploads/" in asked["log"]["remoteLocation"]) == (word, True)
    assert (told["status"], await steps(yard, number)) == ("Accepted", ["Uploading", "Uploaded"])


@case_201("TC_N_34")
async def test_a_log_that_the_station_refuses_is_shown_as_refused(station: Station, desk: Desk) -> None:
    station.wire.answers["GetLog"] = {"status": "Rejected"}

    told = await ask_for_log(desk, "diagnostics")

    assert (told["state"], told["status"]) == ("rejected", "Rejected")


@case_201("TC_N_36")
async def test_a_second_log_takes_the_place_of_the_first(station: Station, yard: Yard, desk: Desk) -> None:
    first = (await ask_for_log(desk, "diagnostics"))["request"]["requestId"]
    await tell_log(station, first, "Uploading")
    station.wire.answers["GetLog"] = {"status": "AcceptedCanceled"}
    again = await ask_for_log(desk, "diagnostics")
    second = again["request"]["requestId"]
    await tell_log(station, first, "AcceptedCanceled")
    await tell_log(station, second, "Uploading", "Uploaded")

    assert (again["state"], again["status"], first != second) == ("accepted", "AcceptedCanceled", True)
    assert await steps(yard, first) == ["Uploading", "AcceptedCanceled"]
    assert await steps(yard, second) == ["Uploading", "Uploaded"]


async def ask_about(desk: Desk, body: Payload) -> Payload:
    told = await desk.ask("ask-customer", body)
    assert (told["request"]["report"], told["request"]["clear"]) == (body.get("report", True), body.get("clear", False))
    return told


async def tell_customer(station: Station, told: Payload, data: str) -> None:
    part = {"requestId": told["request"]["requestId"], "generatedAt": station.now(), "seqNo": 0, "data": data}
    assert await station.wire.call("NotifyCustomerInformation", part) == {}


@pytest.mark.parametrize(
    ("clear", "data"),
    [
        pytest.param(False, "Charged 12 times", marks=case_201("TC_N_27")),
        pytest.param(False, "", marks=case_201("TC_N_28")),
        pytest.param(True, "Charged 12 times", marks=case_201("TC_N_30")),
        pytest.param(True, "", marks=case_201("TC_N_31")),
    ],
)
async def test_what_is_known_of_a_customer_is_asked_for_and_shown(
    station: Station, desk: Desk, clear: bool, data: str
) -> None:
    told = await ask_about(desk, {"token": station.card, "clear": clear})
    await tell_customer(station, told, data)

    (file,) = await desk.rows("customer-files")
    assert told["request"]["idToken"]["idToken"] == station.card
    assert (told["request"]["report"], told["request"]["clear"]) == (True, clear)
    assert (file["about"], file["text"]) == (station.card, data)
    assert (told["state"], file["request_id"]) == ("accepted", told["request"]["requestId"])


@case_201("TC_N_29")
async def test_a_station_may_decline_to_tell_of_a_customer(station: Station, desk: Desk) -> None:
    station.wire.answers["CustomerInformation"] = {"status": "Rejected"}

    told = await ask_about(desk, {"token": station.card})

    assert (told["state"], await desk.rows("customer-files")) == ("rejected", [])


@case_201("TC_N_32")
async def test_a_customer_is_forgotten_without_a_report(station: Station, desk: Desk) -> None:
    told = await ask_about(desk, {"token": station.card, "clear": True, "report": False})
    await tell_customer(station, told, "")

    assert (told["state"], told["request"]["idToken"]["idToken"]) == ("accepted", station.card)


@case_201("TC_N_62")
async def test_a_customer_is_named_by_an_identifier(station: Station, desk: Desk) -> None:
    told = await ask_about(desk, {"identifier": "OpenChargeAlliance", "clear": True})
    await tell_customer(station, told, "Nothing left")

    (file,) = await desk.rows("customer-files")
    assert told["request"]["customerIdentifier"] == "OpenChargeAlliance"
    assert (file["about"], file["text"]) == ("OpenChargeAlliance", "Nothing left")


@case_201("TC_N_63")
async def test_a_customer_is_named_by_a_certificate(station: Station, desk: Desk) -> None:
    certificate = {
        "hashAlgorithm": "SHA256", "issuerNameHash": "aa" * 32, "issuerKeyHash": "bb" * 32, "serialNumber": "0a1b",
    }  # fmt: skip
    asked = {"requestId": 91, "report": True, "clear": True, "customerCertificate": certificate}
    told = await desk.call("CustomerInformation", asked)
    await tell_customer(station, told, "Charged twice")

    (file,) = await desk.rows("customer-files")
    assert (await station.wire.is_asked("CustomerInformation"))["customerCertificate"] == certificate
    assert (told["state"], file["text"]) == ("accepted", "Charged twice")


@case_201("TC_N_46")
async def test_a_customer_who_is_forgotten_goes_off_the_station_s_list_too(
    kept: List, station: Station, yard: Yard, desk: Desk
) -> None:
    customer = await sync_to_async(make_card)(yard, "LEAVES")
    await keep(yard, station)
    before = kept.version
    told = await ask_about(desk, {"token": customer.value, "clear": True})
    await tell_customer(station, told, "Charged 12 times")
    await keep(yard, station)

    update = kept.sent[-1]
    assert (update["updateType"], update["versionNumber"] > before) == ("Differential", True)
    assert update["localAuthorizationList"] == [{"idToken": {"idToken": customer.value, "type": "ISO14443"}}]
    listed = ListedToken.objects.filter(local_list__charger=yard.charger).values_list("token", flat=True)
    assert customer.value not in [token async for token in listed]


def monitor_part(number: int, settings: list[dict[str, Any]], kind: str) -> Payload:
    monitors = [
        {
            **named(setting),
            "variableMonitoring": [
                {"id": 20 + place, "transaction": False, "value": 1.0, "type": kind, "severity": 8},
            ],
        }
        for place, setting in enumerate(settings)
    ]  # fmt: skip
    return {"requestId": number, "generatedAt": "2026-03-05T16:30:00Z", "seqNo": 0, "monitor": monitors}


@pytest.mark.parametrize(
    ("first", "then", "kind"),
    [
        pytest.param(
            {"filters": ["DeltaMonitoring"]}, {"filters": ["ThresholdMonitoring"]}, "UpperThreshold",
            marks=case_201("TC_N_01"),
        ),
        pytest.param({"settings": [POWER]}, {"settings": [STATE]}, "Delta", marks=case_201("TC_N_02")),
        pytest.param(
            {"filters": ["DeltaMonitoring"], "settings": [STATE]},
            {"filters": ["ThresholdMonitoring"], "settings": [POWER]},
            "UpperThreshold",
            marks=case_201("TC_N_03"),
        ),
        pytest.param(
            {"filters": ["ThresholdMonitoring"], "settings": [POWER, EVSE_POWER]},
            {"filters": ["DeltaMonitoring"], "settings": [STATION_STATE, STATE]},
            "Delta",
            marks=case_201("TC_N_60"),
        ),
        pytest.param({}, {}, "Delta", marks=case_201("TC_N_47")),
    ],
)  # fmt: skip
async def test_monitors_are_asked_for_by_kind_and_variable_and_may_be_none(
    station: Station, desk: Desk, first: Payload, then: Payload, kind: str
) -> None:
    station.wire.answers["GetMonitoringReport"] = {"status": "EmptyResultSet"}
    empty = await desk.ask("report-monitors", first)
    station.wire.answers["GetMonitoringReport"] = {"status": "Accepted"}
    told = await desk.ask("report-monitors", then)
    wanted = then.get("settings", [POWER])
    await station.wire.call("NotifyMonitoringReport", monitor_part(told["request"]["requestId"], wanted, kind))

    for asked, body in ((empty, first), (told, then)):
        assert asked["request"].get("monitoringCriteria", []) == body.get("filters", [])
        assert asked["request"].get("componentVariable", []) == [named(one) for one in body.get("settings", [])]
    assert [report["state"] for report in await desk.rows("reports")] == ["complete", "empty"]
    shown = [(row["component"], row["variable"], row["kind"]) for row in await desk.rows("monitors")]
    assert shown == [(one["component"], one["variable"], kind) for one in wanted]


@case_201("TC_N_05")
async def test_each_base_of_monitors_is_asked_for_by_its_word(station: Station, desk: Desk) -> None:
    words = ["All", "FactoryDefault", "HardWiredOnly"]
    told = [await desk.ask("monitoring-base", {"base": word}) for word in words]

    assert [one["request"] for one in told] == [{"monitoringBase": word} for word in words]
    assert {one["state"] for one in told} == {"accepted"}


@pytest.mark.parametrize(
    "settings",
    [pytest.param([STATE], marks=case_201("TC_N_08")), pytest.param([STATE, STATION_STATE], marks=case_201("TC_N_09"))],
)
async def test_monitors_are_set_together_and_shown(
    station: Station, desk: Desk, settings: list[dict[str, Any]]
) -> None:
    station.wire.answers["SetVariableMonitoring"] = lambda asked: {
        "setMonitoringResult": [
            {**named(setting), "id": 7 + place, "status": "Accepted", "type": "Delta", "severity": 8}
            for place, setting in enumerate(settings)
        ]
    }
    monitors = [{**setting, "kind": "Delta", "value": 1, "severity": 8} for setting in settings]

    told = await desk.ask("set-monitors", {"monitors": monitors})

    assert told["request"]["setMonitoringData"] == [
        {"value": 1, "type": "Delta", "severity": 8, **named(setting)} for setting in settings
    ]
    shown = [(row["number"], row["component"], row["state"]) for row in await desk.rows("monitors")]
    assert sorted(shown) == [(7 + place, one["component"], "set") for place, one in enumerate(settings)]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param("Accepted", "accepted", marks=case_201("TC_N_16")),
        pytest.param("Rejected", "rejected", marks=case_201("TC_N_17")),
    ],
)
async def test_how_grave_an_alert_must_be_is_asked_for(station: Station, desk: Desk, answer: str, state: str) -> None:
    station.wire.answers["SetMonitoringLevel"] = {"status": answer}

    told = await desk.ask("monitoring-level", {"severity": 4})

    assert (told["request"], told["state"]) == ({"severity": 4}, state)


@case_201("TC_N_18")
async def test_no_more_monitors_are_cleared_at_once_than_the_station_takes(
    station: Station, yard: Yard, desk: Desk
) -> None:
    limit = {
        "component": {"name": "MonitoringCtrlr"},
        "variable": {"name": "ItemsPerMessage", "instance": "ClearVariableMonitoring"},
    }
    station.wire.answers["GetVariables"] = {
        "getVariableResult": [{**limit, "attributeStatus": "Accepted", "attributeValue": "2"}]
    }
    station.wire.answers["ClearVariableMonitoring"] = lambda asked: {
        "clearMonitoringResult": [{"id": number, "status": "NotFound"} for number in asked["id"]]
    }
    setting = {
        "component": "MonitoringCtrlr", "variable": "ItemsPerMessage", "variable_instance": "ClearVariableMonitoring",
    }  # fmt: skip
    await desk.ask("read-settings", {"settings": [setting]})

    await desk.ask("clear-monitors", {"numbers": [1, 2, 3, 4, 5]})

    asked = [payload["id"] for action, payload in station.wire.asked if action == "ClearVariableMonitoring"]
    assert asked == [[1, 2], [3, 4], [5]]
    assert await SettingValue.objects.filter(charger=yard.charger, value="2").aexists()
    kept = IssuedCommand.objects.filter(charger=yard.charger, kind="clear_monitors", state="accepted")
    assert await kept.acount() == 3


@case_201("TC_N_44")
async def test_a_monitor_that_cannot_be_cleared_stays(station: Station, desk: Desk) -> None:
    station.wire.answers["ClearVariableMonitoring"] = {"clearMonitoringResult": [{"id": 20, "status": "Rejected"}]}
    told = await desk.ask("report-monitors", {})
    await station.wire.call("NotifyMonitoringReport", monitor_part(told["request"]["requestId"], [STATE], "Delta"))

    refused = await desk.ask("clear-monitors", {"numbers": [20]})

    assert (refused["state"], refused["status"]) == ("rejected", "Rejected")
    assert [row["number"] for row in await desk.rows("monitors")] == [20]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"trigger": "Periodic", "actualValue": "7000"}, marks=case_201("TC_N_24", "TC_N_50")),
        pytest.param({"trigger": "Delta", "actualValue": ""}, marks=case_201("TC_N_48")),
        pytest.param({"trigger": "Alerting", "actualValue": "40", "cleared": True}, marks=case_201("TC_N_49")),
    ],
)
async def test_what_a_monitor_tells_is_kept_and_shown(station: Station, desk: Desk, event: Payload) -> None:
    for number in (1, 2):
        told = {
            "eventId": number, "timestamp": station.now(), "eventNotificationType": "CustomMonitor",
            "variableMonitoringId": 7, **named(POWER), **event,
        }  # fmt: skip
        assert await station.notify_event(told) == {}

    alerts = await desk.rows("alerts")
    assert [(one["variable"], one["value"], one["trigger"]) for one in alerts] == [
        ("Power", event["actualValue"], event["trigger"])
    ] * 2
    assert {one["is_cleared"] for one in alerts} == {event.get("cleared", False)}
    assert "Power" in await desk.page("monitoring/")
