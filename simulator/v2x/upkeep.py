"""2.x: triggers, logs, firmware, display messages, customers, network profiles."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from simulator import remote
from simulator.clock import read_moment, write_moment
from simulator.files import Seal, bring_log, fetch_firmware
from simulator.frames import Payload
from simulator.outbox import Message
from simulator.remote import say, tell_stage, write_signing_request
from simulator.speech import Answers
from simulator.v2x.sessions import refuse

if TYPE_CHECKING:
    from simulator.charger import Charger

ANSWERS = Answers()
Trigger = Callable[["Charger", int | None], None]


def _tell_statuses(charger: "Charger", number: int | None) -> None:
    for evse in charger.evses:
        if number in (None, evse.number):
            say(charger, charger.speech.present_status(evse))


def _tell_meters(charger: "Charger", number: int | None) -> None:
    for evse in charger.evses:
        if number in (None, evse.number):
            charger.tell_idle_sample(evse, "Trigger")


def _tell_transactions(charger: "Charger", number: int | None) -> None:
    for evse in charger.evses:
        if number in (None, evse.number) and evse.transaction is not None:
            evse.sample("Trigger")


def _tell(action: str, payload: Payload) -> Trigger:
    return lambda charger, _number: say(charger, Message(action=action, payload=dict(payload)))


def _ask_for_signature(kind: str) -> Trigger:
    def ask(charger: "Charger", _number: int | None) -> None:
        say(
            charger,
            Message(
                action="SignCertificate",
                payload={"csr": write_signing_request(charger)} | ({"certificateType": kind} if kind else {}),
            ),
        )

    return ask


TRIGGERS: dict[str, Trigger] = {
    "BootNotification": lambda charger, _: say(charger, charger.speech.boot("Triggered")),
    "Heartbeat": _tell("Heartbeat", {}),
    "StatusNotification": _tell_statuses,
    "MeterValues": _tell_meters,
    "TransactionEvent": _tell_transactions,
    "FirmwareStatusNotification": _tell("FirmwareStatusNotification", {"status": "Idle"}),
    "LogStatusNotification": _tell("LogStatusNotification", {"status": "Idle"}),
    "SignChargingStationCertificate": _ask_for_signature("ChargingStationCertificate"),
    "SignV2GCertificate": _ask_for_signature("V2GCertificate"),
    "SignCombinedCertificate": _ask_for_signature(""),
}


@ANSWERS.to("TriggerMessage")
def trigger(charger: "Charger", asked: Payload) -> Payload:
    tell = TRIGGERS.get(asked["requestedMessage"])
    number = asked["evse"]["id"] if "evse" in asked else None
    if tell is None:
        return {"status": "NotImplemented"}
    if number is not None and charger.evse(number) is None:
        return refuse("UnknownEvse")
    if asked["requestedMessage"] == "BootNotification" and charger.registration == "Accepted":
        # Whoever is accepted does not introduce itself again.
        return refuse("NotEnabled")
    charger.after_answer(lambda: tell(charger, number))
    return {"status": "Accepted"}


@ANSWERS.to("GetLog")
def get_log(charger: "Charger", asked: Payload) -> Payload:
    name = f"{charger.identity}-{asked['logType']}.log"
    tell = partial(tell_stage, charger, "LogStatusNotification", more={"requestId": asked["requestId"]})
    bring_log(charger, asked["log"]["remoteLocation"], name, tell, failed="UploadFailure")
    return {"status": "Accepted", "filename": name}


@ANSWERS.to("UpdateFirmware")
def update_firmware(charger: "Charger", asked: Payload) -> Payload:
    more, firmware = {"requestId": asked["requestId"]}, asked["firmware"]
    is_sealed = "signature" in firmware
    fetch_firmware(
        charger,
        firmware["location"],
        partial(tell_stage, charger, "FirmwareStatusNotification", more=more),
        at=read_moment(firmware["retrieveDateTime"]),
        seal=Seal(firmware.get("signingCertificate", ""), firmware["signature"]) if is_sealed else None,
        before=("Installing", "InstallRebooting"),
        after=("Installed",),
    )
    return {"status": "Accepted"}


@ANSWERS.to("SetDisplayMessage")
def set_display_message(charger: "Charger", asked: Payload) -> Payload:
    message = asked["message"]
    charger.display_messages[message["id"]] = message
    return {"status": "Accepted"}


@ANSWERS.to("GetDisplayMessages")
def get_display_messages(charger: "Charger", asked: Payload) -> Payload:
    names = asked.get("id")
    found = [each for each in charger.display_messages.values() if names is None or each["id"] in names]
    found = [each for each in found if asked.get("priority", each["priority"]) == each["priority"]]
    if not found:
        return {"status": "Unknown"}
    payload = {"requestId": asked["requestId"], "messageInfo": found}
    charger.after_answer(lambda: charger.outbox.post(Message(action="NotifyDisplayMessages", payload=payload)))
    return {"status": "Accepted"}


@ANSWERS.to("ClearDisplayMessage")
def clear_display_message(charger: "Charger", asked: Payload) -> Payload:
    return {"status": "Accepted" if charger.display_messages.pop(asked["id"], None) else "Unknown"}


@ANSWERS.to("CostUpdated")
def update_cost(charger: "Charger", asked: Payload) -> Payload:
    return {}


@ANSWERS.to("CustomerInformation")
def tell_customer(charger: "Charger", asked: Payload) -> Payload:
    token = asked.get("idToken", {}).get("idToken", "").lower()
    known = token in charger.tokens.cache or token in charger.tokens.local_list
    if asked["clear"]:
        charger.tokens.cache.pop(token, None)
    if asked["report"]:
        payload = {
            "requestId": asked["requestId"],
            "data": f"{token}: known" if known else "",
            "seqNo": 0,
            "generatedAt": write_moment(charger.own_time()),
        }
        charger.after_answer(lambda: charger.outbox.post(Message(action="NotifyCustomerInformation", payload=payload)))
    return {"status": "Accepted"}


@ANSWERS.to("SetNetworkProfile")
def set_network_profile(charger: "Charger", asked: Payload) -> Payload:
    # Taken and not used: a virtual charger knows one way to its server.
    told = asked["connectionData"]
    is_sound = told["ocppTransport"] == "JSON" and remote.can_come_by(charger, str(told["securityProfile"]))
    return {"status": "Accepted" if is_sound else "Rejected"}
