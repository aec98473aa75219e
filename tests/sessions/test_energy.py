"""How much a vehicle took, from what its charger told of its registers."""

from datetime import UTC, datetime, timedelta

import pytest

from sessions.energy import Count, Evidence, Point, Tally, count_energy, follow
from sessions.quality import Code

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
ELEVEN_KW = 11_000


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def evidence(
    start_wh: int | None,
    stop_wh: int | None,
    *points: tuple[float, int | None] | tuple[float, int | None, int],
    minutes: float = 60,
    max_w: int | None = 22_000,
    times_hold: bool = True,
) -> Evidence:
    """A session of an hour; points are (minutes after its start, Wh, W)."""
    return Evidence(
        started_at=NOON,
        start_wh=start_wh,
        ended_at=at(minutes),
        stop_wh=stop_wh,
        points=[Point(at(point[0]), *point[1:]) for point in points],
        max_w=max_w,
        times_hold=times_hold,
    )


def codes(count: Count) -> list[Code]:
    return [note.code for note in count.notes]


def test_energy_is_the_difference_of_the_registers_at_start_and_stop() -> None:
    count = count_energy(evidence(1_000, 8_000, (10, 2_000), (30, 5_000)))

    assert (count.wh, count.notes) == (7_000, ())


def test_a_session_in_which_nothing_flowed_took_nothing() -> None:
    count = count_energy(evidence(1_000, 1_000))

    assert (count.wh, count.notes) == (0, ())


def test_a_lone_register_at_the_start_tells_nothing() -> None:
    count = count_energy(evidence(1_000, None))

    assert (count.wh, codes(count)) == (None, [Code.ENERGY_UNKNOWN])


def test_a_stop_s_register_told_as_a_reading_too_is_one_look_at_the_meter() -> None:
    count = count_energy(evidence(None, 8_000, (60, 8_000)))

    assert (count.wh, codes(count)) == (None, [Code.STOP_REGISTER_UNLIKE, Code.ENERGY_UNKNOWN])


def test_a_missing_start_is_not_zero() -> None:
    """A lifetime register at the stop alone is not a session's energy."""
    count = count_energy(evidence(None, 7_900_000))

    assert count.wh is None
    assert Code.ENERGY_UNKNOWN in codes(count)


@pytest.mark.parametrize("said", [None, -1])
def test_without_a_register_at_the_start_it_counts_from_the_first_reading(said: int | None) -> None:
    count = count_energy(evidence(said, 7_905_000, (1, 7_900_200), (30, 7_903_000)))

    assert (count.wh, codes(count)) == (4_800, [Code.START_REGISTER_MISSING])


def test_a_start_of_zero_beside_a_lifetime_register_is_not_counted_from() -> None:
    count = count_energy(evidence(0, 7_905_000, (1, 7_900_200), (30, 7_903_000)))

    assert (count.wh, codes(count)) == (4_800, [Code.START_REGISTER_UNLIKE])


def test_a_start_of_zero_and_a_lifetime_register_at_the_stop_tell_nothing() -> None:
    count = count_energy(evidence(0, 7_900_000))

    assert count.wh is None
    assert Code.ENERGY_UNKNOWN in codes(count)


def test_a_register_of_the_session_counts_from_zero() -> None:
    count = count_energy(evidence(0, 6_500, (10, 1_000), (30, 3_500)))

    assert (count.wh, count.notes) == (6_500, ())


def test_a_charger_that_tells_its_lifetime_register_at_the_start_and_the_sessions_in_between() -> None:
    count = count_energy(evidence(7_900_000, 6_500, (1, 150), (30, 3_500)))

    assert (count.wh, codes(count)) == (6_500, [Code.START_REGISTER_UNLIKE])


def test_of_two_registers_under_one_name_the_one_that_fits_start_and_stop_counts() -> None:
    lifetime = [(minutes, 7_900_000 + minutes * 150) for minutes in range(5, 60, 5)]
    of_the_session = [(minutes, minutes * 150 - 40) for minutes in range(5, 60, 5)]

    count = count_energy(evidence(7_900_000, 7_909_000, *lifetime, *of_the_session))

    assert (count.wh, codes(count)) == (9_000, [Code.TWO_REGISTERS])


def test_a_stop_one_watt_hour_below_the_start_is_clamped_and_said() -> None:
    count = count_energy(evidence(1_000, 999))

    assert (count.wh, codes(count)) == (0, [Code.CLAMPED])


def test_a_stop_that_lags_a_little_takes_nothing_back() -> None:
    count = count_energy(evidence(1_000, 7_995, (59, 8_000)))

    assert (count.wh, codes(count)) == (7_000, [Code.CLAMPED])


def test_a_stop_far_below_the_start_is_not_a_difference() -> None:
    count = count_energy(evidence(5_000, 3_000))

    assert count.wh is None
    assert codes(count) == [Code.STOP_REGISTER_UNLIKE, Code.ENERGY_UNKNOWN]


def test_a_stop_that_repeats_the_start_is_outvoted_by_the_readings() -> None:
    count = count_energy(evidence(1_000, 1_000, (10, 2_500), (30, 6_000), (59, 9_000)))

    assert (count.wh, codes(count)) == (8_000, [Code.STOP_REGISTER_STALE])


def test_without_a_stop_it_counts_to_the_last_reading() -> None:
    count = count_energy(evidence(1_000, None, (10, 2_500), (50, 7_000)))

    assert (count.wh, codes(count)) == (6_000, [Code.STOP_REGISTER_MISSING])


def test_readings_without_a_register_take_nothing_back() -> None:
    count = count_energy(evidence(1_000, 8_000, (10, 2_000), (20, None), (30, None)))

    assert count.wh == 7_000


