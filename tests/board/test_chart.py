from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from depot.board import chart
from depot.board.chart import Point, curve_of

START = datetime(2026, 3, 5, 17, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def minutes(*powers_kw: float | None, start: int = 0) -> list[Point]:
    return [
        Point(START + timedelta(minutes=start + n), None if kw is None else kw * 1000) for n, kw in enumerate(powers_kw)
    ]


def drawn(points: Sequence[Point], span: timedelta = timedelta(hours=1)) -> chart.Curve:
    return curve_of(points, starts_at=START, ends_at=START + span, zone=BERLIN)


def test_a_line_goes_through_its_readings() -> None:
    curve = drawn(minutes(0, 4, 4), span=timedelta(minutes=2))

    assert curve.power_line == "M48.0 240.0L522.0 16.0L996.0 16.0"


def test_the_area_stands_on_the_ground() -> None:
    curve = drawn(minutes(0, 4, 4), span=timedelta(minutes=2))

    assert curve.power_area == "M48.0 240.0L48.0 240.0L522.0 16.0L996.0 16.0L996.0 240.0Z"


def test_what_is_given_back_lies_below_nothing() -> None:
    curve = drawn(minutes(4, -4, -4), span=timedelta(minutes=2))

    assert curve.power_line == "M48.0 16.0L522.0 240.0L996.0 240.0"
    assert curve.power_area == "M48.0 128.0L48.0 16.0L522.0 240.0L996.0 240.0L996.0 128.0Z"
    assert [tick.label for tick in curve.power_ticks] == ["-4", "-3", "-2", "-1", "0", "1", "2", "3", "4"]


def test_where_nothing_was_read_the_line_has_a_gap() -> None:
    curve = drawn([*minutes(7, 7, 7), *minutes(7, 7, start=12)])

    assert curve.power_line.count("M") == 2
    assert [(gap.since, gap.until) for gap in curve.gaps] == [
        (START + timedelta(minutes=2), START + timedelta(minutes=12))
    ]


def test_readings_every_quarter_of_an_hour_leave_no_gap() -> None:
    quarters = [Point(START + timedelta(minutes=15 * n), 7_000) for n in range(5)]

    assert drawn(quarters).gaps == []


def test_a_reading_without_power_lifts_the_pen() -> None:
    assert drawn(minutes(7, None, 7)).power_line.count("M") == 2


def test_a_vehicle_that_tells_no_charge_has_no_scale_for_it() -> None:
    assert drawn(minutes(7, 7)).soc_ticks == []


def test_nothing_read_yet_is_an_empty_curve() -> None:
    curve = drawn([])

    assert curve.is_empty
    assert curve.power_line == ""


def test_a_long_curve_is_thinned_and_keeps_its_peak_and_its_gap() -> None:
    powers: list[float | None] = [7.0] * 5_000
    powers[2_345] = 11.0
    points = [point for point in minutes(*powers) if not 3_000 <= (point.at - START).total_seconds() / 60 < 3_100]

    stretches = chart.thinned(points, 720, gap_after=timedelta(minutes=3))

    kept = [point for stretch in stretches for point in stretch]
    assert len(kept) <= 720
    assert max(point.power_w or 0 for point in kept) == 11_000
    assert len(stretches) == 2


def test_a_thinned_curve_breaks_only_where_readings_are_missing() -> None:
    curve = drawn(minutes(*[7.0] * 5_000), span=timedelta(minutes=5_000))

    assert curve.gaps == []
    assert curve.power_line.count("M") == 1


@pytest.mark.parametrize(
    ("highest", "top", "step"),
    [(7.2, 8, 2), (35.6, 40, 10), (149, 150, 50), (0, 4, 1), (1.0, 1, 0.25), (8, 8, 2), (22, 30, 10)],
)
def test_a_scale_ends_at_a_round_number_above_the_highest(highest: float, top: float, step: float) -> None:
    assert chart.scale(highest) == (top, step)


def test_hours_are_those_of_the_depots_clock() -> None:
    ticks = drawn(minutes(7), span=timedelta(hours=3)).time_ticks

    assert [tick.label for tick in ticks] == ["18:00", "18:30", "19:00", "19:30", "20:00", "20:30", "21:00"]


def test_the_hour_that_summer_time_skips_is_not_on_the_scale() -> None:
    evening = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)

    ticks = chart.hours(evening, evening + timedelta(hours=5), BERLIN)

    assert "02:00" not in [f"{tick.astimezone(BERLIN):%H:%M}" for tick in ticks]


def test_the_cross_hair_knows_each_point_it_can_stand_on() -> None:
    curve = drawn(minutes(7, None, 7))

    assert len(curve.xs.split(" ")) == len(curve.kws.split(" ")) == len(curve.times.split(" ")) == 3
