"""Charging profiles set and cleared as 2.x does it (K01, K10)."""

from datetime import datetime

from chargers.commands import ClearProfiles, InstallProfile, ProfilePurpose
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v2x.charging_profiles import (
    READ_PURPOSES,
    ProfileWords,
    purpose_word,
    read_profile,
    write_profile,
)
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.v2x.words import hear_status


def write_install(command: InstallProfile, words: ProfileWords) -> Call:
    return Call(
        "SetChargingProfile", {"evseId": command.evse, "chargingProfile": write_profile(command.profile, words)}
    )


def write_clear(command: ClearProfiles, words: ProfileWords) -> Call:
    if command.profile_id is not None:
        # An id says it all: a station has each only once.
        return Call("ClearChargingProfile", {"chargingProfileId": command.profile_id})
    criteria: Payload = {}
    if command.evse is not None:
        criteria["evseId"] = command.evse
    if command.purpose is ProfilePurpose.LOCAL_GENERATION:
        raise CommandNotSpoken(
            "What is generated on site is told by whoever generates it, and not ours to clear (K10.FR.06)"
        )
    if command.purpose is not None:
        criteria["chargingProfilePurpose"] = purpose_word(command.purpose, words)
    if command.stack_level is not None:
        criteria["stackLevel"] = command.stack_level
    if not criteria:
        raise CommandNotSpoken("OCPP 2.x clears profiles by id, or by EVSE, purpose or stack level (K10.FR.02)")
    return Call("ClearChargingProfile", {"chargingProfileCriteria": criteria})


@both.recognises("SetChargingProfile")
def read_install(said: Payload) -> InstallProfile:
    return InstallProfile(evse=said["evseId"], profile=read_profile(said["chargingProfile"]))


@both.recognises("ClearChargingProfile")
def read_clear(said: Payload) -> ClearProfiles:
    criteria = said.get("chargingProfileCriteria", {})
    purpose = criteria.get("chargingProfilePurpose")
    return ClearProfiles(
        profile_id=said.get("chargingProfileId"),
        evse=criteria.get("evseId"),
        purpose=None if purpose is None else READ_PURPOSES[purpose],
        stack_level=criteria.get("stackLevel"),
    )


@both.hears("ClearChargingProfile")
def profiles_cleared(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # Unknown: nothing matched, so nothing is left of what was to be cleared.
    return hear_status(response, "Accepted", "Unknown")
