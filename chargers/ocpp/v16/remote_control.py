"""Start, stop, unlock, reset, trigger, availability (1.6 §5.2, §5.11, §5.12, §5.14, §5.17, §5.18)."""

from datetime import datetime

from chargers.commands import (
    ChangeAvailability,
    ClearCache,
    ResetCharger,
    StartCharging,
    StopCharging,
    TriggerMessage,
    UnlockConnector,
)
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v16.smart_charging import read_profile, transaction_id, wire_profile
from chargers.ocpp.v16.words import TOKEN_LENGTH, dialect

# 2.x's names for what 1.6 §7.43 and the security white paper let us trigger.
TRIGGERS = {
    "LogStatusNotification": "LogStatusNotification",
    "SignChargingStationCertificate": "SignChargePointCertificate",
}
PLAIN_TRIGGERS = (
    "BootNotification", "DiagnosticsStatusNotification", "FirmwareStatusNotification", "Heartbeat", "MeterValues",
    "StatusNotification",
)  # fmt: skip


@dialect.asks(StartCharging)
def start(command: StartCharging) -> Call:
    if len(command.token) > TOKEN_LENGTH:
        raise CommandNotSpoken(f"1.6 takes id tokens of at most {TOKEN_LENGTH} characters")
    payload: Payload = {}
    if command.evse is not None:
        payload["connectorId"] = command.evse
    payload["idTag"] = command.token
    if command.profile is not None:
        payload["chargingProfile"] = wire_profile(command.profile)
    return Call("RemoteStartTransaction", payload)


@dialect.recognises("RemoteStartTransaction")
def read_start(said: Payload) -> StartCharging:
    profile = said.get("chargingProfile")
    return StartCharging(
        evse=said.get("connectorId"),
        token=said["idTag"],
        remote_start_id=0,
        profile=None if profile is None else read_profile(profile),
    )


@dialect.asks(StopCharging)
def stop(command: StopCharging) -> Call:
    return Call("RemoteStopTransaction", {"transactionId": transaction_id(command.reference)})


@dialect.asks(UnlockConnector)
def unlock(command: UnlockConnector) -> Call:
    return Call("UnlockConnector", {"connectorId": command.evse})


@dialect.hears("UnlockConnector")
def unlocked(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    return Hearing(response["status"] == "Unlocked", response["status"])


@dialect.asks(ResetCharger)
def reset(command: ResetCharger) -> Call:
    if command.evse:
        raise CommandNotSpoken("1.6 resets the whole charger only")
    return Call("Reset", {"type": "Hard" if command.immediately else "Soft"})


@dialect.asks(TriggerMessage)
def trigger(command: TriggerMessage) -> Call:
    if command.message in PLAIN_TRIGGERS:
        payload: Payload = {"requestedMessage": command.message}
        if command.evse:
            payload["connectorId"] = command.evse
        return Call("TriggerMessage", payload)
    if command.message in TRIGGERS:
        return Call("ExtendedTriggerMessage", {"requestedMessage": TRIGGERS[command.message]})
    raise CommandNotSpoken(f"1.6 cannot trigger {command.message}")


@dialect.asks(ChangeAvailability)
def change_availability(command: ChangeAvailability) -> Call:
    kind = "Operative" if command.operative else "Inoperative"
    return Call("ChangeAvailability", {"connectorId": command.evse, "type": kind})


@dialect.hears("ChangeAvailability")
def availability_changed(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # Scheduled: it will do so when the transaction that runs has ended (§5.2).
    return Hearing(response["status"] in ("Accepted", "Scheduled"), response["status"])


@dialect.asks(ClearCache)
def clear_cache(command: ClearCache) -> Call:
    return Call("ClearCache", {})
