"""2.x: charging profiles."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from simulator import remote
from simulator.clock import write_moment
from simulator.composition import write_slices
from simulator.frames import Payload, Refusal
from simulator.outbox import Message
from simulator.profiles import Profile
from simulator.speech import Answers

if TYPE_CHECKING:
    from simulator.charger import Charger

ANSWERS = Answers()
PERIOD_WORDS_201 = ("startPeriod", "limit", "numberPhases")


def refuse_profiles(charger: "Charger") -> None:
    if charger.faults.refuses_profiles or not charger.manners.takes_profiles:
        raise Refusal("NotSupported", "no smart charging")


@ANSWERS.to("SetChargingProfile")
def set_profile(charger: "Charger", asked: Payload) -> Payload:
    refuse_profiles(charger)
    reason = remote.install_profile(charger, asked["evseId"], asked["chargingProfile"])
    if reason:
        return {"status": "Rejected", "statusInfo": {"reasonCode": reason}}
    return {"status": "Accepted"}


def _fits(profile: Profile, criteria: Payload) -> bool:
    return bool(
        criteria.get("evseId", profile.evse) == profile.evse
        and criteria.get("chargingProfilePurpose", profile.purpose) == profile.purpose
        and criteria.get("stackLevel", profile.stack_level) == profile.stack_level
    )


@ANSWERS.to("ClearChargingProfile")
def clear_profiles(charger: "Charger", asked: Payload) -> Payload:
    refuse_profiles(charger)
    name, criteria = asked.get("chargingProfileId"), asked.get("chargingProfileCriteria", {})
    count = charger.profiles.clear(lambda each: each.id == name if name is not None else _fits(each, criteria))
    charger.after_answer(charger.balance)
    return {"status": "Accepted" if count else "Unknown"}


@ANSWERS.to("GetChargingProfiles")
def get_profiles(charger: "Charger", asked: Payload) -> Payload:
    refuse_profiles(charger)
    criteria = asked["chargingProfile"]
    names, sources = criteria.get("chargingProfileId"), criteria.get("chargingLimitSource", ["CSO"])

    def is_wanted(profile: Profile) -> bool:
        if asked.get("evseId", profile.evse) != profile.evse or "CSO" not in sources:
            return False
        return profile.id in names if names else _fits(profile, criteria)

    found = charger.profiles.find(is_wanted)
    if not found:
        return {"status": "NoProfiles"}
    charger.after_answer(lambda: _report(charger, asked["requestId"], found))
    return {"status": "Accepted"}


def _report(charger: "Charger", request_id: int, found: list[Profile]) -> None:
    places: dict[int, list[Any]] = defaultdict(list)
    for profile in found:
        places[profile.evse].append(profile.told)
    for number, (evse, profiles) in enumerate(places.items(), 1):
        payload: Payload = {
            "requestId": request_id,
            "chargingLimitSource": "CSO",
            "evseId": evse,
            "chargingProfile": profiles,
            "tbc": number < len(places),
        }
        charger.outbox.post(Message(action="ReportChargingProfiles", payload=payload))


@ANSWERS.to("GetCompositeSchedule")
def get_composite_schedule(charger: "Charger", asked: Payload) -> Payload:
    refuse_profiles(charger)
    number, lasts_s = asked["evseId"], asked["duration"]
    evse = charger.evse(number)
    if evse is None and number != 0:
        return {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}}
    unit, evses = asked.get("chargingRateUnit", "W"), charger.evses if evse is None else [evse]
    slices = charger.profiles.compose(evses, is_total=evse is None, now=charger.own_time(), lasts_s=lasts_s, unit=unit)
    periods = write_slices(slices)
    if charger.plan.version == "2.0.1":
        periods = [{name: each[name] for name in PERIOD_WORDS_201 if name in each} for each in periods]
    schedule = {
        "evseId": number,
        "duration": lasts_s,
        "scheduleStart": write_moment(charger.own_time()),
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": periods,
    }
    return {"status": "Accepted", "schedule": schedule}
