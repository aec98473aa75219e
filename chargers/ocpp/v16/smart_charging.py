"""Charging profiles (1.6 §3.13, §5.5, §5.16, §7.8 - §7.14)."""

from datetime import datetime

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    ClearProfiles,
    InstallProfile,
    ProfileKind,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.newer import refuse_newer
from chargers.ocpp.v16.words import PURPOSES, dialect
from chargers.ocpp.values import floored, told_moment, wire_moment

READ_PURPOSES = {word: purpose for purpose, word in PURPOSES.items()}


@dialect.asks(InstallProfile)
def set_profile(command: InstallProfile) -> Call:
    return Call(
        "SetChargingProfile", {"connectorId": command.evse, "csChargingProfiles": wire_profile(command.profile)}
    )


def transaction_id(reference: str) -> int:
    """1.6 numbers its transactions. Raises CommandNotSpoken for a name that is no number."""
    try:
        return int(reference)
    except ValueError as error:
        raise CommandNotSpoken(f"1.6 has no transaction called {reference!r}") from error


def wire_profile(profile: ChargingProfile) -> Payload:
    if profile.purpose not in PURPOSES or len(profile.schedules) != 1:
        raise CommandNotSpoken(f"1.6 has no {profile.purpose} profile with {len(profile.schedules)} schedules")
    refuse_newer(profile, "1.6")
    payload: Payload = {"chargingProfileId": profile.profile_id}
    if profile.reference is not None:
        payload["transactionId"] = transaction_id(profile.reference)
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
        {"startPeriod": period.start_s, "limit": _limit(period)}
        | ({} if period.phases is None else {"numberPhases": period.phases})
        for period in told.periods
    ]
    if told.min_rate is not None:
        schedule["minChargingRate"] = floored(told.min_rate)
    payload["chargingSchedule"] = schedule
    return payload


def _limit(period: SchedulePeriod) -> float:
    if period.limit is None:
        raise CommandNotSpoken("1.6 has no period without a limit (§7.14)")
    return floored(period.limit)


def read_profile(told: Payload) -> ChargingProfile:
    """csChargingProfiles as our value: the way back of `wire_profile`. Raises ValueError or KeyError for nonsense."""
    schedule = told["chargingSchedule"]
    reference = told.get("transactionId")
    return ChargingProfile(
        profile_id=told["chargingProfileId"],
        stack_level=told["stackLevel"],
        purpose=READ_PURPOSES[told["chargingProfilePurpose"]],
        kind=ProfileKind(told["chargingProfileKind"]),
        schedules=(
            ChargingSchedule(
                unit=RateUnit(schedule["chargingRateUnit"]),
                periods=tuple(_read_period(period) for period in schedule["chargingSchedulePeriod"]),
                duration_s=schedule.get("duration"),
                start_at=told_moment(schedule, "startSchedule"),
                min_rate=schedule.get("minChargingRate"),
            ),
        ),
        recurrency=Recurrency(told["recurrencyKind"]) if "recurrencyKind" in told else None,
        valid_from=told_moment(told, "validFrom"),
        valid_to=told_moment(told, "validTo"),
        reference=None if reference is None else str(reference),
    )


def _read_period(told: Payload) -> SchedulePeriod:
    return SchedulePeriod(start_s=int(told["startPeriod"]), limit=float(told["limit"]), phases=told.get("numberPhases"))


@dialect.recognises("SetChargingProfile")
def read_set_profile(said: Payload) -> InstallProfile:
    return InstallProfile(evse=said["connectorId"], profile=read_profile(said["csChargingProfiles"]))


@dialect.recognises("ClearChargingProfile")
def read_clear_profiles(said: Payload) -> ClearProfiles:
    purpose = said.get("chargingProfilePurpose")
    return ClearProfiles(
        profile_id=said.get("id"),
        evse=said.get("connectorId"),
        purpose=None if purpose is None else READ_PURPOSES[purpose],
        stack_level=said.get("stackLevel"),
    )


@dialect.asks(ClearProfiles)
def clear_profiles(command: ClearProfiles) -> Call:
    payload: Payload = {}
    if command.profile_id is not None:
        payload["id"] = command.profile_id
    if command.evse is not None:
        payload["connectorId"] = command.evse
    if command.purpose is not None:
        if command.purpose not in PURPOSES:
            raise CommandNotSpoken(f"1.6 has no {command.purpose} profiles")
        payload["chargingProfilePurpose"] = PURPOSES[command.purpose]
    if command.stack_level is not None:
        payload["stackLevel"] = command.stack_level
    return Call("ClearChargingProfile", payload)


@dialect.hears("ClearChargingProfile")
def profiles_cleared(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # Unknown: nothing matched, so nothing is left of what was to be cleared.
    return Hearing(True, response["status"])
