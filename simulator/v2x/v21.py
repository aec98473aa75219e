"""What only 2.1 asks for."""

from typing import TYPE_CHECKING

from simulator.frames import Payload
from simulator.outbox import Message
from simulator.profiles import Kind, Profile, Purpose
from simulator.speech import Answers
from simulator.v2x.sessions import refuse
from simulator.v2x.smart_charging import refuse_profiles

if TYPE_CHECKING:
    from simulator.charger import Charger

ANSWERS = Answers()

UNSUPPORTED = frozenset(
    {
        "AFRRSignal",
        "AdjustPeriodicEventStream",
        "ClearDERControl",
        "GetDERControl",
        "GetPeriodicEventStream",
        "NotifyWebPaymentStarted",
        "RequestBatterySwap",
        "SetDERControl",
    }
)


@ANSWERS.to("UpdateDynamicSchedule")
def update_schedule(charger: "Charger", asked: Payload) -> Payload:
    refuse_profiles(charger)
    found = charger.profiles.find(lambda each: each.id == asked["chargingProfileId"])
    if not found or found[0].kind is not Kind.DYNAMIC:
        return refuse("InvalidProfile")
    charger.profiles.update(found[0], asked["scheduleUpdate"], charger.own_time())
    charger.after_answer(charger.balance)
    return {"status": "Accepted"}


def pull_schedule(charger: "Charger", profile_id: int, interval_s: float) -> None:
    """Ask for a dynamic profile's new values at its interval, for as long as it is installed."""

    def find() -> Profile | None:
        return next(iter(charger.profiles.find(lambda each: each.id == profile_id and each.kind is Kind.DYNAMIC)), None)

    def hear(answer: Payload) -> None:
        profile = find()
        if profile is not None and answer["status"] == "Accepted" and "scheduleUpdate" in answer:
            charger.profiles.update(profile, answer["scheduleUpdate"], charger.own_time())
            charger.balance()

    def pull() -> None:
        if find() is None:
            return
        if charger.is_online:
            payload = {"chargingProfileId": profile_id}
            charger.outbox.post(Message(action="PullDynamicScheduleUpdate", payload=payload, on_answer=hear))
        charger.agenda.after(interval_s, pull)

    charger.agenda.after(interval_s, pull)


@ANSWERS.to("UsePriorityCharging")
def use_priority(charger: "Charger", asked: Payload) -> Payload:
    evse = next(
        (each for each in charger.evses if each.transaction and each.transaction.key == asked["transactionId"]), None
    )
    if evse is None:
        return refuse("TxNotFound")
    if not charger.profiles.find(lambda each: each.purpose is Purpose.PRIORITY and each.evse in (0, evse.number)):
        return {"status": "NoProfile"}
    (charger.profiles.priority.add if asked["activate"] else charger.profiles.priority.discard)(evse.number)
    payload = {"transactionId": asked["transactionId"], "activated": asked["activate"]}

    def settle() -> None:
        charger.outbox.post(Message(action="NotifyPriorityCharging", payload=payload))
        charger.balance()

    charger.after_answer(settle)
    return {"status": "Accepted"}


@ANSWERS.to("SetDefaultTariff")
def set_default_tariff(charger: "Charger", asked: Payload) -> Payload:
    tariff = asked["tariff"]
    if any(name == tariff["tariffId"] and evse != asked["evseId"] for name, evse in charger.tariffs.items()):
        return {"status": "DuplicateTariffId"}
    charger.tariffs[tariff["tariffId"]] = asked["evseId"]
    return {"status": "Accepted"}


@ANSWERS.to("GetTariffs")
def get_tariffs(charger: "Charger", asked: Payload) -> Payload:
    wanted = asked["evseId"]
    found = {name: evse for name, evse in charger.tariffs.items() if wanted in (0, evse)}
    if not found:
        return {"status": "NoTariff"}
    assignments = [{"tariffId": name, "tariffKind": "DefaultTariff", "evseIds": [evse]} for name, evse in found.items()]
    return {"status": "Accepted", "tariffAssignments": assignments}


@ANSWERS.to("ClearTariffs")
def clear_tariffs(charger: "Charger", asked: Payload) -> Payload:
    names = asked.get("tariffIds") or list(charger.tariffs)
    results = []
    for name in names:
        was_there = charger.tariffs.pop(name, None) is not None
        results.append({"tariffId": name, "status": "Accepted" if was_there else "NoTariff"})
    return {"clearTariffsResult": results or [{"status": "NoTariff"}]}


@ANSWERS.to("ChangeTransactionTariff")
def change_tariff(charger: "Charger", asked: Payload) -> Payload:
    name = asked["transactionId"]
    is_running = any(evse.transaction is not None and evse.transaction.key == name for evse in charger.evses)
    return {"status": "Accepted" if is_running else "TxNotFound"}


@ANSWERS.to("NotifyAllowedEnergyTransfer")
def notify_allowed_transfer(charger: "Charger", asked: Payload) -> Payload:
    return {"status": "Accepted"}
