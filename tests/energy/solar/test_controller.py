"""What those who follow the sun may draw, from one reading to the next."""

from dataclasses import replace
from datetime import timedelta

import pytest

from depot.energy.solar.controller import (
    BLIND_AT_MINIMUM,
    HOLDS_SHADE,
    READING_HOLDS,
    TURNS,
    Follower,
    read,
)
from tests.energy.solar.yard import STEP, TODAY, Yard, minutes

VAN = Follower(key=1, min_w=4_140, max_w=11_040)
CAR = Follower(key=2, min_w=1_380, max_w=3_680)


def test_a_vehicle_starts_on_what_has_lasted_for_minutes() -> None:
    yard = Yard(VAN).sees(8_000, lasts=minutes(2))
    assert yard.limit_w(VAN) == 0

    yard.sees(8_000, lasts=minutes(2))

    assert 7_500 < yard.limit_w(VAN) < 8_000


def test_a_gap_between_two_clouds_starts_nobody() -> None:
    yard = Yard(VAN)

    for _ in range(20):
        yard.sees(9_000, lasts=minutes(2)).sees(2_000, lasts=minutes(1))

    assert yard.courses[1].turns == 0


def test_what_a_cloud_takes_is_given_up_with_the_reading_that_shows_it() -> None:
    yard = Yard(VAN).sees(9_000, lasts=minutes(5))

    yard.sees(6_000)

    assert yard.limit_w(VAN) < 6_000


def test_what_a_departure_wants_is_taken_from_the_sun_before_anybody_is_given_of_it() -> None:
    may_need_more = replace(CAR, needs_more=True)
    yard = Yard(may_need_more).sees(9_000, lasts=minutes(60))
    assert yard.limit_w(CAR) > 0

    yard.followers = (may_need_more, replace(VAN, needs_w=9_000))
    yard.sees(9_000, lasts=HOLDS_SHADE + STEP)

    assert (yard.limit_w(VAN), yard.limit_w(CAR)) == (9_000, 0)


def test_who_has_to_charge_gets_no_more_than_that_of_a_sun_that_another_has_to_take() -> None:
    hurried = replace(VAN, needs_w=11_040)
    yard = Yard(replace(CAR, needs_w=1_380), hurried).sees(12_000, lasts=minutes(60))

    assert (yard.limit_w(CAR), yard.limit_w(hurried)) == (1_380, 11_040)


def test_what_comes_back_is_taken_once_a_minute_at_most() -> None:
    yard = Yard(VAN).sees(9_000, lasts=minutes(60)).sees(5_000)
    raised = set()

    for _ in range(36):
        yard.sees(9_000)
        raised.add(yard.courses[1].raised_at)

    assert 2 <= len(raised) <= 4
    assert yard.limit_w(VAN) > 7_000


def test_a_short_shade_is_sat_out_at_the_minimum() -> None:
    yard = Yard(VAN).sees(9_000, lasts=minutes(60)).sees(3_500, lasts=minutes(2))

    assert yard.limit_w(VAN) == VAN.min_w
    assert yard.courses[1].turns == 1


def test_a_long_shade_stops_the_charge() -> None:
    yard = Yard(VAN).sees(9_000, lasts=minutes(120)).sees(3_900, lasts=HOLDS_SHADE + STEP)

    assert yard.limit_w(VAN) == 0


def test_who_has_caused_enough_import_today_sits_out_no_shade() -> None:
    yard = Yard(VAN).sees(5_000, lasts=minutes(6))

    yard.sees(0, lasts=minutes(0.5))

    assert yard.limit_w(VAN) == 0


def test_a_vehicle_turns_on_and_off_six_times_a_day_at_most() -> None:
    yard = Yard(VAN)

    for _ in range(12):
        yard.sees(9_000, lasts=minutes(40)).sees(0, lasts=minutes(6))

    assert yard.courses[1].turns == TURNS
    assert yard.limit_w(VAN) == 0


def test_without_a_reading_it_goes_to_its_minimum_within_ten_seconds_and_then_pauses() -> None:
    yard = Yard(VAN).sees(9_000, lasts=minutes(60))

    yard.sees_nothing(lasts=READING_HOLDS + timedelta(seconds=10))
    assert yard.limit_w(VAN) == VAN.min_w

    yard.sees_nothing(lasts=BLIND_AT_MINIMUM)
    assert yard.limit_w(VAN) == 0


def test_without_a_reading_nobody_starts() -> None:
    yard = Yard(VAN).sees(9_000, lasts=minutes(2)).sees_nothing(lasts=minutes(10))

    assert yard.limit_w(VAN) == 0


def test_the_next_vehicle_gets_what_the_first_leaves() -> None:
    yard = Yard(VAN, CAR).sees(15_500, lasts=minutes(8))

    assert yard.limit_w(VAN) == VAN.max_w
    assert CAR.min_w <= yard.limit_w(CAR) <= CAR.max_w
    assert yard.limit_w(VAN) + yard.limit_w(CAR) <= 15_500


def test_who_charges_already_is_not_stopped_for_one_who_leaves_earlier() -> None:
    yard = Yard(CAR).sees(4_500, lasts=minutes(8))

    yard.followers = (VAN, CAR)
    yard.sees(4_500, lasts=minutes(8))

    assert (yard.limit_w(VAN), yard.limit_w(CAR) > CAR.min_w) == (0, True)


def test_a_departure_needs_no_sun_and_no_budget() -> None:
    hurried = Follower(key=1, min_w=4_140, max_w=11_040, needs_w=7_000)

    yard = Yard(hurried).sees(-2_000, lasts=minutes(10))

    assert yard.limit_w(VAN) == 7_000
    assert yard.day.imported_wh == 0  # what a departure needs is not the sun's


def test_one_start_is_kept_for_a_departure() -> None:
    later = Follower(key=1, min_w=4_140, max_w=11_040, needs_more=True)
    yard = Yard(later)
    for _ in range(6):
        yard.sees(9_000, lasts=minutes(20)).sees(0, lasts=minutes(6))
    assert yard.courses[1].turns == TURNS - 2

    yard.followers = (Follower(key=1, min_w=4_140, max_w=11_040, needs_w=11_040),)
    yard.sees(0)

    assert (yard.limit_w(VAN), yard.courses[1].turns) == (11_040, TURNS - 1)


def test_a_reading_told_twice_books_nothing_twice() -> None:
    yard = Yard(VAN).sees(9_000, lasts=minutes(10))

    again = read(yard.day, 9_000, yard.now, TODAY, yard.courses)

    assert again == yard.day


@pytest.mark.parametrize("phases", [1, 3])
def test_fewer_phases_start_on_less_sun(phases: int) -> None:
    van = Follower(key=1, min_w=6 * 230 * phases, max_w=16 * 230 * phases)

    yard = Yard(van).sees(2_500, lasts=minutes(8))

    assert (yard.limit_w(VAN) > 0) == (phases == 1)


def test_who_may_take_less_than_its_minimum_spends_no_start() -> None:
    yard = Yard(Follower(key=1, min_w=4_140, max_w=0.0)).sees(9_000, lasts=minutes(30))

    assert yard.courses[1].turns == 0
