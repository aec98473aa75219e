"""The check itself: it sees what is over, for how long, on which line; and passes what is not."""

from datetime import UTC, datetime, timedelta

from tests.nights.checker import Bound, Excess, Flow, Point, energy_wh, excesses, highest_w

NIGHT = datetime(2026, 11, 19, 22, 0, tzinfo=UTC)
MORNING = NIGHT + timedelta(hours=8)
A, B = ("CP1", 1), ("CP2", 1)
POINTS = {A: Point(circuits=("panel", "grid")), B: Point(circuits=("grid",))}
BOUNDS = {"grid": [Bound(w=16_000)], "panel": [Bound(w=11_000)]}


def flow(minutes: float, place: tuple[str, int], w: float) -> Flow:
    return Flow(at=NIGHT + timedelta(minutes=minutes), place=place, w=w)


def found(*log: Flow, points: dict[tuple[str, int], Point] = POINTS, bounds: object = BOUNDS) -> list[Excess]:
    return excesses(log, points, bounds, until=MORNING)  # type: ignore[arg-type]


def test_what_fits_is_no_excess() -> None:
    assert found(flow(0, A, 11_000), flow(0, B, 5_000), flow(10, A, 0), flow(10, B, 11_000)) == []


def test_a_sum_over_the_limit_is_seen_with_its_length_its_height_and_who_it_was() -> None:
    [one] = found(flow(0, A, 11_000), flow(10, B, 6_000), flow(11, B, 7_000), flow(12, B, 4_000))

    assert (one.circuit, one.lasted, one.most) == ("grid", timedelta(minutes=2), 18_000)
    assert dict(one.by) == {A: 11_000, B: 7_000}


def test_a_moment_is_enough() -> None:
    assert len(found(flow(0, A, 11_000), flow(1, B, 11_000), flow(1.001, B, 0))) == 1


def test_who_goes_as_another_comes_at_the_same_moment_is_no_excess() -> None:
    assert found(flow(0, A, 11_000), flow(5, A, 0), flow(5, B, 11_000)) == []


def test_a_line_is_over_where_the_sum_is_not() -> None:
    points = {A: Point(circuits=("grid",), lines=(2,)), B: Point(circuits=("grid",), lines=(2,))}

    [one] = found(flow(0, A, 4_600), flow(0, B, 4_600), points=points, bounds={"grid": [Bound(w=30_000, a=32)]})

    assert (one.line, round(one.most)) == (2, 40)


def test_an_excess_that_never_ends_lasts_until_the_morning() -> None:
    [one] = found(flow(0, A, 20_000), bounds={"grid": [Bound(w=16_000)]})

    assert one.until == MORNING


def test_a_limit_that_falls_is_kept_from_then_on() -> None:
    falls = [Bound(w=16_000), Bound(since=NIGHT + timedelta(hours=1), w=9_000)]

    [one] = found(flow(0, A, 11_000), bounds={"grid": falls})

    assert one.since == NIGHT + timedelta(hours=1)


def test_energy_and_the_highest_power_of_a_stretch_of_time() -> None:
    log = [flow(0, A, 6_000), flow(60, A, 0), flow(90, A, 9_000)]

    assert energy_wh(log, A, NIGHT + timedelta(minutes=30), NIGHT + timedelta(minutes=100)) == 4_500
    assert highest_w(log, A, NIGHT + timedelta(minutes=61), NIGHT + timedelta(minutes=80)) == 0
    assert highest_w(log, A, NIGHT + timedelta(minutes=61), NIGHT + timedelta(minutes=95)) == 9_000


def test_who_never_drew_anything_got_nothing() -> None:
    log = [flow(0, A, 6_000)]

    assert energy_wh(log, B, NIGHT, MORNING) == 0
    assert highest_w(log, B, NIGHT, MORNING) == 0
