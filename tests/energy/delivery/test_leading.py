"""A limit of the moment reaches a charger of 2.1 as one dynamic profile above its plan (2.1 K28)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chargers.choices import CommandState
from chargers.commands import (
    ClearProfiles,
    Command,
    InstallProfile,
    ProfileKind,
    UpdateDynamicSchedule,
    command_from_row,
)
from chargers.held import services as held
from chargers.models import Capability, IssuedCommand, SettingValue
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.delivery.wanted import Lead, Wanted
from depot.energy.models import Circuit
from depot.models import Bay, Depot
from tests.energy.delivery.talk import answer_all, charging, settle, want
from tests.energy.rows import make_sample, make_source, wired_bay
from tests.factories import THURSDAY

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
PLAN_W, SUN_W = 8_280, 5_520
PLAN_A, SUN_A = 12.0, 8.0


def make_bay(depot: Depot, *, protocol: str = "ocpp2.1", levels: str | None = "10") -> Bay:
    """A vehicle that charges by a plan."""
    bay = wired_bay(depot, charger={"protocol": protocol})
    assert bay.evse
    if levels is not None:
        SettingValue.objects.create(
            charger=bay.evse.charger, component="SmartChargingCtrlr", variable="ProfileStackLevel", value=levels,
            reported_at=THURSDAY,
        )  # fmt: skip
    charging(bay)
    deliver(depot, [want(bay, PLAN_W)], now=THURSDAY)
    settle(depot)
    return bay


def shining(bay: Bay, limit_w: int, *, now: datetime = THURSDAY, for_: timedelta = 15 * MINUTE) -> Wanted:
    """The plan as before, and above it what the sun allows."""
    return replace(want(bay, PLAN_W), lead=Lead(limit_w, now, now + for_))


def tell(depot: Depot, bay: Bay, limit_w: int | None, *, at: timedelta = timedelta(0)) -> None:
    """What the sun allows; None: nothing is wanted above the plan."""
    now = THURSDAY + at
    wanted = want(bay, PLAN_W) if limit_w is None else shining(bay, limit_w, now=now)
    deliver(depot, [wanted], now=now)
    settle(depot, now=now)


def said(since: int = 0) -> list[Command]:
    commands = IssuedCommand.objects.filter(pk__gt=since).order_by("pk")
    return [command_from_row(command.kind, command.wording) for command in commands]


def newest() -> int:
    return IssuedCommand.objects.latest("pk").pk


def test_it_is_a_dynamic_profile_above_the_plan(depot: Depot) -> None:
    bay = make_bay(depot)
    before = newest()

    tell(depot, bay, SUN_W)

    (install,) = said(before)
    assert isinstance(install, InstallProfile)
    profile = install.profile
    assert (profile.kind, profile.stack_level, profile.reference) == (ProfileKind.DYNAMIC, 2, f"{bay.pk}")
    assert (profile.schedules[0].duration_s, profile.max_offline_s) == (900, 900)
    assert [period.limit for period in profile.schedules[0].periods] == [SUN_A]
    assert Target.objects.get(evse=bay.evse).state == State.HELD


def test_another_value_is_one_update(depot: Depot) -> None:
    bay = make_bay(depot)
    tell(depot, bay, SUN_W)
    before = newest()

    tell(depot, bay, 6_900, at=2 * MINUTE)

    (update,) = said(before)
    assert isinstance(update, UpdateDynamicSchedule)
    assert (update.profile_id, update.rates.limit) == (5_001, 10.0)


def test_the_same_value_is_no_message_until_it_would_end(depot: Depot) -> None:
    bay = make_bay(depot)
    tell(depot, bay, SUN_W)
    before = newest()
    now = THURSDAY + 9 * MINUTE

    deliver(depot, [shining(bay, SUN_W, for_=15 * MINUTE)], now=now)
    assert said(before) == []
    tell(depot, bay, SUN_W, at=10 * MINUTE)

    (update,) = said(before)
    assert isinstance(update, UpdateDynamicSchedule)
    assert update.rates.limit == SUN_A


def test_the_plan_leads_again_when_the_moment_is_over(depot: Depot) -> None:
    bay = make_bay(depot)
    tell(depot, bay, SUN_W)
    before = newest()

    tell(depot, bay, None, at=3 * MINUTE)

    assert said(before) == [ClearProfiles(profile_id=5_001)]


def test_what_has_ended_by_itself_is_not_cleared(depot: Depot) -> None:
    bay = make_bay(depot)
    tell(depot, bay, SUN_W)
    before = newest()

    tell(depot, bay, None, at=16 * MINUTE)

    assert said(before) == []


def test_nothing_at_all_is_a_value_too(depot: Depot) -> None:
    bay = make_bay(depot)
    tell(depot, bay, SUN_W)
    before = newest()

    tell(depot, bay, 0, at=timedelta(seconds=5))

    (update,) = said(before)
    assert isinstance(update, UpdateDynamicSchedule)
    assert update.rates.limit == 0


@pytest.mark.parametrize("how", [{"protocol": "ocpp2.0.1"}, {"levels": None}, {"levels": "2"}])
def test_who_has_no_words_or_no_level_for_it_is_told_a_whole_plan(depot: Depot, how: dict[str, Any]) -> None:
    bay = make_bay(depot, **how)
    before = newest()

    tell(depot, bay, SUN_W)

    (install,) = said(before)
    assert isinstance(install, InstallProfile)
    schedule = install.profile.schedules[0]
    assert install.profile.kind is ProfileKind.ABSOLUTE
    assert [period.limit for period in schedule.periods] == [SUN_A, PLAN_A]


def test_who_refuses_it_is_told_a_whole_plan_and_not_asked_again(depot: Depot) -> None:
    bay = make_bay(depot)
    deliver(depot, [shining(bay, SUN_W)], now=THURSDAY)
    answer_all(accepted=False)
    before = newest()
    settle(depot)

    assert Capability.objects.get(name="follows_updates").value == "no"
    (install,) = said(before)
    assert isinstance(install, InstallProfile)
    assert install.profile.kind is ProfileKind.ABSOLUTE
    assert not Capability.objects.filter(name__startswith="refuses").exists()


def test_who_refuses_a_new_value_loses_the_profile(depot: Depot) -> None:
    bay = make_bay(depot)
    tell(depot, bay, SUN_W)
    before, now = newest(), THURSDAY + 2 * MINUTE
    deliver(depot, [shining(bay, 6_900, now=now)], now=now)
    answer_all(accepted=False, now=now)
    settle(depot, now=now)

    told = said(before)
    assert ClearProfiles(profile_id=5_001) in told
    assert isinstance(told[-1], InstallProfile)


def test_a_lost_answer_is_asked_again_with_the_same_value(depot: Depot) -> None:
    bay = make_bay(depot)
    tell(depot, bay, SUN_W)
    before, now = newest(), THURSDAY + 2 * MINUTE
    deliver(depot, [shining(bay, 6_900, now=now)], now=now)
    lost = IssuedCommand.objects.get(pk=newest())
    lost.state = CommandState.UNANSWERED
    lost.save()
    held.note_settled(lost, now=now)
    settle(depot, now=now + MINUTE)

    first, second = said(before)
    assert first == second


def test_others_count_on_the_higher_of_the_plan_and_the_moment(depot: Depot) -> None:
    Circuit.objects.update(limit_w=17_000)
    bay, other = make_bay(depot), make_bay(depot)
    tell(depot, bay, 0)

    now = THURSDAY + 5 * MINUTE
    deliver(depot, [want(other, 12 * 690), shining(bay, 0, now=now)], now=now)
    fits = settle(depot, now=now).states[other.evse_id or 0]
    now += 5 * MINUTE
    deliver(depot, [want(other, 13 * 690), shining(bay, 0, now=now)], now=now)
    done = settle(depot, now=now)

    assert (fits, done.states[other.evse_id or 0]) == (State.HELD, State.NO_ROOM)
    assert not done.overloads


def test_a_building_that_draws_more_lowers_it(depot: Depot) -> None:
    Circuit.objects.update(reserved_w=2_000)
    meter = make_source(depot, counts_live=True)
    bay = make_bay(depot)
    make_sample(depot, source=meter, at=THURSDAY + 2 * MINUTE, heard_at=THURSDAY + 2 * MINUTE, value=2_000)
    tell(depot, bay, 10_350, at=2 * MINUTE)
    before, now = newest(), THURSDAY + 3 * MINUTE

    make_sample(depot, source=meter, at=now, heard_at=now, value=12_000)
    carry_on(depot, now=now)

    (update,) = said(before)
    assert isinstance(update, UpdateDynamicSchedule)
    assert update.rates.limit == pytest.approx((20_000 - 12_000 * 1.05) / 690, abs=0.1)
