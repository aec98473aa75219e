"""Pure: energy that is cheaper up to so many kilowatt-hours: what is left of it, and what it saves.

Only what gets dearer with its amount is an allowance: a first part for nothing, or a tier below a dearer one. Where a
tier is followed by a cheaper one, its own price is planned with until it is used up: nothing is gained by waiting for
what comes only after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from depot.energy.billing_month import EPOCH, Used, allowance_key
from depot.energy.instance import Allowance, Series
from depot.energy.matrix import Floats
from depot.energy.tariff import Spot, Tariff

SLOT = timedelta(minutes=15)
SMALL_KWH = 1e-9


def saved_by(allowances: Sequence[Allowance], bought_kwh: Floats) -> float:
    """What allowances take off a bill that is reckoned without them; the earlier hour has what there is first."""
    left = {one.key: one.left_kwh for one in allowances}
    saved = 0.0
    for slot, kwh in enumerate(bought_kwh.tolist()):
        # The first entry that fits comes first, and each that is kept here is followed by a dearer one.
        for one in sorted(allowances, key=lambda one: -one.saves_per_kwh[slot]):
            taken = min(kwh, left[one.key]) if one.saves_per_kwh[slot] > 0 else 0.0
            saved += taken * one.saves_per_kwh[slot]
            left[one.key] -= taken
            kwh -= taken
    return saved


@dataclass(frozen=True, slots=True)
class Priced:
    """The price of the first kilowatt-hour in each slot, and what allowances make of those after it."""

    import_price: Series
    allowances: tuple[Allowance, ...]


def priced(
    held: Sequence[Tariff],
    first_slot: int,
    *,
    spot: Spot | None = None,
    used: Used | None = None,
    billing_day: int = 1,
) -> Priced:
    """`held`: the tariff of each slot. `used`: what this day and billing month have taken of entries with an amount."""
    left: dict[str, float] = {}
    saves: dict[str, dict[int, float]] = {}
    prices: list[float] = []
    for slot, tariff in enumerate(held):
        moment = EPOCH + (first_slot + slot) * SLOT
        market = tariff.market_price_at(moment, spot)
        chain: list[tuple[Decimal, str]] = []
        for entry in tariff.energy_at(moment):
            key = allowance_key(tariff, entry, moment, billing_day)
            if chain and entry.price_per_kwh <= chain[-1][0]:
                break  # from here on it gets no dearer
            if entry.first_kwh is None:
                chain.append((entry.price_per_kwh, ""))
                break
            left.setdefault(key, float(entry.first_kwh - (used or {}).get(key, Decimal(0))))
            if left[key] > SMALL_KWH:
                chain.append((entry.price_per_kwh, key))
        else:
            if not chain or chain[-1][0] < 0:
                chain.append((Decimal(0), ""))  # the market's price stands alone
        prices.append(float(chain[0][0] + market))
        for price, key in chain[:-1]:
            saves.setdefault(key, {})[slot] = float(chain[-1][0] - price)
    return Priced(
        import_price=tuple(prices),
        allowances=tuple(
            Allowance(
                key=key, left_kwh=left[key], saves_per_kwh=tuple(by_slot.get(slot, 0.0) for slot in range(len(held)))
            )
            for key, by_slot in sorted(saves.items())
        ),
    )
