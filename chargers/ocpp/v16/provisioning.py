"""Boot, heartbeat and status (1.6 §4.2, §4.6, §4.9)."""

from datetime import datetime

from chargers.events import BootDecision, Booted, HeartbeatSent, Status, StatusChanged
from chargers.ocpp.dialect import Payload
from chargers.ocpp.v16.words import STATUSES, dialect
from chargers.ocpp.values import moment, wire_moment


@dialect.tells("BootNotification")
def boot(said: Payload, heard_at: datetime) -> Booted:
    return Booted(
        vendor=said["chargePointVendor"],
        model=said["chargePointModel"],
        # Two members may carry the serial number, and one of them is deprecated (§6.5).
        serial=said.get("chargePointSerialNumber") or said.get("chargeBoxSerialNumber") or "",
        firmware=said.get("firmwareVersion") or "",
        iccid=said.get("iccid") or "",
        imsi=said.get("imsi") or "",
        meter_type=said.get("meterType") or "",
        meter_serial=said.get("meterSerialNumber") or "",
    )


@dialect.answers("BootNotification")
def boot_answer(decision: BootDecision) -> Payload:
    return {
        "status": decision.registration.value,
        "currentTime": wire_moment(decision.now),
        "interval": decision.interval_s,
    }


@dialect.tells("Heartbeat")
def heartbeat(said: Payload, heard_at: datetime) -> HeartbeatSent:
    return HeartbeatSent()


@dialect.answers("Heartbeat")
def heartbeat_answer(now: datetime) -> Payload:
    return {"currentTime": wire_moment(now)}


@dialect.tells("StatusNotification")
def status(said: Payload, heard_at: datetime) -> StatusChanged:
    return StatusChanged(
        evse=said["connectorId"],
        status=STATUSES.get(said["status"], Status.UNKNOWN),
        raw=said["status"],
        at=moment(said.get("timestamp")) or heard_at,
        error_code=said.get("errorCode") or "",
        info=said.get("info") or "",
        vendor_error_code=said.get("vendorErrorCode") or "",
    )
