"""Pure: a billing month of a site: when it is, what its peaks are, and what it costs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from depot.energy.tariff import SUBSCRIPTION, DemandCharge, EnergyPrice, Spot, Tariff

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CENT = Decimal("0.01")
SLOT_MIN = 15


@dataclass(frozen=True, slots=True)
class BillingMonth:
    starts_on: date
    ends_on: date  # the first day of the next

    @property
    def days(self) -> list[date]:
        return [self.starts_on + timedelta(days=n) for n in range((self.ends_on - self.starts_on).days)]


def billing_month_of(day: date, billing_day: int = 1) -> BillingMonth:
    """The meter is read when day `billing_day` of a month begins."""
    starts_on = day.replace(day=billing_day)
    if starts_on > day:
        starts_on = (starts_on.replace(day=1) - timedelta(days=1)).replace(day=billing_day)
    ends_on = (starts_on.replace(day=28) + timedelta(days=4)).replace(day=billing_day)
    return BillingMonth(starts_on, ends_on)


@dataclass(frozen=True, slots=True)
class Metered:
    """What a site took from the grid from `starts_at` on, for `minutes`; below 0, what it sent out."""

    starts_at: datetime
    grid_kwh: float
    minutes: int = SLOT_MIN


@dataclass(frozen=True, slots=True)
class Peak:
    kw: float
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCost:
    """Lines of a bill, each rounded once; before tax, but for `tax` and `total`."""

    energy: Mapping[str, Decimal]  # by the label of its price
    demand: Mapping[str, Decimal]  # by the name of its charge, the subscription among them
    export: Decimal
    fixed: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        lines = [*self.energy.values(), *self.demand.values(), self.fixed, -self.export, self.tax]
        return sum(lines, Decimal(0))


def interval_of(tariff: Tariff, charge: DemandCharge, moment: datetime) -> datetime:
    """When the utility's interval began that `moment` falls into; its meter keeps to the clock on the wall."""
    offset = moment.astimezone(tariff.zone).utcoffset() or timedelta()
    length = timedelta(minutes=charge.interval_min)
    return moment - (moment.astimezone(UTC) + offset - EPOCH) % length


def day_peaks_of(tariff: Tariff, series: Iterable[Metered]) -> dict[str, dict[date, Peak]]:
    """The highest interval of each charge on each day."""
    sums: dict[tuple[str, datetime], float] = {}
    for metered in series:
        for charge in tariff.peaks:
            if tariff.counts_at(charge, metered.starts_at):
                key = (charge.name, interval_of(tariff, charge, metered.starts_at))
                sums[key] = sums.get(key, 0.0) + max(0.0, metered.grid_kwh)
    minutes = {charge.name: charge.interval_min for charge in tariff.peaks}
    peaks: dict[str, dict[date, Peak]] = {}
    for (name, starts_at), kwh in sorted(sums.items(), key=lambda item: item[0][1]):
        days, day = peaks.setdefault(name, {}), starts_at.astimezone(tariff.zone).date()
        kw = kwh * 60 / minutes[name]
        if day not in days or kw > days[day].kw:
            days[day] = Peak(kw, starts_at)
    return peaks


def peaks_of(tariff: Tariff, series: Iterable[Metered]) -> dict[str, Peak]:
    """What each charge goes by within a month's series: its highest interval, or the mean of its highest days."""
    charges = {charge.name: charge for charge in tariff.peaks}
    return {
        name: _peak_of_month(charges[name], list(days.values())) for name, days in day_peaks_of(tariff, series).items()
    }


def _peak_of_month(charge: DemandCharge, days: Sequence[Peak]) -> Peak:
    """A day that has not come yet has taken nothing."""
    count = charge.mean_of_days or 1
    highest = sorted(days, key=lambda peak: -peak.kw)[:count]
    return Peak(sum(peak.kw for peak in highest) / count, highest[0].starts_at)


