"""What holds of every composition."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargers.commands import ProfilePurpose, RateUnit
from chargers.profiles import Circumstances, HeldProfile, InstalledProfiles, Level, compose, level_at
from chargers.profiles import Slice as ScheduleSlice
from tests.chargers.profiles.holdings import NOON, VOLTAGE, WINDOW_S, Naive, circumstances, holdings

MANY = settings(max_examples=200, deadline=None)
SOME = settings(max_examples=80, deadline=None)
UNTIL = NOON + timedelta(seconds=WINDOW_S)
SECONDS = [NOON + timedelta(seconds=second) for second in range(WINDOW_S)]
WITHOUT_GENERATION = tuple(purpose for purpose in ProfilePurpose if purpose is not ProfilePurpose.LOCAL_GENERATION)
OF_TRANSACTIONS = {ProfilePurpose.TX, ProfilePurpose.TX_DEFAULT, ProfilePurpose.PRIORITY}
BOUNDS: list[set[ProfilePurpose]] = [
    {ProfilePurpose.STATION_MAX},
    {ProfilePurpose.EXTERNAL_CONSTRAINTS},
    OF_TRANSACTIONS,
]
ENDLESS = float("inf")


def slices(
    installed: InstalledProfiles, where: Circumstances, unit: RateUnit = RateUnit.WATT, evse: int = 1
) -> tuple[ScheduleSlice, ...]:
    return compose(installed, where, evse=evse, since=NOON, until=UNTIL, unit=unit)


def level_in(found: tuple[ScheduleSlice, ...], at: datetime) -> Level:
    return [each.level for each in found if each.start_at <= at][-1]


def limit_in(found: tuple[ScheduleSlice, ...], at: datetime) -> float:
    level = level_in(found, at)
    return ENDLESS if level.limit is None else sum(level.limit)


def only(installed: InstalledProfiles, purposes: set[ProfilePurpose]) -> InstalledProfiles:
    return replace(installed, held=tuple(each for each in installed.held if each.profile.purpose in purposes))


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.1"])
@pytest.mark.parametrize("unit", RateUnit)
@given(data=st.data())
@MANY
def test_each_second_is_what_a_naive_reckoning_says(protocol: str, unit: RateUnit, data: st.DataObject) -> None:
    installed, where = data.draw(holdings(protocol)), data.draw(circumstances())

    found = slices(installed, where, unit)

    for at in SECONDS:
        naive = Naive(installed, where, at).limit(unit)
        assert limit_in(found, at) == pytest.approx(ENDLESS if naive is None else naive)


@given(installed=holdings(), where=circumstances())
@SOME
def test_a_charger_with_one_evse_does_what_that_evse_does(installed: InstalledProfiles, where: Circumstances) -> None:
    running = any(each.charging_since is None for each in where.transactions.values())
    where = where if not running else replace(where, transactions={}, assumed_since=NOON)

    assert [(each.start_at, each.level.limit) for each in slices(installed, where, evse=0)] == [
        (each.start_at, each.level.limit) for each in slices(installed, where, evse=1)
    ]


@given(installed=holdings(purposes=WITHOUT_GENERATION), where=circumstances())
@SOME
def test_no_purpose_is_exceeded(installed: InstalledProfiles, where: Circumstances) -> None:
    found = slices(installed, where)

    for purposes in BOUNDS:
        bound = slices(only(installed, purposes), where)
        assert all(limit_in(found, at) <= limit_in(bound, at) + 1e-9 for at in SECONDS)


@given(installed=holdings(purposes=WITHOUT_GENERATION, phases=st.just(3)), where=circumstances())
@SOME
def test_it_is_the_lowest_of_the_purposes_at_every_moment(installed: InstalledProfiles, where: Circumstances) -> None:
    found = slices(installed, where)
    bounds = [slices(only(installed, purposes), where) for purposes in BOUNDS]

    for at in SECONDS:
        assert limit_in(found, at) == pytest.approx(min(limit_in(bound, at) for bound in bounds))


@pytest.mark.parametrize("purposes", BOUNDS, ids=["station max", "external", "transactions"])
@given(installed=holdings(), where=circumstances())
@SOME
def test_taking_a_whole_purpose_away_never_lowers_it(
    purposes: set[ProfilePurpose], installed: InstalledProfiles, where: Circumstances
) -> None:
    before = slices(installed, where)

    after = slices(only(installed, set(ProfilePurpose) - purposes), where)

    assert all(limit_in(after, at) >= limit_in(before, at) - 1e-9 or limit_in(before, at) == ENDLESS for at in SECONDS)


@given(installed=holdings(phases=st.just(3)), where=circumstances())
@SOME
def test_taking_generation_away_never_raises_it(installed: InstalledProfiles, where: Circumstances) -> None:
    before = slices(installed, where)

    after = slices(only(installed, set(WITHOUT_GENERATION)), where)

    assert all(limit_in(after, at) <= limit_in(before, at) + 1e-9 for at in SECONDS)


@given(installed=holdings(), where=circumstances())
@SOME
def test_the_top_level_counts_only_where_it_has_a_period(installed: InstalledProfiles, where: Circumstances) -> None:
    """Without its top default, a stack says what it said in that one's gaps."""
    defaults = [each for each in installed.held if each.profile.purpose is ProfilePurpose.TX_DEFAULT]
    stack = replace(installed, held=tuple(defaults))
    if not defaults:
        return
    top = max(reversed(defaults), key=lambda each: each.profile.stack_level)
    rest = replace(stack, held=tuple(each for each in defaults if each is not top))
    alone = slices(replace(stack, held=(top,)), where)
    found, below = slices(stack, where), slices(rest, where)

    for at in SECONDS:
        speaks = level_in(alone, at).limit is not None
        assert level_in(found, at) == level_in(alone if speaks else below, at)


