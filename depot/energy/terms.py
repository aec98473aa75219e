"""Pure: reads the written terms of a tariff. Terms are JSON:

    {"currency": "USD",
     "seasons": {"summer": [["06-01", "09-30"]]},
     "holidays": ["2026-07-04"],
     "energy": [{"label": "On-peak", "season": "summer", "weekdays": [1, 2, 3, 4, 5], "from": "16:00", "to": "21:00",
                 "price_per_kwh": "0.2341"}, {"price_per_kwh": "0.1215"}],
     "demand": [{"name": "any time", "price_per_kw": "6.454"},
                {"name": "peak", "price_per_kva": "9.96", "power_factor": 0.95, "from": "16:00", "to": "21:00",
                 "interval_min": 30, "minimum_kw": 2.5, "ratchet": {"months": 11, "share": 0.8}}],
     "subscription": {"block_kw": 50, "price_per_block": "95.56", "overage_per_kw": "3.82", "blocks": 4},
     "export": [{"price_per_kwh": "0.05"}],
     "spot": {"times": 1, "stands_in_per_kwh": "0.12"},
     "fixed_per_month": "228.13", "fixed_per_day": "0", "tax_percent": "0"}

Of `energy` and `export` the first entry that holds gives the price. A holiday is a weekday of its own, 8. An entry with
`first_kwh` and `each` ("day" or "month") holds for so much of its energy only, days by the calendar; the rest goes to
the next that holds. With `spot` the energy entries are what the network adds to the market's price. A charge by kVA may
say `minimum_kva`, the demand that was agreed upon. Instead of a price a charge may have `steps`, each month paying that
of its peak: `[{"up_to_kw": 10, "price": "32"}, {"price": "70"}]`. `mean_of_months` charges the mean of as many peaks;
with `mean_of_days` a month's peak is the mean of the highest averages of as many of its days.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from depot.energy.tariff import (
    ALL_DAYS,
    ALL_MONTHS,
    MINUTES_A_DAY,
    SUBSCRIPTION,
    DemandCharge,
    EnergyPrice,
    Span,
    SpotTerms,
    Step,
    Subscription,
    Tariff,
    When,
)

INTERVALS_MIN = (15, 30, 60)  # of demand; whole slots of the plan
ENTRIES_MOST = 60  # of energy; no sheet has as many, and a year is looked through by each
MONTHS_MOST = 12  # so far back peaks are remembered
DAYS_MOST = 28  # every billing month has as many


class TermsUnreadable(ValueError):
    """Terms that say no price or no time; the text names where."""


@dataclass(slots=True)
class _Reader:
    """Reads terms, and keeps the way to the word that it reads for what it says of a mistake."""

    terms: Mapping[str, Any]
    seasons: dict[str, tuple[Span, ...]] = field(default_factory=dict)

    def tariff(self, zone: tzinfo) -> Tariff:
        terms = self.terms
        self.seasons = {
            str(name): tuple((_month_day(start), _month_day(end)) for start, end in spans)
            for name, spans in _mapping(terms.get("seasons"), "seasons").items()
        }
        energy = tuple(self._energy(entry, f"energy {n}") for n, entry in enumerate(_list(terms, "energy"), 1))
        if not energy and not terms.get("spot"):
            raise TermsUnreadable("energy: at least one price is expected")
        demand = tuple(self._demand(entry, f"demand {n}") for n, entry in enumerate(_list(terms, "demand"), 1))
        names = [charge.name for charge in demand]
        if len(set(names)) != len(names) or SUBSCRIPTION in names:
            raise TermsUnreadable("demand: each charge has a name of its own, and none is called subscription")
        return Tariff(
            zone=zone,
            energy=energy,
            demand=demand,
            subscription=_subscription(terms.get("subscription")),
            export=tuple(self._energy(entry, f"export {n}") for n, entry in enumerate(_list(terms, "export"), 1)),
            spot=_spot(terms.get("spot")),
            holidays=frozenset(date.fromisoformat(str(day)) for day in _list(terms, "holidays")),
            currency=str(terms.get("currency", "")),
            fixed_per_month=_price(terms, "fixed_per_month", "terms", default="0"),
            fixed_per_day=_price(terms, "fixed_per_day", "terms", default="0"),
            tax_percent=_price(terms, "tax_percent", "terms", default="0"),
        )

    def _energy(self, entry: Mapping[str, Any], where: str) -> EnergyPrice:
        each = entry.get("each", "month")
        if each not in ("day", "month"):
            raise TermsUnreadable(f"{where}: each is day or month, not {each!r}")
        return EnergyPrice(
            when=self._when(entry, where),
            price_per_kwh=_price(entry, "price_per_kwh", where, below_zero=True),
            label=str(entry.get("label", "")),
            first_kwh=_price(entry, "first_kwh", where) if entry.get("first_kwh") is not None else None,
            each=each,
        )

    def _demand(self, entry: Mapping[str, Any], where: str) -> DemandCharge:
        factor = _price(entry, "power_factor", where, default="1")
        if not 0 < factor <= 1:
            raise TermsUnreadable(f"{where}: power_factor {factor} is not above 0 and up to 1")
        by_kva = "price_per_kva" in entry
        steps = steps_of(entry, where)
        if by_kva:
            price = _price(entry, "price_per_kva", where) / factor
        else:
            price = Decimal(0) if steps else _price(entry, "price_per_kw", where)
        least_kw = _price(entry, "minimum_kw", where, default="0")
        if by_kva and "minimum_kva" in entry:
            least_kw = max(least_kw, _price(entry, "minimum_kva", where) * factor)
        ratchet = _mapping(entry.get("ratchet"), where)
        if entry.get("mean_of_days") and (ratchet or entry.get("mean_of_months")):
            raise TermsUnreadable(f"{where}: mean_of_days goes with neither a ratchet nor mean_of_months")
        return DemandCharge(
            name=str(entry.get("name") or where),
            when=self._when(entry, where),
            price_per_kw=price,
            interval_min=_interval(entry, where),
            minimum_kw=float(least_kw),
            ratchet_months=_count(ratchet, "months", f"{where}: ratchet", MONTHS_MOST) if ratchet else 0,
            ratchet_share=_share(ratchet, f"{where}: ratchet") if ratchet else 0.0,
            mean_of_months=_count(entry, "mean_of_months", where, MONTHS_MOST) if entry.get("mean_of_months") else 0,
            mean_of_days=_count(entry, "mean_of_days", where, DAYS_MOST) if entry.get("mean_of_days") else 0,
            steps=steps,
        )

    def _when(self, entry: Mapping[str, Any], where: str) -> When:
        season = entry.get("season")
        if season is not None and season not in self.seasons:
            raise TermsUnreadable(f"{where}: no season is called {season!r}")
        return When(
            spans=self.seasons[season] if season is not None else (),
            months=_numbers(entry, "months", ALL_MONTHS, where),
            weekdays=_numbers(entry, "weekdays", ALL_DAYS, where),
            begins_min=_minute(entry.get("from") or "00:00", where),
            ends_min=_minute(entry.get("to") or "24:00", where),
        )


def read_terms(terms: Mapping[str, Any], zone: tzinfo) -> Tariff:
    """Raises TermsUnreadable."""
    try:
        return _Reader(terms).tariff(zone)
    except (TypeError, ValueError, AttributeError, ArithmeticError, LookupError) as error:
        if isinstance(error, TermsUnreadable):
            raise
        raise TermsUnreadable(f"terms: {error}") from error


def read_priced(terms: Mapping[str, Any], zone: tzinfo) -> Tariff:
    """Of terms that somebody writes now: also refused where an hour of the year has no price.

    Raises TermsUnreadable.
    """
    tariff = read_terms(terms, zone)
    if len(tariff.energy) > ENTRIES_MOST:
        raise TermsUnreadable(f"energy: {len(tariff.energy)} entries, {ENTRIES_MOST} at most")
    gap = tariff.unpriced()
    if gap:
        raise TermsUnreadable(f"energy: no price holds at {gap}; what costs nothing is written as a price of 0")
    return tariff


def _list(terms: Mapping[str, Any], key: str) -> list[Any]:
    value = terms.get(key) or []
    if not isinstance(value, list):
        raise TermsUnreadable(f"{key}: a list is expected")
    return value


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TermsUnreadable(f"{where}: {value!r} is no object")
    return value


def _price(
    entry: Mapping[str, Any], key: str, where: str, *, default: str | None = None, below_zero: bool = False
) -> Decimal:
    written = entry.get(key, default)
    try:
        value = Decimal(str(written))
    except InvalidOperation as error:
        raise TermsUnreadable(f"{where}: {key} {written!r} is not a number") from error
    if not value.is_finite() or (value < 0 and not below_zero):
        raise TermsUnreadable(f"{where}: {key} {written!r} is not a number of 0 or more")
    return value


def _numbers(entry: Mapping[str, Any], key: str, allowed: frozenset[int], where: str) -> frozenset[int]:
    written = entry.get(key) or sorted(allowed)
    if not isinstance(written, list) or not all(type(number) is int and number in allowed for number in written):
        raise TermsUnreadable(f"{where}: {key} {written!r} is not a list of numbers from 1 to {max(allowed)}")
    return frozenset(written)


def _count(entry: Mapping[str, Any], key: str, where: str, most: int) -> int:
    written = entry.get(key)
    if type(written) is not int or not 1 <= written <= most:
        raise TermsUnreadable(f"{where}: {key} {written!r} is not a whole number from 1 to {most}")
    return written


def _share(ratchet: Mapping[str, Any], where: str) -> float:
    share = _price(ratchet, "share", where, default="1")
    if not 0 < share <= 1:
        raise TermsUnreadable(f"{where}: share {share} is not above 0 and up to 1")
    return float(share)


def steps_of(entry: Mapping[str, Any], where: str) -> tuple[Step, ...]:
    """Raises TermsUnreadable."""
    steps: list[Step] = []
    for n, written in enumerate(_list(entry, "steps"), 1):
        here = f"{where}: step {n}"
        step = _mapping(written, here)
        up_to = float(_price(step, "up_to_kw", here)) if "up_to_kw" in step else float("inf")
        price = _price(step, "price", here)
        if steps and (up_to <= steps[-1].up_to_kw or price < steps[-1].price):
            raise TermsUnreadable(f"{here}: its power is above that of the step before, its price not below")
        if up_to <= 0:
            raise TermsUnreadable(f"{here}: up_to_kw is above 0")
        steps.append(Step(up_to, price))
    if steps and (steps[-1].up_to_kw != float("inf") or len(steps) < 2):
        raise TermsUnreadable(f"{where}: two steps at least, the last without up_to_kw")
    if steps and {"price_per_kw", "price_per_kva", "ratchet", "mean_of_months"} & set(entry):
        raise TermsUnreadable(f"{where}: steps stand alone, without a price per kW, a ratchet or a mean")
    return tuple(steps)


def _minute(wall: Any, where: str) -> int:
    hours, colon, minutes = str(wall).partition(":")
    fits = colon and len(hours) == len(minutes) == 2 and (hours + minutes).isdigit() and (hours + minutes).isascii()
    minute = int(hours) * 60 + int(minutes) if fits and int(minutes) < 60 else -1
    if not 0 <= minute <= MINUTES_A_DAY:
        raise TermsUnreadable(f"{where}: {wall!r} is not a time of day such as 06:30")
    return minute


def _month_day(written: Any) -> tuple[int, int]:
    # A leap year's day is a day of a season, too.
    day = date.fromisoformat(f"2024-{written}")
    return day.month, day.day


def _interval(entry: Mapping[str, Any], where: str) -> int:
    minutes = int(entry.get("interval_min", 15))
    if minutes not in INTERVALS_MIN:
        raise TermsUnreadable(f"{where}: interval_min is one of {', '.join(map(str, INTERVALS_MIN))}")
    return minutes


def _subscription(written: Any) -> Subscription | None:
    if not written:
        return None
    entry = _mapping(written, SUBSCRIPTION)
    block_kw = float(_price(entry, "block_kw", SUBSCRIPTION))
    if block_kw <= 0:
        raise TermsUnreadable("subscription: a block has more than 0 kW")
    return Subscription(
        block_kw=block_kw,
        price_per_block=_price(entry, "price_per_block", SUBSCRIPTION),
        overage_per_kw=_price(entry, "overage_per_kw", SUBSCRIPTION, default="0"),
        blocks=int(entry["blocks"]) if entry.get("blocks") is not None else None,
        interval_min=_interval(entry, SUBSCRIPTION),
    )


def _spot(written: Any) -> SpotTerms | None:
    if not written:
        return None
    entry = _mapping(written, "spot")
    return SpotTerms(
        times=_price(entry, "times", "spot", default="1"),
        stands_in_per_kwh=_price(entry, "stands_in_per_kwh", "spot", below_zero=True),
    )
