"""Pure: who has to hear of a new plan.

A difference too small to matter is not sent, with one exception that is not symmetric: where the sum of what chargers
hold would pass a limit, everyone who holds more than planned is told, however little it is.
"""

import numpy as np
from numpy.typing import NDArray

from depot.energy.instance import Held, Instance, NeedKey
from depot.energy.limits import Floats, counted_kw, limits_of
from depot.energy.plan import Plan, PlannedNeed
from depot.energy.steady import unnoticed_kwh, will_get_kwh

SMALL_KW = 0.2
# What a vehicle may miss by holding on to an old plan: the least that a meter tells.
SMALL_KWH = 1e-3
# Of all together. A tenth of a watt is the solver's rounding: no charger can be told so little, and the ledger counts
# what it is told.
OVER_KW = 1e-4


def to_send(instance: Instance, plan: Plan) -> tuple[PlannedNeed, ...]:
    """The stays whose chargers must be told; the others go on with what they hold."""
    evses = {evse.key: evse for evse in instance.evses}
    # One that may start unasked counts with its rating, and is still started and stopped by what it is told.
    in_hand = {key for key, evse in evses.items() if evse.held_kw is None or evse.held is Held.UNASKED}
    here = [planned for planned in plan.needs if planned.need.arrives == 0 and planned.need.evse in in_hand]
    telling = {planned.need.key for planned in here if _differs(instance, planned, evses[planned.need.evse].efficiency)}
    limits = limits_of(instance)
    # Were everyone's share of it left out, it could not be over any more.
    share_kw = OVER_KW / max(1, len(here))
    # Who is told takes more in other slots, where then again somebody else may hold too much.
    for _ in here:
        over = limits.room_kw(_powers_held(instance, here, plan, telling)).min(axis=0) < -OVER_KW
        more = {one.need.key for one in here if one.need.key not in telling and _holds_too_much(one, over, share_kw)}
        if not more:
            break
        telling |= more
    return tuple(planned for planned in here if planned.need.key in telling)


def _holds_too_much(planned: PlannedNeed, over: NDArray[np.bool_], by_kw: float) -> bool:
    held = planned.need.installed_kw
    return held is not None and bool((over & (np.array(held) > np.array(planned.kw) + by_kw)).any())


def _differs(instance: Instance, planned: PlannedNeed, efficiency: float) -> bool:
    held, need = planned.need.installed_kw, planned.need
    if held is None:
        return True
    slots = range(min(need.departs, instance.slots))
    if any(abs(held[t] - planned.kw[t]) > SMALL_KW for t in slots):
        return True
    hours = [instance.hours(t) for t in slots]
    misses = need.energy_kwh - planned.unmet_kwh - will_get_kwh(need, hours, efficiency)
    return misses > max(SMALL_KWH, unnoticed_kwh(need))


def _powers_held(instance: Instance, here: list[PlannedNeed], plan: Plan, telling: set[NeedKey]) -> dict[str, Floats]:
    """Who is still to come goes on with nothing: until then only what is planned for it now counts."""
    powers = {key: np.array(kw, dtype=float) for key, kw in plan.evse_kw.items()}
    for planned in here:
        held = planned.need.installed_kw
        if held is not None and planned.need.key not in telling:
            powers[planned.need.evse] += np.array(held) - np.array(planned.kw)
    return counted_kw(instance, powers)
