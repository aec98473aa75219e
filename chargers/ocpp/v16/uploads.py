"""Logs to send us and firmware to fetch (1.6 §5.9, §5.19; security white paper)."""

from datetime import datetime

from chargers.commands import UpdateFirmware, UploadDiagnostics, UploadLog
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v16.words import dialect
from chargers.ocpp.values import wire_moment


@dialect.asks(UploadDiagnostics)
def upload_diagnostics(command: UploadDiagnostics) -> Call:
    payload: Payload = {"location": command.location} | _retries(command)
    if command.since is not None:
        payload["startTime"] = wire_moment(command.since)
    if command.until is not None:
        payload["stopTime"] = wire_moment(command.until)
    return Call("GetDiagnostics", payload)


@dialect.hears("GetDiagnostics")
def diagnostics_promised(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # Without a file name there is nothing to upload (§5.9).
    name = str(response.get("fileName") or "")
    return Hearing(bool(name), (name or "Nothing to upload")[:60])


@dialect.asks(UploadLog)
def upload_log(command: UploadLog) -> Call:
    log: Payload = {"remoteLocation": command.location}
    if command.since is not None:
        log["oldestTimestamp"] = wire_moment(command.since)
    if command.until is not None:
        log["latestTimestamp"] = wire_moment(command.until)
    payload: Payload = {"log": log, "logType": command.log.value, "requestId": command.request_id}
    return Call("GetLog", payload | _retries(command))


@dialect.asks(UpdateFirmware)
def update_firmware(command: UpdateFirmware) -> Call:
    if bool(command.signing_certificate) != bool(command.signature):
        raise CommandNotSpoken("Signed firmware comes with its signature and the certificate to check it by")
    if command.signature:
        return Call("SignedUpdateFirmware", _signed(command) | _retries(command))
    if command.install_at is not None:
        raise CommandNotSpoken("1.6 installs unsigned firmware when it has it, not at a time")
    payload: Payload = {"location": command.location, "retrieveDate": wire_moment(command.retrieve_at)}
    return Call("UpdateFirmware", payload | _retries(command))


def _signed(command: UpdateFirmware) -> Payload:
    firmware: Payload = {
        "location": command.location,
        "retrieveDateTime": wire_moment(command.retrieve_at),
        "signingCertificate": command.signing_certificate,
        "signature": command.signature,
    }
    if command.install_at is not None:
        firmware["installDateTime"] = wire_moment(command.install_at)
    return {"requestId": command.request_id, "firmware": firmware}


@dialect.hears("GetLog")
@dialect.hears("SignedUpdateFirmware")
def job_taken(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # AcceptedCanceled: it does this one, and gave up the one that it was at.
    return Hearing(response["status"] in ("Accepted", "AcceptedCanceled"), response["status"])


def _retries(command: UploadLog | UploadDiagnostics | UpdateFirmware) -> Payload:
    payload: Payload = {}
    if command.retries is not None:
        payload["retries"] = command.retries
    if command.retry_interval_s is not None:
        payload["retryInterval"] = command.retry_interval_s
    return payload
