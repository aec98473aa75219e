"""Pure: a plan that chargers hold already is kept where another is hardly better.

Rounding to minimum currents finds good plans and not the one best plan: from another start it may end at another plan
of the same worth. Without this the same inputs told twice would send messages; and who comes new would move everybody
by a little, where the room that is left does as well.
"""

from dataclasses import replace

import numpy as np

from depot.energy.bounds import Bounds
from depot.energy.instance import Instance
from depot.energy.matrix import Floats
from depot.energy.near import ZERO_KW, Near, open_all
from depot.energy.programme import Answer, Programme
from depot.energy.rounding import is_worth, round_hour, round_night

# What is installed, as near as the solver and the reader of its answer round.
NEARLY_KW = 2 * ZERO_KW
NEARLY_KWH = 1e-3
# What is kept may cost more by this share of all that is ahead, peak and energy: some tenths of a kilowatt of the peak.
KEPT_WORTH = 2e-3
# Who would hold a plan that differs by less is not told of it.
NOTICEABLE_KW = 0.05


def keep_installed(
    programme: Programme, bounds: Bounds, near: Near, instance: Instance, found: Answer, *, worth: float = 0.0
) -> Answer:
    """What is installed, with the newcomers planned around it; or what was found, where that fits or serves better.

    `worth`: the share that it may cost more besides, where what was found is nothing that could be carried out.
    """
    installed = _installed(instance)
    # Where nothing is rounded the cheapest plan is one and stays it: what a change costs is in it already.
    if not near.least.any() or not _changes(near, installed, found):
        return found
    # Whose need is another one now is planned anew; nobody else has to move for that.
    held = {n: kw for n, kw in installed.items() if _still_serves(instance, n, kw, bounds)}
    around = _holding(near, held)
    open_all(programme, around)
    kept = programme.solve()
    worth += KEPT_WORTH
    if kept is None or not _is_as_good(programme, near, kept, found, worth):
        return found
    # The newcomers' minimum currents; a plan that needs a search for them is not one to keep.
    kept = round_night(programme, around, kept) or round_hour(programme, around, kept)
    return kept if _is_as_good(programme, near, kept, found, worth) else found


def _is_as_good(programme: Programme, near: Near, kept: Answer, found: Answer, worth: float) -> bool:
    """It costs hardly more and nobody has less for it, for that no price can be weighed against."""
    if near.lost_kwh(kept) > near.lost_kwh(found) + NEARLY_KWH:
        return False
    return programme.missed_kwh(kept) <= programme.missed_kwh(found) + NEARLY_KWH and is_worth(kept, found, worth)


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


def _holding(near: Near, held: dict[int, Floats]) -> Near:
    """Leaves these no more than what is installed, unless that goes against their limits."""
    lower, upper = [block.copy() for block in near.lower], [block.copy() for block in near.upper]
    given_lower, given_upper = near.given_lower.copy(), near.given_upper.copy()
    for n, kw in held.items():
        left, least = np.maximum(kw, 0.0), near.least[n]
        lows, tops = [], []
        for low, top in zip(near.lower, near.upper, strict=True):
            # The second of the blocks is for power above what is installed: there it finds room for rounding only.
            part = np.minimum(left, top[n])
            left = left - part
            lows.append(np.maximum(low[n], np.where(part >= least, np.minimum(least, part), part - NEARLY_KW)))
            tops.append(np.minimum(top[n], np.where(kw > 0, part + NEARLY_KW, 0.0)))
        given, most = np.maximum(-kw, 0.0), near.given_upper[n]
        fits = all((low <= top).all() for low, top in zip(lows, tops, strict=True))
        if not fits or (given > most + NEARLY_KW).any() or (left > NEARLY_KW).any():
            continue
        for block, low in zip(lower, lows, strict=True):
            block[n] = low
        for block, top in zip(upper, tops, strict=True):
            block[n] = top
        given_lower[n] = np.clip(given - NEARLY_KW, 0.0, most)
        given_upper[n] = np.where(given > 0, np.minimum(given + NEARLY_KW, most), 0.0)
    return replace(near, lower=lower, upper=upper, given_lower=given_lower, given_upper=given_upper)
