"""Charging profiles in the words of 2.1."""

from chargers.commands import ClearProfiles, InstallProfile, ProfileKind, UpdateDynamicSchedule
from chargers.ocpp.dialect import Call, Payload
from chargers.ocpp.v2x.charging_profiles import KINDS, PURPOSES_21, ProfileWords, read_rates, write_rates
from chargers.ocpp.v2x.smart_charging import write_clear, write_install
from chargers.ocpp.v2x.versions import v21

PROFILES = ProfileWords("2.1", PURPOSES_21, KINDS | {ProfileKind.DYNAMIC})


@v21.asks(InstallProfile)
def install(command: InstallProfile) -> Call:
    return write_install(command, PROFILES)


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
