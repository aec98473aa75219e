"""Room on a circuit: who takes more waits for who gives way, and a building comes before them both."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chargers.commands import InstallProfile
from chargers.models import Charger, IssuedCommand
from chargers.services import issue_command
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.models import Circuit, MeterSample
from depot.models import Bay, Depot
from tests.energy.delivery.talk import (
    HOUR,
    SIX_A,
    answer_all,
    asked,
    bays,
    charging,
    held_w,
    settle,
    want,
)
from tests.energy.rows import make_circuit, make_source
from tests.factories import THURSDAY

pytestmark = pytest.mark.django_db


def measure(meter: Any, w: int, at: Any) -> None:
    MeterSample.objects.create(source=meter, at=at, value=w, heard_at=at)


def two_in_15_kw(depot: Depot) -> list[Bay]:
    """Bays at which vehicles charge, on a circuit for less than both can take."""
    Circuit.objects.filter(depot=depot).update(limit_w=15_000)
    both = bays(depot, 2)
    for bay in both:
        charging(bay)
    return both


def test_a_raise_waits_until_another_has_acknowledged_giving_way(depot: Depot) -> None:
    high, low = bays(depot, 2)
    for bay in (high, low):
        charging(bay)
    deliver(depot, [want(high, 11_000), want(low, SIX_A)], now=THURSDAY)
    settle(depot)
    later = THURSDAY + timedelta(minutes=5)

    first = deliver(depot, [want(high, SIX_A), want(low, 11_000)], now=later)
    (reduction,) = IssuedCommand.objects.filter(pk__in=first.sent)
    assert (reduction.charger, first.states[low.evse_id or 0]) == (high.evse.charger, State.NO_ROOM)  # type: ignore[union-attr]
    assert carry_on(depot, now=later).sent == ()

    answer_all(now=later)
    second = carry_on(depot, now=later)

    (raised,) = IssuedCommand.objects.filter(pk__in=second.sent)
    assert raised.charger == low.evse.charger  # type: ignore[union-attr]
    assert not second.overloads


def test_plans_that_change_places_do_not_wait_for_each_other_for_ever(depot: Depot) -> None:
    one, other = bays(depot, 2)
    for bay in (one, other):
        charging(bay)
    deliver(depot, [want(one, 11_000, SIX_A), want(other, SIX_A, 11_000)], now=THURSDAY)
    settle(depot)
    later = THURSDAY + timedelta(minutes=5)

    deliver(depot, [want(one, SIX_A, 11_000), want(other, 11_000, SIX_A)], now=later)
    settle(depot, now=later)
    done = settle(depot, now=later + timedelta(minutes=2))

    assert {done.states[bay.evse_id or 0] for bay in (one, other)} <= {State.HELD, State.NO_ROOM}
    assert not done.overloads
    now_w = [held_w(bay, later + timedelta(minutes=3)) for bay in (one, other)]
    assert now_w == [pytest.approx(SIX_A), pytest.approx(15.9 * 690)]


@pytest.mark.parametrize(("limit_w", "told"), [(15_200, 0), (17_000, 1)], ids=["a little", "much"])
def test_a_part_of_a_plan_is_told_anew_only_where_its_room_grew_by_much(depot: Depot, limit_w: int, told: int) -> None:
    first, second = two_in_15_kw(depot)
    deliver(depot, [want(first, 0, 7_780, 4_140, 5_168, 7_780, 4_140, 7_780, 6_100)], now=THURSDAY)
    settle(depot)
    deliver(depot, [want(second, 0, 9_800, 7_300, 9_900, 8_700, 6_600, 9_200, 7_900)], now=THURSDAY)
    settle(depot)
    assert Target.objects.get(evse=second.evse).state == State.NO_ROOM
    before = IssuedCommand.objects.count()

    Circuit.objects.filter(depot=depot).update(limit_w=limit_w)
    settle(depot, now=THURSDAY + timedelta(minutes=3))

    assert IssuedCommand.objects.count() - before == told


def test_a_part_of_a_long_plan_is_told_anew_where_it_gives_more_power_soon(depot: Depot) -> None:
    first, second = two_in_15_kw(depot)
    deliver(depot, [want(first, 7_780)], now=THURSDAY)
    settle(depot)
    deliver(depot, [want(second, 9_800, *[4_140] * 11)], now=THURSDAY)
    settle(depot)
    assert Target.objects.get(evse=second.evse).state == State.NO_ROOM
    later = THURSDAY + timedelta(minutes=3)
    before_w = held_w(second, later)

    Circuit.objects.filter(depot=depot).update(limit_w=15_500)
    settle(depot, now=later)

    assert held_w(second, later) > before_w + 400


def test_who_waits_for_room_gives_up_at_once_what_its_plan_wants_no_more(depot: Depot) -> None:
    first, second = two_in_15_kw(depot)
    deliver(depot, [want(first, 7_780)], now=THURSDAY)
    deliver(depot, [want(second, 9_800, 7_000, *[4_140] * 11)], now=THURSDAY)
    settle(depot)
    assert held_w(second, THURSDAY + timedelta(minutes=90)) == pytest.approx(7_000, abs=70)
    later = THURSDAY + timedelta(minutes=3)

    deliver(depot, [want(second, 9_800, 6_800, *[4_140] * 11)], now=later)
    settle(depot, now=later)

    assert Target.objects.get(evse=second.evse).state == State.NO_ROOM
    assert held_w(second, THURSDAY + timedelta(minutes=90)) == pytest.approx(6_800, abs=70)


def test_an_offline_charger_keeps_its_reservation(depot: Depot) -> None:
    high, low = bays(depot, 2)
    for bay in (high, low):
        charging(bay)
    deliver(depot, [want(high, 11_000), want(low, SIX_A)], now=THURSDAY)
    settle(depot)
    high.evse.charger.connections.update(closed_at=THURSDAY)  # type: ignore[union-attr]
    later = THURSDAY + timedelta(minutes=5)

    done = deliver(depot, [want(high, SIX_A), want(low, 11_000)], now=later)

    assert done.states == {high.evse_id: State.OFFLINE, low.evse_id: State.NO_ROOM}
    settle(depot, now=later)
    assert held_w(low, later) < 20_000 - 15.9 * 690


def test_a_raw_profile_of_an_engineer_counts(depot: Depot) -> None:
    first, second = bays(depot, 2)
    charging(second)
    settle(depot)
    charger: Charger = first.evse.charger  # type: ignore[union-attr]
    high = asked(IssuedCommand.objects.filter(charger=charger).latest("pk"))
    (schedule,) = high.profile.schedules
    period = replace(schedule.periods[0], limit=15.9)
    profile = replace(high.profile, schedules=(replace(schedule, periods=(period,)),))
    Charger.objects.filter(pk=charger.pk).update(energy_management_on=False)
    issue_command(charger, InstallProfile(evse=1, profile=profile), issued_by=None, now=THURSDAY)

    done = deliver(depot, [want(second, 11_000)], now=THURSDAY)

    assert done.states[second.evse_id or 0] in (State.NO_ROOM, State.SENT)
    settle(depot, now=THURSDAY)
    assert held_w(second, THURSDAY) <= 20_000 - 15.9 * 690


def test_when_the_building_draws_more_who_obeys_gives_way_at_once(depot: Depot) -> None:
    make_circuit(depot).delete()
    site = make_circuit(depot, limit_w=20_000, reserved_w=12_000)
    meter = make_source(depot, counts_live=True, circuit=site)
    (bay,) = bays(depot)
    charging(bay)
    measure(meter, 4_000, THURSDAY)
    deliver(depot, [want(bay, 11_000)], now=THURSDAY)
    settle(depot)
    assert held_w(bay, THURSDAY) > 10_000

    soon = THURSDAY + timedelta(seconds=30)
    measure(meter, 11_000, soon)
    done = carry_on(depot, now=soon)
    settle(depot, now=soon)

    assert len(done.sent) == 1
    assert held_w(bay, soon) <= 20_000 - 11_000


def test_a_raise_on_what_a_meter_shows_ends_before_the_meter_is_stale_too_long(depot: Depot) -> None:
    make_circuit(depot).delete()
    site = make_circuit(depot, limit_w=20_000, reserved_w=15_000)
    meter = make_source(depot, counts_live=True, circuit=site)
    (bay,) = bays(depot)
    charging(bay)
    measure(meter, 4_000, THURSDAY)

    deliver(depot, [want(bay, 11_000)], now=THURSDAY)
    settle(depot)

    assert held_w(bay, THURSDAY) > 10_000
    assert held_w(bay, THURSDAY + HOUR) <= 5_000


def test_a_stale_meter_means_the_buildings_most(depot: Depot) -> None:
    make_circuit(depot).delete()
    site = make_circuit(depot, limit_w=20_000, reserved_w=15_000)
    measure(make_source(depot, counts_live=True, circuit=site), 1_000, THURSDAY - HOUR)
    (bay,) = bays(depot)
    charging(bay)

    deliver(depot, [want(bay, 11_000)], now=THURSDAY)
    settle(depot)

    assert held_w(bay, THURSDAY) <= 5_000
