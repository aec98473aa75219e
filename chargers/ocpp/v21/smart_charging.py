"""Charging profiles in the words of 2.1."""

from chargers.commands import ClearProfiles, InstallProfile, ProfileKind, ProfilePurpose
from chargers.ocpp.dialect import Call
from chargers.ocpp.v2x.smart_charging import KINDS, PURPOSES, ProfileWords, write_clear, write_install
from chargers.ocpp.v2x.versions import v21

PROFILES = ProfileWords(
    "2.1",
    PURPOSES
    | {
        ProfilePurpose.PRIORITY: "PriorityCharging",
        ProfilePurpose.LOCAL_GENERATION: "LocalGeneration",
    },
    KINDS | {ProfileKind.DYNAMIC},
)


@v21.asks(InstallProfile)
def install(command: InstallProfile) -> Call:
    return write_install(command, PROFILES)


@v21.asks(ClearProfiles)
def clear(command: ClearProfiles) -> Call:
    return write_clear(command, PROFILES)
