"""2.x: starting, stopping, resetting, unlocking, availability."""

from typing import TYPE_CHECKING

from simulator import remote
from simulator.frames import NoAnswer, Payload
from simulator.restarts import reboot
from simulator.speech import Answers
from simulator.transaction import Card

if TYPE_CHECKING:
    from simulator.charger import Charger

ANSWERS = Answers()


def refuse(reason: str, status: str = "Rejected") -> Payload:
    return {"status": status, "statusInfo": {"reasonCode": reason}}


def accept(is_accepted: bool) -> Payload:
    return {"status": "Accepted" if is_accepted else "Rejected"}


@ANSWERS.to("RequestStartTransaction")
def start(charger: "Charger", asked: Payload) -> Payload:
    token, group = asked["idToken"], asked.get("groupIdToken", {})
    card = Card(
        token["idToken"],
        token["type"],
        remote_start_id=asked["remoteStartId"],
        is_remote=True,
        group=group.get("idToken", ""),
        profile=asked.get("chargingProfile") if charger.manners.takes_profiles else None,
    )
    evse = remote.choose_evse(charger, asked.get("evseId"))
    if not remote.start(charger, evse.number if evse else asked.get("evseId"), card):
        return refuse("TxInProgress" if evse is None else "InvalidProfile")
    return accept(True)


@ANSWERS.to("RequestStopTransaction")
def stop(charger: "Charger", asked: Payload) -> Payload:
    return accept(True) if remote.stop(charger, asked["transactionId"]) else refuse("TxNotFound")


@ANSWERS.to("GetTransactionStatus")
def get_transaction_status(charger: "Charger", asked: Payload) -> Payload:
    name = asked.get("transactionId")
    queued = [each.transaction for each in charger.outbox.kept if each.transaction is not None]
    if name is None:
        return {"messagesInQueue": bool(queued)}
    is_ongoing = any(evse.transaction is not None and evse.transaction.key == name for evse in charger.evses)
    return {"ongoingIndicator": is_ongoing, "messagesInQueue": any(each.key == name for each in queued)}


@ANSWERS.to("Reset")
def reset(charger: "Charger", asked: Payload) -> Payload:
    evse = charger.evse(asked["evseId"]) if "evseId" in asked else None
    if "evseId" in asked and evse is None:
        return refuse("UnknownEvse")
    if asked["type"] == "OnIdle" and any(
        each.transaction is not None for each in charger.evses if evse is None or each is evse
    ):
        return _schedule_reset(charger)
    if evse is not None:
        charger.after_answer(lambda: evse.stop("SoftReset"))
        return accept(True)
    if not charger.manners.answers_hard_reset:
        remote.reset(charger, is_hard=True)
        raise NoAnswer
    remote.reset(charger, is_hard=not charger.manners.soft_reset_keeps_link)
    return accept(True)


def _schedule_reset(charger: "Charger") -> Payload:
    def restart() -> None:
        keeps_link = charger.manners.soft_reset_keeps_link
        reboot(charger, stop_reason="SoftReset", keeps_link=keeps_link, boot_reason="ScheduledReset")

    charger.restart_when_idle = restart
    return {"status": "Scheduled"}


@ANSWERS.to("UnlockConnector")
def unlock(charger: "Charger", asked: Payload) -> Payload:
    evse = charger.evse(asked["evseId"])
    if evse is None or all(each.number != asked["connectorId"] for each in evse.plan.connectors):
        return {"status": "UnknownConnector"}
    if evse.transaction is not None:
        return {"status": "OngoingAuthorizedTransaction"}
    return {"status": "Unlocked"}


@ANSWERS.to("ChangeAvailability")
def change_availability(charger: "Charger", asked: Payload) -> Payload:
    place = asked.get("evse")
    evse = charger.evse(place["id"]) if place else None
    if place and evse is None:
        return refuse("UnknownEvse")
    is_operative = asked["operationalStatus"] == "Operative"
    return {"status": remote.change_availability(charger, evse, is_operative=is_operative)}


@ANSWERS.to("ClearCache")
def clear_cache(charger: "Charger", asked: Payload) -> Payload:
    if not charger.settings.is_on("AuthorizationCacheEnabled"):
        return refuse("NotEnabled")
    charger.tokens.cache.clear()
    return accept(True)


@ANSWERS.to("DataTransfer")
def transfer_data(charger: "Charger", asked: Payload) -> Payload:
    known = asked["vendorId"] == charger.plan.vendor
    return {"status": "UnknownMessageId" if known else "UnknownVendorId"}
