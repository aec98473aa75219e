"""Pure: what a kilowatt-hour costs at each moment, and how a session's energy falls into the periods of its tariff.

Prices follow the clock on the depot's wall. Everything is worked out in UTC, cut at the moments at which that clock
passes a boundary: on daylight-saving nights the missing hour then has no length, and the doubled one counts twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise
from typing import Any, Self

from billing.curve import Curve

ALL_WEEKDAYS = frozenset(range(1, 8))
ALL_MONTHS = frozenset(range(1, 13))
MINUTES_A_DAY = 24 * 60
MICROSECOND = timedelta(microseconds=1)
# Meters report every minute to every quarter of an hour. Across a longer silence it is our guess, and not the meter,
# that says which period the energy belongs to.
LONGEST_MEASURED_GAP = timedelta(minutes=30)


class PeriodUnreadable(ValueError):
    """A period of a tariff that says no price or no time; the text names the field."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A price for a window of the day. The window belongs to the day on which it begins, also over midnight."""

    price_per_kwh: Decimal
    label: str = ""
    weekdays: frozenset[int] = ALL_WEEKDAYS  # 1 is Monday
    months: frozenset[int] = ALL_MONTHS
    begins_min: int = 0  # minutes after midnight, by the clock on the wall
    ends_min: int = MINUTES_A_DAY  # not after `begins_min`: on the next day

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """From what a tariff stores: weekdays, months, from, to, price_per_kwh, label. Raises PeriodUnreadable."""
        return cls(
            price_per_kwh=_read_price(written.get("price_per_kwh")),
            label=str(written.get("label") or ""),
            weekdays=_read_numbers(written, "weekdays", ALL_WEEKDAYS),
            months=_read_numbers(written, "months", ALL_MONTHS),
            begins_min=_read_time(written, "from", 0),
            ends_min=_read_time(written, "to", MINUTES_A_DAY),
        )

    def holds_at(self, wall: datetime) -> bool:
        """Does this price hold when the clock on the wall shows `wall`?"""
        today = wall.date()
        minute = wall.hour * 60 + wall.minute
        if self.begins_min < self.ends_min:
            return self.begins_min <= minute < self.ends_min and self._holds_on(today)
        if minute >= self.begins_min:
            return self._holds_on(today)
        return minute < self.ends_min and self._holds_on(today - timedelta(days=1))

    def _holds_on(self, day: date) -> bool:
        return day.isoweekday() in self.weekdays and day.month in self.months


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to `end` one price holds: that of the period of this number, or the base price (None)."""

    start: datetime
    end: datetime
    period: int | None


@dataclass(frozen=True, slots=True)
class Split:
    """Wh in each period, in the order in which they were first used, exact; and how much of it is a guess."""

    wh: dict[int | None, Fraction]
    guessed_wh: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """The first period that holds at a moment gives the price, and the base price where none does."""

    zone: tzinfo
    price_per_kwh: Decimal
    periods: tuple[Period, ...] = ()

    def period_at(self, moment: datetime) -> int | None:
        wall = moment.astimezone(self.zone)
        return next((number for number, period in enumerate(self.periods) if period.holds_at(wall)), None)

    def price_at(self, moment: datetime) -> Decimal:
        return self.price_of(self.period_at(moment))

    def price_of(self, period: int | None) -> Decimal:
        return self.price_per_kwh if period is None else self.periods[period].price_per_kwh

    def label_of(self, period: int | None) -> str:
        return "" if period is None else self.periods[period].label

    def spans(self, start: datetime, end: datetime) -> list[Span]:
        """`start` up to `end` in stretches of one period each, without gaps; one stretch where they are the same."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        cuts = [start, *self._cuts(start, end), end]
        spans = [Span(start, start, self.period_at(start))]
        for cut, upto in pairwise(cuts):
            period = self.period_at(cut)
            if period == spans[-1].period:
                spans[-1] = Span(spans[-1].start, upto, period)
            else:
                spans.append(Span(cut, upto, period))
        return spans

    def split(self, curve: Curve) -> Split:
        """The energy of `curve` by period: as the registers rise, evenly between two readings."""
        points = curve.points
        # A microsecond more, for what rises at the very end belongs to the price that begins there.
        spans = iter(self.spans(points[0].at, points[-1].at + MICROSECOND))
        span = next(spans)
        upcoming = next(spans, None)
        wh: dict[int | None, Fraction] = {}
        guessed_wh = Fraction(0)
        for before, after in pairwise(points):
            rise, length, since = Fraction(after.energy_wh - before.energy_wh), after.at - before.at, before.at
            parts: list[tuple[int | None, Fraction]] = []
            while upcoming is not None and upcoming.start <= after.at:
                if upcoming.start > since:
                    parts.append((span.period, rise * _share(upcoming.start - since, length)))
                since, span, upcoming = upcoming.start, upcoming, next(spans, None)
            parts.append((span.period, rise - sum((part for _, part in parts), Fraction(0))))
            used = [(period, part) for period, part in parts if part]
            for period, part in used:
                wh[period] = wh.get(period, Fraction(0)) + part
            if len(used) > 1 and length > LONGEST_MEASURED_GAP:
                guessed_wh += rise
        return Split(wh, guessed_wh)

    def _cuts(self, start: datetime, end: datetime) -> list[datetime]:
        """Every moment strictly between the two at which another period may begin, ascending, in UTC."""
        if not self.periods:
            return []
        boundaries = {0} | {minute % MINUTES_A_DAY for p in self.periods for minute in (p.begins_min, p.ends_min)}
        walls = [time(minute // 60, minute % 60) for minute in sorted(boundaries)]
        day, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        cuts = {start, end}
        while day <= last:
            for wall in walls:
                # A wall clock that is set back passes the same boundary twice; `fold` names the second time.
                for fold in (0, 1):
                    cut = datetime.combine(day, wall.replace(fold=fold), self.zone).astimezone(UTC)
                    if start < cut < end:
                        cuts.add(cut)
            day += timedelta(days=1)
        ordered = sorted(cuts)
        jumps = {self._jump(before, after) for before, after in pairwise(ordered)}
        return sorted((cuts | {jump for jump in jumps if jump is not None}) - {start, end})

    def _jump(self, start: datetime, end: datetime) -> datetime | None:
        """When the wall clock is set forward or back between the two, to the second: it may jump over a boundary."""
        offset = start.astimezone(self.zone).utcoffset()
        if end.astimezone(self.zone).utcoffset() == offset:
            return None
        before = start.replace(microsecond=0)
        seconds = -((before - end) // timedelta(seconds=1))
        low, high = 0, seconds
        while high - low > 1:
            middle = (low + high) // 2
            if (before + timedelta(seconds=middle)).astimezone(self.zone).utcoffset() == offset:
                low = middle
            else:
                high = middle
        return before + timedelta(seconds=high)


def _share(part: timedelta, whole: timedelta) -> Fraction:
    return Fraction(part // MICROSECOND, whole // MICROSECOND)


def _read_price(written: Any) -> Decimal:
    try:
        price = Decimal(str(written))
    except InvalidOperation as error:
        raise PeriodUnreadable("price_per_kwh", f"{written!r} is not a price") from error
    if not price.is_finite() or price < 0:
        raise PeriodUnreadable("price_per_kwh", f"{written!r} is not a price of 0 or more")
    return price


def _read_numbers(written: Mapping[str, Any], field: str, allowed: frozenset[int]) -> frozenset[int]:
    numbers = written.get(field)
    if numbers is None or numbers == []:
        return allowed
    if not isinstance(numbers, list) or not all(type(number) is int and number in allowed for number in numbers):
        raise PeriodUnreadable(field, f"{numbers!r} is not a list of numbers from 1 to {max(allowed)}")
    return frozenset(numbers)


def _read_time(written: Mapping[str, Any], field: str, default: int) -> int:
    """Minutes after midnight of "06:30"; the end of a day may be written "24:00"."""
    wall = written.get(field)
    if wall in (None, ""):
        return default
    hours, colon, minutes = str(wall).partition(":")
    fits = colon and len(hours) == len(minutes) == 2 and (hours + minutes).isascii() and (hours + minutes).isdigit()
    minute = int(hours) * 60 + int(minutes) if fits and int(minutes) < 60 else -1
    highest = MINUTES_A_DAY if field == "to" else MINUTES_A_DAY - 1
    if not 0 <= minute <= highest:
        raise PeriodUnreadable(field, f"{wall!r} is not a time of day such as 06:30")
    return minute
