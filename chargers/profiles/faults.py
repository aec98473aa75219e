"""Why a charger that keeps to its specification would refuse a profile. Pure."""

from chargers.commands import ChargingProfile, OperationMode, ProfileKind, ProfilePurpose, SchedulePeriod
from chargers.profiles.installed import OCPP_16, HeldProfile, InstalledProfiles

CHARGING_ONLY = frozenset({OperationMode.CHARGING_ONLY})
MODES = {
    ProfilePurpose.PRIORITY: CHARGING_ONLY,
    ProfilePurpose.STATION_MAX: CHARGING_ONLY,
    ProfilePurpose.LOCAL_GENERATION: CHARGING_ONLY | {OperationMode.EXTERNAL_LIMITS},
}
IN_WORDS = {
    "": "",
    "InvalidProfile": "A limit of the charger is for EVSE 0 and never relative; a transaction's is for its own EVSE",
    "DuplicateProfile": "The charger has one of this purpose and level already",
    "InvalidOperationMode": "A profile of this purpose does not work in that operation mode",
    "InvalidSchedule": "The first period starts at 0 s, each later one after the one before, and within its own limits",
    "PhaseConflict": "One phase to use goes with one phase; limits for each phase are for a transaction's own profile",
}
OF_A_TRANSACTION = frozenset({ProfilePurpose.TX, ProfilePurpose.TX_DEFAULT})
# Whose phase a profile of a transaction must not contradict (2.1 K 3.8).
OF_THE_CHARGER = frozenset({ProfilePurpose.STATION_MAX, ProfilePurpose.EXTERNAL_CONSTRAINTS})


def find_fault(installed: InstalledProfiles, evse: int, profile: ChargingProfile) -> str:
    """A reason code of 2.1's appendix, which name what earlier versions refuse too; "" where there is no fault."""
    if (
        (profile.purpose is ProfilePurpose.STATION_MAX and (evse != 0 or profile.kind is ProfileKind.RELATIVE))
        or (profile.purpose is ProfilePurpose.TX and evse == 0)
        or (profile.update_interval_s is not None and profile.kind is not ProfileKind.DYNAMIC)
    ):
        return "InvalidProfile"  # 1.6 §3.13.1, 2.x K01.FR.16, K01.FR.38, 2.1 K01.FR.122
    if any(_is_duplicate(installed, old, evse, profile) for old in installed.held):
        return "DuplicateProfile"
    periods = [period for schedule in profile.schedules for period in schedule.periods]
    if any(period.operation_mode not in MODES.get(profile.purpose, set(OperationMode)) for period in periods):
        return "InvalidOperationMode"  # 2.1 K01.FR.111, K01.FR.113
    if not _has_sound_schedules(profile):
        return "InvalidSchedule"
    if any(_tells_phases_wrongly(profile, period) for period in periods) or _contradicts_a_phase(installed, profile):
        return "PhaseConflict"
    return ""


def _is_duplicate(installed: InstalledProfiles, old: HeldProfile, evse: int, profile: ChargingProfile) -> bool:
    """1.6 replaces by level instead; in 2.x one for all EVSEs and one for one of them are duplicates too."""
    other = old.profile
    if installed.protocol == OCPP_16 or other.profile_id == profile.profile_id:
        return False
    if (other.purpose, other.stack_level) != (profile.purpose, profile.stack_level):
        return False
    if profile.purpose is ProfilePurpose.TX:
        return other.reference == profile.reference and old.evse == evse  # K01.FR.39
    if profile.purpose is ProfilePurpose.TX_DEFAULT and (old.evse == 0) != (evse == 0):
        return True  # K01.FR.52, K01.FR.53
    return old.evse == evse and _overlap(other, profile)  # K01.FR.06


def _overlap(one: ChargingProfile, other: ChargingProfile) -> bool:
    ends_before = one.valid_to is not None and other.valid_from is not None and one.valid_to <= other.valid_from
    begins_after = one.valid_from is not None and other.valid_to is not None and other.valid_to <= one.valid_from
    return not ends_before and not begins_after


def _has_sound_schedules(profile: ChargingProfile) -> bool:
    is_dynamic = profile.kind is ProfileKind.DYNAMIC
    for schedule in profile.schedules:
        starts = [period.start_s for period in schedule.periods]
        if not starts or starts[0] != 0 or starts != sorted(set(starts)):
            return False  # 1.6 §7.13, 2.x K01.FR.31, K01.FR.35
        if is_dynamic and (len(starts) > 1 or len(profile.schedules) > 1):
            return False  # 2.1 K28.FR.01
        if profile.purpose is ProfilePurpose.PRIORITY and schedule.duration_s is not None:
            return False  # 2.1 K01.FR.70
        if schedule.randomized_delay_s and profile.purpose not in OF_A_TRANSACTION:
            return False  # 2.1 K01.FR.95
        if any(_leaves_its_limits(period) for period in schedule.periods):
            return False
    return True


def _leaves_its_limits(period: SchedulePeriod) -> bool:
    """2.1 V2X.05, of each phase (V2X.06)."""
    by_phase = (
        (period.setpoint, period.limit, period.discharge_limit),
        (period.setpoint_l2, period.limit_l2, period.discharge_limit_l2),
        (period.setpoint_l3, period.limit_l3, period.discharge_limit_l3),
    )
    return any(
        setpoint is not None
        and ((limit is not None and setpoint > limit) or (discharge is not None and setpoint < discharge))
        for setpoint, limit, discharge in by_phase
    )


def _tells_phases_wrongly(profile: ChargingProfile, period: SchedulePeriod) -> bool:
    tells_apart = period.limit_l2 is not None or period.limit_l3 is not None
    if period.phase_to_use is not None and period.phases != 1:
        return True  # 2.x K01.FR.19
    # 2.1 K01.FR.143, K01.FR.145.
    return tells_apart and (period.limit is None or profile.purpose is not ProfilePurpose.TX)


def _contradicts_a_phase(installed: InstalledProfiles, profile: ChargingProfile) -> bool:
    """2.1 K 3.8: where it is not certain that two never meet, they are taken to meet."""
    if profile.purpose not in OF_A_TRANSACTION | OF_THE_CHARGER:
        return False
    opposite = OF_THE_CHARGER if profile.purpose in OF_A_TRANSACTION else OF_A_TRANSACTION
    told = _phases_to_use(profile)
    others = [held.profile for held in installed.held if held.profile.purpose in opposite]
    return bool(told) and any(used and used != told for used in map(_phases_to_use, others))


def _phases_to_use(profile: ChargingProfile) -> set[int]:
    periods = (period for schedule in profile.schedules for period in schedule.periods)
    return {period.phase_to_use for period in periods if period.phase_to_use is not None}
