import pytest

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
    StartCharging,
    StopCharging,
    TriggerMessage,
    UnlockConnector,
)
from chargers.ocpp.dialect import Call, CommandNotSpoken, Dialect
from chargers.ocpp.v21 import dialect as v21
from chargers.ocpp.v201 import dialect as v201
from tests.chargers.ocpp.v2x.wire import ask, hear


def profile(purpose: ProfilePurpose = ProfilePurpose.TX, reference: str | None = None) -> ChargingProfile:
    schedule = ChargingSchedule(unit=RateUnit.AMPERE, periods=(SchedulePeriod(start_s=0, limit=16),))
    return ChargingProfile(
        profile_id=7,
        stack_level=0,
        purpose=purpose,
        kind=ProfileKind.RELATIVE,
        schedules=(schedule,),
        reference=reference,
    )


def test_a_start_names_token_and_number(dialect: Dialect) -> None:
    call = ask(dialect, StartCharging(evse=3, token="VAN131", remote_start_id=42))

    assert call.action == "RequestStartTransaction"
    assert list(call.payload.items()) == [
        ("evseId", 3),
        ("remoteStartId", 42),
        ("idToken", {"idToken": "VAN131", "type": "Central"}),
    ]


def test_a_start_may_leave_the_evse_to_the_charger(dialect: Dialect) -> None:
    call = ask(dialect, StartCharging(evse=None, token="VAN131", remote_start_id=42))

    assert "evseId" not in call.payload


def test_a_start_brings_its_profile_without_a_transaction(dialect: Dialect) -> None:
    command = StartCharging(evse=1, token="VAN131", remote_start_id=42, profile=profile(reference="T1"))

    call = ask(dialect, command)

    assert call.payload["chargingProfile"]["chargingProfilePurpose"] == "TxProfile"
    assert "transactionId" not in call.payload["chargingProfile"]


def test_no_other_profile_comes_with_a_start(dialect: Dialect) -> None:
    command = StartCharging(evse=1, token="VAN131", remote_start_id=42, profile=profile(ProfilePurpose.TX_DEFAULT))

    with pytest.raises(CommandNotSpoken, match="TxProfile"):
        dialect.say(command)


def test_a_card_of_an_unknown_kind_is_started_as_ours(dialect: Dialect) -> None:
    call = ask(dialect, StartCharging(evse=1, token="VAN131", token_type="", remote_start_id=1))

    assert call.payload["idToken"]["type"] == "Central"


def test_only_2_1_knows_every_type_of_token() -> None:
    command = StartCharging(evse=1, token="WVWZZZ", token_type="VIN", remote_start_id=1)

    types = [ask(dialect, command).payload["idToken"]["type"] for dialect in (v201, v21)]

    assert types == ["Central", "VIN"]


def test_a_start_accepted_into_a_transaction_is_accepted(dialect: Dialect) -> None:
    call = ask(dialect, StartCharging(evse=1, token="VAN131", remote_start_id=42))

    accepted = hear(dialect, call, {"status": "Accepted", "transactionId": "T1"})
    rejected = hear(dialect, call, {"status": "Rejected", "statusInfo": {"reasonCode": "TxInProgress"}})

    assert (accepted.accepted, accepted.status) == (True, "Accepted")
    assert (rejected.accepted, rejected.status) == (False, "Rejected")


def test_a_stop_names_the_charger_s_own_transaction(dialect: Dialect) -> None:
    call = ask(dialect, StopCharging(reference="9f1c7a52"))

    assert call == Call("RequestStopTransaction", {"transactionId": "9f1c7a52"})


def test_one_cable_is_unlocked(dialect: Dialect) -> None:
    call = ask(dialect, UnlockConnector(evse=2))

    assert call == Call("UnlockConnector", {"evseId": 2, "connectorId": 1})


@pytest.mark.parametrize(
    ("status", "accepted"),
    [
        ("Unlocked", True),
        ("UnlockFailed", False),
        ("OngoingAuthorizedTransaction", False),
        ("UnknownConnector", False),
    ],
)
def test_only_an_open_lock_is_a_success(dialect: Dialect, status: str, accepted: bool) -> None:
    call = ask(dialect, UnlockConnector(evse=2))

    hearing = hear(dialect, call, {"status": status})

    assert (hearing.accepted, hearing.status) == (accepted, status)


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        (TriggerMessage(message="BootNotification"), {"requestedMessage": "BootNotification"}),
        (TriggerMessage(message="MeterValues", evse=2), {"requestedMessage": "MeterValues", "evse": {"id": 2}}),
        (
            TriggerMessage(message="StatusNotification", evse=2),
            {"requestedMessage": "StatusNotification", "evse": {"id": 2, "connectorId": 1}},
        ),
    ],
)
def test_a_message_is_triggered(dialect: Dialect, command: TriggerMessage, payload: dict[str, object]) -> None:
    assert ask(dialect, command) == Call("TriggerMessage", payload)


def test_the_status_of_no_connector_in_particular_is_not_triggered(dialect: Dialect) -> None:
    with pytest.raises(CommandNotSpoken, match="one connector"):
        dialect.say(TriggerMessage(message="StatusNotification"))


@pytest.mark.parametrize(("status", "accepted"), [("Accepted", True), ("Rejected", False), ("NotImplemented", False)])
def test_a_trigger_that_is_not_implemented_is_refused(dialect: Dialect, status: str, accepted: bool) -> None:
    call = ask(dialect, TriggerMessage(message="Heartbeat"))

    hearing = hear(dialect, call, {"status": status})

    assert (hearing.accepted, hearing.status) == (accepted, status)


def test_2_1_triggers_what_only_the_charger_knows() -> None:
    call = ask(v21, TriggerMessage(message="NorthwindSelfTest", evse=1))

    assert list(call.payload.items()) == [
        ("requestedMessage", "CustomTrigger"),
        ("customTrigger", "NorthwindSelfTest"),
        ("evse", {"id": 1}),
    ]


def test_2_1_triggers_a_certificate_of_iso_15118_20() -> None:
    call = ask(v21, TriggerMessage(message="SignV2G20Certificate"))

    assert call.payload == {"requestedMessage": "SignV2G20Certificate"}


@pytest.mark.parametrize("message", ["SignV2G20Certificate", "NorthwindSelfTest"])
def test_2_0_1_triggers_only_what_it_has_a_word_for(message: str) -> None:
    with pytest.raises(CommandNotSpoken, match=message):
        v201.say(TriggerMessage(message=message))
