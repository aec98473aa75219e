"""Pure: what the utility charges a site, and what holds at any moment."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cached_property
from typing import Literal

HOLIDAY = 8
ALL_DAYS = frozenset(range(1, 9))
ALL_MONTHS = frozenset(range(1, 13))
MINUTES_A_DAY = 24 * 60
SUBSCRIPTION = "subscription"

Spot = Callable[[datetime], Decimal | None]  # the market's price at a moment; None: nobody told
Span = tuple[tuple[int, int], tuple[int, int]]  # from (month, day) to (month, day), both within


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A window belongs to the day on which it begins, also over midnight."""

    spans: tuple[Span, ...] = ()  # of the year; none: all of it
    months: frozenset[int] = ALL_MONTHS
    weekdays: frozenset[int] = ALL_DAYS
    begins_min: int = 0  # after midnight, by the clock on the wall
    ends_min: int = MINUTES_A_DAY  # not after `begins_min`: on the next day

    def holds_at(self, wall: datetime, holidays: frozenset[date]) -> bool:
        minute, today = wall.hour * 60 + wall.minute, wall.date()
        if self.begins_min < self.ends_min:
            return self.begins_min <= minute < self.ends_min and self.holds_on(today, holidays)
        if minute >= self.begins_min:
            return self.holds_on(today, holidays)
        return minute < self.ends_min and self.holds_on(today - timedelta(days=1), holidays)

    def holds_on(self, day: date, holidays: frozenset[date]) -> bool:
        weekday = HOLIDAY if day in holidays else day.isoweekday()
        return weekday in self.weekdays and day.month in self.months and self._is_in_season(day)

    def _is_in_season(self, day: date) -> bool:
        at = (day.month, day.day)
        return not self.spans or any(
            start <= at <= end if start <= end else at >= start or at <= end for start, end in self.spans
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyPrice:
    when: When
    price_per_kwh: Decimal
    label: str = ""
    first_kwh: Decimal | None = None  # it holds for so much only
    each: Literal["day", "month"] = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandCharge:
    """On the highest average of an interval within a billing month. Power in kW; kVA are kW over the power factor."""

    name: str
    when: When
    price_per_kw: Decimal  # where the utility counts kVA, what that makes per kW
    interval_min: int = 15
    minimum_kw: float = 0.0
    ratchet_months: int = 0
    ratchet_share: float = 0.0
    mean_of_months: int = 0  # the charge is on the mean of so many months' peaks

    def chargeable_kw(self, peak_kw: float, before_kw: Sequence[float]) -> float:
        """`before_kw`: the peaks of the months before, the newest first."""
        if self.mean_of_months:
            months = [max(self.minimum_kw, kw) for kw in (peak_kw, *before_kw[: self.mean_of_months - 1])]
            return sum(months) / len(months)
        return max(peak_kw, self.floor_kw(before_kw))

    def floor_kw(self, before_kw: Sequence[float]) -> float:
        """What is paid for already when a month begins."""
        return max([self.minimum_kw, *(self.ratchet_share * kw for kw in before_kw[: self.ratchet_months])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Power in blocks instead of a demand charge."""

    block_kw: float
    price_per_block: Decimal
    overage_per_kw: Decimal
    blocks: int | None = None  # None: as many as the month's peak takes
    interval_min: int = 15

    def blocks_for(self, peak_kw: float) -> int:
        return self.blocks if self.blocks is not None else max(1, -int(-(peak_kw - 1e-9) // self.block_kw))

    def price(self, peak_kw: float) -> Decimal:
        blocks = self.blocks_for(peak_kw)
        over_kw = Decimal(str(max(0.0, peak_kw - blocks * self.block_kw)))
        return blocks * self.price_per_block + over_kw * self.overage_per_kw

    def cheapest_blocks(self, peak_kw: float) -> int:
        """How many to order for a month with this peak."""
        most = max(1, -int(-peak_kw // self.block_kw))
        return min(range(1, most + 1), key=lambda blocks: (self._priced(blocks, peak_kw), blocks))

    def _priced(self, blocks: int, peak_kw: float) -> Decimal:
        over_kw = Decimal(str(max(0.0, peak_kw - blocks * self.block_kw)))
        return blocks * self.price_per_block + over_kw * self.overage_per_kw


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotTerms:
    times: Decimal
    stands_in_per_kwh: Decimal  # for hours of which the market's price is not known


@dataclass(frozen=True, kw_only=True)
class Tariff:
    zone: tzinfo
    energy: tuple[EnergyPrice, ...]
    demand: tuple[DemandCharge, ...] = ()
    subscription: Subscription | None = None
    export: tuple[EnergyPrice, ...] = ()
    spot: SpotTerms | None = None
    holidays: frozenset[date] = frozenset()
    currency: str = ""
    fixed_per_month: Decimal = Decimal(0)
    fixed_per_day: Decimal = Decimal(0)
    tax_percent: Decimal = Decimal(0)

    def energy_at(self, moment: datetime) -> Iterator[EnergyPrice]:
        """The entries that hold, the first first."""
        wall = moment.astimezone(self.zone)
        return (entry for entry in self.energy if entry.when.holds_at(wall, self.holidays))

    def price_at(self, moment: datetime, spot: Spot | None = None) -> Decimal:
        """Of a kilowatt-hour from the grid, before tax."""
        network = next((entry.price_per_kwh for entry in self.energy_at(moment)), Decimal(0))
        return network + self.market_price_at(moment, spot)

    def market_price_at(self, moment: datetime, spot: Spot | None = None) -> Decimal:
        if self.spot is None:
            return Decimal(0)
        told = spot(moment) if spot is not None else None
        return self.spot.times * (told if told is not None else self.spot.stands_in_per_kwh)

    def label_at(self, moment: datetime) -> str:
        return next((entry.label for entry in self.energy_at(moment)), "")

    def export_price_at(self, moment: datetime) -> Decimal:
        wall = moment.astimezone(self.zone)
        held = (entry.price_per_kwh for entry in self.export if entry.when.holds_at(wall, self.holidays))
        return next(held, Decimal(0))

    def counts_at(self, charge: DemandCharge, moment: datetime) -> bool:
        return charge.when.holds_at(moment.astimezone(self.zone), self.holidays)

    @cached_property
    def peaks(self) -> tuple[DemandCharge, ...]:
        """Everything that is charged by a peak; a subscription is charged by that of all hours."""
        if self.subscription is None:
            return self.demand
        price = self.subscription.overage_per_kw
        if self.subscription.blocks is None:
            price = self.subscription.price_per_block / Decimal(str(self.subscription.block_kw))
        whole = DemandCharge(
            name=SUBSCRIPTION, when=When(), price_per_kw=price, interval_min=self.subscription.interval_min
        )
        return (*self.demand, whole)
