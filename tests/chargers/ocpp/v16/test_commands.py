"""Our commands in the words of 1.6, and what its answers come to."""

import pytest

from chargers.commands import (
    ChangeAvailability,
    ChangeSettings,
    ClearCache,
    ClearProfiles,
    Command,
    ProfilePurpose,
    ReadSettings,
    ReportSettings,
    ResetCharger,
    StartCharging,
    StopCharging,
    TriggerMessage,
    UnlockConnector,
)
from chargers.events import Setting, SettingsReported
from chargers.ocpp import schemas
from chargers.ocpp.dialect import CommandNotSpoken
from chargers.ocpp.v16 import dialect
from tests.factories import THURSDAY


@pytest.mark.parametrize(
    ("command", "action", "payload"),
    [
        (
            StartCharging(evse=2, token="VAN12", remote_start_id=1),
            "RemoteStartTransaction",
            {"connectorId": 2, "idTag": "VAN12"},
        ),
        (StopCharging(reference="17"), "RemoteStopTransaction", {"transactionId": 17}),
        (ResetCharger(), "Reset", {"type": "Soft"}),
        (ResetCharger(immediately=True), "Reset", {"type": "Hard"}),
        (UnlockConnector(evse=2), "UnlockConnector", {"connectorId": 2}),
        (
            TriggerMessage(message="StatusNotification", evse=1),
            "TriggerMessage",
            {"requestedMessage": "StatusNotification", "connectorId": 1},
        ),
        (
            TriggerMessage(message="SignChargingStationCertificate"),
            "ExtendedTriggerMessage",
            {"requestedMessage": "SignChargePointCertificate"},
        ),
        (
            ChangeAvailability(operative=False, evse=1),
            "ChangeAvailability",
            {"connectorId": 1, "type": "Inoperative"},
        ),
        (ReadSettings(settings=(Setting("HeartbeatInterval"),)), "GetConfiguration", {"key": ["HeartbeatInterval"]}),
        (ReportSettings(request_id=1), "GetConfiguration", {}),
        (
            ChangeSettings(values=((Setting("HeartbeatInterval"), "60"),)),
            "ChangeConfiguration",
            {"key": "HeartbeatInterval", "value": "60"},
        ),
        (ClearCache(), "ClearCache", {}),
        (
            ClearProfiles(purpose=ProfilePurpose.TX_DEFAULT, evse=1),
            "ClearChargingProfile",
            {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile"},
        ),
    ],
)
def test_a_command_is_said_in_the_words_of_1_6_and_keeps_its_schema(
    command: Command, action: str, payload: dict[str, object]
) -> None:
    call = dialect.say(command)

    assert (call.action, call.payload) == (action, payload)
    assert schemas.check("ocpp1.6", call.action, call.payload) is None


@pytest.mark.parametrize(
    "command",
    [
        StartCharging(evse=1, token="X" * 21, remote_start_id=1),
        ResetCharger(evse=1),
        TriggerMessage(message="TransactionEvent"),
        ChangeSettings(values=((Setting("A"), "1"), (Setting("B"), "2"))),
        ClearProfiles(purpose=ProfilePurpose.EXTERNAL_CONSTRAINTS),
    ],
)
def test_what_1_6_cannot_say_is_said_to_be_so(command: Command) -> None:
    with pytest.raises(CommandNotSpoken):
        dialect.say(command)


@pytest.mark.parametrize(
    ("action", "status", "accepted"),
    [
        ("RemoteStartTransaction", "Accepted", True),
        ("RemoteStartTransaction", "Rejected", False),
        ("UnlockConnector", "Unlocked", True),
        ("UnlockConnector", "UnlockFailed", False),
        ("UnlockConnector", "NotSupported", False),
        ("ChangeAvailability", "Scheduled", True),
        ("ChangeAvailability", "Rejected", False),
        ("ClearChargingProfile", "Unknown", True),
        ("SetChargingProfile", "NotSupported", False),
        ("TriggerMessage", "NotImplemented", False),
    ],
)
def test_the_word_of_an_answer_tells_whether_it_was_accepted(action: str, status: str, accepted: bool) -> None:
    hearing = dialect.hear(action, {}, {"status": status}, THURSDAY)

    assert (hearing.accepted, hearing.status) == (accepted, status)


def test_the_settings_that_were_asked_for_are_reported() -> None:
    told = {"configurationKey": [{"key": "HeartbeatInterval", "readonly": 0, "value": "60"}], "unknownKey": ["Nope"]}

    hearing = dialect.hear("GetConfiguration", {}, told, THURSDAY)

    (event,) = hearing.events
    assert isinstance(event, SettingsReported)
    assert [(one.setting.variable, one.value, one.mutability) for one in event.reports] == [
        ("HeartbeatInterval", "60", "ReadWrite")
    ]
    assert hearing.status == "1 unknown"


def test_a_change_that_needs_a_reboot_is_accepted_and_says_so() -> None:
    request = {"key": "HeartbeatInterval", "value": "60"}

    hearing = dialect.hear("ChangeConfiguration", request, {"status": "RebootRequired"}, THURSDAY)

    assert (hearing.accepted, hearing.status, len(hearing.events)) == (True, "RebootRequired", 1)
