"""A charging profile as 2.x writes it; what a version adds to it stands in `ProfileWords`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    LimitAtSoc,
    OperationMode,
    ProfileKind,
    ProfilePurpose,
    Rates,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargers.ocpp.dialect import CommandNotSpoken, Payload
from chargers.ocpp.newer import refuse_newer
from chargers.ocpp.values import floored, shrunk, told_moment, wire_moment


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
PURPOSES_21 = PURPOSES | {
    ProfilePurpose.PRIORITY: "PriorityCharging",
    ProfilePurpose.LOCAL_GENERATION: "LocalGeneration",
}
# A station may report what an energy manager on site has set (K09); we never set it (K01.FR.22).
READ_PURPOSES = {word: purpose for purpose, word in PURPOSES_21.items()} | {
    "ChargingStationExternalConstraints": ProfilePurpose.EXTERNAL_CONSTRAINTS
}
KINDS = frozenset({ProfileKind.ABSOLUTE, ProfileKind.RECURRING, ProfileKind.RELATIVE})
MOST_SCHEDULES = 3

# Our names and the wire's, in the order of the specification's tables.
LIMIT_WORDS = {"limit": "limit", "limit_l2": "limit_L2", "limit_l3": "limit_L3"}
OTHER_RATE_WORDS = {
    "discharge_limit": "dischargeLimit",
    "discharge_limit_l2": "dischargeLimit_L2",
    "discharge_limit_l3": "dischargeLimit_L3",
    "setpoint": "setpoint",
    "setpoint_l2": "setpoint_L2",
    "setpoint_l3": "setpoint_L3",
    "reactive_setpoint": "setpointReactive",
    "reactive_setpoint_l2": "setpointReactive_L2",
    "reactive_setpoint_l3": "setpointReactive_L3",
}


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
    refuse_newer(profile, words.version)
    payload: Payload = {
        "id": profile.profile_id,
        "stackLevel": profile.stack_level,
        "chargingProfilePurpose": purpose_word(profile.purpose, words),
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
    if profile.max_offline_s is not None:
        payload["maxOfflineDuration"] = profile.max_offline_s
    if profile.dies_offline:
        payload["invalidAfterOfflineDuration"] = True
    if profile.update_interval_s is not None:
        payload["dynUpdateInterval"] = profile.update_interval_s
    if profile.updated_at is not None:
        payload["dynUpdateTime"] = wire_moment(profile.updated_at)
    payload["chargingSchedule"] = [_schedule(schedule, words.version) for schedule in profile.schedules]
    return payload


def purpose_word(purpose: ProfilePurpose, words: ProfileWords) -> str:
    word = words.purposes.get(purpose)
    if word is None:
        raise CommandNotSpoken(f"OCPP {words.version} has no {purpose} profile that we may set")
    return word


def _schedule(schedule: ChargingSchedule, version: str) -> Payload:
    payload: Payload = {"id": schedule.schedule_id}
    if schedule.start_at is not None:
        payload["startSchedule"] = wire_moment(schedule.start_at)
    if schedule.duration_s is not None:
        payload["duration"] = schedule.duration_s
    payload["chargingRateUnit"] = schedule.unit.value
    if schedule.min_rate is not None:
        payload["minChargingRate"] = floored(schedule.min_rate)
    if schedule.use_local_time:
        payload["useLocalTime"] = True
    if schedule.randomized_delay_s:
        payload["randomizedDelay"] = schedule.randomized_delay_s
    payload["chargingSchedulePeriod"] = [_period(period, version) for period in schedule.periods]
    if schedule.limit_at_soc is not None:
        payload["limitAtSoC"] = {
            "soc": schedule.limit_at_soc.soc_percent,
            "limit": floored(schedule.limit_at_soc.limit),
        }
    return payload


def _period(period: SchedulePeriod, version: str) -> Payload:
    if period.limit is None and version == "2.0.1":
        raise CommandNotSpoken("OCPP 2.0.1 has no period without a limit")
    payload: Payload = {"startPeriod": period.start_s} | _rates(period, LIMIT_WORDS)
    if period.phases is not None:
        payload["numberPhases"] = period.phases
    if period.phase_to_use is not None:
        payload["phaseToUse"] = period.phase_to_use
    payload |= _rates(period, OTHER_RATE_WORDS)
    if period.keep_preconditioned is not None:
        payload["preconditioningRequest"] = period.keep_preconditioned
    if period.evse_sleeps is not None:
        payload["evseSleep"] = period.evse_sleeps
    if period.baseline_w is not None:
        payload["v2xBaseline"] = period.baseline_w
    if period.operation_mode is not OperationMode.CHARGING_ONLY:
        payload["operationMode"] = period.operation_mode.value
    if period.frequency_curve:
        payload["v2xFreqWattCurve"] = [{"frequency": hz, "power": watt} for hz, watt in period.frequency_curve]
    if period.signal_curve:
        payload["v2xSignalWattCurve"] = [{"signal": round(at), "power": watt} for at, watt in period.signal_curve]
    return payload


def write_rates(rates: Rates) -> Payload:
    return _rates(rates, LIMIT_WORDS | OTHER_RATE_WORDS)


def _rates(rates: Rates, words: Mapping[str, str]) -> Payload:
    told = ((word, getattr(rates, name)) for name, word in words.items())
    return {word: shrunk(rate) for word, rate in told if rate is not None}


def read_profile(told: Payload) -> ChargingProfile:
    """ChargingProfileType as our value: the way back of `write_profile`. Raises ValueError or KeyError for nonsense.

    Tariffs and signatures of ISO 15118 are left out: they are no limits.
    """
    return ChargingProfile(
        profile_id=told["id"],
        stack_level=told["stackLevel"],
        purpose=READ_PURPOSES[told["chargingProfilePurpose"]],
        kind=ProfileKind(told["chargingProfileKind"]),
        schedules=tuple(read_schedule(schedule) for schedule in told["chargingSchedule"]),
        recurrency=Recurrency(told["recurrencyKind"]) if "recurrencyKind" in told else None,
        valid_from=told_moment(told, "validFrom"),
        valid_to=told_moment(told, "validTo"),
        reference=told.get("transactionId"),
        max_offline_s=told.get("maxOfflineDuration"),
        dies_offline=told.get("invalidAfterOfflineDuration", False),
        update_interval_s=told.get("dynUpdateInterval"),
        updated_at=told_moment(told, "dynUpdateTime"),
    )


def read_schedule(told: Payload) -> ChargingSchedule:
    is_local = told.get("useLocalTime", False)
    cap = told.get("limitAtSoC")
    return ChargingSchedule(
        unit=RateUnit(told["chargingRateUnit"]),
        periods=tuple(_read_period(period) for period in told["chargingSchedulePeriod"]),
        duration_s=told.get("duration"),
        start_at=_read_wall_time(told["startSchedule"])
        if is_local and "startSchedule" in told
        else told_moment(told, "startSchedule"),
        min_rate=told.get("minChargingRate"),
        schedule_id=told["id"],
        use_local_time=is_local,
        randomized_delay_s=told.get("randomizedDelay", 0),
        limit_at_soc=None if cap is None else LimitAtSoc(soc_percent=cap["soc"], limit=cap["limit"]),
    )


def _read_wall_time(text: str) -> datetime:
    """The digits as they stand: of a local time the zone it is written with means nothing (K01.FR.90)."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _read_period(told: Payload) -> SchedulePeriod:
    return SchedulePeriod(
        start_s=int(told["startPeriod"]),
        phases=told.get("numberPhases"),
        phase_to_use=told.get("phaseToUse"),
        operation_mode=OperationMode(told.get("operationMode", OperationMode.CHARGING_ONLY)),
        keep_preconditioned=told.get("preconditioningRequest"),
        evse_sleeps=told.get("evseSleep"),
        baseline_w=told.get("v2xBaseline"),
        frequency_curve=tuple((point["frequency"], point["power"]) for point in told.get("v2xFreqWattCurve", ())),
        signal_curve=tuple((point["signal"], point["power"]) for point in told.get("v2xSignalWattCurve", ())),
        **_read_rates(told),
    )


def read_rates(told: Payload) -> Rates:
    return Rates(**_read_rates(told))


def _read_rates(told: Payload) -> dict[str, Any]:
    return {name: float(told[word]) for name, word in (LIMIT_WORDS | OTHER_RATE_WORDS).items() if word in told}
