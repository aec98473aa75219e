"""Logs to send us, firmware to fetch and to publish (2.x N01, L01-L04)."""

from datetime import datetime

from chargers.commands import PublishFirmware, UnpublishFirmware, UpdateFirmware, UploadLog
from chargers.events import JobKind, JobProgressed
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.v2x.words import hear_status
from chargers.ocpp.values import wire_moment


@both.asks(UploadLog)
def upload_log(command: UploadLog) -> Call:
    return Call("GetLog", write_upload_log(command))


def write_upload_log(command: UploadLog) -> Payload:
    """The same in 1.6's security extension."""
    log: Payload = {"remoteLocation": command.location}
    if command.since is not None:
        log["oldestTimestamp"] = wire_moment(command.since)
    if command.until is not None:
        log["latestTimestamp"] = wire_moment(command.until)
    return {"log": log, "logType": command.log.value, "requestId": command.request_id} | write_retries(command)


def write_retries(command: UploadLog | UpdateFirmware | PublishFirmware) -> Payload:
    payload: Payload = {}
    if command.retries is not None:
        payload["retries"] = command.retries
    if command.retry_interval_s is not None:
        payload["retryInterval"] = command.retry_interval_s
    return payload


@both.asks(UpdateFirmware)
def update_firmware(command: UpdateFirmware) -> Call:
    return Call("UpdateFirmware", write_update(command))


def write_update(command: UpdateFirmware) -> Payload:
    """The same in 1.6's security extension, where it is always signed."""
    if bool(command.signing_certificate) != bool(command.signature):
        raise CommandNotSpoken("Signed firmware comes with its signature and the certificate to check it by")
    firmware: Payload = {"location": command.location, "retrieveDateTime": wire_moment(command.retrieve_at)}
    if command.install_at is not None:
        firmware["installDateTime"] = wire_moment(command.install_at)
    if command.signature:
        firmware |= {"signingCertificate": command.signing_certificate, "signature": command.signature}
    return {"requestId": command.request_id, "firmware": firmware} | write_retries(command)


@both.hears("GetLog")
@both.hears("UpdateFirmware")
def job_taken(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # AcceptedCanceled: it does this one, and gave up the one that it was at (N01.FR.12, L01.FR.24).
    return hear_status(response, "Accepted", "AcceptedCanceled")


@both.asks(PublishFirmware)
def publish(command: PublishFirmware) -> Call:
    payload: Payload = {
        "location": command.location,
        "checksum": command.checksum,
        "requestId": command.request_id,
    }
    return Call("PublishFirmware", payload | write_retries(command))


@both.hears("PublishFirmware")
def publishing(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    """The job begins with the promise; PublishFirmwareStatusNotification tells the rest (L03)."""
    hearing = hear_status(response, "Accepted")
    if not hearing.accepted or "requestId" not in request:
        return hearing
    job = JobProgressed(kind=JobKind.PUBLISHING, status=hearing.status, request_id=request["requestId"])
    return Hearing(True, hearing.status, (job,))


@both.asks(UnpublishFirmware)
def unpublish(command: UnpublishFirmware) -> Call:
    return Call("UnpublishFirmware", {"checksum": command.checksum})


@both.hears("UnpublishFirmware")
def unpublished(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # NoFirmware: nothing of it is there, which is what was wanted.
    hearing = hear_status(response, "Unpublished", "NoFirmware")
    if not hearing.accepted:
        return hearing
    return Hearing(True, hearing.status, (JobProgressed(kind=JobKind.PUBLISHING, status=hearing.status),))
