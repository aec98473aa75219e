"""What a charger holds after each thing that happens to its profiles."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    ClearCache,
    ClearProfiles,
    InstallProfile,
    ProfileKind,
    ProfilePurpose,
    Rates,
    RateUnit,
    SchedulePeriod,
    StartCharging,
    UpdateDynamicSchedule,
)
from chargers.profiles import (
    HeldProfile,
    InstalledProfiles,
    begin_transaction,
    clear,
    end_transaction,
    follow,
    install,
    keep_in_row,
    read_from_row,
    reconnect,
    survive_reboot,
)
from tests.chargers.charging_profiles import profiles

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
MAX, EXTERNAL, TX, DEFAULT, PRIORITY, GENERATION = (
    ProfilePurpose.STATION_MAX,
    ProfilePurpose.EXTERNAL_CONSTRAINTS,
    ProfilePurpose.TX,
    ProfilePurpose.TX_DEFAULT,
    ProfilePurpose.PRIORITY,
    ProfilePurpose.LOCAL_GENERATION,
)


def profile(number: int, purpose: ProfilePurpose = DEFAULT, level: int = 0, **more: Any) -> ChargingProfile:
    return ChargingProfile(
        profile_id=number,
        stack_level=level,
        purpose=purpose,
        kind=more.pop("kind", ProfileKind.RELATIVE),
        schedules=(ChargingSchedule(unit=RateUnit.AMPERE, periods=(SchedulePeriod(start_s=0, limit=6),)),),
        **more,
    )


def holding(protocol: str, *held: tuple[int, ChargingProfile]) -> InstalledProfiles:
    return InstalledProfiles(
        protocol=protocol, held=tuple(HeldProfile(evse=evse, profile=each, installed_at=NOON) for evse, each in held)
    )


def places(installed: InstalledProfiles) -> list[tuple[int, int]]:
    return [(each.evse, each.profile.profile_id) for each in installed.held]


def one_of_each(protocol: str) -> InstalledProfiles:
    numbered = enumerate(ProfilePurpose)
    return holding(protocol, *((int(purpose is TX), profile(number, purpose)) for number, purpose in numbered))


# Installing


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
def test_a_profile_replaces_the_one_with_its_id_wherever_that_is(protocol: str) -> None:
    before = holding(protocol, (1, profile(7)), (2, profile(8)))

    assert places(install(before, 2, profile(7, level=3), now=NOON)) == [(2, 8), (2, 7)]


def test_in_1_6_a_profile_replaces_the_one_on_its_level() -> None:
    before = holding("ocpp1.6", (1, profile(7)), (2, profile(8)), (1, profile(9, level=1)), (1, profile(10, TX)))

    assert places(install(before, 1, profile(11), now=NOON)) == [(2, 8), (1, 9), (1, 10), (1, 11)]


def test_in_1_6_a_default_for_one_connector_leaves_the_one_for_all() -> None:
    before = holding("ocpp1.6", (0, profile(7)))

    assert places(install(before, 1, profile(8), now=NOON)) == [(0, 7), (1, 8)]


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
def test_in_2_x_two_on_one_level_are_both_there(protocol: str) -> None:
    before = holding(protocol, (1, profile(7)))

    assert places(install(before, 1, profile(8), now=NOON)) == [(1, 7), (1, 8)]


def test_a_limit_from_outside_is_not_replaced_by_one_of_ours() -> None:
    before = holding("ocpp2.1", (0, profile(7, EXTERNAL)))

    assert places(install(before, 0, profile(7, MAX), now=NOON)) == [(0, 7), (0, 7)]


def test_a_dynamic_profile_counts_as_updated_when_it_comes() -> None:
    after = install(holding("ocpp2.1"), 1, profile(7, TX, kind=ProfileKind.DYNAMIC), now=NOON)

    assert after.held[0].profile.updated_at == NOON


# Clearing

CRITERIA = [
    (ClearProfiles(profile_id=1), {(0, 2), (1, 3), (1, 4)}),
    (ClearProfiles(evse=0), {(1, 3), (1, 4)}),
    (ClearProfiles(purpose=DEFAULT), {(0, 1), (1, 4)}),
    (ClearProfiles(stack_level=1), {(0, 1), (0, 2), (1, 4)}),
    (ClearProfiles(evse=1, purpose=DEFAULT, stack_level=1), {(0, 1), (0, 2), (1, 4)}),
    (ClearProfiles(evse=1, stack_level=9), {(0, 1), (0, 2), (1, 3), (1, 4)}),
    (ClearProfiles(), set()),
]


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
@pytest.mark.parametrize(("command", "left"), CRITERIA)
def test_what_matches_all_criteria_is_cleared(
    protocol: str, command: ClearProfiles, left: set[tuple[int, int]]
) -> None:
    before = holding(protocol, (0, profile(1, MAX)), (0, profile(2)), (1, profile(3, level=1)), (1, profile(4, TX)))

    assert set(places(clear(before, command))) == left


def test_an_id_and_another_criterion_must_both_match_in_1_6_while_in_2_x_the_id_says_it_all() -> None:
    command = ClearProfiles(profile_id=1, stack_level=5)

    assert places(clear(holding("ocpp1.6", (1, profile(1))), command)) == [(1, 1)]
    assert places(clear(holding("ocpp2.0.1", (1, profile(1))), command)) == []


@pytest.mark.parametrize(
    ("protocol", "left"), [("ocpp1.6", set()), ("ocpp2.0.1", {EXTERNAL}), ("ocpp2.1", {EXTERNAL, GENERATION})]
)
def test_what_an_energy_manager_set_is_not_cleared(protocol: str, left: set[ProfilePurpose]) -> None:
    cleared = clear(one_of_each(protocol), ClearProfiles())

    assert {each.profile.purpose for each in cleared.held} == left


def test_nor_is_it_cleared_by_its_id() -> None:
    before = holding("ocpp2.1", (0, profile(1, EXTERNAL)), (0, profile(2, GENERATION)))

    for number in (1, 2):
        assert clear(before, ClearProfiles(profile_id=number)) == before


# Transactions


def test_a_transactions_own_profiles_end_with_it() -> None:
    before = holding(
        "ocpp1.6",
        (1, profile(1, TX, reference="T1")),
        (1, profile(2, TX, level=1)),
        (2, profile(3, TX, reference="T2")),
        (2, profile(4, TX, level=1)),
        (1, profile(5)),
    )

    assert places(end_transaction(before, 1, "T1")) == [(2, 3), (2, 4), (1, 5)]


def test_a_profile_that_came_with_a_start_belongs_to_its_transaction() -> None:
    after = begin_transaction(holding("ocpp1.6"), 1, "T1", now=NOON, profile=profile(1, TX))

    assert [each.profile.reference for each in after.held] == ["T1"]
    assert begin_transaction(after, 2, "T2", now=NOON) == after


# Power cuts and gaps


def test_all_that_we_set_survives_a_power_cut_before_2_1() -> None:
    for protocol in ("ocpp1.6", "ocpp2.0.1"):
        left = {each.profile.purpose for each in survive_reboot(one_of_each(protocol)).held}
        assert left == set(ProfilePurpose) - {EXTERNAL}


def test_in_2_1_a_charger_says_what_more_it_keeps() -> None:
    before = one_of_each("ocpp2.1")

    certain = {each.profile.purpose for each in survive_reboot(before).held}
    told = {each.profile.purpose for each in survive_reboot(before, also_kept=[TX]).held}

    assert certain == {MAX, DEFAULT, PRIORITY}
    assert told == {MAX, DEFAULT, PRIORITY, TX}


def test_after_a_gap_those_that_do_not_outlive_it_are_gone_for_good() -> None:
    before = holding(
        "ocpp2.1",
        (1, profile(1, TX, max_offline_s=600, dies_offline=True)),
        (1, profile(2, TX, level=1, max_offline_s=600)),
        (1, profile(3, TX, level=2)),
    )

    assert places(reconnect(before, 600)) == [(1, 1), (1, 2), (1, 3)]
    assert places(reconnect(before, 601)) == [(1, 2), (1, 3)]


# Updates and commands


def test_an_update_changes_what_it_tells_of_a_dynamic_profile() -> None:
    before = holding("ocpp2.1", (1, profile(1, TX, kind=ProfileKind.DYNAMIC)), (1, profile(2)))
    later = NOON.replace(hour=13)

    after = follow(before, UpdateDynamicSchedule(profile_id=1, rates=Rates(setpoint=-5)), now=later)

    (period,) = after.held[0].profile.schedules[0].periods
    assert (period.limit, period.setpoint, after.held[0].profile.updated_at) == (6, -5, later)
    assert after.held[1] == before.held[1]


def test_a_profile_that_is_not_dynamic_is_not_updated() -> None:
    before = holding("ocpp2.1", (1, profile(1)))

    assert follow(before, UpdateDynamicSchedule(profile_id=1, rates=Rates(limit=32)), now=NOON) == before


def test_commands_of_profiles_are_followed_and_others_change_nothing() -> None:
    empty = holding("ocpp1.6")
    start = StartCharging(evse=1, token="VAN12", remote_start_id=1, profile=profile(1, TX))

    held = follow(empty, InstallProfile(evse=1, profile=profile(1)), now=NOON)

    assert held == install(empty, 1, profile(1), now=NOON)
    assert follow(held, ClearProfiles(profile_id=1), now=NOON) == empty
    assert follow(held, ClearCache(), now=NOON) == held
    assert follow(held, start, now=NOON) == held


@given(data=st.data(), version=st.sampled_from(["1.6", "2.0.1", "2.1"]))
@settings(max_examples=50, deadline=None)
def test_what_is_held_survives_its_row(data: st.DataObject, version: str) -> None:
    held = data.draw(st.lists(profiles(version), max_size=3))
    installed = holding(f"ocpp{version}", *((1, each) for each in held))

    assert read_from_row(json.loads(json.dumps(keep_in_row(installed)))) == installed


def test_a_profile_installed_at_no_known_time_survives_its_row() -> None:
    installed = holding("ocpp1.6", (1, profile(1)))
    untimed = replace(installed, held=(replace(installed.held[0], installed_at=None),))

    assert read_from_row(keep_in_row(untimed)) == untimed
