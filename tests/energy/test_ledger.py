"""The ledger: who may draw what at most, what may be sent, and who is to blame."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargers.commands import ProfileKind, ProfilePurpose, RateUnit
from chargers.profiles import InstalledProfiles, install
from depot.energy.instance import Control
from depot.energy.ledger import Cap, Ledger, Node, OtherLoad
from depot.energy.worst import UNCONTROLLABLE, Point, Unit
from tests.energy.lossy import NOON, by_the_last_word, by_the_ledger, make_yard, profile

HOUR = timedelta(hours=1)


def holds(*limits: float, evse: int = 1) -> InstalledProfiles:
    """A default of one limit after the other, each for an hour."""
    each = profile(evse, [(0, limits[0])], at=NOON, reference=None)
    (schedule,) = each.schedules
    # From before noon on: the clock may be behind.
    periods = tuple(
        replace(schedule.periods[0], start_s=n * 3600 + (300 if n else 0), limit=limit)
        for n, limit in enumerate(limits)
    )
    begins = NOON - timedelta(minutes=5)
    each = replace(each, schedules=(replace(schedule, start_at=begins, periods=periods),))
    return install(InstalledProfiles(protocol="ocpp1.6"), evse, each, now=NOON)


def unit(*candidates: InstalledProfiles, key: int = 1, rating_w: float = 22_080, **more: Any) -> Unit:
    point = {name: more.pop(name) for name in list(more) if name in Point.__dataclass_fields__}
    told = {"number": 1, "circuit": 1, "rating_w": rating_w} | point
    return Unit(key=key, name=f"CP{key}", points=(Point(key=key, **told),), candidates=candidates, **more)


def site(limit_w: float = 30_000, **more: Any) -> Node:
    return Node(key=1, name="site", limit_w=limit_w, **more)


def worst_w(*units: Unit, **more: Any) -> float:
    return Ledger([site(**more)], units, now=NOON).worst_w(1)


def test_a_charger_counts_at_its_limit() -> None:
    assert worst_w(unit(holds(10))) == pytest.approx(10 * 690)


def test_a_charger_counts_at_the_highest_that_it_may_hold() -> None:
    assert worst_w(unit(holds(10), holds(16))) == pytest.approx(16 * 690)


@pytest.mark.parametrize(
    "free",
    [
        unit(),
        unit(holds(10), InstalledProfiles(protocol="ocpp1.6")),
        unit(holds(10), is_known=False),
        unit(holds(10), ignores_limits=True),
        unit(holds(10), control=UNCONTROLLABLE),
    ],
)
def test_a_charger_that_nothing_bounds_counts_at_its_rating(free: Unit) -> None:
    assert worst_w(free) == pytest.approx(22_080)


def test_a_limit_above_the_rating_does_not_raise_it() -> None:
    assert worst_w(unit(holds(63))) == pytest.approx(22_080)


def test_a_limit_below_the_least_that_a_vehicle_takes_may_be_taken_as_that() -> None:
    assert worst_w(unit(holds(3))) == pytest.approx(6 * 690)
    assert worst_w(unit(holds(0))) == 0


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ({}, 0),
        ({"transaction": "T1"}, 22_080),
        ({"is_starting": True}, 22_080),
        ({"is_online": False}, 22_080),
        ({"starts_unasked": True}, 22_080),
    ],
)
def test_start_and_stop_alone_is_nothing_only_while_it_must_ask(more: dict[str, Any], counts: float) -> None:
    assert worst_w(unit(control=Control.START_STOP, **more)) == pytest.approx(counts)


def test_a_transaction_may_end_and_another_begin_on_the_default() -> None:
    plan = profile(1, [(0, 0.0)], at=NOON, reference="T1")
    installed = install(holds(10), 1, plan, now=NOON)

    assert worst_w(unit(installed, transaction="T1")) == pytest.approx(10 * 690)


def test_a_plan_above_the_default_counts_while_its_transaction_may_run() -> None:
    plan = profile(1, [(0, 16.0)], at=NOON, reference="T1")
    installed = install(holds(10), 1, plan, now=NOON)

    assert worst_w(unit(installed, transaction="T1")) == pytest.approx(16 * 690)
    assert worst_w(unit(installed, transaction="T2")) == pytest.approx(10 * 690)


def test_a_boot_with_21_may_take_the_plan_and_leave_the_default() -> None:
    default = profile(1, [(0, 10.0)], at=NOON, reference=None)
    bound = replace(default, profile_id=9, purpose=ProfilePurpose.TX, reference="T1", schedules=default.schedules)
    installed = install(install(InstalledProfiles(protocol="ocpp2.1"), 1, bound, now=NOON), 1, default, now=NOON)

    assert worst_w(unit(installed, transaction="T1")) == pytest.approx(10 * 690)
    only_plan = install(InstalledProfiles(protocol="ocpp2.1"), 1, bound, now=NOON)
    assert worst_w(unit(only_plan, transaction="T1")) == pytest.approx(22_080)


def test_a_profile_that_does_not_hold_offline_does_not_bound() -> None:
    default = replace(profile(1, [(0, 10.0)], at=NOON, reference=None), max_offline_s=60)
    installed = install(InstalledProfiles(protocol="ocpp2.1"), 1, default, now=NOON)

    assert worst_w(unit(installed)) == pytest.approx(22_080)


def test_a_relative_schedule_counts_at_its_highest() -> None:
    relative = profile(1, [(0, 6.0), (600, 20.0)], at=NOON, reference=None)
    (schedule,) = relative.schedules
    relative = replace(relative, kind=ProfileKind.RELATIVE, schedules=(replace(schedule, start_at=None),))
    installed = install(InstalledProfiles(protocol="ocpp1.6"), 1, relative, now=NOON)

    assert worst_w(unit(installed)) == pytest.approx(20 * 690)


def test_watts_for_three_phases_may_all_go_through_one_line() -> None:
    watts = profile(1, [(0, 4600.0)], at=NOON, reference=None)
    (schedule,) = watts.schedules
    watts = replace(watts, schedules=(replace(schedule, unit=RateUnit.WATT),))
    installed = install(InstalledProfiles(protocol="ocpp1.6"), 1, watts, now=NOON)
    ledger = Ledger([Node(key=1, name="site", limit_a=19)], [unit(installed)], now=NOON)

    (overload,) = ledger.overloads()

    assert (overload.line, overload.worst) == (1, pytest.approx(20))


def test_a_single_phase_point_loads_its_own_line() -> None:
    on_l2 = unit(holds(10), lines=(2,), rating_w=7360)
    ledger = Ledger([Node(key=1, name="site", limit_a=9)], [on_l2], now=NOON)

    (overload,) = ledger.overloads()

    assert (overload.line, overload.worst, overload.by) == (2, pytest.approx(10), (("CP1", pytest.approx(10)),))


def test_cables_that_exclude_each_other_count_once() -> None:
    cables = tuple(
        Point(key=n, number=n, circuit=1, rating_w=50_000, is_dc=True, exclusion="one", control=UNCONTROLLABLE)
        for n in (1, 2)
    )

    assert worst_w(Unit(key=1, name="CP1", points=cables)) == pytest.approx(50_000)


def test_the_bound_of_a_charger_holds_for_all_its_points() -> None:
    bound = replace(profile(1, [(0, 16.0)], at=NOON, reference=None), purpose=ProfilePurpose.STATION_MAX)
    installed = install(InstalledProfiles(protocol="ocpp1.6"), 0, bound, now=NOON)
    points = tuple(Point(key=n, number=n, circuit=1, rating_w=11_040) for n in (1, 2))

    assert worst_w(Unit(key=1, name="CP1", points=points, candidates=(installed,))) == pytest.approx(16 * 690)


def test_a_clock_may_be_wrong_either_way() -> None:
    """One goes down at one o'clock, the other up: by wrong clocks both may be high at once."""
    falling, rising = unit(holds(16, 6)), unit(holds(6, 16), key=2)

    assert worst_w(falling, rising) == pytest.approx(32 * 690)
    exact = Ledger([site()], [falling, rising], now=NOON, clock_error_s=0)
    assert exact.worst_w(1) == pytest.approx(22 * 690)


