from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.curve import Curve, Point
from billing.pricing import Period, PeriodUnreadable, PriceList
from tests.billing.yard_prices import curves, moments, price_lists

BERLIN = ZoneInfo("Europe/Berlin")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
BASE, HIGH, LOW = Decimal("0.20"), Decimal("0.42"), Decimal("0.10")


def prices(*written: dict[str, object], zone: ZoneInfo = BERLIN) -> PriceList:
    return PriceList(zone=zone, price_per_kwh=BASE, periods=tuple(Period.read(period) for period in written))


def peak(**written: object) -> dict[str, object]:
    return {"price_per_kwh": str(HIGH), "from": "16:00", "to": "21:00", "label": "Peak"} | written


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def steady(start: datetime, end: datetime, wh: int) -> Curve:
    return Curve((Point(start, 0), Point(end, wh)))


# The price at a moment.


def test_where_no_period_fits_the_base_price_holds() -> None:
    assert prices(peak()).price_at(local("2026-01-15T15:59")) == BASE


def test_a_period_holds_from_its_first_minute_up_to_its_end() -> None:
    tariff = prices(peak())

    assert tariff.price_at(local("2026-01-15T16:00")) == HIGH
    assert tariff.price_at(local("2026-01-15T20:59:59")) == HIGH
    assert tariff.price_at(local("2026-01-15T21:00")) == BASE


def test_of_two_periods_that_fit_the_first_gives_the_price() -> None:
    tariff = prices(peak(price_per_kwh="0.9"), peak())

    assert tariff.price_at(local("2026-01-15T17:00")) == Decimal("0.9")


def test_a_period_without_times_holds_all_day() -> None:
    sundays = prices({"price_per_kwh": str(LOW), "weekdays": [7]})

    assert sundays.price_at(local("2026-03-01T00:00")) == LOW
    assert sundays.price_at(local("2026-03-01T23:59")) == LOW
    assert sundays.price_at(local("2026-03-02T00:00")) == BASE


def test_months_and_weekdays_are_those_of_the_depot_and_not_of_utc() -> None:
    summer = prices(peak(**{"from": "00:00", "to": "24:00", "months": [6], "weekdays": [1]}), zone=LOS_ANGELES)

    # Monday 2026-06-01 begins in Los Angeles at 07:00 UTC.
    assert summer.price_at(utc("2026-06-01T06:59")) == BASE
    assert summer.price_at(utc("2026-06-01T07:00")) == HIGH


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    friday_nights = prices({"price_per_kwh": str(LOW), "from": "22:00", "to": "06:00", "weekdays": [5]})

    assert friday_nights.price_at(local("2026-03-06T22:00")) == LOW  # Friday
    assert friday_nights.price_at(local("2026-03-07T05:59")) == LOW  # Saturday morning
    assert friday_nights.price_at(local("2026-03-06T05:59")) == BASE  # Friday morning
    assert friday_nights.price_at(local("2026-03-07T22:00")) == BASE  # Saturday


# Splitting energy.


def test_energy_is_split_by_the_registers_and_not_by_time() -> None:
    curve = Curve(
        (
            Point(local("2026-01-15T15:00"), 1000),
            Point(local("2026-01-15T16:00"), 9000),
            Point(local("2026-01-15T17:00"), 10_000),
        )
    )

    assert prices(peak()).split(curve).wh == {None: 8000, 0: 1000}


def test_between_two_readings_energy_is_spread_evenly() -> None:
    curve = steady(local("2026-01-15T15:50"), local("2026-01-15T16:05"), 900)

    split = prices(peak()).split(curve)

    assert split.wh == {None: 600, 0: 300}
    assert split.guessed_wh == 0


def test_a_long_silence_across_a_change_of_price_is_a_guess() -> None:
    curve = steady(local("2026-01-15T14:00"), local("2026-01-15T18:00"), 4000)

    split = prices(peak()).split(curve)

    assert split.wh == {None: 2000, 0: 2000}
    assert split.guessed_wh == 4000


