"""What the answers to our commands come to, where that is more than whether the word is Accepted."""

from typing import Any

import pytest

from chargers.ocpp import schemas
from chargers.ocpp.dialects import DIALECTS
from tests.chargers.ocpp.v2x.wire import NOON

TEMPERATURE: dict[str, Any] = {"component": {"name": "ChargingStation"}, "variable": {"name": "Temperature"}}
V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"


def monitor_set(status: str) -> dict[str, Any]:
    return {**TEMPERATURE, "status": status, "type": "Delta", "severity": 4}


@pytest.mark.parametrize(
    ("version", "action", "response", "accepted", "status"),
    [
        (V16, "GetDiagnostics", {"fileName": "logs.zip"}, True, "logs.zip"),
        (V16, "GetDiagnostics", {}, False, "Nothing to upload"),
        (V16, "GetLocalListVersion", {"listVersion": 3}, True, "Version 3"),
        (V16, "GetLocalListVersion", {"listVersion": -1}, False, "NotSupported"),
        (V16, "SendLocalList", {"status": "VersionMismatch"}, False, "VersionMismatch"),
        (V16, "GetLog", {"status": "AcceptedCanceled"}, True, "AcceptedCanceled"),
        (V16, "SignedUpdateFirmware", {"status": "InvalidCertificate"}, False, "InvalidCertificate"),
        (V16, "DeleteCertificate", {"status": "NotFound"}, True, "NotFound"),
        (V16, "DeleteCertificate", {"status": "Failed"}, False, "Failed"),
        (V201, "GetLocalListVersion", {"versionNumber": 0}, True, "Version 0"),
        (V201, "UpdateFirmware", {"status": "RevokedCertificate"}, False, "RevokedCertificate"),
        (V201, "UnpublishFirmware", {"status": "NoFirmware"}, True, "NoFirmware"),
        (V201, "UnpublishFirmware", {"status": "DownloadOngoing"}, False, "DownloadOngoing"),
        (V201, "GetChargingProfiles", {"status": "NoProfiles"}, True, "NoProfiles"),
        (V201, "GetReport", {"status": "NotSupported"}, False, "NotSupported"),
        (V21, "GetMonitoringReport", {"status": "EmptyResultSet"}, True, "EmptyResultSet"),
        (V21, "ClearDisplayMessage", {"status": "Unknown"}, True, "Unknown"),
        (V21, "ReserveNow", {"status": "Occupied"}, False, "Occupied"),
        (V21, "GetTransactionStatus", {"messagesInQueue": True}, True, "messages waiting"),
        (V21, "GetTransactionStatus", {"ongoingIndicator": False, "messagesInQueue": False}, True, "Ended, all told"),
        (
            V21,
            "SetVariableMonitoring",
            {"setMonitoringResult": [monitor_set("Accepted"), monitor_set("UnknownVariable")]},
            False,
            "UnknownVariable",
        ),
        (
            V21,
            "ClearVariableMonitoring",
            {"clearMonitoringResult": [{"id": 1, "status": "NotFound"}, {"id": 2, "status": "Accepted"}]},
            True,
            "NotFound",
        ),
    ],
)
def test_an_answer_is_accepted_when_what_was_wanted_is_so(
    version: str, action: str, response: dict[str, Any], accepted: bool, status: str
) -> None:
    assert schemas.check(version, action, response, response=True) is None

    hearing = DIALECTS[version].hear(action, {}, response, NOON)

    assert (hearing.accepted, hearing.status) == (accepted, status)
