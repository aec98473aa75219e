"""A plan as a profile: in the charger's unit, within its periods, never above what was wanted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargers.commands import ChargingProfile, OperationMode, ProfilePurpose, RateUnit
from chargers.profiles import (
    Circumstances,
    InstalledProfiles,
    RunningTransaction,
    Supply,
    find_fault,
    install,
    level_at,
)
from depot.energy.delivery.fallback import Asker, share_out
from depot.energy.delivery.schedule import Shape, fallback_profile, plan_profile, value_of, windows_profile
from depot.energy.delivery.wanted import Step, Window, limit_at
from depot.energy.ledger import Node, OtherLoad
from depot.energy.worst import Point

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SIX_A = 6 * 690
OF_AMPERES = Shape(protocol="ocpp2.0.1", evse=1, unit=RateUnit.AMPERE, purpose=ProfilePurpose.TX, fallback_w=SIX_A)


def plan(*limits_w: int, shape: Shape = OF_AMPERES, hours: int | None = None) -> ChargingProfile:
    """One limit after the other, each for an hour from noon on."""
    steps = tuple(Step(NOON + n * HOUR, limit) for n, limit in enumerate(limits_w))
    until = NOON + (len(limits_w) if hours is None else hours) * HOUR
    return plan_profile(steps, until, shape, reference="T1", now=NOON)


def limit(profile: ChargingProfile, at: datetime, shape: Shape = OF_AMPERES) -> float | None:
    installed = install(InstalledProfiles(protocol=shape.protocol), shape.place, profile, now=NOON)
    running = RunningTransaction(reference="T1", charging_since=NOON)
    where = Circumstances(evses=(1,), transactions={1: running}, supply=Supply(phases=shape.phases))
    found = level_at(installed, where, evse=1, at=at, unit=RateUnit.WATT).limit
    return None if found is None else round(sum(found), 1)


@pytest.mark.parametrize(("own_ids_to", "number"), [(0, 2001), (899, 2001), (900, 2901), (70_000, 72_001)])
def test_a_profile_of_ours_has_a_number_above_those_of_the_chargers_own(own_ids_to: int, number: int) -> None:
    """2.1 K01.FR.80."""
    assert plan(11_040, shape=replace(OF_AMPERES, own_ids_to=own_ids_to)).profile_id == number


@pytest.mark.parametrize(
    ("wanted_w", "amperes"),
    [(11_040, 16.0), (11_039, 15.9), (0, 0.0), (-50, 0.0), (SIX_A, 6.0), (SIX_A - 1, 6.0), (1_000, 0.0)],
)
def test_a_limit_in_amperes_is_rounded_down_and_never_between_nothing_and_the_least(
    wanted_w: int, amperes: float
) -> None:
    assert value_of(wanted_w, OF_AMPERES) == amperes


def test_where_there_is_no_room_the_least_is_not_taken_either() -> None:
    assert value_of(SIX_A - 1, OF_AMPERES, down=True) == 0


def test_watts_of_direct_current_have_no_least() -> None:
    assert value_of(1_234.5, replace(OF_AMPERES, unit=RateUnit.WATT, phases=None)) == 1234


def test_one_phase_has_the_amperes_of_one_phase() -> None:
    assert value_of(3_680, replace(OF_AMPERES, phases=1)) == 16


def test_a_charger_that_refuses_nothing_is_told_the_least() -> None:
    assert value_of(0, replace(OF_AMPERES, takes_zero=False)) == 6


def test_a_plan_begins_in_the_past_and_ends_with_the_stay() -> None:
    profile = plan(11_040, 0, 6_900)

    assert limit(profile, NOON - timedelta(minutes=9)) == 11_040
    assert [limit(profile, NOON + n * HOUR) for n in range(4)] == [11_040, 0, 6_900, None]
    assert profile.reference == "T1"


def test_equal_neighbours_are_one_period() -> None:
    (schedule,) = plan(11_040, 11_040, 11_045, 6_900).schedules

    assert len(schedule.periods) == 2


def test_as_a_default_it_falls_back_after_the_stay() -> None:
    shape = replace(OF_AMPERES, purpose=ProfilePurpose.TX_DEFAULT)
    profile = plan(11_040, shape=shape)

    assert [limit(profile, NOON + n * HOUR, shape) for n in range(3)] == [11_040, SIX_A, SIX_A]
    assert profile.reference is None


def test_for_the_whole_charger_it_goes_to_no_evse() -> None:
    shape = replace(OF_AMPERES, purpose=ProfilePurpose.STATION_MAX)

    assert shape.place == 0
    assert limit(plan(11_040, shape=shape), NOON, shape) == 11_040


def test_with_one_period_it_lasts_until_the_next_change() -> None:
    profile = plan(11_040, 6_900, shape=replace(OF_AMPERES, max_periods=1))
    (schedule,) = profile.schedules

    assert len(schedule.periods) == 1
    assert (limit(profile, NOON), limit(profile, NOON + HOUR)) == (11_040, None)


def test_what_is_given_back_is_a_setpoint_in_21() -> None:
    shape = replace(OF_AMPERES, protocol="ocpp2.1", unit=RateUnit.WATT, phases=None, gives_back=True)
    (schedule,) = plan(-5_000, 5_000, shape=shape).schedules

    first, second = schedule.periods
    assert (first.operation_mode, first.setpoint, first.discharge_limit) == (
        OperationMode.CENTRAL_SETPOINT,
        -5_000,
        -5_000,
    )
    assert (second.operation_mode, second.limit) == (OperationMode.CHARGING_ONLY, 5_000)


def test_older_versions_rest_where_power_would_be_given_back() -> None:
    shape = replace(OF_AMPERES, unit=RateUnit.WATT, phases=None)

    assert limit(plan(-5_000, shape=shape), NOON, shape) == 0


@pytest.mark.parametrize(("limits", "told"), [
    ((-5_000, 0, 7_000), [0, 7_000]), ((-5_000, -3_000, 7_000), [-3_000, 7_000]), ((0, 7_000, -5_000), [0, -5_000]),
])  # fmt: skip
def test_with_few_periods_less_is_given_back_and_never_more(limits: tuple[int, ...], told: list[float]) -> None:
    shape = replace(OF_AMPERES, protocol="ocpp2.1", unit=RateUnit.WATT, phases=None, gives_back=True, max_periods=2)
    (schedule,) = plan(*limits, shape=shape).schedules

    assert [period.setpoint or period.limit for period in schedule.periods] == told


def test_a_plan_that_does_not_hold_offline_says_so_in_21_only() -> None:
    in_21 = replace(OF_AMPERES, protocol="ocpp2.1", max_offline_s=600)

    assert plan(6_900, shape=in_21).max_offline_s == 600
    assert plan(6_900, shape=replace(in_21, protocol="ocpp2.0.1")).max_offline_s is None


SHAPES = st.builds(
    Shape,
    protocol=st.sampled_from(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]),
    evse=st.just(1),
    unit=st.sampled_from(RateUnit),
    purpose=st.sampled_from([ProfilePurpose.TX, ProfilePurpose.TX_DEFAULT, ProfilePurpose.STATION_MAX]),
    phases=st.sampled_from([1, 3]),
    max_periods=st.integers(2, 6),
    fallback_w=st.sampled_from([0, SIX_A]),
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine says nothing of the profile
@given(shape=SHAPES, limits=st.lists(st.integers(0, 22_000), min_size=1, max_size=12))
def test_a_profile_fits_its_charger_and_gives_no_more_than_was_wanted(shape: Shape, limits: list[int]) -> None:
    steps = tuple(Step(NOON + n * HOUR, limit) for n, limit in enumerate(limits))
    until = NOON + len(limits) * HOUR

    profile = plan_profile(steps, until, shape, reference="T1", now=NOON, down=True)

    (schedule,) = profile.schedules
    assert len(schedule.periods) <= shape.max_periods
    assert find_fault(InstalledProfiles(protocol=shape.protocol), shape.place, profile) == ""
    for minute in range(0, 60 * len(limits), 20):
        at = NOON + timedelta(minutes=minute)
        found, wanted_w = limit(profile, at, shape), limit_at(steps, until, at)
        assert found is not None
        assert wanted_w is not None
        assert found <= wanted_w + 0.5


def test_a_fallback_has_no_end_and_no_beginning() -> None:
    shape = replace(OF_AMPERES, purpose=ProfilePurpose.TX_DEFAULT)
    profile = fallback_profile(shape)

    assert [limit(profile, NOON + n * timedelta(days=400), shape) for n in (-1, 0, 9)] == [SIX_A] * 3


def test_windows_hold_each_day_and_never_above_the_fallback() -> None:
    shape = replace(OF_AMPERES, purpose=ProfilePurpose.TX_DEFAULT, fallback_w=6_900)
    windows = (Window(16 * 3600, 19 * 3600, 0), Window(22 * 3600, 6 * 3600, 20_000))

    profile = windows_profile(windows, shape, midnight=NOON.replace(hour=0))

    hours = {
        hour: limit(profile, NOON.replace(hour=hour) + timedelta(days=3), shape) for hour in (3, 12, 16, 18, 19, 23)
    }
    assert hours == {3: 6_900, 12: 6_900, 16: 0, 18: 0, 19: 6_900, 23: 6_900}
    assert profile.stack_level == 1


def point(key: int, *, rating_w: float = 22_080, lines: tuple[int, ...] = (1, 2, 3)) -> Point:
    return Point(key=key, number=1, circuit=1, rating_w=rating_w, lines=lines)


def test_everyone_falls_back_to_the_least_where_it_fits() -> None:
    nodes = {1: Node(key=1, limit_w=2 * SIX_A + 1_000)}

    assert share_out(nodes, [Asker(point=point(1)), Asker(point=point(2))]) == {1: SIX_A, 2: SIX_A}


def test_where_the_least_does_not_fit_the_last_in_rank_falls_back_to_nothing() -> None:
    nodes = {1: Node(key=1, limit_w=10_000, other=(OtherLoad(w=3_000),))}

    assert share_out(nodes, [Asker(point=point(1), rank=2), Asker(point=point(2), rank=1)]) == {1: 0, 2: SIX_A}


def test_what_nobody_can_limit_is_held_free_first() -> None:
    nodes = {1: Node(key=1, limit_w=25_000)}

    assert share_out(nodes, [Asker(point=point(1)), Asker(point=point(2), fixed_w=22_080)]) == {1: 0}


def test_a_wish_counts_where_it_fits_a_line() -> None:
    nodes = {1: Node(key=1, limit_a=20)}
    askers = [Asker(point=point(n, rating_w=7_360, lines=(1,)), asked_w=3_680) for n in (1, 2)]

    assert share_out(nodes, askers) == {1: 3_680, 2: 0}


@pytest.mark.parametrize(("then_w", "at_once"), [(2 * SIX_A, False), (SIX_A, True)])
def test_two_steps_within_one_second_make_a_profile_that_chargers_take(then_w: int, at_once: bool) -> None:
    begins = NOON + HOUR
    steps = (
        Step(NOON, 3 * SIX_A),
        Step(begins + timedelta(seconds=0.2), SIX_A + 690),
        Step(begins + timedelta(seconds=0.7), then_w),
    )

    profile = plan_profile(steps, NOON + 2 * HOUR, OF_AMPERES, reference="T1", now=NOON)

    installed = InstalledProfiles(protocol=OF_AMPERES.protocol)
    starts = [period.start_s for period in profile.schedules[0].periods]
    assert find_fault(installed, 1, profile) == ""
    assert starts == sorted(set(starts))
    assert (limit(profile, begins) == then_w) is at_once
    assert limit(profile, begins + timedelta(seconds=2)) == then_w


def test_a_number_of_phases_is_told_only_to_a_charger_that_heeds_it() -> None:
    """Quirk 61: others ignore it, or take it for a wish to switch."""
    told = plan(SIX_A, shape=replace(OF_AMPERES, phases=1, tells_phases=True))
    others = plan(SIX_A, shape=replace(OF_AMPERES, phases=1))

    assert {period.phases for period in told.schedules[0].periods} == {1}
    assert {period.phases for period in others.schedules[0].periods} == {None}
