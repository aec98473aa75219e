"""Strategies for prices, curves and moments; zones whose clocks are set by an hour, by half an hour, and never."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from billing.curve import Curve, Point
from billing.pricing import MINUTES_A_DAY, Period, PriceList

ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Berlin",
        "America/Los_Angeles",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Asia/Kathmandu",
        "Asia/Kolkata",
        "UTC",
    )
]
# Days on which some of these clocks are set forward or back, and an ordinary one.
DAYS = [
    datetime(2026, 3, 8, tzinfo=UTC),
    datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2026, 4, 4, tzinfo=UTC),
    datetime(2026, 10, 3, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 9, 5, tzinfo=UTC),
    datetime(2026, 12, 31, tzinfo=UTC),
]

zones = st.sampled_from(ZONES)
prices_per_kwh = st.decimals(0, "99.99999", places=5)
moments = st.builds(
    lambda day, seconds: day + timedelta(seconds=seconds), st.sampled_from(DAYS), st.integers(-100_000, 150_000)
)
# Boundaries that charges and clocks meet: whole, half and quarter hours, and now and then any minute.
minutes = st.one_of(
    st.integers(0, 95).map(lambda quarter: quarter * 15),
    st.sampled_from([60, 90, 105, 120, 135, 150, 180]),
    st.integers(0, MINUTES_A_DAY - 1),
)
periods = st.builds(
    Period,
    price_per_kwh=prices_per_kwh,
    label=st.sampled_from(["Peak", "Night", ""]),
    weekdays=st.frozensets(st.integers(1, 7), min_size=1),
    months=st.frozensets(st.integers(1, 12), min_size=6),
    begins_min=minutes,
    ends_min=minutes,
)
price_lists = st.builds(
    PriceList, zone=zones, price_per_kwh=prices_per_kwh, periods=st.lists(periods, max_size=4).map(tuple)
)


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    """Any meter curve: steps of no length, standstills, silences of hours."""
    at = draw(moments)
    wh = Fraction(draw(st.integers(0, 10**9)))
    points = [Point(at, wh)]
    for _ in range(draw(st.integers(1, 12))):
        at += timedelta(seconds=draw(st.sampled_from([0, 1, 60, 900, 3600, 40_000]) | st.integers(0, 7200)))
        wh += draw(st.sampled_from([0, 0, 1, 999]) | st.integers(0, 90_000))
        points.append(Point(at, wh))
    return Curve(tuple(points))


def price(text: str) -> Decimal:
    return Decimal(text)
