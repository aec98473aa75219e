"""Profiles that a charger holds, and the level that they compose to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    OperationMode,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
)
from chargers.profiles import (
    Circumstances,
    HeldProfile,
    InstalledProfiles,
    Level,
    RunningTransaction,
    level_at,
)

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MAX, EXTERNAL, TX, DEFAULT, PRIORITY, GENERATION = (
    ProfilePurpose.STATION_MAX,
    ProfilePurpose.EXTERNAL_CONSTRAINTS,
    ProfilePurpose.TX,
    ProfilePurpose.TX_DEFAULT,
    ProfilePurpose.PRIORITY,
    ProfilePurpose.LOCAL_GENERATION,
)
CHARGING = Circumstances(evses=(1,), transactions={1: RunningTransaction(reference="T1", charging_since=NOON)})
TWO = Circumstances(
    evses=(1, 2),
    transactions={evse: RunningTransaction(reference=f"T{evse}", charging_since=NOON) for evse in (1, 2)},
)
SET = OperationMode.CENTRAL_SETPOINT


def held(
    purpose: ProfilePurpose,
    *periods: SchedulePeriod,
    evse: int | None = None,
    level: int = 0,
    unit: RateUnit = RateUnit.AMPERE,
    schedule: dict[str, Any] | None = None,
    **more: Any,
) -> HeldProfile:
    """Absolute since noon, on the EVSE where such a profile belongs."""
    told = ChargingSchedule(unit=unit, periods=periods, start_at=NOON)
    profile = ChargingProfile(
        profile_id=1,
        stack_level=level,
        purpose=purpose,
        kind=more.pop("kind", ProfileKind.ABSOLUTE),
        schedules=(replace(told, **(schedule or {})),),
        **more,
    )
    return HeldProfile(evse=(0 if purpose in (MAX, EXTERNAL) else 1) if evse is None else evse, profile=profile)


def period(limit: float | None = None, *, start_s: int = 0, **more: Any) -> SchedulePeriod:
    return SchedulePeriod(start_s=start_s, limit=limit, **more)


def level(
    *profiles: HeldProfile,
    where: Circumstances = CHARGING,
    evse: int = 1,
    at: datetime = NOON,
    unit: RateUnit = RateUnit.AMPERE,
    protocol: str = "ocpp2.1",
    evse_max: float | None = None,
) -> Level:
    installed = InstalledProfiles(protocol=protocol, held=profiles)
    return level_at(installed, where, evse=evse, at=at, unit=unit, evse_max=evse_max)


def limit(*profiles: HeldProfile, **more: Any) -> tuple[float, ...] | None:
    return level(*profiles, **more).limit
