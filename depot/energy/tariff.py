"""Pure: what the utility charges a site, and what holds at any moment."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Literal

HOLIDAY = 8
ALL_DAYS = frozenset(range(1, 9))
ALL_MONTHS = frozenset(range(1, 13))
MINUTES_A_DAY = 24 * 60
A_LEAP_YEAR = 2028
SUBSCRIPTION = "subscription"
SMALL_KW = 1e-9

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


@dataclass(frozen=True, slots=True)
class Step:
    """A month whose peak is not above `up_to_kw`, and above the step before, costs `price`, whatever it is within."""

    up_to_kw: float  # of the last step: no end
    price: Decimal


@dataclass(frozen=True, slots=True)
class Climb:
    """What a month costs more once its peak is above `from_kw`, up to the end of that step."""

    from_kw: float
    up_to_kw: float
    costs: Decimal

    @property
    def has_end(self) -> bool:
        return self.up_to_kw < float("inf")


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
    mean_of_days: int = 0  # a month's peak is the mean of those of its so many highest days
    steps: tuple[Step, ...] = ()  # by rising power, instead of a price per kW

    def amount(self, chargeable_kw: float) -> Decimal:
        """Of a month, not rounded."""
        if self.steps:
            return self._step_of(chargeable_kw).price
        return Decimal(repr(chargeable_kw)) * self.price_per_kw

    def weighed_from(self, paid_kw: float) -> tuple[float, Decimal]:
        """Up to which power nothing is added, and what each kW above that weighs: a step as if climbed evenly."""
        if not self.steps:
            return paid_kw, self.price_per_kw
        climb = self.climb_from(paid_kw)
        if climb is None:
            return paid_kw, Decimal(0)
        # The last step has no end: it is climbed as wide as all before it.
        width_kw = climb.up_to_kw - climb.from_kw if climb.up_to_kw < float("inf") else climb.from_kw
        return climb.from_kw, climb.costs / Decimal(repr(width_kw))

    def climb_from(self, paid_kw: float) -> "Climb | None":
        """To the next step; None on the last, and where the price is by the kilowatt."""
        pairs = ((low, high) for low, high in pairwise(self.steps) if low is self._step_of(paid_kw))
        return next((Climb(low.up_to_kw, high.up_to_kw, high.price - low.price) for low, high in pairs), None)

    def _step_of(self, kw: float) -> Step:
        return next((step for step in self.steps if kw <= step.up_to_kw + SMALL_KW), self.steps[-1])

    def weighed_later(self, before_kw: Sequence[float]) -> tuple[float, Decimal] | None:
        """The same for the months to come, whose floor this month's peak will be.

        Months to come are taken to need what the months before needed on the average. None: no ratchet, or no past.
        """
        known = [kw for kw in before_kw[: self.ratchet_months] if kw > 0]
        if not known or self.ratchet_share <= 0 or self.steps or self.mean_of_months:
            return None
        usual_kw = sum(known) / len(known)
        share = Decimal(repr(self.ratchet_share))
        return usual_kw / self.ratchet_share, self.price_per_kw * share * self.ratchet_months

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
        return self.blocks if self.blocks is not None else max(1, -int(-(peak_kw - SMALL_KW) // self.block_kw))

    def price(self, peak_kw: float) -> Decimal:
        return self._priced(self.blocks_for(peak_kw), peak_kw)

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

    @cached_property
    def has_amounts(self) -> bool:
        """Whether a price depends on how much was taken before."""
        return any(entry.first_kwh is not None for entry in self.energy)

    def label_at(self, moment: datetime) -> str:
        return next((entry.label for entry in self.energy_at(moment)), "")

    def export_price_at(self, moment: datetime) -> Decimal:
        wall = moment.astimezone(self.zone)
        held = (entry.price_per_kwh for entry in self.export if entry.when.holds_at(wall, self.holidays))
        return next(held, Decimal(0))

    def counts_at(self, charge: DemandCharge, moment: datetime) -> bool:
        return charge.when.holds_at(moment.astimezone(self.zone), self.holidays)

    def paid_kw(self, charge: DemandCharge, month_kw: float = 0.0, before_kw: Sequence[float] = ()) -> float:
        """Up to here a peak costs nothing more in a month that has had `month_kw`."""
        if charge.name == SUBSCRIPTION and self.subscription is not None:
            return max(month_kw, self.subscription.blocks_for(month_kw) * self.subscription.block_kw)
        if charge.mean_of_months:
            return max(month_kw, charge.minimum_kw)
        return max(month_kw, charge.floor_kw(before_kw))

    def demand_amount(self, charge: DemandCharge, chargeable_kw: float) -> Decimal:
        """What a charge of `peaks` costs in a month, not rounded."""
        if charge.name == SUBSCRIPTION and self.subscription is not None:
            return self.subscription.price(chargeable_kw)
        return charge.amount(chargeable_kw)

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

    def unpriced(self) -> str:
        """The first hour of a year that no price holds for, in words; "" where each has one.

        Such an hour would cost nothing, and the plan would move everything into it.
        """
        if self.spot is not None:
            return ""  # the market's price stands alone where the network adds nothing
        whole = [entry.when for entry in self.energy if entry.first_kwh is None]
        days = [date(A_LEAP_YEAR, 1, 1) + timedelta(days=n) for n in range(366)]
        changes = {minute % MINUTES_A_DAY for when in whole for minute in (when.begins_min, when.ends_min)}
        for holidays in (frozenset[date](), frozenset(days)) if self.holidays else (frozenset[date](),):
            for day in days:
                for minute in sorted({0, *changes}):
                    wall = datetime.combine(day, time(minute // 60, minute % 60))
                    if not any(when.holds_at(wall, holidays) for when in whole):
                        of_day = "a holiday" if holidays else f"a {day:%A}"
                        return f"{wall:%H:%M} on {of_day} such as {day:%-d %B}"
        return ""
