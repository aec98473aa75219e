"""1.6's security extension: certificates, logs, signed firmware."""

from functools import partial
from typing import TYPE_CHECKING

from simulator.clock import read_moment
from simulator.files import Seal, bring_log, fetch_firmware
from simulator.frames import Payload
from simulator.outbox import Message
from simulator.remote import say, tell_stage, write_signing_request
from simulator.speech import Answers
from simulator.v16.upkeep import TRIGGERS, answer_trigger

if TYPE_CHECKING:
    from simulator.charger import Charger

ANSWERS = Answers()

EXTENDED_TRIGGERS = {
    **{name: tell for name, tell in TRIGGERS.items() if name != "DiagnosticsStatusNotification"},
    "FirmwareStatusNotification": lambda charger, _: say(
        charger, Message(action="SignedFirmwareStatusNotification", payload={"status": "Idle"})
    ),
    "LogStatusNotification": lambda charger, _: say(
        charger, Message(action="LogStatusNotification", payload={"status": "Idle"})
    ),
    "SignChargePointCertificate": lambda charger, _: say(
        charger, Message(action="SignCertificate", payload={"csr": write_signing_request(charger)})
    ),
}


@ANSWERS.to("ExtendedTriggerMessage")
def trigger(charger: "Charger", asked: Payload) -> Payload:
    return answer_trigger(charger, asked, EXTENDED_TRIGGERS)


@ANSWERS.to("CertificateSigned")
def take_signed_certificate(charger: "Charger", asked: Payload) -> Payload:
    return {"status": "Accepted" if charger.certificates.take_own(asked["certificateChain"]) else "Rejected"}


@ANSWERS.to("InstallCertificate")
def install_certificate(charger: "Charger", asked: Payload) -> Payload:
    is_installed = charger.certificates.install(asked["certificateType"], asked["certificate"])
    return {"status": "Accepted" if is_installed else "Rejected"}


@ANSWERS.to("GetInstalledCertificateIds")
def get_certificates(charger: "Charger", asked: Payload) -> Payload:
    found = charger.certificates.find([asked["certificateType"]])
    if not found:
        return {"status": "NotFound"}
    return {"status": "Accepted", "certificateHashData": [hash_data for _, hash_data in found]}


@ANSWERS.to("DeleteCertificate")
def delete_certificate(charger: "Charger", asked: Payload) -> Payload:
    is_deleted = charger.certificates.delete(asked["certificateHashData"])
    return {"status": "Accepted" if is_deleted else "NotFound"}


@ANSWERS.to("GetLog")
def get_log(charger: "Charger", asked: Payload) -> Payload:
    name = f"{charger.identity}-{asked['logType']}.log"
    tell = partial(tell_stage, charger, "LogStatusNotification", more={"requestId": asked["requestId"]})
    bring_log(charger, asked["log"]["remoteLocation"], name, tell, failed="UploadFailure")
    return {"status": "Accepted", "filename": name}


@ANSWERS.to("SignedUpdateFirmware")
def update_firmware(charger: "Charger", asked: Payload) -> Payload:
    more, firmware = {"requestId": asked["requestId"]}, asked["firmware"]
    fetch_firmware(
        charger,
        firmware["location"],
        partial(tell_stage, charger, "SignedFirmwareStatusNotification", more=more),
        at=read_moment(firmware["retrieveDateTime"]),
        seal=Seal(firmware["signingCertificate"], firmware["signature"]),
        before=("Installing", "Installed"),
    )
    return {"status": "Accepted"}