def test_a_long_silence_within_one_price_is_no_guess() -> None:
    curve = steady(local("2026-01-15T08:00"), local("2026-01-15T16:00"), 4000)

    assert prices(peak()).split(curve).guessed_wh == 0


def test_a_silence_without_energy_is_no_guess() -> None:
    night = prices({"price_per_kwh": str(LOW), "from": "22:00", "to": "06:00"})
    curve = steady(local("2026-01-15T12:00"), local("2026-01-18T12:00"), 0)

    assert night.split(curve).guessed_wh == 0


def test_energy_of_a_session_without_length_has_the_price_of_its_moment() -> None:
    noon = local("2026-01-15T16:00")

    assert prices(peak()).split(steady(noon, noon, 5)).wh == {0: 5}


def test_a_step_at_the_change_of_price_belongs_to_the_price_that_begins() -> None:
    four = local("2026-01-15T16:00")
    curve = Curve((Point(four - timedelta(hours=1), 0), Point(four, 100), Point(four, 300)))

    assert prices(peak()).split(curve).wh == {None: 100, 0: 200}


# Daylight-saving nights.


def test_the_missing_hour_has_no_length() -> None:
    # 2026-03-29 in Berlin: 02:00 is followed by 03:00.
    night = prices(peak(**{"from": "01:00", "to": "04:00"}))
    curve = steady(local("2026-03-29T00:00"), local("2026-03-29T06:00"), 5000)

    assert night.split(curve).wh == {None: 3000, 0: 2000}


def test_a_window_within_the_missing_hour_never_holds() -> None:
    night = prices(peak(**{"from": "02:00", "to": "03:00"}))
    start, end = local("2026-03-29T00:00"), local("2026-03-29T06:00")

    assert [span.period for span in night.spans(start, end)] == [None]


def test_a_window_that_ends_in_the_missing_hour_ends_where_the_clock_jumps() -> None:
    night = prices(peak(**{"from": "01:00", "to": "02:30"}))
    spans = night.spans(local("2026-03-29T00:00"), local("2026-03-29T06:00"))

    assert [(span.start, span.end) for span in spans if span.period == 0] == [
        (utc("2026-03-29T00:00"), utc("2026-03-29T01:00"))
    ]


def test_a_window_that_begins_in_the_missing_hour_begins_where_the_clock_jumps() -> None:
    night = prices(peak(**{"from": "02:30", "to": "04:00"}))
    spans = night.spans(local("2026-03-29T00:00"), local("2026-03-29T06:00"))

    assert [(span.start, span.end) for span in spans if span.period == 0] == [
        (utc("2026-03-29T01:00"), utc("2026-03-29T02:00"))
    ]


def test_the_doubled_hour_counts_twice() -> None:
    # 2026-10-25 in Berlin: 03:00 summer time is followed by 02:00 winter time.
    night = prices(peak(**{"from": "02:00", "to": "03:00"}))
    curve = steady(local("2026-10-25T00:00"), local("2026-10-25T06:00"), 7000)

    assert night.split(curve).wh == {None: 5000, 0: 2000}


def test_half_a_doubled_hour_holds_two_times_with_a_gap() -> None:
    night = prices(peak(**{"from": "02:00", "to": "02:30"}))
    spans = night.spans(local("2026-10-25T00:00"), local("2026-10-25T06:00"))

    assert [(span.start, span.end) for span in spans if span.period == 0] == [
        (utc("2026-10-25T00:00"), utc("2026-10-25T00:30")),
        (utc("2026-10-25T01:00"), utc("2026-10-25T01:30")),
    ]


def test_a_clock_that_is_set_by_half_an_hour_is_followed() -> None:
    # 2026-04-05 on Lord Howe Island: 02:00 summer time is followed by 01:30.
    night = prices(peak(**{"from": "01:30", "to": "02:00"}), zone=LORD_HOWE)
    curve = steady(local("2026-04-05T00:00", LORD_HOWE), local("2026-04-05T03:00", LORD_HOWE), 3500)

    assert night.split(curve).wh == {None: 2500, 0: 1000}


