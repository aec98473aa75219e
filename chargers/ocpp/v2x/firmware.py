"""Firmware updates as they progress (2.x L01), and firmware that is published (L03)."""

from datetime import datetime

from chargers.events import JobKind, JobProgressed
from chargers.ocpp.dialect import Payload
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.values import whole


@both.tells("FirmwareStatusNotification")
def firmware_status(said: Payload, heard_at: datetime) -> JobProgressed:
    return JobProgressed(kind=JobKind.FIRMWARE, status=said["status"], request_id=whole(said.get("requestId")))


@both.tells("PublishFirmwareStatusNotification")
def publishing_status(said: Payload, heard_at: datetime) -> JobProgressed:
    return JobProgressed(kind=JobKind.PUBLISHING, status=said["status"], request_id=whole(said.get("requestId")))