def test_what_else_may_flow_counts_on_every_circuit_above() -> None:
    nodes = [site(10_000), Node(key=2, name="feeder", feeds_from=1, other=(OtherLoad(w=6_000),))]
    ledger = Ledger(nodes, [unit(holds(10), circuit=2)], now=NOON)

    (overload,) = ledger.overloads()

    assert (overload.name, overload.over_w) == ("site", pytest.approx(6_900 - 4_000))


def test_a_raise_waits_for_the_room_that_another_gives_up() -> None:
    low, high = unit(holds(6)), unit(holds(20), key=2)
    ledger = Ledger([site(26 * 690)], [low, high], now=NOON)
    raised = unit(holds(6), holds(16))

    refused = ledger.ask(raised)
    ledger.put(unit(holds(10), key=2))
    allowed = ledger.ask(raised)

    assert (refused.may_send, refused.stands_in_the_way) == (False, ("site",))
    assert allowed.may_send
    assert allowed.is_raise


def test_a_reduction_that_is_not_acknowledged_gives_nobody_room() -> None:
    ledger = Ledger([site(26 * 690)], [unit(holds(6)), unit(holds(20), holds(10), key=2)], now=NOON)

    assert not ledger.ask(unit(holds(6), holds(16))).may_send


def test_a_reduction_may_always_be_sent() -> None:
    ledger = Ledger([site(5_000)], [unit(holds(16)), unit(holds(16), key=2)], now=NOON)

    verdict = ledger.ask(unit(holds(16), holds(6)))

    assert verdict.may_send
    assert verdict.is_reduction


