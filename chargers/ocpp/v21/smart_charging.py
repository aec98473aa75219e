"""Charging profiles in the words of 2.1."""

from datetime import datetime

from chargers.commands import ClearProfiles, InstallProfile, ProfileKind, Rates, UpdateDynamicSchedule
from chargers.events import DynamicLimitAsked, DynamicLimitTaken
from chargers.ocpp.dialect import Call, Hearing, Payload
from chargers.ocpp.v2x.charging_profiles import KINDS, PURPOSES_21, ProfileWords, read_rates, write_rates
from chargers.ocpp.v2x.smart_charging import write_clear, write_install
from chargers.ocpp.v2x.versions import v21
from chargers.ocpp.v2x.words import hear_status
from chargers.ocpp.values import whole

PROFILES = ProfileWords("2.1", PURPOSES_21, KINDS | {ProfileKind.DYNAMIC})


@v21.asks(InstallProfile)
def install(command: InstallProfile) -> Call:
    return write_install(command, PROFILES)


@v21.hears("SetChargingProfile")
def installed(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    """A dynamic profile begins with the values it came with (2.1 K28); what it asks for later goes on from them."""
    hearing = hear_status(response, "Accepted")
    profile = request["chargingProfile"]
    if not hearing.accepted or profile["chargingProfileKind"] != ProfileKind.DYNAMIC.value:
        return hearing
    rates = read_rates(profile["chargingSchedule"][0]["chargingSchedulePeriod"][0])
    return Hearing(True, hearing.status, (DynamicLimitTaken(profile_id=profile["id"], rates=rates),))


@v21.asks(ClearProfiles)
def clear(command: ClearProfiles) -> Call:
    return write_clear(command, PROFILES)


@v21.asks(UpdateDynamicSchedule)
def update(command: UpdateDynamicSchedule) -> Call:
    return Call(
        "UpdateDynamicSchedule",
        {"chargingProfileId": command.profile_id, "scheduleUpdate": write_rates(command.rates)},
    )


@v21.recognises("UpdateDynamicSchedule")
def read_update(said: Payload) -> UpdateDynamicSchedule:
    return UpdateDynamicSchedule(profile_id=said["chargingProfileId"], rates=read_rates(said["scheduleUpdate"]))


@v21.hears("UpdateDynamicSchedule")
def updated(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    hearing = hear_status(response, "Accepted")
    if not hearing.accepted:
        return hearing
    taken = DynamicLimitTaken(profile_id=request["chargingProfileId"], rates=read_rates(request["scheduleUpdate"]))
    return Hearing(True, hearing.status, (taken,))


@v21.tells("PullDynamicScheduleUpdate")
def asked(said: Payload, heard_at: datetime) -> DynamicLimitAsked:
    return DynamicLimitAsked(profile_id=whole(said["chargingProfileId"]) or 0)


@v21.answers("PullDynamicScheduleUpdate")
def asked_answer(rates: Rates | None) -> Payload:
    if rates is None:
        return {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfileId"}}
    return {"status": "Accepted", "scheduleUpdate": write_rates(rates)}