@given(installed=holdings(), where=circumstances(), minutes=st.integers(-(10**6), 10**6))
@SOME
def test_it_shifts_with_the_clock(installed: InstalledProfiles, where: Circumstances, minutes: int) -> None:
    by = timedelta(minutes=minutes)

    shifted = compose(
        shift(installed, by), shift_where(where, by), evse=1, since=NOON + by, until=UNTIL + by, unit=RateUnit.AMPERE
    )

    plain = slices(installed, where, RateUnit.AMPERE)
    assert [(each.start_at - by, each.level) for each in shifted] == [(each.start_at, each.level) for each in plain]


def later(at: datetime | None, by: timedelta) -> datetime | None:
    return None if at is None else at + by


def shift(installed: InstalledProfiles, by: timedelta) -> InstalledProfiles:
    def one(held: HeldProfile) -> HeldProfile:
        profile = held.profile
        schedules = tuple(replace(each, start_at=later(each.start_at, by)) for each in profile.schedules)
        moved = replace(
            profile,
            schedules=schedules,
            valid_from=later(profile.valid_from, by),
            valid_to=later(profile.valid_to, by),
        )
        return replace(held, profile=moved, installed_at=later(held.installed_at, by))

    return replace(installed, held=tuple(one(each) for each in installed.held))


def shift_where(where: Circumstances, by: timedelta) -> Circumstances:
    transactions = {
        evse: replace(each, charging_since=later(each.charging_since, by)) for evse, each in where.transactions.items()
    }
    return replace(
        where,
        transactions=transactions,
        assumed_since=later(where.assumed_since, by),
        offline_since=later(where.offline_since, by),
    )


@given(installed=holdings(), where=circumstances())
@SOME
def test_watts_are_volts_times_amperes_times_phases_both_ways(
    installed: InstalledProfiles, where: Circumstances
) -> None:
    amperes, watts = slices(installed, where, RateUnit.AMPERE), slices(installed, where, RateUnit.WATT)

    for at in SECONDS:
        in_amperes, in_watts = level_in(amperes, at), level_in(watts, at)
        assert in_amperes.phases == in_watts.phases
        assert limit_in(watts, at) == pytest.approx(limit_in(amperes, at) * VOLTAGE * (in_amperes.phases or 1))


@given(installed=holdings(), where=circumstances(), second=st.integers(0, WINDOW_S - 1))
@SOME
def test_a_schedule_says_what_a_moment_says(installed: InstalledProfiles, where: Circumstances, second: int) -> None:
    at = NOON + timedelta(seconds=second)

    level = level_at(installed, where, evse=1, at=at, unit=RateUnit.WATT)

    assert level_in(slices(installed, where), at) == level


@given(installed=holdings(), where=circumstances())
@SOME
def test_neighbouring_slices_differ_and_the_first_is_at_the_start(
    installed: InstalledProfiles, where: Circumstances
) -> None:
    found = slices(installed, where)

    assert found[0].start_at == NOON
    assert all(one.start_at < other.start_at < UNTIL and one.level != other.level for one, other in pairwise(found))
