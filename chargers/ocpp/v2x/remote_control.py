"""Start, stop, unlock and trigger (2.x F01-F06)."""

from collections.abc import Collection
from datetime import datetime

from chargers.commands import StartCharging, StopCharging, TriggerMessage, UnlockConnector
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v2x.charging_profiles import ProfileWords, read_profile, write_profile
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.v2x.words import hear_status, write_place

# TriggerMessage's messages that both versions know (MessageTriggerEnumType).
TRIGGERS = {
    "BootNotification",
    "LogStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "SignChargingStationCertificate",
    "SignV2GCertificate",
    "StatusNotification",
    "TransactionEvent",
    "SignCombinedCertificate",
    "PublishFirmwareStatusNotification",
}
# Central: a token that a central system made up, which is what a remote start comes with where nothing else is known.
CENTRAL = "Central"


def write_start(command: StartCharging, profiles: ProfileWords, token_types: Collection[str] | None = None) -> Call:
    """`token_types`: the only ones that the version knows; None where any word will do."""
    known = command.token_type and (token_types is None or command.token_type in token_types)
    payload: Payload = {}
    if command.evse is not None:
        payload["evseId"] = command.evse
    payload["remoteStartId"] = command.remote_start_id
    payload["idToken"] = {"idToken": command.token, "type": command.token_type if known else CENTRAL}
    if command.profile is not None:
        payload["chargingProfile"] = write_profile(command.profile, profiles, of_a_start=True)
    return Call("RequestStartTransaction", payload)


@both.recognises("RequestStartTransaction")
def read_start(said: Payload) -> StartCharging:
    profile = said.get("chargingProfile")
    return StartCharging(
        evse=said.get("evseId"),
        token=said["idToken"]["idToken"],
        token_type=said["idToken"]["type"],
        remote_start_id=said["remoteStartId"],
        profile=None if profile is None else read_profile(profile),
    )


def write_trigger(command: TriggerMessage) -> Call:
    payload: Payload = {"requestedMessage": command.message}
    connector = command.connector
    if command.message == "StatusNotification":
        if command.evse is None:
            raise CommandNotSpoken("OCPP 2.x triggers the status of one connector at a time (F06.FR.13)")
        connector = connector or 1
    if command.evse is not None:
        payload["evse"] = write_place(command.evse, connector)
    return Call("TriggerMessage", payload)


@both.asks(StopCharging)
def stop(command: StopCharging) -> Call:
    return Call("RequestStopTransaction", {"transactionId": command.reference})


@both.asks(UnlockConnector)
def unlock(command: UnlockConnector) -> Call:
    return Call("UnlockConnector", {"evseId": command.evse, "connectorId": command.connector})


@both.hears("UnlockConnector")
def unlock_answered(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    return hear_status(response, "Unlocked")