# What holds for every tariff and curve.


@settings(max_examples=60, deadline=None)
@given(price_lists, moments, st.integers(0, 200_000))
def test_spans_say_the_same_as_the_clock_on_the_wall(tariff: PriceList, start: datetime, seconds: int) -> None:
    end = start + timedelta(seconds=seconds)

    spans = tariff.spans(start, end)

    assert (spans[0].start, spans[-1].end) == (start, end)
    assert all(one.end == other.start for one, other in pairwise(spans))
    assert all(one.period != other.period for one, other in pairwise(spans))
    for span in spans:
        # Five minutes apart, and the last microsecond, at which a boundary that was missed would show.
        for asked in range(max((span.end - span.start) // timedelta(minutes=5), 1)):
            assert tariff.period_at(span.start + timedelta(minutes=5) * asked) == span.period
        if span.end > span.start:
            assert tariff.period_at(span.end - timedelta(microseconds=1)) == span.period


@settings(max_examples=100, deadline=None)
@given(price_lists, curves())
def test_the_parts_add_up_to_the_energy_and_none_is_negative(tariff: PriceList, curve: Curve) -> None:
    split = tariff.split(curve)

    assert sum(split.wh.values(), Fraction(0)) == curve.points[-1].energy_wh - curve.points[0].energy_wh
    assert all(part > 0 for part in split.wh.values())
    assert 0 <= split.guessed_wh <= sum(split.wh.values(), Fraction(0))


@settings(max_examples=100, deadline=None)
@given(price_lists, curves(), st.data())
def test_a_reading_on_the_line_between_two_others_changes_nothing(
    tariff: PriceList, curve: Curve, data: st.DataObject
) -> None:
    number = data.draw(st.integers(1, len(curve.points) - 1))
    before, after = curve.points[number - 1], curve.points[number]
    length_us = (after.at - before.at) // timedelta(microseconds=1)
    cut_us = data.draw(st.integers(0, length_us))
    rise = Fraction(after.energy_wh - before.energy_wh) * Fraction(cut_us, length_us or 1)
    between = Point(before.at + timedelta(microseconds=cut_us), before.energy_wh + rise)

    finer = Curve((*curve.points[:number], between, *curve.points[number:]))

    assert tariff.split(finer).wh == tariff.split(curve).wh


@settings(max_examples=50, deadline=None)
@given(price_lists, curves(), st.data())
def test_a_curve_priced_in_two_pieces_gives_the_same(tariff: PriceList, curve: Curve, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(curve.points) - 1))

    pieces = [tariff.split(Curve(piece)).wh for piece in (curve.points[: number + 1], curve.points[number:])]

    whole = tariff.split(curve).wh
    assert {period: sum(piece.get(period, Fraction(0)) for piece in pieces) for period in whole} == whole


# Reading what a tariff stores.


def test_a_period_is_read_from_what_a_tariff_stores() -> None:
    stored = {
        "price_per_kwh": "0.41522",
        "label": "Peak",
        "weekdays": [1, 2],
        "months": [6],
        "from": "16:30",
        "to": "24:00",
    }

    assert Period.read(stored) == Period(
        price_per_kwh=Decimal("0.41522"),
        label="Peak",
        weekdays=frozenset({1, 2}),
        months=frozenset({6}),
        begins_min=990,
        ends_min=1440,
    )


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("price_per_kwh", None),
        ("price_per_kwh", "cheap"),
        ("price_per_kwh", "NaN"),
        ("price_per_kwh", "-0.1"),
        ("weekdays", [0]),
        ("weekdays", [True]),
        ("weekdays", "1-5"),
        ("months", [13]),
        ("from", "24:00"),
        ("from", "6:00"),
        ("from", "06:60"),
        ("to", "24:01"),
        ("to", "noon"),
        ("to", "²³:00"),
    ],
)
def test_a_period_without_sense_names_the_field(field: str, written: object) -> None:
    with pytest.raises(PeriodUnreadable) as refused:
        Period.read(peak(**{field: written}))

    assert refused.value.field == field
