"""Charging profiles as 2.x writes them (K01, K10); what a version adds to them it says in its own words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    ClearProfiles,
    InstallProfile,
    ProfileKind,
    ProfilePurpose,
    SchedulePeriod,
)
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.v2x.words import hear_status
from chargers.ocpp.values import floored, wire_moment


@dataclass(frozen=True, slots=True)
class ProfileWords:
    """What a version can say of a profile; a purpose that is not here is not ours to set."""

    version: str
    purposes: Mapping[ProfilePurpose, str]
    kinds: frozenset[ProfileKind]


PURPOSES = {
    ProfilePurpose.STATION_MAX: "ChargingStationMaxProfile",
    ProfilePurpose.TX_DEFAULT: "TxDefaultProfile",
    ProfilePurpose.TX: "TxProfile",
}
KINDS = frozenset({ProfileKind.ABSOLUTE, ProfileKind.RECURRING, ProfileKind.RELATIVE})
MOST_SCHEDULES = 3


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
    if command.purpose is not None:
        criteria["chargingProfilePurpose"] = _purpose(command.purpose, words)
    if command.stack_level is not None:
        criteria["stackLevel"] = command.stack_level
    if not criteria:
        raise CommandNotSpoken("OCPP 2.x clears profiles by id, or by EVSE, purpose or stack level (K10.FR.02)")
    return Call("ClearChargingProfile", {"chargingProfileCriteria": criteria})


def write_profile(profile: ChargingProfile, words: ProfileWords, *, of_a_start: bool = False) -> Payload:
    """Raises CommandNotSpoken for what the version has no words for.

    A profile that comes with a start names no transaction, for there is none yet (F01.FR.11).
    """
    if profile.kind not in words.kinds:
        raise CommandNotSpoken(f"OCPP {words.version} has no {profile.kind} profile")
    if not 1 <= len(profile.schedules) <= MOST_SCHEDULES:
        raise CommandNotSpoken(f"A profile of OCPP 2.x has one to {MOST_SCHEDULES} schedules")
    is_tx = profile.purpose is ProfilePurpose.TX
    if of_a_start and not is_tx:
        raise CommandNotSpoken("Only a TxProfile comes with a start (F01.FR.09)")
    if is_tx and not of_a_start and not profile.reference:
        raise CommandNotSpoken("A TxProfile names its transaction (K01.FR.03)")
    payload: Payload = {
        "id": profile.profile_id,
        "stackLevel": profile.stack_level,
        "chargingProfilePurpose": _purpose(profile.purpose, words),
        "chargingProfileKind": profile.kind.value,
    }
    if profile.recurrency is not None:
        payload["recurrencyKind"] = profile.recurrency.value
    if profile.valid_from is not None:
        payload["validFrom"] = wire_moment(profile.valid_from)
    if profile.valid_to is not None:
        payload["validTo"] = wire_moment(profile.valid_to)
    if is_tx and not of_a_start:
        payload["transactionId"] = profile.reference
    payload["chargingSchedule"] = [_schedule(schedule) for schedule in profile.schedules]
    return payload


def _purpose(purpose: ProfilePurpose, words: ProfileWords) -> str:
    word = words.purposes.get(purpose)
    if word is None:
        raise CommandNotSpoken(f"OCPP {words.version} has no {purpose} profile that we may set")
    return word


def _schedule(schedule: ChargingSchedule) -> Payload:
    payload: Payload = {"id": schedule.schedule_id}
    if schedule.start_at is not None:
        payload["startSchedule"] = wire_moment(schedule.start_at)
    if schedule.duration_s is not None:
        payload["duration"] = schedule.duration_s
    payload["chargingRateUnit"] = schedule.unit.value
    if schedule.min_rate is not None:
        payload["minChargingRate"] = floored(schedule.min_rate)
    payload["chargingSchedulePeriod"] = [_period(period) for period in schedule.periods]
    return payload


def _period(period: SchedulePeriod) -> Payload:
    payload: Payload = {"startPeriod": period.start_s, "limit": floored(period.limit)}
    if period.phases is not None:
        payload["numberPhases"] = period.phases
    return payload


@both.hears("ClearChargingProfile")
def profiles_cleared(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # Unknown: nothing matched, so nothing is left of what was to be cleared.
    return hear_status(response, "Accepted", "Unknown")
