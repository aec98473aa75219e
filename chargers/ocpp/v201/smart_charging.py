"""Charging profiles in the words of 2.0.1."""

from chargers.commands import ClearProfiles, InstallProfile
from chargers.ocpp.dialect import Call
from chargers.ocpp.v2x.charging_profiles import KINDS, PURPOSES, ProfileWords
from chargers.ocpp.v2x.smart_charging import write_clear, write_install
from chargers.ocpp.v2x.versions import v201

PROFILES = ProfileWords("2.0.1", PURPOSES, KINDS)


@v201.asks(InstallProfile)
def install(command: InstallProfile) -> Call:
    return write_install(command, PROFILES)


@v201.asks(ClearProfiles)
def clear(command: ClearProfiles) -> Call:
    return write_clear(command, PROFILES)
