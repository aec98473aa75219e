"""Pure: a plan that chargers hold already is kept where another is hardly better.

Rounding to minimum currents finds good plans and not the one best plan: from another start it may end at another plan
of the same worth. Without this the same inputs told twice would send messages.
"""

import numpy as np

from depot.energy.bounds import Bounds
from depot.energy.instance import Instance
from depot.energy.layout import Indices
from depot.energy.matrix import Floats
from depot.energy.near import NEAR_SLOTS, ZERO_KW, Near, is_worth, open_all
from depot.energy.programme import Answer, Programme

# What is installed, as near as the solver and the reader of its answer round.
NEARLY_KW = 2 * ZERO_KW
NEARLY_KWH = 1e-3
# What is kept may cost more by this share of all that is ahead, peak and energy: some tenths of a kilowatt of the peak.
KEPT_WORTH = 2e-3
# Who would hold a plan that differs by less is not told of it.
NOTICEABLE_KW = 0.05


def keep_installed(programme: Programme, bounds: Bounds, near: Near, instance: Instance, found: Answer) -> Answer:
    """What is installed, with the newcomers planned around it; or what was found, where that fits or serves better."""
    installed = _installed(instance)
    # Where nothing is rounded the cheapest plan is one and stays it: what a change costs is in it already.
    if not near.least.any() or not _changes(near, installed, found):
        return found
    open_all(programme, near)
    for n, kw in installed.items():
        # Whose need is another one now is planned anew; nobody else has to move for that.
        if _still_serves(instance, n, kw, bounds):
            _hold(programme, bounds, near, n, kw)
    kept = programme.solve()
    if kept is None or near.broken(kept)[:, :NEAR_SLOTS].any() or not is_worth(kept, found, KEPT_WORTH):
        return found
    return kept


def is_told_to_nobody(near: Near, instance: Instance, answer: Answer) -> bool:
    held = _held(instance)
    newcomers = any(
        need.installed_kw is None and need.arrives == 0 and need.evse not in held for need in instance.needs
    )
    here = {n: kw for n, kw in _installed(instance).items() if instance.needs[n].arrives == 0}
    return not newcomers and not _changes(near, here, answer)


def _held(instance: Instance) -> set[str]:
    return {evse.key for evse in instance.evses if evse.held_kw is not None}


def _installed(instance: Instance) -> dict[int, Floats]:
    """Of each need with a plan that is ours, its power, of slot 0 the share that is still to come."""
    share = np.array([instance.hours(slot) for slot in range(instance.slots)]) / instance.slot_h
    held = _held(instance)
    return {
        n: np.array(need.installed_kw) * share
        for n, need in enumerate(instance.needs)
        if need.installed_kw is not None and need.evse not in held
    }


def _changes(near: Near, installed: dict[int, Floats], answer: Answer) -> bool:
    power = near.power(answer) - near.given_power(answer)
    return any(np.abs(power[n] - kw).max() > NOTICEABLE_KW for n, kw in installed.items())


def _still_serves(instance: Instance, n: int, kw: Floats, bounds: Bounds) -> bool:
    need = instance.needs[n]
    efficiency = next(evse.efficiency for evse in instance.evses if evse.key == need.evse)
    gets = float(np.maximum(0.0, kw[: need.departs]).sum()) * instance.slot_h * efficiency
    return need.battery is not None or abs(gets - float(bounds.asked_kwh[n])) <= NEARLY_KWH


def _hold(programme: Programme, bounds: Bounds, near: Near, n: int, kw: Floats) -> None:
    """Leaves a need no more than what is installed, unless that goes against its limits."""
    left, least = np.maximum(kw, 0.0), near.least[n]
    ranges = []
    for columns, lower, upper in zip(near.columns, near.lower, near.upper, strict=True):
        # The second of the blocks is for power above what is installed: there it finds room for rounding only.
        part = np.minimum(left, upper[n])
        left = left - part
        lowest = np.maximum(lower[n], np.where(part >= least, np.minimum(least, part), part - NEARLY_KW))
        highest = np.minimum(upper[n], np.where(kw > 0, part + NEARLY_KW, 0.0))
        if (lowest > highest).any():
            return
        ranges.append((columns[n], lowest, highest))
    given = np.maximum(-kw, 0.0)
    top = np.where(near.given[n] >= 0, bounds.upper[near.given[n]], 0.0)
    if (given > top + NEARLY_KW).any() or (left > NEARLY_KW).any():
        return
    lowest = np.clip(given - NEARLY_KW, 0.0, top)
    ranges.append((near.given[n], lowest, np.where(given > 0, np.minimum(given + NEARLY_KW, top), 0.0)))
    for columns, lowest, highest in ranges:
        _limit(programme, columns, lowest, highest)


def _limit(programme: Programme, columns: Indices, lowest: Floats, highest: Floats) -> None:
    there = columns >= 0
    if there.any():
        programme.limit(columns[there], lowest[there], highest[there])
