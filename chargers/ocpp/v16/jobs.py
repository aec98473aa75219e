"""Firmware, diagnostics, logs and security events (1.6 §4.4, §4.5; security white paper §5)."""

from datetime import datetime

from chargers.events import JobKind, JobProgressed, SecurityEventHappened
from chargers.ocpp.dialect import Payload
from chargers.ocpp.v16.words import dialect
from chargers.ocpp.values import moment


@dialect.tells("FirmwareStatusNotification")
def firmware(said: Payload, heard_at: datetime) -> JobProgressed:
    return JobProgressed(kind=JobKind.FIRMWARE, status=said["status"])


@dialect.tells("SignedFirmwareStatusNotification")
def signed_firmware(said: Payload, heard_at: datetime) -> JobProgressed:
    return JobProgressed(kind=JobKind.FIRMWARE, status=said["status"], request_id=said.get("requestId"))


@dialect.tells("DiagnosticsStatusNotification")
def diagnostics(said: Payload, heard_at: datetime) -> JobProgressed:
    return JobProgressed(kind=JobKind.DIAGNOSTICS, status=said["status"])


@dialect.tells("LogStatusNotification")
def log(said: Payload, heard_at: datetime) -> JobProgressed:
    return JobProgressed(kind=JobKind.LOG, status=said["status"], request_id=said.get("requestId"))


@dialect.tells("SecurityEventNotification")
def security_event(said: Payload, heard_at: datetime) -> SecurityEventHappened:
    return SecurityEventHappened(
        type=said["type"], at=moment(said.get("timestamp")) or heard_at, info=said.get("techInfo") or ""
    )
