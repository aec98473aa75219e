"""What a charger may hold, whatever gets lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    ClearProfiles,
    InstallProfile,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
    StartCharging,
)
from chargers.held import possible as held
from chargers.held.possible import Brought, Ended, Possible, Rebooted, Returned, Unreadable
from chargers.profiles import InstalledProfiles, follow

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
PROTOCOLS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")


def profile(limit: float, *, profile_id: int = 1, **more: Any) -> ChargingProfile:
    schedule = ChargingSchedule(
        unit=RateUnit.AMPERE, periods=(SchedulePeriod(start_s=0, limit=limit),), start_at=NOON - timedelta(hours=1)
    )
    told = {
        "profile_id": profile_id,
        "stack_level": 0,
        "purpose": ProfilePurpose.TX_DEFAULT,
        "kind": ProfileKind.ABSOLUTE,
        "schedules": (schedule,),
    }
    return ChargingProfile(**(told | more))


def install(limit: float, **more: Any) -> InstallProfile:
    return InstallProfile(evse=1, profile=profile(limit, **more))


def limits(possible: Possible) -> set[tuple[float | None, ...]]:
    """The limits of each set that it may hold."""
    return {
        tuple(each.profile.schedules[0].periods[0].limit for each in state.held) for state in held.candidates(possible)
    }


OWN = profile(32, profile_id=2, purpose=ProfilePurpose.TX)


@pytest.fixture
def holding() -> Possible:
    """A charger that holds 10 A."""
    return held.accept(held.ask(held.nothing_held("ocpp1.6"), install(10), command_id=1, at=NOON), 1)


def test_what_is_asked_is_possible_beside_what_was(holding: Possible) -> None:
    asked = held.ask(holding, install(16), command_id=2, at=NOON)

    assert limits(asked) == {(10,), (16,)}


def test_an_acceptance_leaves_the_new(holding: Possible) -> None:
    asked = held.ask(holding, install(16), command_id=2, at=NOON)

    assert limits(held.accept(asked, 2)) == {(16,)}


def test_a_refusal_leaves_the_old(holding: Possible) -> None:
    asked = held.ask(holding, install(16), command_id=2, at=NOON)

    assert held.drop(asked, 2) == holding


def test_silence_leaves_both(holding: Possible) -> None:
    asked = held.ask(holding, install(16), command_id=2, at=NOON)

    silent = held.leave_open(asked, 2)

    assert limits(silent) == {(10,), (16,)}
    assert not silent.is_open


def test_an_answer_to_the_next_ends_the_doubt(holding: Possible) -> None:
    silent = held.leave_open(held.ask(holding, install(16), command_id=2, at=NOON), 2)

    answered = held.accept(held.ask(silent, install(6), command_id=3, at=NOON), 3)

    assert limits(answered) == {(6,)}


def test_several_that_wait_are_settled_in_any_order(holding: Possible) -> None:
    asked = held.ask(holding, install(16), command_id=2, at=NOON)
    asked = held.ask(asked, install(6), command_id=3, at=NOON)

    settled = held.leave_open(held.accept(asked, 3), 2)

    assert limits(settled) == {(6,)}
    assert settled.log == ()


def test_one_that_is_given_up_behind_an_open_one_does_not_stay_in_the_log(holding: Possible) -> None:
    asked = held.ask(holding, install(16), command_id=2, at=NOON)
    asked = held.ask(asked, install(6), command_id=3, at=NOON)

    settled = held.accept(held.leave_open(asked, 3), 2)

    assert limits(settled) == {(16,), (6,)}
    assert settled.log == ()


def test_a_profile_that_comes_with_a_start_may_be_held_until_its_transaction_ends(holding: Possible) -> None:
    start = StartCharging(evse=1, token="VAN12", remote_start_id=7, profile=OWN)
    change = held.change_asked_by(start, (1,))
    assert isinstance(change, Brought)

    begun = held.accept(held.ask(holding, change, command_id=2, at=NOON), 2)
    ended = held.happen(begun, Ended(evse=1, reference="T1"), at=NOON)

    assert limits(begun) == {(10,), (10, 32)}
    assert limits(ended) == {(10,)}


def test_a_start_without_a_profile_changes_nothing() -> None:
    assert held.change_asked_by(StartCharging(evse=1, token="VAN12", remote_start_id=7), (1,)) is None


def test_a_transactions_own_profile_ends_with_it(holding: Possible) -> None:
    own = install(20, profile_id=2, purpose=ProfilePurpose.TX, reference="T1")
    running = held.accept(held.ask(holding, own, command_id=2, at=NOON), 2)

    ended = held.happen(running, Ended(evse=1, reference="T1"), at=NOON)

    assert (limits(running), limits(ended)) == ({(10, 20)}, {(10,)})


def test_after_a_boot_nothing_may_be_left_where_nothing_is_proven(holding: Possible) -> None:
    booted = held.happen(holding, Rebooted(has_proven=False), at=NOON)

    assert limits(booted) == {(10,), ()}


def test_a_charger_that_has_proven_it_keeps_its_profiles_through_a_boot(holding: Possible) -> None:
    assert held.happen(holding, Rebooted(has_proven=True), at=NOON) == holding


def test_one_that_forgets_with_the_link_may_hold_nothing_after_it(holding: Possible) -> None:
    steady = held.happen(holding, Returned(offline_s=60, forgets=False), at=NOON)
    forgetful = held.happen(holding, Returned(offline_s=60, forgets=True), at=NOON)

    assert limits(steady) == {(10,)}
    assert limits(forgetful) == {(10,), ()}


def test_a_profile_that_dies_offline_is_gone_after_too_long() -> None:
    start = held.nothing_held("ocpp2.1")
    holding = held.accept(held.ask(start, install(10, max_offline_s=30, dies_offline=True), command_id=1, at=NOON), 1)

    assert limits(held.happen(holding, Returned(offline_s=29, forgets=False), at=NOON)) == {(10,)}
    assert limits(held.happen(holding, Returned(offline_s=31, forgets=False), at=NOON)) == {()}


def test_a_call_that_cannot_be_read_makes_everything_uncertain(holding: Possible) -> None:
    asked = held.ask(holding, Unreadable(), command_id=2, at=NOON)

    assert not asked.is_known
    assert not held.leave_open(asked, 2).is_known
    assert not held.accept(asked, 2).is_known
    assert held.drop(asked, 2).is_known


def test_clearing_everything_ends_the_uncertainty(holding: Possible) -> None:
    lost = held.accept(held.ask(holding, Unreadable(), command_id=2, at=NOON), 2)

    cleared = held.accept(held.ask(lost, ClearProfiles(), command_id=3, at=NOON), 3)
    unanswered = held.leave_open(held.ask(lost, ClearProfiles(), command_id=3, at=NOON), 3)

    assert cleared.is_known
    assert limits(cleared) == {()}
    assert not unanswered.is_known


def test_more_sets_than_can_be_counted_are_none_that_is_known() -> None:
    possible = held.nothing_held("ocpp1.6")
    for number in range(1, 9):
        each = install(number, profile_id=number, stack_level=number)
        possible = held.leave_open(held.ask(possible, each, command_id=number, at=NOON), number)

    assert not possible.is_known


def test_it_is_the_same_when_it_comes_from_its_row(holding: Possible) -> None:
    possible = held.ask(holding, Brought(evses=(1, 2), profile=profile(8)), command_id=2, at=NOON)
    possible = held.ask(possible, ClearProfiles(evse=1), command_id=3, at=NOON)
    possible = held.happen(possible, Rebooted(has_proven=False), at=NOON)

    assert held.read_from_row(held.keep_in_row(possible)) == possible


@st.composite
def stories(draw: st.DrawFn) -> tuple[str, list[tuple[Any, str, bool]]]:
    """Commands, what we hear of each, and whether the charger really did it."""
    asked = st.one_of(
        st.builds(
            install,
            st.integers(0, 32),
            profile_id=st.integers(1, 2),
            stack_level=st.integers(0, 1),
        ),
        st.builds(ClearProfiles, profile_id=st.none() | st.integers(1, 2)),
    )
    steps = []
    for change in draw(st.lists(asked, max_size=6)):
        heard, done = draw(st.sampled_from([("accept", True), ("drop", False), ("lost", True), ("lost", False)]))
        steps.append((change, heard, done))
    return draw(st.sampled_from(PROTOCOLS)), steps


@given(stories())
def test_what_it_really_holds_is_always_among_what_it_may_hold(story: tuple[str, list[tuple[Any, str, bool]]]) -> None:
    protocol, steps = story
    possible, truth = held.nothing_held(protocol), InstalledProfiles(protocol=protocol)
    hear = {"accept": held.accept, "drop": held.drop, "lost": held.leave_open}

    for number, (change, heard, done) in enumerate(steps):
        at = NOON + timedelta(seconds=number)
        possible = held.ask(possible, change, command_id=number, at=at)
        truth = follow(truth, change, now=at) if done else truth
        assert truth in held.candidates(possible)
        possible = hear[heard](possible, number)

        assert truth in held.candidates(possible)
        assert not possible.is_open


def test_profiles_of_other_evses_are_left_alone(holding: Possible) -> None:
    other = replace(install(16, profile_id=9), evse=2)

    assert limits(held.accept(held.ask(holding, other, command_id=2, at=NOON), 2)) == {(10, 16)}
