"""1.6's charging profiles."""

from typing import TYPE_CHECKING, Any

from simulator import remote
from simulator.clock import write_moment
from simulator.composition import write_slices
from simulator.frames import Payload, Refusal
from simulator.profiles import Profile, Purpose
from simulator.speech import Answers

if TYPE_CHECKING:
    from simulator.charger import Charger

ANSWERS = Answers()


def refuse_profiles(charger: "Charger") -> None:
    if charger.faults.refuses_profiles or not charger.manners.takes_profiles:
        raise Refusal("NotSupported", "no smart charging")


@ANSWERS.to("SetChargingProfile")
def set_profile(charger: "Charger", asked: Payload) -> Payload:
    refuse_profiles(charger)
    reason = remote.install_profile(charger, asked["connectorId"], asked["csChargingProfiles"])
    return {"status": "Rejected" if reason else "Accepted"}


@ANSWERS.to("ClearChargingProfile")
def clear_profiles(charger: "Charger", asked: Payload) -> Payload:
    refuse_profiles(charger)
    purpose = asked.get("chargingProfilePurpose")
    if purpose == "ChargePointMaxProfile":
        purpose = Purpose.STATION_MAX

    def is_meant(profile: Profile) -> bool:
        if "id" in asked:
            return bool(profile.id == asked["id"])
        return bool(
            asked.get("connectorId", profile.evse) == profile.evse
            and (purpose is None or profile.purpose == purpose)
            and asked.get("stackLevel", profile.stack_level) == profile.stack_level
        )

    count = charger.profiles.clear(is_meant)
    charger.after_answer(charger.balance)
    return {"status": "Accepted" if count else "Unknown"}


@ANSWERS.to("GetCompositeSchedule")
def get_composite_schedule(charger: "Charger", asked: Payload) -> Payload:
    refuse_profiles(charger)
    number, lasts_s = asked["connectorId"], asked["duration"]
    evse = charger.evse(number)
    if evse is None and number != 0:
        return {"status": "Rejected"}
    now, unit = charger.own_time(), asked.get("chargingRateUnit", "W")
    evses = charger.evses if evse is None else [evse]
    slices = charger.profiles.compose(evses, is_total=evse is None, now=now, lasts_s=lasts_s, unit=unit)
    periods = [_shorten(period) for period in write_slices(slices)]
    start = write_moment(charger.own_time())
    schedule = {
        "duration": lasts_s,
        "startSchedule": start,
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": periods,
    }
    return {"status": "Accepted", "connectorId": number, "scheduleStart": start, "chargingSchedule": schedule}


def _shorten(period: dict[str, Any]) -> dict[str, Any]:
    return {name: period[name] for name in ("startPeriod", "limit", "numberPhases") if name in period}
