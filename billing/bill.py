"""Pure: from energy by period to a bill whose lines add up exactly; all rounding of energy and money happens here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from billing.pricing import PriceList, Split

# ISO 4217: what is not here has hundredths.
DECIMALS = dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)


class PartKind(StrEnum):
    ENERGY = "energy"
    SESSION = "session"
    TAX = "tax"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One line of a bill; energy and its price only where the line is about energy."""

    kind: PartKind
    amount: Decimal
    label: str = ""
    energy_wh: int | None = None
    price_per_kwh: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a session costs: the parts sum to the total, those of energy to the session's energy."""

    parts: tuple[Part, ...]
    currency: str
    before_tax: Decimal
    tax: Decimal
    tax_percent: Decimal
    total: Decimal


def decimals_of(currency: str) -> int:
    return DECIMALS.get(currency, 2)


def share_out(exact: Sequence[Fraction], *, decimals: int) -> list[Decimal]:
    """Each of `exact` rounded up or down so that they add up to their sum, rounded half up.

    The parts that lose most by rounding down are rounded up, the earlier of equals first. None may be negative.
    """
    scaled = [value * 10**decimals for value in exact]
    units = [value.numerator // value.denominator for value in scaled]
    doubled = 2 * sum(scaled, Fraction(0)) + 1
    missing = doubled.numerator // (2 * doubled.denominator) - sum(units)
    by_loss = sorted(range(len(units)), key=lambda number: units[number] - scaled[number])
    for number in by_loss[:missing]:
        units[number] += 1
    return [Decimal(unit).scaleb(-decimals) for unit in units]


def make_bill(
    split: Split, prices: PriceList, *, price_per_session: Decimal, tax_percent: Decimal, currency: str
) -> Bill:
    """The bill of a session. Each amount can be computed again from the kWh and the price beside it, to one unit.

    A session that gave no energy costs nothing, also no fee: it is mostly one that did not work.
    """
    decimals = decimals_of(currency)
    shares = share_out(list(split.wh.values()), decimals=0)
    energies = [(period, int(wh)) for period, wh in zip(split.wh, shares, strict=True) if wh]
    exact = [Fraction(prices.price_of(period)) * wh / 1000 for period, wh in energies]
    fee = [Fraction(price_per_session)] if energies and price_per_session else []
    amounts = share_out([*exact, *fee], decimals=decimals)
    before_tax = sum(amounts, Decimal(0).scaleb(-decimals))
    [tax] = share_out([Fraction(before_tax) * Fraction(tax_percent) / 100], decimals=decimals)
    parts = [
        Part(
            kind=PartKind.ENERGY,
            amount=amount,
            label=prices.label_of(period),
            energy_wh=wh,
            price_per_kwh=prices.price_of(period),
        )
        for (period, wh), amount in zip(energies, amounts, strict=False)
    ]
    parts += [Part(kind=PartKind.SESSION, amount=amount) for amount in amounts[len(exact) :]]
    parts += [Part(kind=PartKind.TAX, amount=tax, label=f"{tax_percent.normalize():f} %")] if tax_percent else []
    return Bill(
        parts=tuple(parts),
        currency=currency,
        before_tax=before_tax,
        tax=tax,
        tax_percent=tax_percent,
        total=before_tax + tax,
    )
