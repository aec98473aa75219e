"""What a 1.6 charger answers, and what it then does."""

from typing import Any

import pytest

from simulator.v16.answers import ANSWERS
from tests.simulator.desk import Desk

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"


@pytest.fixture
def desk() -> Desk:
    return Desk("1.6", evses=2).connect()


def profile(limit: float = 10, **more: Any) -> dict[str, Any]:
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "startSchedule": "2026-11-19T00:00:00Z",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        },
        **more,
    }


# One CALL of each action that a charger of a quiet yard answers, and the answer's status.
CALLS: list[tuple[str, dict[str, Any], str | None]] = [
    ("CancelReservation", {"reservationId": 9}, "Rejected"),
    ("CertificateSigned", {"certificateChain": CERTIFICATE}, "Accepted"),
    ("ChangeAvailability", {"connectorId": 9, "type": "Operative"}, "Rejected"),
    ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}, "Accepted"),
    ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}, "Accepted"),
    ("ChangeConfiguration", {"key": "heartbeatinterval", "value": "60"}, "Accepted"),
    ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "often"}, "Rejected"),
    ("ChangeConfiguration", {"key": "NumberOfConnectors", "value": "9"}, "Rejected"),
    ("ChangeConfiguration", {"key": "LocalAuthListEnabled", "value": "maybe"}, "Rejected"),
    ("ChangeConfiguration", {"key": "MeterValuesSampledData", "value": "Sunshine"}, "Rejected"),
    ("ChangeConfiguration", {"key": "SecurityProfile", "value": "1"}, "RebootRequired"),
    ("ChangeConfiguration", {"key": "SecurityProfile", "value": "2"}, "Rejected"),
    ("ChangeConfiguration", {"key": "Nonsense", "value": "1"}, "NotSupported"),
    ("ClearCache", {}, "Accepted"),
    ("ClearChargingProfile", {}, "Unknown"),
    ("DataTransfer", {"vendorId": "somebody"}, "UnknownVendorId"),
    ("DataTransfer", {"vendorId": "Demo"}, "UnknownMessageId"),
    (
        "DeleteCertificate",
        {
            "certificateHashData": {
                "hashAlgorithm": "SHA256",
                "issuerNameHash": "a",
                "issuerKeyHash": "b",
                "serialNumber": "c",
            }
        },
        "NotFound",
    ),
    ("ExtendedTriggerMessage", {"requestedMessage": "Heartbeat"}, "Accepted"),
    ("GetCompositeSchedule", {"connectorId": 1, "duration": 600}, "Accepted"),
    ("GetCompositeSchedule", {"connectorId": 0, "duration": 600, "chargingRateUnit": "A"}, "Accepted"),
    ("GetCompositeSchedule", {"connectorId": 5, "duration": 600}, "Rejected"),
    ("GetConfiguration", {}, None),
    ("GetDiagnostics", {"location": "http://app:9/upload"}, None),
    ("GetInstalledCertificateIds", {"certificateType": "CentralSystemRootCertificate"}, "NotFound"),
    ("GetLocalListVersion", {}, None),
    (
        "GetLog",
        {"log": {"remoteLocation": "http://app:9/upload"}, "logType": "DiagnosticsLog", "requestId": 1},
        "Accepted",
    ),
    (
        "InstallCertificate",
        {"certificateType": "CentralSystemRootCertificate", "certificate": CERTIFICATE},
        "Accepted",
    ),
    (
        "InstallCertificate",
        {"certificateType": "CentralSystemRootCertificate", "certificate": "nothing"},
        "Rejected",
    ),
    ("RemoteStartTransaction", {"idTag": "VAN1", "connectorId": 1}, "Accepted"),
    ("RemoteStartTransaction", {"idTag": "VAN1", "connectorId": 5}, "Rejected"),
    ("RemoteStopTransaction", {"transactionId": 1}, "Rejected"),
    (
        "ReserveNow",
        {"connectorId": 1, "expiryDate": "2026-11-19T18:00:00Z", "idTag": "VAN1", "reservationId": 1},
        "Accepted",
    ),
    (
        "ReserveNow",
        {"connectorId": 7, "expiryDate": "2026-11-19T18:00:00Z", "idTag": "VAN1", "reservationId": 1},
        "Rejected",
    ),
    ("Reset", {"type": "Soft"}, "Accepted"),
    ("SendLocalList", {"listVersion": 2, "updateType": "Full"}, "Accepted"),
    ("SendLocalList", {"listVersion": 0, "updateType": "Differential"}, "VersionMismatch"),
    ("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": profile()}, "Accepted"),
    ("SetChargingProfile", {"connectorId": 9, "csChargingProfiles": profile()}, "Rejected"),
    (
        "SetChargingProfile",
        {"connectorId": 1, "csChargingProfiles": profile(chargingProfilePurpose="TxProfile")},
        "Rejected",
    ),
    (
        "SignedUpdateFirmware",
        {
            "requestId": 1,
            "firmware": {
                "location": "http://app:9/new.bin",
                "retrieveDateTime": "2026-11-19T16:30:00Z",
                "signature": "x",
                "signingCertificate": "y",
            },
        },
        "Accepted",
    ),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}, "Accepted"),
    ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 8}, "Rejected"),
    ("UnlockConnector", {"connectorId": 1}, "Unlocked"),
    ("UnlockConnector", {"connectorId": 8}, "NotSupported"),
    ("UpdateFirmware", {"location": "http://app:9/new.bin", "retrieveDate": "2026-11-19T16:30:00Z"}, None),
]


