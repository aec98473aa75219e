"""What one charge may come to, and whether it has come to it (2.1 E16). Pure."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from chargers.events import ChargeLimit

N = TypeVar("N", int, Decimal)


class Reached(StrEnum):
    """The limit that a charge has come to."""

    NONE = ""
    COST = "cost"
    ENERGY = "energy"
    TIME = "time"
    SOC = "soc"


# How a charger says it: as what happened (trigger reason), or as why the transaction ended.
WORDS = {
    "costlimitreached": Reached.COST,
    "energylimitreached": Reached.ENERGY,
    "timelimitreached": Reached.TIME,
    "soclimitreached": Reached.SOC,
    "localoutofcredit": Reached.COST,
}
# A charger that keeps a limit itself is given this much beyond it, before we ask it to stop all the same.
SPARE_WH = 500
SPARE_S = 120
SPARE_SOC_PERCENT = 2
SPARE_COST = Decimal("1.02")


@dataclass(frozen=True, slots=True, kw_only=True)
class SoFar:
    """What a charge has come to; what is not known reaches no limit."""

    cost: Decimal | None = None
    energy_wh: int | None = None
    duration_s: float | None = None
    soc_percent: float | None = None


def told_reached(*words: str) -> Reached:
    """By the charger's own word."""
    return next((WORDS[word.casefold()] for word in words if word.casefold() in WORDS), Reached.NONE)


def reached(limit: ChargeLimit, so_far: SoFar) -> Reached:
    """The first of its limits that it has come to."""
    pairs = (
        (Reached.COST, limit.cost, so_far.cost),
        (Reached.ENERGY, limit.energy_wh, so_far.energy_wh),
        (Reached.TIME, limit.duration_s, so_far.duration_s),
        (Reached.SOC, limit.soc_percent, so_far.soc_percent),
    )
    come_to = (kind for kind, most, now in pairs if most is not None and now is not None and now >= most)
    return next(come_to, Reached.NONE)


def with_spare(limit: ChargeLimit) -> ChargeLimit:
    """The limit of which its keeper has plainly not taken care."""
    return ChargeLimit(
        cost=None if limit.cost is None else limit.cost * SPARE_COST,
        energy_wh=None if limit.energy_wh is None else limit.energy_wh + SPARE_WH,
        duration_s=None if limit.duration_s is None else limit.duration_s + SPARE_S,
        soc_percent=None if limit.soc_percent is None else limit.soc_percent + SPARE_SOC_PERCENT,
    )


def tighter(one: ChargeLimit, other: ChargeLimit) -> ChargeLimit:
    """Of each kind the lower: a driver may limit himself further, never further out (E16.FR.04)."""
    return ChargeLimit(
        cost=_lower(one.cost, other.cost),
        energy_wh=_lower(one.energy_wh, other.energy_wh),
        duration_s=_lower(one.duration_s, other.duration_s),
        soc_percent=_lower(one.soc_percent, other.soc_percent),
    )


def keeps(told: ChargeLimit, ours: ChargeLimit) -> bool:
    """Has the charger taken over every kind of limit that we set? (E16.FR.03: it tells those that it supports.)"""
    pairs = (
        (told.cost, ours.cost),
        (told.energy_wh, ours.energy_wh),
        (told.duration_s, ours.duration_s),
        (told.soc_percent, ours.soc_percent),
    )
    return all(mine is None or (its is not None and its <= mine) for its, mine in pairs)


def _lower(one: N | None, other: N | None) -> N | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