def test_a_register_that_restarts_goes_on_from_zero() -> None:
    """Power went out, and the charger's register with it."""
    count = count_energy(evidence(100, 3_000, (10, 2_000), (20, 4_100), (30, 200), (40, 1_500)))

    assert (count.wh, codes(count)) == (4_000 + 3_000, [Code.REGISTER_RESET])


def test_a_register_that_jumps_ahead_is_not_booked() -> None:
    """The meter was changed: what flowed in between cannot be told, and 100 kWh in a minute cannot be true."""
    count = count_energy(evidence(1_000, 109_000, (10, 2_500), (20, 4_000), (21, 104_200), (40, 107_000)))

    assert (count.wh, codes(count)) == (3_000 + 4_800, [Code.REGISTER_CHANGED])


@pytest.mark.parametrize("jumped_to", [7_900, 104_000])
def test_a_reading_that_jumps_up_and_falls_back_is_left_out(jumped_to: int) -> None:
    count = count_energy(evidence(1_000, 8_000, (10, 2_500), (20, jumped_to), (30, 4_000), (40, 6_000), (50, 7_000)))

    assert (count.wh, codes(count)) == (7_000, [Code.READINGS_LEFT_OUT])


def test_a_reading_that_jumps_no_further_than_the_evse_could_give_changes_nothing() -> None:
    count = count_energy(evidence(1_000, 8_000, (10, 2_500), (20, 6_500), (30, 4_000), (40, 6_000), (50, 7_000)))

    assert count.wh == 7_000


def test_values_stamped_long_after_the_stop_belong_to_something_else() -> None:
    count = count_energy(evidence(1_000, 8_000, (61, 8_000), (90, 12_000)))

    assert (count.wh, count.notes) == (7_000, ())


def test_kwh_told_as_wh_are_repaired_where_power_proves_it() -> None:
    readings = [(minutes, round(minutes * ELEVEN_KW / 60_000), ELEVEN_KW) for minutes in range(0, 61, 5)]

    count = count_energy(evidence(0, 11, *readings))

    assert (count.wh, codes(count)) == (11_000, [Code.UNIT_REPAIRED])


def test_wh_told_as_kwh_are_repaired_where_power_proves_it() -> None:
    readings = [(minutes, 5_000_000 + minutes * ELEVEN_KW * 1000 // 60, ELEVEN_KW) for minutes in range(0, 61, 5)]

    count = count_energy(evidence(5_000_000, 16_000_000, *readings))

    assert (count.wh, codes(count)) == (11_000, [Code.UNIT_REPAIRED])


def test_a_factor_of_a_thousand_without_proof_is_flagged_and_not_changed() -> None:
    count = count_energy(evidence(5_000_000, 16_000_000))

    assert (count.wh, codes(count)) == (11_000_000, [Code.UNIT_SUSPECTED])


def test_registers_that_disagree_with_power_are_flagged_and_not_changed() -> None:
    """One phase of three was counted."""
    readings = [(minutes, minutes * 60, ELEVEN_KW) for minutes in range(0, 61, 5)]

    count = count_energy(evidence(0, 3_600, *readings))

    assert (count.wh, codes(count)) == (3_600, [Code.ENERGY_DISAGREES_WITH_POWER])


def test_more_than_the_rating_gives_is_believed_where_more_was_measured() -> None:
    """Somebody entered 7.4 kW for a charger of 22."""
    readings = [(minutes, minutes * 360, 21_600) for minutes in range(0, 61, 5)]

    count = count_energy(evidence(0, 21_600, *readings, max_w=7_400))

    assert (count.wh, count.notes) == (21_600, ())


def test_where_the_times_are_repaired_the_registers_alone_decide() -> None:
    """A replay with a clock that was never set: the whole session seems to take a second."""
    count = count_energy(evidence(1_000, 41_000, minutes=1 / 60, times_hold=False))

    assert (count.wh, count.notes) == (40_000, ())


def test_the_course_rises_from_nothing_to_the_whole() -> None:
    count = count_energy(evidence(1_000, 8_000, (10, 2_000), (30, 5_000)))

    assert count.course == ((NOON, 0), (at(10), 1_000), (at(30), 4_000), (at(60), 7_000), (at(60), 7_000))


def test_a_running_count_goes_on_by_one_reading() -> None:
    tally = Tally(1_000, 3_000, at(10))

    assert follow(tally, Point(at(20), 4_500), max_w=22_000) == Tally(1_000, 4_500, at(20))


def test_a_running_count_stays_where_a_reading_lags() -> None:
    tally = Tally(1_000, 3_000, at(10))

    assert follow(tally, Point(at(11), 2_990), max_w=22_000) == tally
    assert follow(tally, Point(at(5), 1_500), max_w=22_000) == tally
    assert follow(tally, Point(at(12)), max_w=22_000) == tally


@pytest.mark.parametrize("wh", [0, 900_000])
def test_a_running_count_asks_for_the_whole_curve_where_a_reading_does_not_go_on(wh: int) -> None:
    assert follow(Tally(1_000, 3_000, at(10)), Point(at(11), wh), max_w=22_000) is None


def test_the_first_reading_is_what_a_count_without_a_start_begins_with() -> None:
    tally = follow(None, Point(at(1), 7_900_000), max_w=22_000)

    assert tally is not None
    assert (tally.base_wh, tally.energy_wh) == (7_900_000, 0)


def test_registers_of_another_kind_told_at_one_moment_do_not_turn_the_course_back() -> None:
    """Found by chance: at the very start two more registers were told."""
    count = count_energy(evidence(0, None, (0, 7_900_000), (0, 7_900_001), (1, 500), minutes=2, times_hold=False))

    assert [moment for moment, _ in count.course] == [NOON, at(1), at(2)]
    assert count.wh == 500