def test_where_it_is_over_already_nothing_may_add_to_it() -> None:
    """Even for an hour to come, and even where another hour is lowered."""
    ledger = Ledger([site(5_000)], [unit(holds(10, 6)), unit(holds(16), key=2)], now=NOON)

    assert not ledger.ask(unit(holds(10, 6), holds(6, 10))).may_send


def test_who_brings_a_circuit_over_its_limit_is_named() -> None:
    ledger = Ledger([site(20_000)], [unit(holds(10)), unit(key=2)], now=NOON)

    (overload,) = ledger.overloads()

    assert overload.over_w == pytest.approx(22_080 + 6_900 - 20_000)
    assert [name for name, _ in overload.by] == ["CP2", "CP1"]


def test_within_all_limits_there_is_nobody_to_name() -> None:
    assert Ledger([site()], [unit(holds(10))], now=NOON).overloads() == []


def test_a_window_in_which_the_grid_gives_less_counts_in_that_window() -> None:
    cap = Cap(since=NOON + HOUR, until=NOON + 2 * HOUR, limit_w=5_000)

    assert len(Ledger([site(caps=(cap,))], [unit(holds(10, 10, 10))], now=NOON).overloads()) == 1
    assert Ledger([site(caps=(cap,))], [unit(holds(10, 0, 10))], now=NOON, clock_error_s=0).overloads() == []


def test_a_fresh_meter_gives_room_until_it_would_be_stale() -> None:
    live = (OtherLoad(w=2_000), OtherLoad(w=20_000, since=NOON + HOUR))
    node = site(other=live)

    assert Ledger([node], [unit(holds(16, 10))], now=NOON, clock_error_s=0).overloads() == []
    assert len(Ledger([node], [unit(holds(16, 16))], now=NOON, clock_error_s=0).overloads()) == 1


def test_the_room_of_a_point_is_what_the_others_leave() -> None:
    ledger = Ledger([site(20_000)], [unit(holds(10)), unit(holds(6, 16), key=2)], now=NOON, clock_error_s=0)

    room = ledger.room_w(1, 1, np.array([0.0, 3600.0]))

    assert list(room) == [pytest.approx(20_000 - 6 * 690), pytest.approx(20_000 - 16 * 690)]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    protocol=st.sampled_from(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]),
    stations=st.integers(2, 4),
)
def test_the_limit_holds_on_any_link(seed: int, protocol: str, stations: int) -> None:
    yard = make_yard(seed, protocol=protocol, stations=stations)

    for _ in range(20):
        yard.step(by_the_ledger)
        assert not yard.is_over(), yard.amperes()


def test_who_believes_the_last_word_breaks_the_limit() -> None:
    """So that the test above can fail."""
    broken = 0
    for seed in range(8):
        yard = make_yard(seed)
        for _ in range(20):
            yard.step(by_the_last_word)
            broken += yard.is_over()

    assert broken > 0


def test_raises_go_out_on_good_links_and_bad() -> None:
    """Who sends nothing is safe too."""
    yard, raises = make_yard(1), 0.0
    for _ in range(15):
        yard.step(by_the_ledger)
        raises = max(raises, *(station.draws_a(yard.now) for station in yard.stations))

    assert raises > 6
