"""Charging profiles (1.6 §3.13, §5.5, §5.16, §7.8 - §7.14)."""

from datetime import datetime

from chargers.commands import ChargingProfile, ClearProfiles, InstallProfile
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v16.words import PURPOSES, dialect
from chargers.ocpp.values import floored, wire_moment


@dialect.asks(InstallProfile)
def set_profile(command: InstallProfile) -> Call:
    return Call(
        "SetChargingProfile", {"connectorId": command.evse, "csChargingProfiles": wire_profile(command.profile)}
    )


def wire_profile(profile: ChargingProfile) -> Payload:
    if profile.purpose not in PURPOSES or len(profile.schedules) != 1:
        raise CommandNotSpoken(f"1.6 has no {profile.purpose} profile with {len(profile.schedules)} schedules")
    payload: Payload = {"chargingProfileId": profile.profile_id}
    if profile.reference is not None:
        payload["transactionId"] = int(profile.reference)
    payload |= {
        "stackLevel": profile.stack_level,
        "chargingProfilePurpose": PURPOSES[profile.purpose],
        "chargingProfileKind": profile.kind.value,
    }
    if profile.recurrency is not None:
        payload["recurrencyKind"] = profile.recurrency.value
    if profile.valid_from is not None:
        payload["validFrom"] = wire_moment(profile.valid_from)
    if profile.valid_to is not None:
        payload["validTo"] = wire_moment(profile.valid_to)
    (told,) = profile.schedules
    schedule: Payload = {}
    if told.duration_s is not None:
        schedule["duration"] = told.duration_s
    if told.start_at is not None:
        schedule["startSchedule"] = wire_moment(told.start_at)
    schedule["chargingRateUnit"] = told.unit.value
    schedule["chargingSchedulePeriod"] = [
        {"startPeriod": period.start_s, "limit": floored(period.limit)}
        | ({} if period.phases is None else {"numberPhases": period.phases})
        for period in told.periods
    ]
    if told.min_rate is not None:
        schedule["minChargingRate"] = floored(told.min_rate)
    payload["chargingSchedule"] = schedule
    return payload


@dialect.asks(ClearProfiles)
def clear_profiles(command: ClearProfiles) -> Call:
    payload: Payload = {}
    if command.profile_id is not None:
        payload["id"] = command.profile_id
    if command.evse is not None:
        payload["connectorId"] = command.evse
    if command.purpose is not None:
        payload["chargingProfilePurpose"] = PURPOSES[command.purpose]
    if command.stack_level is not None:
        payload["stackLevel"] = command.stack_level
    return Call("ClearChargingProfile", payload)


@dialect.hears("ClearChargingProfile")
def profiles_cleared(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # Unknown: nothing matched, so nothing is left of what was to be cleared.
    return Hearing(True, response["status"])
