"""What a 2.0.1 or 2.1 charger answers, and what it then does."""

from typing import Any

import pytest

from simulator.v2x.answers import ANSWERS, ANSWERS_21, UNSUPPORTED, UNSUPPORTED_21
from tests.simulator.desk import Desk

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"
TOKEN = {"idToken": "VAN1", "type": "ISO14443"}
HEARTBEAT = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "c"}
MESSAGE = {"id": 5, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "Welcome"}}
TARIFF = {"tariffId": "T1", "currency": "EUR"}


@pytest.fixture(params=["2.0.1", "2.1"])
def desk(request: pytest.FixtureRequest) -> Desk:
    return Desk(request.param, evses=2).connect()


def profile(limit: float = 10, **more: Any) -> dict[str, Any]:
    schedule = {
        "id": 1,
        "chargingRateUnit": "A",
        "startSchedule": "2026-11-19T00:00:00Z",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
    }
    return {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
        **more,
    }


LINE = {
    "ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "ws://app:9/ocpp", "messageTimeout": 30,
    "ocppInterface": "Wired0",
}  # fmt: skip
CALLS: list[tuple[str, dict[str, Any], str | None]] = [
    ("CancelReservation", {"reservationId": 9}, "Rejected"),
    ("CertificateSigned", {"certificateChain": CERTIFICATE}, "Accepted"),
    ("ChangeAvailability", {"operationalStatus": "Inoperative"}, "Accepted"),
    ("ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 9}}, "Rejected"),
    ("ClearCache", {}, "Accepted"),
    ("ClearChargingProfile", {"chargingProfileId": 9}, "Unknown"),
    ("ClearDisplayMessage", {"id": 9}, "Unknown"),
    ("ClearVariableMonitoring", {"id": [1]}, None),
    ("CostUpdated", {"totalCost": 1.5, "transactionId": "x"}, None),
    ("CustomerInformation", {"requestId": 1, "report": True, "clear": False, "idToken": TOKEN}, "Accepted"),
    ("DataTransfer", {"vendorId": "somebody"}, "UnknownVendorId"),
    ("DeleteCertificate", {"certificateHashData": HASH}, "NotFound"),
    ("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}, "Accepted"),
    ("GetChargingProfiles", {"requestId": 1, "chargingProfile": {}}, "NoProfiles"),
    ("GetCompositeSchedule", {"duration": 600, "evseId": 1}, "Accepted"),
    ("GetCompositeSchedule", {"duration": 600, "evseId": 0, "chargingRateUnit": "A"}, "Accepted"),
    ("GetCompositeSchedule", {"duration": 600, "evseId": 7}, "Rejected"),
    ("GetDisplayMessages", {"requestId": 1}, "Unknown"),
    ("GetInstalledCertificateIds", {}, "NotFound"),
    ("GetLocalListVersion", {}, None),
    (
        "GetLog",
        {"logType": "DiagnosticsLog", "requestId": 1, "log": {"remoteLocation": "http://app:9/upload"}},
        "Accepted",
    ),
    ("GetMonitoringReport", {"requestId": 1}, "EmptyResultSet"),
    ("GetReport", {"requestId": 1, "componentCriteria": ["Problem"]}, "EmptyResultSet"),
    ("GetReport", {"requestId": 1, "componentVariable": [{"component": {"name": "EVSE"}}]}, "Accepted"),
    ("GetTransactionStatus", {}, None),
    ("GetTransactionStatus", {"transactionId": "x"}, None),
    ("GetVariables", {"getVariableData": [HEARTBEAT]}, None),
    ("InstallCertificate", {"certificateType": "CSMSRootCertificate", "certificate": CERTIFICATE}, "Accepted"),
    ("RequestStartTransaction", {"idToken": TOKEN, "remoteStartId": 1, "evseId": 1}, "Accepted"),
    ("RequestStartTransaction", {"idToken": TOKEN, "remoteStartId": 1, "evseId": 8}, "Rejected"),
    ("RequestStopTransaction", {"transactionId": "x"}, "Rejected"),
    ("ReserveNow", {"id": 1, "expiryDateTime": "2026-11-19T18:00:00Z", "idToken": TOKEN, "evseId": 1}, "Accepted"),
    ("Reset", {"type": "Immediate"}, "Accepted"),
    ("Reset", {"type": "OnIdle"}, "Accepted"),
    ("Reset", {"type": "Immediate", "evseId": 9}, "Rejected"),
    ("SendLocalList", {"versionNumber": 2, "updateType": "Full"}, "Accepted"),
    ("SendLocalList", {"versionNumber": 0, "updateType": "Differential"}, "VersionMismatch"),
    ("SetChargingProfile", {"evseId": 0, "chargingProfile": profile()}, "Accepted"),
    ("SetChargingProfile", {"evseId": 9, "chargingProfile": profile()}, "Rejected"),
    ("SetDisplayMessage", {"message": MESSAGE}, "Accepted"),
    ("SetMonitoringBase", {"monitoringBase": "All"}, "Accepted"),
    ("SetMonitoringLevel", {"severity": 5}, "Accepted"),
    ("SetNetworkProfile", {"configurationSlot": 1, "connectionData": {**LINE, "securityProfile": 1}}, "Accepted"),
    ("SetNetworkProfile", {"configurationSlot": 1, "connectionData": {**LINE, "securityProfile": 2}}, "Rejected"),
    (
        "SetVariableMonitoring",
        {"setMonitoringData": [{**HEARTBEAT, "value": 5, "type": "Delta", "severity": 4}]},
        None,
    ),
    ("SetVariables", {"setVariableData": [{**HEARTBEAT, "attributeValue": "60"}]}, None),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}, "Accepted"),
    ("TriggerMessage", {"requestedMessage": "BootNotification"}, "Rejected"),
    ("TriggerMessage", {"requestedMessage": "PublishFirmwareStatusNotification"}, "NotImplemented"),
    ("UnlockConnector", {"evseId": 1, "connectorId": 1}, "Unlocked"),
    ("UnlockConnector", {"evseId": 1, "connectorId": 4}, "UnknownConnector"),
    (
        "UpdateFirmware",
        {
            "requestId": 1,
            "firmware": {"location": "http://app:9/new.bin", "retrieveDateTime": "2026-11-19T16:30:00Z"},
        },
        "Accepted",
    ),
]

