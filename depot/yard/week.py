"""PURE: a tariff's week as a table: for each day runs of half hours with one price."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from billing.pricing import Period

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SLOT = timedelta(minutes=30)
SLOTS = 48
TONES = 5
# Any week that lies wholly in one month does; years do not matter to a tariff.
YEAR = 2026


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring half hours of one price; `period` is None where the base price holds."""

    begins: str
    ends: str
    slots: int
    period: int | None
    price: Decimal
    label: str
    tone: int  # 0 is the cheapest of the week


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    runs: tuple[Run, ...]


def week_of(periods: Sequence[Period], base_price: Decimal, month: int) -> list[Day]:
    """The week as it is in `month`. The first period that fits a moment is its price."""
    first = monday_in(month)
    grid = [
        [_period_at(periods, datetime.combine(first + timedelta(days=day), datetime.min.time()) + slot * SLOT)
         for slot in range(SLOTS)]
        for day in range(7)
    ]  # fmt: skip
    prices = sorted({_price(periods, base_price, number) for day in grid for number in day})
    return [
        Day(name, tuple(_runs(slots, periods, base_price, prices))) for name, slots in zip(WEEKDAYS, grid, strict=True)
    ]


def monday_in(month: int) -> date:
    """A Monday whose week, and the day before it, lie in the month."""
    day = date(YEAR, month, 8)
    return day - timedelta(days=day.weekday()) if day.weekday() < 6 else day + timedelta(days=1)


def _period_at(periods: Sequence[Period], wall: datetime) -> int | None:
    return next((number for number, period in enumerate(periods) if period.holds_at(wall)), None)


def _price(periods: Sequence[Period], base_price: Decimal, number: int | None) -> Decimal:
    return base_price if number is None else periods[number].price_per_kwh


def _runs(
    slots: Sequence[int | None], periods: Sequence[Period], base_price: Decimal, prices: Sequence[Decimal]
) -> list[Run]:
    runs: list[Run] = []
    begin = 0
    for slot in range(1, SLOTS + 1):
        if slot < SLOTS and slots[slot] == slots[begin]:
            continue
        number = slots[begin]
        price = _price(periods, base_price, number)
        label = "" if number is None else periods[number].label
        runs.append(Run(_clock(begin), _clock(slot), slot - begin, number, price, label, _tone(prices, price)))
        begin = slot
    return runs


def _clock(slot: int) -> str:
    return f"{slot // 2:02}:{slot % 2 * 30:02}"


def _tone(prices: Sequence[Decimal], price: Decimal) -> int:
    """Where the price stands among those of the week, from 0 to TONES - 1."""
    return 0 if len(prices) < 2 else round(prices.index(price) * (TONES - 1) / (len(prices) - 1))
