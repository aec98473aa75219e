"""Boot, heartbeat and reset (2.x B01-B04, B11, B12, G02)."""

from datetime import datetime

from chargers.commands import ResetCharger
from chargers.events import BootDecision, Booted, HeartbeatSent
from chargers.ocpp.dialect import Call, Hearing, Payload
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.v2x.words import hear_status
from chargers.ocpp.values import wire_moment


@both.tells("BootNotification")
def boot(said: Payload, heard_at: datetime) -> Booted:
    station = said["chargingStation"]
    modem = station.get("modem") or {}
    return Booted(
        vendor=station["vendorName"],
        model=station["model"],
        serial=station.get("serialNumber") or "",
        firmware=station.get("firmwareVersion") or "",
        iccid=modem.get("iccid") or "",
        imsi=modem.get("imsi") or "",
        reason=said.get("reason") or "",
    )


@both.answers("BootNotification")
def boot_answer(decision: BootDecision) -> Payload:
    return {
        "currentTime": wire_moment(decision.now),
        "interval": decision.interval_s,
        "status": decision.registration.value,
    }


@both.tells("Heartbeat")
def heartbeat(said: Payload, heard_at: datetime) -> HeartbeatSent:
    return HeartbeatSent()


@both.answers("Heartbeat")
def heartbeat_answer(now: datetime) -> Payload:
    return {"currentTime": wire_moment(now)}


@both.asks(ResetCharger)
def reset(command: ResetCharger) -> Call:
    payload: Payload = {"type": "Immediate" if command.immediately else "OnIdle"}
    if command.evse is not None:
        payload["evseId"] = command.evse
    return Call("Reset", payload)


@both.hears("Reset")
def reset_answered(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # Scheduled: it resets once the transactions that run have ended (B12).
    return hear_status(response, "Accepted", "Scheduled")
