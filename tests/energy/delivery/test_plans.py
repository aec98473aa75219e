"""A plan, as its charger is told: to whose charge it belongs, when it is told anew, and when nothing is said."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargers.choices import CommandState
from chargers.device_model.models import ChargingNeeds
from chargers.models import IssuedCommand
from depot.energy.delivery.models import State
from depot.energy.delivery.services import carry_on, deliver, set_windows
from depot.energy.delivery.wanted import Window
from depot.models import Depot
from tests.energy.delivery.talk import (
    HOUR,
    answer_all,
    asked,
    bays,
    charging,
    limits,
    settle,
    want,
)
from tests.factories import THURSDAY

pytestmark = pytest.mark.django_db


def test_a_plan_is_the_transactions_own(depot: Depot) -> None:
    (bay,) = bays(depot)
    charging(bay)
    settle(depot)

    deliver(depot, [want(bay, 11_000, 0, 6_900)], now=THURSDAY)

    (command,) = IssuedCommand.objects.filter(state=CommandState.REQUESTED)
    profile = asked(command).profile
    assert (profile.purpose, profile.reference, limits(command)) == ("tx", f"{bay.pk}", [15.9, 0.0, 10.0])
    assert command.issued_by is not None
    answer_all()
    assert carry_on(depot, now=THURSDAY).states[bay.evse_id or 0] == State.HELD


def test_the_same_told_twice_is_no_message(depot: Depot) -> None:
    (bay,) = bays(depot)
    charging(bay)
    deliver(depot, [want(bay, 6_900, 0)], now=THURSDAY)
    settle(depot)
    before = IssuedCommand.objects.count()

    for minutes in (0, 5, 50):
        now = THURSDAY + timedelta(minutes=minutes)
        assert deliver(depot, [want(bay, 6_900, 0)], now=now).sent == ()

    assert IssuedCommand.objects.count() == before


def test_a_plan_waits_for_its_charge_to_begin(depot: Depot) -> None:
    (bay,) = bays(depot)
    settle(depot)

    assert deliver(depot, [want(bay, 6_900)], now=THURSDAY).states[bay.evse_id or 0] == State.NO_CHARGE
    charging(bay)

    assert carry_on(depot, now=THURSDAY).sent


def test_a_charger_is_raised_at_most_once_a_minute_and_lowered_at_once(depot: Depot) -> None:
    (bay,) = bays(depot)
    charging(bay)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    settle(depot)
    soon = THURSDAY + timedelta(seconds=20)

    raised = deliver(depot, [want(bay, 11_000)], now=soon)
    lowered = deliver(depot, [want(bay, 4_500)], now=soon)

    assert (raised.sent, raised.states[bay.evse_id or 0]) == ((), State.TOO_SOON)
    assert len(lowered.sent) == 1


def test_who_does_not_answer_is_asked_nothing_more_but_to_give_way(depot: Depot) -> None:
    (bay,) = bays(depot)
    charging(bay)
    settle(depot)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    later = THURSDAY + timedelta(minutes=5)

    assert deliver(depot, [want(bay, 11_000)], now=later).sent == ()
    assert len(deliver(depot, [want(bay, 0)], now=later).sent) == 1


@pytest.mark.parametrize(("heard_at", "periods"), [(THURSDAY, 2), (THURSDAY - 9 * HOUR, 5)])
def test_a_vehicle_is_given_no_more_periods_than_it_takes(depot: Depot, heard_at: Any, periods: int) -> None:
    (bay,) = bays(depot, charger={"protocol": "ocpp2.0.1"})
    charging(bay)
    ChargingNeeds.objects.create(
        evse=bay.evse, at=heard_at, heard_at=heard_at, transfer="AC_three_phase", max_periods=2, told={},
        answered="Accepted",
    )  # fmt: skip
    settle(depot)

    deliver(depot, [want(bay, 11_000, 6_900, 0, 6_900, 11_000)], now=THURSDAY)

    (command,) = IssuedCommand.objects.filter(state=CommandState.REQUESTED)
    assert len(limits(command)) == periods


def test_where_energy_management_is_off_nothing_is_sent(depot: Depot) -> None:
    (bay,) = bays(depot, charger={"energy_management_on": False})

    done = deliver(depot, [want(bay, 6_900)], now=THURSDAY)

    assert (done.sent, done.states[bay.evse_id or 0]) == ((), State.SWITCHED_OFF)


def test_a_managers_windows_are_held_by_the_charger(depot: Depot) -> None:
    (bay,) = bays(depot)
    settle(depot)

    set_windows(depot, {bay.evse_id or 0: [Window(16 * 3600, 19 * 3600, 0)]}, now=THURSDAY)

    (command,) = IssuedCommand.objects.filter(state=CommandState.REQUESTED)
    profile = asked(command).profile
    assert (profile.kind, profile.stack_level, limits(command)) == ("Recurring", 1, [6.0, 0.0, 6.0])
    answer_all()
    assert carry_on(depot, now=THURSDAY).sent == ()


@pytest.mark.parametrize(
    ("now", "midnight"),
    [
        (datetime(2026, 3, 29, 0, 45, tzinfo=UTC), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), datetime(2026, 3, 28, 22, tzinfo=UTC)),
        (datetime(2026, 3, 30, 12, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)),
        (datetime(2026, 10, 25, 12, tzinfo=UTC), datetime(2026, 10, 24, 23, tzinfo=UTC)),
        (datetime(2026, 10, 26, 12, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
    ],
)
def test_windows_keep_to_the_wall_and_are_told_once_where_clocks_change(
    depot: Depot, now: datetime, midnight: datetime
) -> None:
    (bay,) = bays(depot)
    settle(depot, now=now)

    set_windows(depot, {bay.evse_id or 0: [Window(2 * 3600, 3 * 3600, 0)]}, now=now)

    (command,) = IssuedCommand.objects.filter(state=CommandState.REQUESTED)
    start_at = asked(command).profile.schedules[0].start_at
    assert start_at is not None
    assert (midnight - start_at) % timedelta(days=1) == timedelta(0)
    answer_all()
    assert carry_on(depot, now=now + timedelta(minutes=5)).sent == ()


def test_windows_are_told_once_more_when_the_walls_clock_has_changed(depot: Depot) -> None:
    (bay,) = bays(depot)
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)
    settle(depot, now=change - timedelta(minutes=15))
    set_windows(depot, {bay.evse_id or 0: [Window(16 * 3600, 19 * 3600, 0)]}, now=change - timedelta(minutes=15))
    answer_all()

    assert len(carry_on(depot, now=change).sent) == 1
    answer_all()
    assert carry_on(depot, now=change + timedelta(days=1)).sent == ()
