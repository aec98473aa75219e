from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.curve import Curve, Point, make_curve

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def curve(*readings: tuple[float, int], register_wh: int | None = 0, energy_wh: int = 1000, minutes: int = 60) -> Curve:
    points = [Point(at(minute), wh) for minute, wh in readings]
    return make_curve(points, starts=NOON, ends=at(minutes), register_wh=register_wh, energy_wh=energy_wh)


def test_a_curve_runs_from_the_start_through_the_readings_to_the_end() -> None:
    made = curve((20, 400), (10, 100))

    assert made.points == (Point(NOON, 0), Point(at(10), 100), Point(at(20), 400), Point(at(60), 1000))
    assert made.left_out == 0


def test_readings_before_the_start_and_after_the_end_are_not_of_the_session() -> None:
    made = curve((-1, 0), (61, 1000), (30, 500))

    assert made.points == (Point(NOON, 0), Point(at(30), 500), Point(at(60), 1000))


def test_a_reading_that_jumped_up_leaves_the_later_ones_in() -> None:
    made = curve((10, 100), (20, 900), (30, 300), (40, 400))

    assert [point.energy_wh for point in made.points] == [0, 100, 300, 400, 1000]
    assert made.left_out == 1


def test_a_register_of_another_kind_is_left_out() -> None:
    made = curve((10, 7_900_100), (20, 7_900_200), register_wh=0)

    assert made.points == (Point(NOON, 0), Point(at(60), 1000))
    assert made.left_out == 2


def test_without_a_register_at_the_start_the_first_reading_begins() -> None:
    made = curve((5, 50_000), (30, 50_600), register_wh=None)

    assert [point.energy_wh for point in made.points] == [50_000, 50_000, 50_600, 51_000]


def test_a_session_that_ends_before_it_starts_has_no_length() -> None:
    made = curve(minutes=-5)

    assert made.length == timedelta(0)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-5, 65), st.integers(0, 12)), max_size=30), st.integers(0, 10), st.integers(0, 10)
)
def test_a_curve_never_falls_and_rises_by_the_energy_of_the_session(
    readings: list[tuple[int, int]], register_wh: int, energy_wh: int
) -> None:
    made = curve(*readings, register_wh=register_wh, energy_wh=energy_wh)

    assert list(made.points) == sorted(made.points, key=lambda point: point.at)
    assert list(made.points) == sorted(made.points, key=lambda point: point.energy_wh)
    assert made.points[-1].energy_wh - made.points[0].energy_wh == energy_wh
    assert len(made.points) - 2 + made.left_out == sum(0 <= minute <= 60 for minute, _ in readings)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 8), max_size=9))
def test_as_few_readings_as_possible_are_left_out(registers: list[int]) -> None:
    made = curve(*((minute, wh) for minute, wh in enumerate(registers, 1)), energy_wh=8)

    subsets = ([wh for number, wh in enumerate(registers) if bits >> number & 1] for bits in range(1 << len(registers)))
    longest = max(len(subset) for subset in subsets if subset == sorted(subset))
    assert len(registers) - made.left_out == longest


# For how long energy flowed.


def test_a_standstill_at_the_end_is_not_charging() -> None:
    made = curve((15, 600), (30, 1000), (45, 1000))

    assert made.charging() == timedelta(minutes=30)


def test_a_standstill_at_the_start_is_not_charging() -> None:
    made = curve((15, 0), (30, 0))

    assert made.charging() == timedelta(minutes=30)


def test_a_long_standstill_between_two_stretches_is_not_charging() -> None:
    made = curve((10, 400), (20, 400), (40, 400), (50, 1000))

    assert made.charging() == timedelta(minutes=20)


def test_a_register_with_coarse_steps_charges_all_the_time() -> None:
    made = curve(*((minute, minute // 5 * 100) for minute in range(5, 51)), energy_wh=1000, minutes=50)

    # It stands still for four minutes of each five.
    assert made.charging() == timedelta(minutes=50)


def test_what_the_electronics_of_a_full_vehicle_draw_is_not_charging() -> None:
    made = curve((30, 9_970), energy_wh=10_000)

    assert made.charging() == timedelta(minutes=30)


def test_without_readings_between_start_and_end_nobody_knows() -> None:
    assert curve().charging() is None
