"""The curve as it is drawn: few enough points, every peak and every hole still in it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sessions.curve import CurvePoint, draw

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def points(minutes: range, power_w: int | None = 7_000) -> list[CurvePoint]:
    return [CurvePoint(at(minute), power_w) for minute in minutes]


def test_a_session_without_readings_has_an_empty_curve() -> None:
    assert draw([], []).stretches == ()


def test_a_short_curve_keeps_every_point() -> None:
    curve = draw(points(range(10)), [])

    assert curve.stretches == (tuple(points(range(10))),)
    assert curve.readings == 10


def test_each_point_says_how_much_had_been_taken_by_then() -> None:
    curve = draw(points(range(3)), [(at(0), 0), (at(1.5), 400), (at(2), 900)])

    assert [point.energy_wh for point in curve.stretches[0]] == [0, 0, 900]


def test_before_the_count_began_nothing_is_known() -> None:
    assert draw(points(range(1)), [(at(5), 0)]).stretches[0][0].energy_wh is None


def test_a_hole_in_the_readings_stays_a_hole() -> None:
    curve = draw([*points(range(10)), *points(range(60, 70))], [])

    assert [len(stretch) for stretch in curve.stretches] == [10, 10]


def test_readings_a_quarter_of_an_hour_apart_are_no_holes() -> None:
    curve = draw(points(range(0, 600, 15)), [])

    assert len(curve.stretches) == 1


def test_power_that_is_not_told_is_derived_from_energy() -> None:
    told = points(range(3), power_w=None)

    curve = draw(told, [(at(0), 0), (at(1), 100), (at(2), 300)])

    assert curve.power_is_derived
    assert [point.power_w for point in curve.stretches[0]] == [None, 6_000, 12_000]


def test_a_long_curve_is_thinned_and_keeps_its_peak_and_its_low() -> None:
    told = points(range(5_000))
    told[1_234] = CurvePoint(at(1_234), 50_000)
    told[4_321] = CurvePoint(at(4_321), 0)

    curve = draw(told, [])

    kept = curve.stretches[0]
    assert told[1_234] in kept
    assert told[4_321] in kept
    assert len(kept) <= 720
    assert curve.readings == 5_000


@st.composite
def told_curves(draw_one: st.DrawFn) -> list[CurvePoint]:
    gaps = draw_one(st.lists(st.integers(1, 3_000), min_size=1, max_size=200))
    moment, told = NOON, []
    for gap in gaps:
        moment += timedelta(seconds=gap)
        told.append(CurvePoint(moment, draw_one(st.none() | st.integers(0, 50_000))))
    return told


@given(told_curves(), st.integers(2, 60))
def test_a_thinned_curve_is_part_of_the_told_one_in_its_order_and_not_too_long(
    told: list[CurvePoint], at_most: int
) -> None:
    curve = draw(told, [], points_at_most=at_most)

    drawn = [point for stretch in curve.stretches for point in stretch]
    stretches = len(curve.stretches)
    assert [point.at for point in drawn] == sorted({point.at for point in drawn})
    assert {point.at for point in drawn} <= {point.at for point in told}
    # Each stretch shows at least its own two ends of power.
    assert len(drawn) <= max(at_most, 2 * stretches)
