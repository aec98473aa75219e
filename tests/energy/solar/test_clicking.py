"""Who is only started and stopped follows the sun too: its rating or nothing, from one reading to the next."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.energy.solar.controller import HOLDS_SHADE, LEAST_RUN, READING_HOLDS, TURNS, Course, Follower
from tests.energy.solar.yard import NOON, STEP, Yard, minutes
from tests.energy.strategies import laws

RATING_W = 7_360.0
TRUCK = Follower(key=1, min_w=RATING_W, max_w=RATING_W, clicks=True)
VAN = Follower(key=2, min_w=4_140, max_w=11_040)
BRIGHT_W, SHADE_W = 12_000.0, 4_000.0


def running(*followers: Follower) -> Yard:
    """Started by the sun, a moment ago; the day before it was bright."""
    yard = Yard(*(followers or (TRUCK,))).sees(BRIGHT_W, lasts=minutes(14))
    while not yard.limit_w(TRUCK):
        yard.sees(BRIGHT_W)
    return yard


def test_it_starts_on_what_has_lasted_as_long_as_it_must_run() -> None:
    yard = Yard(TRUCK).sees(BRIGHT_W, lasts=minutes(14))
    assert yard.limit_w(TRUCK) == 0

    yard.sees(BRIGHT_W, lasts=minutes(2))

    assert yard.limit_w(TRUCK) == RATING_W


def test_what_does_not_reach_its_rating_never_starts_it() -> None:
    yard = Yard(TRUCK).sees(0.98 * RATING_W, lasts=minutes(120))

    assert yard.courses[1].turns == 0


def test_under_a_broken_sky_it_waits_though_a_gap_lasts() -> None:
    yard = Yard(TRUCK).sees(BRIGHT_W, lasts=minutes(5)).sees(SHADE_W, lasts=minutes(4))

    yard.sees(BRIGHT_W, lasts=minutes(40))

    assert yard.limit_w(TRUCK) == 0


def test_what_a_cloud_could_cost_must_be_left_in_the_days_account() -> None:
    poor = Yard(TRUCK).sees(BRIGHT_W, lasts=minutes(5)).sees(SHADE_W, lasts=minutes(4))
    rich = Yard(TRUCK).sees(BRIGHT_W, lasts=minutes(5)).sees(SHADE_W, lasts=minutes(4))
    rich.day = replace(rich.day, diverted_wh=500_000.0)

    for yard in (poor, rich):
        yard.sees(BRIGHT_W, lasts=minutes(20))

    assert (poor.limit_w(TRUCK), rich.limit_w(TRUCK)) == (0, RATING_W)


def test_a_cloud_ends_it_after_its_least_run() -> None:
    yard = running()

    yard.sees(SHADE_W, lasts=LEAST_RUN - STEP)
    assert yard.limit_w(TRUCK) == RATING_W
    yard.sees(SHADE_W)

    assert yard.limit_w(TRUCK) == 0


def test_a_short_shade_after_its_least_run_is_sat_out() -> None:
    yard = running().sees(BRIGHT_W, lasts=minutes(60)).sees(RATING_W - 500, lasts=HOLDS_SHADE - STEP)

    assert yard.limit_w(TRUCK) == RATING_W


def test_who_can_be_turned_down_makes_way_for_it_in_a_shade() -> None:
    hurried = replace(TRUCK, needs_more=True)
    yard = Yard(VAN, hurried).sees(20_000, lasts=minutes(20))
    assert (yard.limit_w(TRUCK), yard.limit_w(VAN)) == (RATING_W, VAN.max_w)

    yard.sees(13_000)

    assert yard.limit_w(TRUCK) == RATING_W
    assert yard.limit_w(VAN) <= 13_000 - RATING_W


def test_without_a_reading_it_stops_within_ten_seconds_its_least_run_or_not() -> None:
    yard = running()

    yard.sees_nothing(lasts=READING_HOLDS + timedelta(seconds=10))

    assert yard.limit_w(TRUCK) == 0


def test_without_a_reading_it_goes_on_with_what_its_departure_needs() -> None:
    yard = running()
    yard.followers = (replace(TRUCK, needs_w=RATING_W),)

    yard.sees_nothing(lasts=minutes(10))

    assert yard.limit_w(TRUCK) == RATING_W


def test_a_run_that_its_departure_began_ends_with_it_where_no_sun_takes_over() -> None:
    yard = Yard(replace(TRUCK, needs_w=RATING_W)).sees(0, lasts=minutes(15))

    yard.followers = (TRUCK,)
    yard.sees(0)

    assert yard.limit_w(TRUCK) == 0
    assert yard.day.imported_wh == 0


def test_a_run_that_its_departure_began_lasts_its_least_time_and_is_not_the_suns() -> None:
    yard = Yard(replace(TRUCK, needs_w=RATING_W)).sees(0, lasts=minutes(5))

    yard.followers = (TRUCK,)
    yard.sees(0, lasts=minutes(9))

    assert (yard.limit_w(TRUCK), yard.day.imported_wh) == (RATING_W, 0)


def test_who_was_started_as_often_as_may_be_waits_for_its_plan() -> None:
    yard = Yard(replace(TRUCK, may_start=False)).sees(BRIGHT_W, lasts=minutes(60))

    assert yard.limit_w(TRUCK) == 0


def test_what_a_rule_forbids_ends_after_its_least_run() -> None:
    yard = running()
    yard.followers = (replace(TRUCK, max_w=0.0),)

    yard.sees(BRIGHT_W, lasts=LEAST_RUN)

    assert yard.limit_w(TRUCK) == 0


weather = st.lists(
    st.tuples(st.sampled_from([None, -2_000.0, SHADE_W, 7_000.0, 8_200.0, BRIGHT_W, 30_000.0]), st.integers(1, 25)),
    min_size=1,
    max_size=14,
)


@laws
@given(weather=weather, needs=st.booleans())
def test_in_any_weather_it_knows_two_limits_and_few_turns(weather: list[tuple[float | None, int]], needs: bool) -> None:
    follower = replace(TRUCK, needs_more=needs)
    yard = Yard(follower)
    read_at: datetime = NOON
    before = Course()
    for surplus_w, lasts in weather:
        for _ in range(lasts * 12):
            if surplus_w is None:
                yard.sees_nothing(lasts=STEP)
            else:
                yard.sees(surplus_w)
                read_at = yard.now
            course = yard.courses[1]
            assert course.limit_w in (0, RATING_W)
            assert course.turns <= TURNS
            is_blind = yard.now - read_at > READING_HOLDS
            if is_blind and not course.needed_w:
                assert not course.is_on
            if course.is_on and not before.is_on:
                assert yard.day.surplus_w >= RATING_W, "started on what is there"
            if before.is_on and not course.is_on and not is_blind:
                assert before.turned_at is not None
                assert yard.now - before.turned_at >= LEAST_RUN
            before = course


@pytest.mark.parametrize("share", [1, 3])
def test_a_vehicle_on_one_of_three_lines_starts_on_a_third(share: int) -> None:
    third = replace(TRUCK, min_w=RATING_W / share, max_w=RATING_W / share)

    yard = Yard(third).sees(4_000, lasts=minutes(30))

    assert (yard.limit_w(third) > 0) == (share == 3)