def cost_of(
    tariff: Tariff,
    series: Sequence[Metered],
    *,
    spot: Spot | None = None,
    before_kw: Mapping[str, Sequence[float]] | None = None,
    days: int = 30,
) -> MonthCost:
    """Of one billing month. `before_kw`: for each charge the peaks of the months before, the newest first."""
    peaks = peaks_of(tariff, series)
    demand: dict[str, Decimal] = {}
    for charge in tariff.demand:
        # A charge whose window the month never reaches, as a summer's in winter, is not on its bill.
        if charge.name in peaks:
            kw = charge.chargeable_kw(peaks[charge.name].kw, (before_kw or {}).get(charge.name, ()))
            demand[charge.name] = _rounded(charge.amount(kw))
    if tariff.subscription is not None:
        whole = peaks.get(SUBSCRIPTION)
        demand[SUBSCRIPTION] = _rounded(tariff.subscription.price(whole.kw if whole is not None else 0.0))
    energy = {label: _rounded(amount) for label, amount in _energy_cost(tariff, series, spot).items()}
    export = sum((_kwh(-m.grid_kwh) * tariff.export_price_at(m.starts_at) for m in series), Decimal(0))
    fixed = _rounded(tariff.fixed_per_month + days * tariff.fixed_per_day)
    before_tax = sum([*energy.values(), *demand.values(), fixed], Decimal(0))
    return MonthCost(
        energy=energy,
        demand=demand,
        export=_rounded(export),
        fixed=fixed,
        tax=_rounded(before_tax * tariff.tax_percent / 100),
    )


Used = Mapping[str, Decimal]  # kWh, by what `allowance_key` calls an entry's day or month


def allowance_key(tariff: Tariff, entry: EnergyPrice, moment: datetime, billing_day: int = 1) -> str:
    """Of an entry that holds for so much energy only: which day or billing month of it."""
    day = moment.astimezone(tariff.zone).date()
    since = day if entry.each == "day" else billing_month_of(day, billing_day).starts_on
    return f"{tariff.energy.index(entry)} from {since}"


def used_of(tariff: Tariff, series: Iterable[Metered], billing_day: int = 1) -> Used:
    """What has been taken of the entries that hold for so much energy only."""
    counted = _Counted(tariff, billing_day)
    for metered in series:
        counted.share(metered)
    return counted.used_kwh


@dataclass(slots=True)
class _Counted:
    tariff: Tariff
    billing_day: int | None = None  # None: it is one month
    used_kwh: dict[str, Decimal] = field(default_factory=dict)

    def share(self, metered: Metered) -> tuple[list[tuple[EnergyPrice, Decimal]], Decimal]:
        """Among the entries that hold, the first first; and what is left for none."""
        left, shares = _kwh(metered.grid_kwh), list[tuple[EnergyPrice, Decimal]]()
        for entry in self.tariff.energy_at(metered.starts_at):
            if left == 0:
                break
            taken = self._take(entry, metered.starts_at, left)
            shares.append((entry, taken))
            left -= taken
        return shares, left

    def _take(self, entry: EnergyPrice, moment: datetime, kwh: Decimal) -> Decimal:
        """How much of `kwh` this entry still holds for."""
        if entry.first_kwh is None:
            return kwh
        if entry.each == "month" and self.billing_day is None:
            key = f"{self.tariff.energy.index(entry)}"
        else:
            key = allowance_key(self.tariff, entry, moment, self.billing_day or 1)
        used = self.used_kwh.get(key, Decimal(0))
        taken = min(kwh, max(Decimal(0), entry.first_kwh - used))
        self.used_kwh[key] = used + taken
        return taken


def _energy_cost(tariff: Tariff, series: Sequence[Metered], spot: Spot | None) -> dict[str, Decimal]:
    counted, costs = _Counted(tariff), dict[str, Decimal]()
    for metered in series:
        market = tariff.market_price_at(metered.starts_at, spot)
        shares, left = counted.share(metered)
        for entry, taken in shares:
            costs[entry.label] = costs.get(entry.label, Decimal(0)) + taken * (entry.price_per_kwh + market)
        if left:
            # The market's price stands alone where the network adds nothing.
            costs[""] = costs.get("", Decimal(0)) + left * market
    return costs


def _kwh(kwh: float) -> Decimal:
    return Decimal(repr(max(0.0, kwh)))


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_EVEN)
