"""Pure: what simple depots do, to compare with. Each is asked for the powers of one slot, and knows no prices."""

from collections.abc import Callable, Sequence
from enum import StrEnum

import numpy as np

from depot.energy.instance import Instance, Need, NeedKey
from depot.energy.limits import Floats, limits_of

EVEN = 1e-9


class Policy(StrEnum):
    PLANNER = "planner"
    UNMANAGED = "unmanaged"  # everyone at full power at once, whatever the limits say
    EQUAL = "equal"  # everyone the same, within the limits
    EDF = "edf"  # who leaves first is served first
    LLF = "llf"  # who has the least time to spare is served first


def powers_now(policy: Policy, instance: Instance) -> dict[NeedKey, float]:
    """The power of each stay in slot 0."""
    here = [need for need in sorted(instance.needs, key=lambda need: need.key) if need.arrives == 0]
    wanted = {need.key: _wanted_kw(instance, need) for need in here}
    if policy is Policy.UNMANAGED:
        return wanted
    if policy is Policy.EQUAL:
        return _fill(instance, here, wanted)
    return _in_turn(instance, sorted(here, key=_ORDERS[policy](instance, wanted)), wanted)


def _wanted_kw(instance: Instance, need: Need) -> float:
    evse = next(evse for evse in instance.evses if evse.key == need.evse)
    top = evse.max_kw if need.max_kw is None else min(evse.max_kw, need.max_kw)
    return min(top, need.energy_kwh / evse.efficiency / instance.hours(0)) if need.departs > 0 else 0.0


def _by_departure(instance: Instance, wanted: dict[NeedKey, float]) -> Callable[[Need], tuple[float, NeedKey]]:
    return lambda need: (need.departs, need.key)


def _by_laxity(instance: Instance, wanted: dict[NeedKey, float]) -> Callable[[Need], tuple[float, NeedKey]]:
    tops = {evse.key: evse.max_kw for evse in instance.evses}

    def laxity(need: Need) -> tuple[float, NeedKey]:
        top = tops[need.evse] if need.max_kw is None else min(tops[need.evse], need.max_kw)
        return (need.departs * instance.slot_h - need.energy_kwh / max(top, EVEN), need.key)

    return laxity


_ORDERS = {Policy.EDF: _by_departure, Policy.LLF: _by_laxity}


def _in_turn(instance: Instance, order: Sequence[Need], wanted: dict[NeedKey, float]) -> dict[NeedKey, float]:
    limits = limits_of(instance, with_rules=False)
    room = limits.caps_kw[:, 0].copy()
    powers = {}
    for need in order:
        parts = limits.parts[:, limits.evses.index(need.evse)]
        counts = parts > 0
        power = min(wanted[need.key], float(np.min(room[counts] / parts[counts], initial=np.inf)))
        powers[need.key] = power
        room -= parts * power
    return powers


def _fill(instance: Instance, here: Sequence[Need], wanted: dict[NeedKey, float]) -> dict[NeedKey, float]:
    """All rise together; who has what he wants, or whose circuit is full, stops."""
    limits = limits_of(instance, with_rules=False)
    parts = limits.parts[:, [limits.evses.index(need.evse) for need in here]]
    most = np.array([wanted[need.key] for need in here])
    powers, rising = np.zeros(len(here)), most > EVEN
    room = limits.caps_kw[:, 0].copy()
    while rising.any():
        load = parts @ rising.astype(float)
        step = min(_smallest(room, load), float(np.min((most - powers)[rising])))
        powers[rising] += step
        room = room - load * step
        full = (room <= EVEN) & (load > 0)
        rising &= (most - powers > EVEN) & ~(parts[full] > 0).any(axis=0)
    return {need.key: float(power) for need, power in zip(here, powers, strict=True)}


def _smallest(room: Floats, load: Floats) -> float:
    counts = load > 0
    return max(0.0, float(np.min(room[counts] / load[counts], initial=np.inf)))
