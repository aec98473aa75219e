"""The strip of prices below the site's power."""

from zoneinfo import ZoneInfo

import pytest

from depot.energy.pages.chart import Axis, Box, power_chart

UTC = ZoneInfo("UTC")


def strip(prices: list[float]) -> list[Box]:
    """`prices` by the hour."""
    slots = 4 * len(prices)
    by_slot = [price for price in prices for _ in range(4)]
    chart = power_chart(
        Axis(0, slots, UTC), {}, limit_kw=[None] * slots, grid_kw=[None] * slots, peak_kw=None, prices=by_slot,
        price_label=[f"{price:.3f} EUR" for price in by_slot], closed=[False] * slots, now_slot=None,
    )  # fmt: skip
    return chart.prices


@pytest.mark.parametrize(("hours", "label"), [(12, "0.210 EUR"), (24, "0.21"), (48, "")])
def test_where_each_hour_has_a_price_it_is_labelled_as_room_allows(hours: int, label: str) -> None:
    first, *_ = strip([0.21 + hour / 1000 for hour in range(hours)])

    assert (first.label, first.title) == (label, "0.210 EUR")


def test_the_cheapest_third_is_lightest_and_the_dearest_darkest() -> None:
    assert [box.key for box in strip([-0.01, 0.10, 0.20])] == ["p0", "p1", "p2"]