@pytest.mark.parametrize(("action", "payload", "status"), CALLS)
def test_each_call_is_answered_by_its_schema(
    desk: Desk, action: str, payload: dict[str, Any], status: str | None
) -> None:
    answer = desk.ask(action, payload)

    assert isinstance(answer, dict)
    assert answer.get("status") == status


def test_no_action_is_left_out() -> None:
    assert {action for action, _, _ in CALLS} == set(ANSWERS)


def test_an_unknown_action_is_not_implemented(desk: Desk) -> None:
    assert desk.ask_raw("MakeCoffee", {}) == "NotImplemented"


def test_a_call_without_its_members_is_a_formation_violation(desk: Desk) -> None:
    assert desk.ask_raw("UnlockConnector", {}) == "FormationViolation"
    assert desk.ask_raw("UnlockConnector", []) == "FormationViolation"


def test_configuration_is_read_by_name_and_whole(desk: Desk) -> None:
    some = desk.ask("GetConfiguration", {"key": ["meterValueSampleInterval", "NumberOfConnectors", "Nonsense"]})
    everything = desk.ask("GetConfiguration", {})

    assert some["configurationKey"] == [
        {"key": "MeterValueSampleInterval", "readonly": False, "value": "60"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
    ]
    assert some["unknownKey"] == ["Nonsense"]
    assert len(everything["configurationKey"]) > 40
    [key] = [each for each in everything["configurationKey"] if each["key"] == "AuthorizationKey"]
    assert "value" not in key


def test_a_new_password_is_shown_at_the_next_connection(desk: Desk) -> None:
    desk.ask("ChangeConfiguration", {"key": "AuthorizationKey", "value": "00112233445566778899"})

    assert desk.charger.password == "00112233445566778899"
    assert desk.link is not None
    assert not desk.link.is_open


def test_a_shorter_sample_interval_holds_at_once(desk: Desk) -> None:
    desk.charge()
    desk.ask("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "10"})

    desk.run(35)

    assert len(desk.heard("MeterValues")) == 3


@pytest.mark.parametrize(
    "requested",
    [
        "BootNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "StatusNotification",
    ],
)
def test_each_trigger_brings_its_message(desk: Desk, requested: str) -> None:
    desk.forget()

    desk.ask("TriggerMessage", {"requestedMessage": requested, "connectorId": 1})
    desk.settle()

    assert {action for action, _ in desk.told} >= {requested}


@pytest.mark.parametrize(
    ("requested", "action"),
    [
        ("LogStatusNotification", "LogStatusNotification"),
        ("FirmwareStatusNotification", "SignedFirmwareStatusNotification"),
        ("SignChargePointCertificate", "SignCertificate"),
    ],
)
def test_each_extended_trigger_brings_its_message(desk: Desk, requested: str, action: str) -> None:
    desk.ask("ExtendedTriggerMessage", {"requestedMessage": requested})
    desk.settle()

    assert desk.heard(action)


def test_an_update_goes_through_its_stages_and_boots_as_the_new_firmware(desk: Desk) -> None:
    desk.forget()

    desk.ask("UpdateFirmware", {"location": "http://app:9/fw-7.2.bin", "retrieveDate": "2026-11-19T16:40:00Z"})
    desk.run(700)

    stages = [each["status"] for each in desk.heard("FirmwareStatusNotification")]
    assert stages == ["Downloading", "Downloaded", "Installing", "Installed"]
    [boot] = desk.heard("BootNotification")
    assert boot["firmwareVersion"] == "fw-7.2"


def test_a_log_is_uploaded_in_stages(desk: Desk) -> None:
    answer = desk.ask("GetDiagnostics", {"location": "http://app:9/upload"})
    desk.run(5)

    assert answer["fileName"]
    assert [each["status"] for each in desk.heard("DiagnosticsStatusNotification")] == ["Uploading", "Uploaded"]


def test_certificates_are_listed_and_deleted(desk: Desk) -> None:
    desk.ask("InstallCertificate", {"certificateType": "CentralSystemRootCertificate", "certificate": CERTIFICATE})
    listed = desk.ask("GetInstalledCertificateIds", {"certificateType": "CentralSystemRootCertificate"})

    deleted = desk.ask("DeleteCertificate", {"certificateHashData": listed["certificateHashData"][0]})

    assert deleted["status"] == "Accepted"
    assert (
        desk.ask("GetInstalledCertificateIds", {"certificateType": "CentralSystemRootCertificate"})["status"]
        == "NotFound"
    )


def test_the_local_list_follows_its_versions(desk: Desk) -> None:
    entry = {"idTag": "van9", "idTagInfo": {"status": "Accepted"}}
    full = desk.ask("SendLocalList", {"listVersion": 3, "updateType": "Full", "localAuthorizationList": [entry]})
    gone = desk.ask(
        "SendLocalList", {"listVersion": 4, "updateType": "Differential", "localAuthorizationList": [{"idTag": "VAN9"}]}
    )

    assert (full["status"], gone["status"]) == ("Accepted", "Accepted")
    assert desk.ask("GetLocalListVersion", {})["listVersion"] == 4
    assert desk.charger.tokens.local_list == {}
