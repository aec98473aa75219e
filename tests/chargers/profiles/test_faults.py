"""What a charger that keeps to its specification refuses."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    OperationMode,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
)
from chargers.profiles import HeldProfile, InstalledProfiles, find_fault

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
TX, DEFAULT, MAX, PRIORITY = (
    ProfilePurpose.TX,
    ProfilePurpose.TX_DEFAULT,
    ProfilePurpose.STATION_MAX,
    ProfilePurpose.PRIORITY,
)
SET = OperationMode.CENTRAL_SETPOINT


def profile(
    purpose: ProfilePurpose = DEFAULT, *periods: SchedulePeriod, number: int = 1, **more: Any
) -> ChargingProfile:
    schedule = ChargingSchedule(
        unit=RateUnit.AMPERE, periods=periods or (SchedulePeriod(start_s=0, limit=16),), start_at=NOON
    )
    return ChargingProfile(
        profile_id=number,
        stack_level=0,
        purpose=purpose,
        kind=more.pop("kind", ProfileKind.ABSOLUTE),
        schedules=(replace(schedule, **more.pop("schedule", {})),),
        **more,
    )


def period(**told: Any) -> SchedulePeriod:
    return SchedulePeriod(**{"start_s": 0, "limit": 16, **told})


def fault(asked: ChargingProfile, *held: tuple[int, ChargingProfile], evse: int = 1, protocol: str = "ocpp2.1") -> str:
    installed = InstalledProfiles(
        protocol=protocol, held=tuple(HeldProfile(evse=place, profile=each) for place, each in held)
    )
    return find_fault(installed, evse, asked)


@pytest.mark.parametrize("purpose", [TX, DEFAULT, PRIORITY, ProfilePurpose.LOCAL_GENERATION])
def test_an_ordinary_profile_has_no_fault(purpose: ProfilePurpose) -> None:
    assert fault(profile(purpose), (1, profile(purpose, number=1))) == ""


@pytest.mark.parametrize(
    ("asked", "evse"),
    [
        (profile(MAX), 1),
        (profile(MAX, kind=ProfileKind.RELATIVE), 0),
        (profile(TX), 0),
        (profile(TX, update_interval_s=60), 1),
    ],
    ids=["max of one EVSE", "relative max", "transaction of all", "update of what is not dynamic"],
)
def test_a_profile_that_contradicts_itself_is_invalid(asked: ChargingProfile, evse: int) -> None:
    assert fault(asked, evse=evse) == "InvalidProfile"


@pytest.mark.parametrize(("evse", "held_at"), [(0, 1), (1, 0), (1, 1)])
def test_two_defaults_of_one_level_are_duplicates_in_2_x_alone(evse: int, held_at: int) -> None:
    assert fault(profile(), (held_at, profile(number=2)), evse=evse) == "DuplicateProfile"
    assert fault(profile(), (held_at, profile(number=2)), evse=evse, protocol="ocpp1.6") == ""


def test_defaults_of_two_evses_are_no_duplicates() -> None:
    assert fault(profile(), (2, profile(number=2))) == ""


def test_profiles_that_are_never_valid_together_are_no_duplicates() -> None:
    before, after = profile(valid_to=NOON), profile(number=2, valid_from=NOON)

    assert fault(before, (1, after)) == ""
    assert fault(after, (1, before)) == ""
    assert fault(profile(), (1, after)) == "DuplicateProfile"


def test_a_transaction_has_one_profile_on_each_level() -> None:
    other = profile(TX, number=2, reference="T1")

    assert fault(profile(TX, reference="T1"), (1, other)) == "DuplicateProfile"
    assert fault(profile(TX, reference="T2"), (1, other)) == ""


@pytest.mark.parametrize(
    "asked",
    [
        profile(TX, period(start_s=5)),
        profile(TX, period(), period(start_s=60), period(start_s=30)),
        profile(TX, period(), period(start_s=60), kind=ProfileKind.DYNAMIC),
        profile(PRIORITY, schedule={"duration_s": 60}),
        profile(PRIORITY, schedule={"randomized_delay_s": 60}),
        profile(TX, period(setpoint=20, operation_mode=SET)),
        profile(TX, period(setpoint=-20, discharge_limit=-16, operation_mode=SET)),
        profile(TX, period(limit_l2=16, setpoint_l2=20, operation_mode=SET)),
    ],
    ids=[
        "late first period",
        "unordered",
        "two dynamic periods",
        "priority that ends",
        "delay of priority",
        "setpoint above its limit",
        "setpoint below its discharge limit",
        "setpoint of L2",
    ],
)
def test_a_schedule_that_cannot_be_followed_is_invalid(asked: ChargingProfile) -> None:
    assert fault(asked) == "InvalidSchedule"


def test_priority_charging_only_charges() -> None:
    assert fault(profile(PRIORITY, period(operation_mode=SET))) == "InvalidOperationMode"


@pytest.mark.parametrize(
    "asked",
    [
        profile(TX, period(phases=3, phase_to_use=1)),
        profile(DEFAULT, period(limit_l2=16)),
        profile(TX, period(limit=None, limit_l2=16)),
    ],
    ids=["which of three", "phases apart by default", "L2 without L1"],
)
def test_phases_are_told_as_the_version_has_them(asked: ChargingProfile) -> None:
    assert fault(asked) == "PhaseConflict"


def test_a_transaction_uses_the_phase_that_its_charger_may() -> None:
    station = profile(MAX, period(phases=1, phase_to_use=1), number=9)

    assert fault(profile(TX, period(phases=1, phase_to_use=3)), (0, station)) == "PhaseConflict"
    assert fault(profile(TX, period(phases=1, phase_to_use=1)), (0, station)) == ""
    assert fault(profile(TX, period(phases=1)), (0, station)) == ""
