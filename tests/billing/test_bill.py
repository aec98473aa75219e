from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.bill import Bill, Part, PartKind, make_bill, share_out
from billing.curve import Curve
from billing.pricing import Period, PriceList, Split
from tests.billing.yard_prices import curves, price_lists

PRICES = PriceList(
    zone=ZoneInfo("UTC"),
    price_per_kwh=Decimal("0.20199"),
    periods=(Period(price_per_kwh=Decimal("0.41522"), label="Peak"),),
)


def bill(
    wh: dict[int | None, int], *, fee: str = "0", tax: str = "0", currency: str = "EUR", prices: PriceList = PRICES
) -> Bill:
    split = Split({period: Fraction(part) for period, part in wh.items()})
    return make_bill(split, prices, price_per_session=Decimal(fee), tax_percent=Decimal(tax), currency=currency)


def test_each_period_is_a_line_with_its_price() -> None:
    made = bill({0: 10_000, None: 2000})

    assert made.parts == (
        Part(
            kind=PartKind.ENERGY,
            label="Peak",
            energy_wh=10_000,
            price_per_kwh=Decimal("0.41522"),
            amount=Decimal("4.15"),
        ),
        Part(kind=PartKind.ENERGY, energy_wh=2000, price_per_kwh=Decimal("0.20199"), amount=Decimal("0.41")),
    )
    # 4.1522 + 0.40398 = 4.55618: the second line is rounded up, so that the lines add up.
    assert made.total == Decimal("4.56")


def test_fee_and_tax_are_lines_of_their_own() -> None:
    made = bill({0: 10_000}, fee="1.50", tax="19.000")

    assert [(part.kind, part.amount, part.label) for part in made.parts] == [
        (PartKind.ENERGY, Decimal("4.15"), "Peak"),
        (PartKind.SESSION, Decimal("1.50"), ""),
        (PartKind.TAX, Decimal("1.07"), "19 %"),
    ]
    assert (made.before_tax, made.tax, made.total) == (Decimal("5.65"), Decimal("1.07"), Decimal("6.72"))


def test_a_session_that_gave_no_energy_costs_nothing() -> None:
    made = bill({}, fee="1.50")

    assert (made.parts, str(made.total)) == ((), "0.00")


@pytest.mark.parametrize(("currency", "total"), [("EUR", "4.15"), ("JPY", "4"), ("KWD", "4.152"), ("", "4.15")])
def test_amounts_have_the_decimals_of_their_currency(currency: str, total: str) -> None:
    assert str(bill({0: 10_000}, currency=currency).total) == total


def test_a_half_is_rounded_up() -> None:
    assert share_out([Fraction("0.125")], decimals=2) == [Decimal("0.13")]


def test_of_equal_losses_the_earlier_part_is_rounded_up() -> None:
    thirds = [Fraction(1, 3)] * 3

    assert share_out(thirds, decimals=1) == [Decimal("0.4"), Decimal("0.3"), Decimal("0.3")]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.fractions(0, 10**6), max_size=8), st.sampled_from([0, 2, 3]))
def test_shares_add_up_and_none_is_off_by_a_unit(exact: list[Fraction], decimals: int) -> None:
    unit = Fraction(1, 10**decimals)

    shares = share_out(exact, decimals=decimals)

    assert abs(Fraction(sum(shares)) - sum(exact)) <= unit / 2
    assert all(abs(Fraction(share) - value) < unit for share, value in zip(shares, exact, strict=True))
    assert all(share >= 0 for share in shares)


@settings(max_examples=100, deadline=None)
@given(
    price_lists,
    curves(),
    st.decimals(0, 100, places=2),
    st.decimals(0, 100, places=3),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_every_bill_adds_up_and_nothing_in_it_is_negative(
    prices: PriceList, curve: Curve, fee: Decimal, tax: Decimal, currency: str
) -> None:
    made = make_bill(prices.split(curve), prices, price_per_session=fee, tax_percent=tax, currency=currency)

    energies = [part for part in made.parts if part.kind is PartKind.ENERGY]
    assert sum(part.energy_wh or 0 for part in energies) == curve.points[-1].energy_wh - curve.points[0].energy_wh
    assert sum(part.amount for part in made.parts) == made.total == made.before_tax + made.tax
    assert all(part.amount >= 0 for part in made.parts)
    assert all((part.energy_wh or 0) > 0 for part in energies)


@settings(max_examples=100, deadline=None)
@given(price_lists, curves())
def test_each_line_can_be_computed_again_from_what_it_shows(prices: PriceList, curve: Curve) -> None:
    made = make_bill(prices.split(curve), prices, price_per_session=Decimal(0), tax_percent=Decimal(0), currency="EUR")

    for part in made.parts:
        assert part.energy_wh is not None
        assert part.price_per_kwh is not None
        assert abs(part.energy_wh * part.price_per_kwh / 1000 - part.amount) < Decimal("0.01")