CALLS_21: list[tuple[str, dict[str, Any], str | None]] = [
    ("ChangeTransactionTariff", {"transactionId": "x", "tariff": TARIFF}, "TxNotFound"),
    ("ClearTariffs", {}, None),
    ("GetTariffs", {"evseId": 0}, "NoTariff"),
    (
        "NotifyAllowedEnergyTransfer",
        {"transactionId": "x", "allowedEnergyTransfer": ["AC_single_phase"]},
        "Accepted",
    ),
    ("SetDefaultTariff", {"evseId": 1, "tariff": TARIFF}, "Accepted"),
    ("UpdateDynamicSchedule", {"chargingProfileId": 1, "scheduleUpdate": {"limit": 6}}, "Rejected"),
    ("UsePriorityCharging", {"transactionId": "x", "activate": True}, "Rejected"),
]


@pytest.mark.parametrize(("action", "payload", "status"), CALLS)
def test_each_call_is_answered_by_its_schema(
    desk: Desk, action: str, payload: dict[str, Any], status: str | None
) -> None:
    answer = desk.ask(action, payload)

    assert isinstance(answer, dict)
    assert answer.get("status") == status


@pytest.mark.parametrize(("action", "payload", "status"), CALLS_21)
def test_each_call_of_21_is_answered_by_its_schema(action: str, payload: dict[str, Any], status: str | None) -> None:
    answer = Desk("2.1").connect().ask(action, payload)

    assert answer.get("status") == status


def test_no_action_is_left_out() -> None:
    assert {action for action, _, _ in CALLS} == set(ANSWERS)
    assert {action for action, _, _ in CALLS + CALLS_21} == set(ANSWERS_21)


def test_what_a_charger_does_not_support_and_what_it_does_not_know(desk: Desk) -> None:
    unsupported = UNSUPPORTED if desk.version == "2.0.1" else UNSUPPORTED_21

    assert {desk.ask_raw(action, {}) for action in unsupported} == {"NotSupported"}
    assert desk.ask_raw("MakeCoffee", {}) == "NotImplemented"
    assert desk.ask_raw("UnlockConnector", {}) == "TypeConstraintViolation"


def test_variables_are_read_and_set(desk: Desk) -> None:
    unknown = [
        {"component": {"name": "Nowhere"}, "variable": {"name": "X"}},
        {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "X"}},
        {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}},
        {"component": {"name": "EVSE", "evse": {"id": 2}}, "variable": {"name": "AvailabilityState"}},
    ]
    desk.ask("SetVariables", {"setVariableData": [{**HEARTBEAT, "attributeValue": "77"}]})
    refused = desk.ask(
        "SetVariables",
        {
            "setVariableData": [
                {"component": {"name": "ChargingStation"}, "variable": {"name": "Model"}, "attributeValue": "other"},
                {**HEARTBEAT, "attributeValue": "often"},
            ]
        },
    )

    told = desk.ask("GetVariables", {"getVariableData": [HEARTBEAT, *unknown]})["getVariableResult"]

    assert [each.get("attributeValue", each["attributeStatus"]) for each in told] == [
        "77",
        "UnknownComponent",
        "UnknownVariable",
        "Rejected",
        "Available",
    ]
    assert {each["attributeStatus"] for each in refused["setVariableResult"]} == {"Rejected"}


