"""A vehicle's own schedule against the profile that it was given."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
)
from chargers.device_model.within import is_within
from chargers.profiles import Supply

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def schedule(*limits: tuple[int, float], unit: RateUnit = RateUnit.AMPERE, duration_s: int = 3600) -> ChargingSchedule:
    periods = tuple(SchedulePeriod(start_s=start_s, limit=limit, phases=3) for start_s, limit in limits)
    return ChargingSchedule(unit=unit, periods=periods, duration_s=duration_s)


def given(*schedules: ChargingSchedule) -> ChargingProfile:
    return ChargingProfile(
        profile_id=1,
        stack_level=0,
        purpose=ProfilePurpose.TX,
        kind=ProfileKind.RELATIVE,
        schedules=schedules,
        reference="tx-1",
    )


@pytest.mark.parametrize(
    ("wanted", "keeps"),
    [
        (schedule((0, 16), (1800, 10)), True),
        (schedule((0, 10)), True),
        (schedule((0, 16)), False),  # the second half hour is lower
        (schedule((0, 16), (1799, 10)), True),
        (schedule((0, 17), (1800, 10)), False),
        (schedule((0, 11_000), (1800, 6_900), unit=RateUnit.WATT), True),  # 16 A and 10 A on three phases of 230 V
        (schedule((0, 11_000), unit=RateUnit.WATT), False),
    ],
)
def test_no_moment_of_it_may_exceed_what_was_given(wanted: ChargingSchedule, keeps: bool) -> None:
    assert is_within(wanted, NOON, given(schedule((0, 16), (1800, 10))), Supply()) is keeps


def test_one_of_several_schedules_that_were_offered_is_enough() -> None:
    offered = given(schedule((0, 6)), schedule((0, 16)))

    assert is_within(schedule((0, 16)), NOON, offered, Supply())


def test_beyond_the_end_of_what_was_given_nothing_is_exceeded() -> None:
    longer = schedule((0, 10), (3600, 32), duration_s=7200)

    assert is_within(longer, NOON, given(schedule((0, 10))), Supply())


def test_a_schedule_without_an_end_is_held_against_all_of_a_day() -> None:
    endless = replace(schedule((0, 10)), duration_s=None)

    assert not is_within(endless, NOON, given(schedule((0, 16), (80_000, 6), duration_s=90_000)), Supply())
