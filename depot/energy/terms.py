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
`first_kwh` and `each` ("day" or "month") holds for so much of its energy only; the rest goes to the next that holds.
With `spot` the energy entries are what the network adds to the market's price.
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
    Subscription,
    Tariff,
    When,
)

INTERVALS_MIN = (15, 30, 60)  # of demand; whole slots of the plan


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
        price = _price(entry, "price_per_kva", where) / factor if by_kva else _price(entry, "price_per_kw", where)
        ratchet = _mapping(entry.get("ratchet"), where)
        return DemandCharge(
            name=str(entry.get("name") or where),
            when=self._when(entry, where),
            price_per_kw=price,
            interval_min=_interval(entry, where),
            minimum_kw=float(_price(entry, "minimum_kw", where, default="0")),
            ratchet_months=int(ratchet.get("months", 0)),
            ratchet_share=float(ratchet.get("share", 1.0 if ratchet else 0.0)),
            mean_of_months=int(entry.get("mean_of_months", 0)),
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
