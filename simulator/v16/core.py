"""1.6's core profile: start, stop, reset, unlock, availability, configuration."""

from typing import TYPE_CHECKING, Any

from simulator import remote
from simulator.frames import NoAnswer, Payload
from simulator.settings import SETTINGS, UnknownSetting
from simulator.speech import Answers
from simulator.transaction import Card

if TYPE_CHECKING:
    from simulator.charger import Charger

ANSWERS = Answers()


def accept(is_accepted: bool) -> Payload:
    return {"status": "Accepted" if is_accepted else "Rejected"}


@ANSWERS.to("RemoteStartTransaction")
def start(charger: "Charger", asked: Payload) -> Payload:
    profile = asked.get("chargingProfile") if charger.manners.takes_profiles else None
    card = Card(asked["idTag"], is_remote=True, profile=profile)
    return accept(remote.start(charger, asked.get("connectorId"), card))


@ANSWERS.to("RemoteStopTransaction")
def stop(charger: "Charger", asked: Payload) -> Payload:
    return accept(remote.stop(charger, str(asked["transactionId"])))


@ANSWERS.to("Reset")
def reset(charger: "Charger", asked: Payload) -> Payload:
    is_hard = asked["type"] == "Hard"
    remote.reset(charger, is_hard=is_hard)
    if is_hard and not charger.manners.answers_hard_reset:
        raise NoAnswer
    return accept(True)


@ANSWERS.to("UnlockConnector")
def unlock(charger: "Charger", asked: Payload) -> Payload:
    evse = charger.evse(asked["connectorId"])
    if evse is None:
        return {"status": "NotSupported"}
    remote.unlock(evse)
    return {"status": "Unlocked"}


@ANSWERS.to("ChangeAvailability")
def change_availability(charger: "Charger", asked: Payload) -> Payload:
    number, is_operative = asked["connectorId"], asked["type"] == "Operative"
    evse = charger.evse(number)
    if evse is None and number != 0:
        return accept(False)
    return {"status": remote.change_availability(charger, evse, is_operative=is_operative)}


@ANSWERS.to("GetConfiguration")
def get_configuration(charger: "Charger", asked: Payload) -> Payload:
    names: list[str] = asked.get("key") or charger.settings.names()
    known: list[dict[str, Any]] = []
    unknown: list[str] = []
    for name in names:
        try:
            found = charger.settings.find(name)
        except UnknownSetting:
            unknown.append(name)
            continue
        entry: dict[str, Any] = {"key": found, "readonly": SETTINGS[found].is_readonly}
        if not SETTINGS[found].is_writeonly:
            entry["value"] = charger.settings[found]
        known.append(entry)
    return {"configurationKey": known, "unknownKey": unknown}


@ANSWERS.to("ChangeConfiguration")
def change_configuration(charger: "Charger", asked: Payload) -> Payload:
    return {"status": remote.change_setting(charger, asked["key"], asked["value"])}


@ANSWERS.to("ClearCache")
def clear_cache(charger: "Charger", asked: Payload) -> Payload:
    if not charger.settings.is_on("AuthorizationCacheEnabled"):
        return accept(False)
    charger.tokens.cache.clear()
    return accept(True)


@ANSWERS.to("DataTransfer")
def transfer_data(charger: "Charger", asked: Payload) -> Payload:
    known = asked["vendorId"] == charger.plan.vendor
    return {"status": "UnknownMessageId" if known else "UnknownVendorId"}