def test_the_base_report_comes_in_parts(desk: Desk) -> None:
    desk.ask("GetBaseReport", {"requestId": 2**40, "reportBase": "FullInventory"})
    desk.settle()

    parts = desk.heard("NotifyReport")
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part["tbc"] for part in parts] == [True] * (len(parts) - 1) + [False]
    assert len(parts) >= 2
    assert {part["requestId"] for part in parts} == {2**40}


def test_installed_profiles_are_reported_as_they_came(desk: Desk) -> None:
    desk.ask("SetChargingProfile", {"evseId": 1, "chargingProfile": profile()})
    desk.ask("SetChargingProfile", {"evseId": 2, "chargingProfile": profile(id=2)})

    desk.ask("GetChargingProfiles", {"requestId": 4, "chargingProfile": {"chargingProfilePurpose": "TxDefaultProfile"}})
    desk.settle()

    reports = desk.heard("ReportChargingProfiles", requestId=4)
    assert [(each["evseId"], each["chargingProfile"], each["tbc"]) for each in reports] == [
        (1, [profile()], True),
        (2, [profile(id=2)], False),
    ]


def test_monitors_are_kept_and_reported(desk: Desk) -> None:
    wanted = {"setMonitoringData": [{**HEARTBEAT, "value": 5, "type": "Delta", "severity": 4}]}
    [result] = desk.ask("SetVariableMonitoring", wanted)["setMonitoringResult"]

    desk.ask("GetMonitoringReport", {"requestId": 3})
    desk.settle()

    [report] = desk.heard("NotifyMonitoringReport")
    assert report["monitor"][0]["variableMonitoring"][0]["id"] == result["id"]


def test_display_messages_are_kept_and_told(desk: Desk) -> None:
    desk.ask("SetDisplayMessage", {"message": MESSAGE})

    desk.ask("GetDisplayMessages", {"requestId": 1})
    desk.settle()

    assert desk.heard("NotifyDisplayMessages")[0]["messageInfo"] == [MESSAGE]
    assert desk.ask("ClearDisplayMessage", {"id": 5})["status"] == "Accepted"


@pytest.mark.parametrize(
    ("requested", "action"),
    [
        ("Heartbeat", "Heartbeat"),
        ("StatusNotification", "StatusNotification"),
        ("MeterValues", "MeterValues"),
        ("TransactionEvent", "TransactionEvent"),
        ("FirmwareStatusNotification", "FirmwareStatusNotification"),
        ("LogStatusNotification", "LogStatusNotification"),
        ("SignChargingStationCertificate", "SignCertificate"),
    ],
)
def test_each_trigger_brings_its_message(desk: Desk, requested: str, action: str) -> None:
    desk.charge()
    desk.forget()

    desk.ask("TriggerMessage", {"requestedMessage": requested, "evse": {"id": 1}})
    desk.settle()

    assert desk.heard(action)


def test_the_new_firmware_tells_that_it_is_installed(desk: Desk) -> None:
    firmware = {"location": "http://app:9/fw-9.bin", "retrieveDateTime": "2026-11-19T16:30:00Z"}

    desk.ask("UpdateFirmware", {"requestId": 8, "firmware": firmware})
    desk.run(60)

    stages = [each["status"] for each in desk.heard("FirmwareStatusNotification", requestId=8)]
    assert stages == ["Downloading", "Downloaded", "Installing", "InstallRebooting", "Installed"]
    assert desk.heard("BootNotification")[-1]["chargingStation"]["firmwareVersion"] == "fw-9"
    assert desk.heard("BootNotification")[-1]["reason"] == "FirmwareUpdate"


def test_a_queue_of_messages_is_admitted() -> None:
    desk = Desk("2.0.1").connect()
    desk.answers["TransactionEvent"] = lambda _: None
    desk.charge()
    name = desk.books().key

    told = desk.ask("GetTransactionStatus", {"transactionId": name})

    assert told == {"ongoingIndicator": True, "messagesInQueue": True}


def test_a_21_charger_may_tell_availability_by_events() -> None:
    desk = Desk("2.1", manners="chargepoint_notify").connect()

    desk.plug()

    values = [each["eventData"][0]["actualValue"] for each in desk.heard("NotifyEvent")]
    assert values == ["Available", "Occupied"]
    assert desk.heard("StatusNotification") == []


def test_default_tariffs_are_kept_by_name() -> None:
    desk = Desk("2.1").connect()
    desk.ask("SetDefaultTariff", {"evseId": 1, "tariff": TARIFF})

    told = desk.ask("GetTariffs", {"evseId": 1})
    cleared = desk.ask("ClearTariffs", {"tariffIds": ["T1", "T2"]})

    assert told["tariffAssignments"][0]["tariffId"] == "T1"
    assert [each["status"] for each in cleared["clearTariffsResult"]] == ["Accepted", "NoTariff"]
