"""Pure: what a plan costs beside what the same vehicles would cost if each charged at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from depot.energy.allowances import saved_by
from depot.energy.billing_month import Metered, Peak, day_peaks_of
from depot.energy.demand_windows import day_key
from depot.energy.instance import Allowance
from depot.energy.slots import SLOT_S, start_of
from depot.energy.tariff import DemandCharge, Tariff

SLOT_H = SLOT_S / 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """One vehicle from now on; slots are counted from now."""

    kw: tuple[float, ...]  # as planned
    arrives: int
    departs: int
    needs_grid_kwh: float
    most_kw: float


@dataclass(frozen=True, slots=True)
class Cost:
    energy: Decimal
    peaks: Decimal  # what the month's peaks would cost more

    @property
    def total(self) -> Decimal:
        return self.energy + self.peaks


def at_once(draw: Draws, slots: int) -> list[float]:
    """As much as it can take from its arrival on, until it has what it needs."""
    left, series = draw.needs_grid_kwh, [0.0] * slots
    for slot in range(max(0, draw.arrives), min(draw.departs, slots)):
        series[slot] = max(0.0, min(draw.most_kw, left / SLOT_H))
        left -= series[slot] * SLOT_H
    return series


def cost_of_charging(
    charging_kw: Sequence[float],
    others_kw: Sequence[float],
    prices: Sequence[float],
    *,
    first_slot: int,
    tariff: Tariff,
    incurred: Mapping[str, Mapping[str, float]],
    allowances: Sequence[Allowance] = (),
) -> Cost:
    """`others_kw`: what the site takes besides. `incurred`: by window of a demand charge the
    `incurred_kw` that are paid for, and its `price_per_kw`."""
    energy = _energy(charging_kw, others_kw, prices, allowances)
    metered = [
        Metered(start_of(first_slot + slot), (charging + other) * SLOT_H)
        for slot, (charging, other) in enumerate(zip(charging_kw, others_kw, strict=True))
    ]
    days = day_peaks_of(tariff, metered)
    more = sum((_more(tariff, charge, days.get(charge.name, {}), incurred) for charge in tariff.peaks), Decimal(0))
    return Cost(Decimal(str(round(energy, 2))), round(more, 2))


def _more(
    tariff: Tariff, charge: DemandCharge, days: Mapping[date, Peak], incurred: Mapping[str, Mapping[str, float]]
) -> Decimal:
    """What the peaks of these days add to the month: in blocks and steps where they are sold so."""
    if charge.mean_of_days:
        # Each day is a window of its own.
        told = [(peak.kw, incurred.get(day_key(charge.name, day))) for day, peak in days.items()]
        return Decimal(str(sum(each["price_per_kw"] * max(0.0, kw - each["incurred_kw"]) for kw, each in told if each)))
    if not days or charge.name not in incurred:
        return Decimal(0)
    peak_kw, incurred_kw = max(peak.kw for peak in days.values()), incurred[charge.name]["incurred_kw"]
    if peak_kw <= incurred_kw:
        return Decimal(0)
    return tariff.demand_amount(charge, peak_kw) - tariff.demand_amount(charge, incurred_kw)


def _energy(
    charging_kw: Sequence[float], others_kw: Sequence[float], prices: Sequence[float], allowances: Sequence[Allowance]
) -> float:
    """Of what is cheaper up to so much, charging has what the others leave."""
    whole = sum(kw * price * SLOT_H for kw, price in zip(charging_kw, prices, strict=True))
    if not allowances:
        return whole
    charging, others = np.array(charging_kw) * SLOT_H, np.maximum(0.0, others_kw) * SLOT_H
    most = np.max([one.saves_per_kwh for one in allowances], axis=0)
    saved = saved_by(allowances, others + charging) - saved_by(allowances, others)
    return whole + float(most @ charging) - saved
