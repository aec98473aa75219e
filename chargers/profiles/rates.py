"""Amperes, watts and phases: how the rates of several profiles are brought to one measure. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from chargers.commands import RateUnit

# One value for all phases (of W their sum, of A what each may have), or one for each phase.
PerPhase = tuple[float, ...]
Pick = Callable[[Iterable[float]], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What an ampere is worth at a charger; without phases it is a DC one."""

    voltage_v: float = 230.0  # as set for the area, not as measured (2.x K01.FR.50)
    phases: int | None = 3


def tell_phases(first: float | None, l2: float | None, l3: float | None) -> PerPhase | None:
    """Values of single phases need the first one's (2.1 K01.FR.145); one left out is bound no lower than the others."""
    if first is None:
        return None
    if l3 is not None:
        return (first, max(first, l3) if l2 is None else l2, l3)
    return (first,) if l2 is None else (first, l2)


def convert(values: PerPhase, unit: RateUnit, to: RateUnit, phases: int | None, supply: Supply) -> PerPhase:
    """W = V x A x phases; a value of one phase is that phase's alone."""
    if unit is to:
        return values
    factor = supply.voltage_v * (phases or 1) if len(values) == 1 else supply.voltage_v
    return tuple(value * factor if to is RateUnit.WATT else value / factor for value in values)


def spread(values: PerPhase, unit: RateUnit, over: int) -> PerPhase:
    """One value as each phase's own; two as three, where the third is bound no lower than the others."""
    if len(values) == 1:
        return (values[0] / over if unit is RateUnit.WATT else values[0],) * over
    return (*values, *(max(values),) * (over - len(values)))[:over]


def merge(all_values: Sequence[PerPhase], unit: RateUnit, phases: int | None, pick: Pick) -> PerPhase:
    """What is picked phase by phase: the minimum of limits, the maximum of what is negative.

    On fewer phases than are told apart nobody knows which ones they are: one value, the strictest, bounds each.
    """
    most = max(len(values) for values in all_values)
    if most == 1:
        return (pick(values[0] for values in all_values),)
    if phases is not None and phases < most:
        share = phases if unit is RateUnit.WATT else 1
        return (pick(values[0] if len(values) == 1 else pick(values) * share for values in all_values),)
    alike = [spread(values, unit, most) for values in all_values]
    return tuple(pick(values[phase] for values in alike) for phase in range(most))


def add(all_values: Sequence[PerPhase], unit: RateUnit) -> PerPhase:
    most = max(len(values) for values in all_values)
    if most == 1:
        return (sum(values[0] for values in all_values),)
    alike = [spread(values, unit, most) for values in all_values]
    return tuple(sum(values[phase] for values in alike) for phase in range(most))


def least_flow(setpoints: Iterable[float]) -> float:
    """The lowest of setpoints that charge, the highest of those that discharge (2.1 SC.04)."""
    told = tuple(setpoints)
    return max(told) if all(setpoint <= 0 for setpoint in told) else min(told)


def cap(setpoint: PerPhase, limit: PerPhase | None, discharge_limit: PerPhase | None, unit: RateUnit) -> PerPhase:
    """A setpoint inside its limits, each way (2.1 K08.FR.08, V2X.03, V2X.04)."""
    most = max(len(values) for values in (setpoint, limit, discharge_limit) if values is not None)

    def alike(values: PerPhase) -> PerPhase:
        return values if len(values) == most else spread(values, unit, most)

    capped = alike(setpoint)
    if limit is not None:
        capped = tuple(min(value, most_in) for value, most_in in zip(capped, alike(limit), strict=True))
    if discharge_limit is not None:
        capped = tuple(max(value, most_out) for value, most_out in zip(capped, alike(discharge_limit), strict=True))
    return capped
