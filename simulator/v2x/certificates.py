"""2.x: certificates."""

from typing import TYPE_CHECKING

from simulator.frames import Payload
from simulator.speech import Answers

if TYPE_CHECKING:
    from simulator.charger import Charger

ANSWERS = Answers()


@ANSWERS.to("CertificateSigned")
def take_signed(charger: "Charger", asked: Payload) -> Payload:
    return {"status": "Accepted" if charger.certificates.take_own(asked["certificateChain"]) else "Rejected"}


@ANSWERS.to("InstallCertificate")
def install(charger: "Charger", asked: Payload) -> Payload:
    is_installed = charger.certificates.install(asked["certificateType"], asked["certificate"])
    return {"status": "Accepted" if is_installed else "Rejected"}


@ANSWERS.to("GetInstalledCertificateIds")
def get_installed(charger: "Charger", asked: Payload) -> Payload:
    found = charger.certificates.find(asked.get("certificateType"))
    if not found:
        return {"status": "NotFound"}
    chain = [{"certificateType": kind, "certificateHashData": hash_data} for kind, hash_data in found]
    return {"status": "Accepted", "certificateHashDataChain": chain}


@ANSWERS.to("DeleteCertificate")
def delete(charger: "Charger", asked: Payload) -> Payload:
    is_deleted = charger.certificates.delete(asked["certificateHashData"])
    return {"status": "Accepted" if is_deleted else "NotFound"}
