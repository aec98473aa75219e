"""What we can ask of a charger, in our words; each OCPP version's dialect knows how to say it. Pure."""

from chargers.commands.base import Command, RawCall, command_from_row, command_to_row
from chargers.commands.charging import (
    ChargingProfile,
    ChargingSchedule,
    ClearProfiles,
    InstallProfile,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
    StartCharging,
    StopCharging,
)
from chargers.commands.provisioning import (
    ChangeAvailability,
    ChangeSettings,
    ClearCache,
    ReadSettings,
    ReportSettings,
    ResetCharger,
    TriggerMessage,
    UnlockConnector,
)

__all__ = [
    "ChangeAvailability",
    "ChangeSettings",
    "ChargingProfile",
    "ChargingSchedule",
    "ClearCache",
    "ClearProfiles",
    "Command",
    "InstallProfile",
    "ProfileKind",
    "ProfilePurpose",
    "RateUnit",
    "RawCall",
    "ReadSettings",
    "Recurrency",
    "ReportSettings",
    "ResetCharger",
    "SchedulePeriod",
    "StartCharging",
    "StopCharging",
    "TriggerMessage",
    "UnlockConnector",
    "command_from_row",
    "command_to_row",
]
