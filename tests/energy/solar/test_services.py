"""Readings of the roof become limits of the vehicles that follow it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargers.models import IssuedCommand
from depot.energy import services
from depot.energy.delivery.models import Target
from depot.energy.delivery.wanted import limit_at
from depot.energy.models import Habit, MeterSource
from depot.energy.services.live import heed_silence
from depot.energy.solar.models import SolarCourse, SolarDay
from depot.energy.solar.queries import phases_of
from depot.energy.solar.services import divert_surplus
from depot.models import Bay, Depot
from sessions.models import Session
from tests.energy.delivery.talk import held_w, settle
from tests.energy.rows import (
    make_manual_limit,
    make_rule,
    make_sample,
    make_source,
    wired_bay,
)
from tests.factories import make_reading, make_session, make_vehicle

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 4, 10, 2, tzinfo=UTC)  # Thursday, 12:02 in Berlin
STEP = timedelta(seconds=5)


def follower(depot: Depot, *, follows: bool = True, **fields: Any) -> Bay:
    """A van that is plugged in and follows the sun; its battery is full enough for tonight."""
    bay = wired_bay(depot)
    van = make_vehicle(battery_kwh=75, depot_key=depot.pk)
    Habit.objects.create(vehicle=van, follows_sun=follows)
    make_session(bay, van, reference=f"{bay.pk}", started_at=NOON, energy_wh=0, **fields)
    return bay


def shine(roof: MeterSource, watts: float, *, since: datetime = NOON, lasts: timedelta = STEP) -> datetime:
    """A single reading, or one each fifteen seconds; when the last one came."""
    now, every = since, min(lasts, 3 * STEP)
    for _ in range(lasts // every):
        now += every
        make_sample(roof.depot, source=roof, at=now, heard_at=now, value=watts)
        divert_surplus(roof.depot, now=now)
    return now


def told_w(bay: Bay, at: datetime) -> int | None:
    target = Target.objects.get(evse=bay.evse)
    return limit_at(target.course(), target.until, at) if target.until else None


def test_the_surplus_goes_into_the_vehicle_that_follows(depot: Depot, roof: MeterSource) -> None:
    bay = follower(depot)

    now = shine(roof, 9_000, lasts=timedelta(minutes=4))

    assert 6_500 < (told_w(bay, now) or 0) < 7_000
    assert IssuedCommand.objects.filter(kind="install_profile", charger=bay.evse.charger).exists()  # type: ignore[union-attr]


def test_a_vehicle_that_does_not_follow_is_left_alone(depot: Depot, roof: MeterSource) -> None:
    bay = follower(depot, follows=False)

    shine(roof, 9_000, lasts=timedelta(minutes=4))

    assert not Target.objects.filter(evse=bay.evse).exists()


def test_a_rule_chooses_too(depot: Depot, roof: MeterSource) -> None:
    bay = follower(depot, follows=False)
    make_rule(depot, "solar_only")

    now = shine(roof, 9_000, lasts=timedelta(minutes=4))

    assert (told_w(bay, now) or 0) > 6_500


def test_what_others_charge_is_no_surplus(depot: Depot, roof: MeterSource) -> None:
    bay = follower(depot)
    make_session(wired_bay(depot), power_w=2_000)

    now = shine(roof, 9_000, lasts=timedelta(minutes=4))

    assert 4_500 < (told_w(bay, now) or 0) < 5_000


@pytest.mark.parametrize(
    ("state", "fields", "least_w"),
    [
        ("charging", {"steps": [[NOON.isoformat(), 2_000]], "until": NOON + timedelta(hours=1)}, 4_500),
        ("charging", {"steps": [[NOON.isoformat(), 99_000]], "until": NOON + timedelta(hours=1)}, 0),
        ("charging", {}, 0),
        ("suspended_ev", {}, 6_500),
    ],
)
def test_whose_power_nobody_has_told_yet_counts_with_what_it_may_draw(
    depot: Depot, roof: MeterSource, state: str, fields: dict[str, Any], least_w: int
) -> None:
    bay, other = follower(depot), wired_bay(depot)
    make_session(other, power_w=None, energy_state=state)
    Target.objects.create(evse=other.evse, depot=depot, **fields)

    now = shine(roof, 9_000, lasts=timedelta(minutes=4))

    assert least_w <= (told_w(bay, now) or 0) <= least_w + 500


def test_a_cloud_is_followed_with_its_own_reading(depot: Depot, roof: MeterSource) -> None:
    bay = follower(depot)
    bright = shine(roof, 12_000, lasts=timedelta(minutes=4))

    dark = shine(roof, 8_000, since=bright)

    assert (told_w(bay, dark) or 0) < 6_000


def test_a_cloud_right_after_a_raise_does_not_wait_for_the_next_minute(depot: Depot, roof: MeterSource) -> None:
    bay = follower(depot)
    settle(depot, now=NOON)
    bright = shine(roof, 12_000, lasts=timedelta(minutes=3.25))
    settle(depot, now=bright)
    assert held_w(bay, bright) > 9_000

    dark = shine(roof, 8_000, since=bright)
    settle(depot, now=dark)

    assert held_w(bay, dark) < 6_000


def test_without_us_the_plan_holds_again_after_a_quarter_of_an_hour(depot: Depot, roof: MeterSource) -> None:
    bay = follower(depot, soc_percent=20.0)
    services.replan(depot, now=NOON, why="a test")

    now = shine(roof, 9_000, lasts=timedelta(minutes=4))

    course = SolarCourse.objects.get(evse=bay.evse)
    assert course.holds_until is not None
    assert now < course.holds_until <= now + timedelta(minutes=15)
    assert told_w(bay, course.holds_until) != course.told_w


def test_a_new_plan_does_not_take_the_sun_away(depot: Depot, roof: MeterSource) -> None:
    bay = follower(depot, soc_percent=20.0)
    now = shine(roof, 9_000, lasts=timedelta(minutes=4))
    before = told_w(bay, now)

    services.replan(depot, now=now, why="a test")

    assert told_w(bay, now) == before


def test_a_silent_roof_leaves_the_minimum_within_ten_seconds_and_then_nothing(depot: Depot, roof: MeterSource) -> None:
    bay = follower(depot)
    now = shine(roof, 12_000, lasts=timedelta(minutes=4))

    for _ in range(8):
        now += STEP
        heed_silence(now)
    assert told_w(bay, now) == 4_140
    assert "said nothing" in SolarDay.objects.get(depot=depot).lacks

    for _ in range(14):
        now += 6 * STEP
        heed_silence(now)
    assert told_w(bay, now) == 0


def test_a_limit_by_hand_stands_above_the_sun(depot: Depot, roof: MeterSource) -> None:
    bay = follower(depot)
    make_manual_limit(bay, limit_w=5_000, starts_at=NOON, ends_at=NOON + timedelta(hours=2))

    now = shine(roof, 12_000, lasts=timedelta(minutes=4))

    assert told_w(bay, now) == 5_000


def test_who_follows_no_longer_goes_on_as_planned(depot: Depot, roof: MeterSource) -> None:
    bay = follower(depot, soc_percent=20.0)
    services.replan(depot, now=NOON, why="a test")
    planned = told_w(bay, NOON + timedelta(minutes=30))
    now = shine(roof, 9_000, lasts=timedelta(minutes=4))

    Habit.objects.update(follows_sun=False)
    now = shine(roof, 9_000, since=now)

    assert told_w(bay, NOON + timedelta(minutes=30)) == planned
    assert not SolarCourse.objects.exists()


def test_a_vehicle_on_one_line_starts_on_a_third_of_the_sun(depot: Depot, roof: MeterSource) -> None:
    bay = follower(depot)
    session = Session.objects.get(evse=bay.evse)
    make_reading(
        session, NOON, power_w=1_400,
        samples='[["Current.Import","6.1","A","L1","",""],["Current.Import","0.0","A","L2","",""],'
        '["Current.Import","0.0","A","L3","",""]]',
    )  # fmt: skip
    assert phases_of([session], 3) == 1

    now = shine(roof, 4_000, lasts=timedelta(minutes=4))

    course = SolarCourse.objects.get(evse=bay.evse)
    assert 1_380 <= course.limit_w < 2_000
    assert told_w(bay, now) == pytest.approx(3 * course.limit_w, abs=1)


def test_a_meter_at_the_connection_alone_is_enough(depot: Depot) -> None:
    roof, grid = make_source(depot, "solar"), make_source(depot, "grid")
    bay = follower(depot)
    now = NOON
    for _ in range(48):
        now += STEP
        make_sample(depot, source=roof, at=now, heard_at=now, value=9_000)
        drawn = told_w(bay, now) if Target.objects.filter(evse=bay.evse).exists() else 0
        make_sample(depot, source=grid, at=now, heard_at=now, value=-7_000 + (drawn or 0))
        divert_surplus(depot, now=now)

    assert 6_500 < (told_w(bay, now) or 0) < 7_000


@pytest.mark.django_db(transaction=True)
def test_a_pushed_sample_is_followed_at_once(depot: Depot, roof: MeterSource) -> None:
    bay = follower(depot)
    now = shine(roof, 12_000, lasts=timedelta(minutes=4))

    services.store_samples(roof, [(now + STEP, 7_000)], now=now + STEP)  # type: ignore[list-item]

    assert (told_w(bay, now + STEP) or 0) < 5_000
