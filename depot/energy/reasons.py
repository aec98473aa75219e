"""Why a vehicle draws what it draws, and not more: read off the plan again, not off the solver.

Each reason is a statement about the plan that can be checked by changing the plan a little: a limit that is named would
be passed, an hour that is named would be cheaper, a peak would rise.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from depot.energy.allowances import saved_by
from depot.energy.bounds import weight_of
from depot.energy.instance import Battery, Control, Evse, Held, Instance, Need, NeedKey
from depot.energy.limits import Floats, Limit, LimitKind, Limits, counted_kw, limits_of
from depot.energy.near import NEAR_SLOTS
from depot.energy.plan import Plan, PlannedNeed
from depot.energy.stays import asked_kwh

SMALL_KW = 2e-3
# A tenth of an ampere on three lines: the step in which chargers are told.
STEP_KW = 0.069
SMALL_PRICE = 1e-9
LITTLE_KWH = 2.0**-10  # a power of two: nothing is rounded
# Of the mean price: what a plan that is installed is not changed for.
WORTH_A_MOVE = 5e-3


class Why(StrEnum):
    NOT_HERE = "not_here"
    FULL_POWER = "full_power"
    DONE = "done"  # it has what it needs
    REST = "rest"  # takes what is left to take, less than it could
    GIVES_BACK = "gives_back"
    HELD = "held"  # its charger is out of our hands
    SITE_FULL = "site_full"
    CIRCUIT_FULL = "circuit_full"
    LINE_FULL = "line_full"
    RULE = "rule"  # a window of the fleet's manager, or her cap over several EVSEs
    FEW_STARTS = "few_starts"  # its charger has started often enough for now
    BELOW_MINIMUM = "below_minimum"  # there is room, but less than a vehicle can take
    MINIMUM_STEPS = "minimum_steps"  # it would have to give up a minimum elsewhere, or take one here
    TAPER = "taper"  # the battery takes no more
    ON_PEAK = "on_peak"  # the dearest hours
    CHEAPER_LATER = "cheaper_later"
    SUN_LATER = "sun_later"
    HOLDS_PEAK = "holds_peak"  # more would raise what the month's peak costs
    NO_HURRY = "no_hurry"  # later does as well


@dataclass(frozen=True, slots=True)
class Reason:
    why: Why
    limit: Limit | None = None  # of what is full, or of the rule
    vehicle: str = ""  # of those that fill it, the one that leaves first
    slot: int | None = None  # the one that is waited for
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class _Scene:
    instance: Instance
    plan: Plan
    limits: Limits
    room_kw: Floats  # [limit, slot]
    price: Floats  # [slot], of a little more, peaks apart
    rise: Floats  # [slot], what a little more would add by raising peaks
    saving: Floats  # [slot], of a little less, with what that would lower peaks


def explain(instance: Instance, plan: Plan) -> dict[NeedKey, tuple[Reason, ...]]:
    """For each stay of the plan a reason for each slot."""
    scene = _look(instance, plan)
    asked = dict(zip((need.key for need in instance.needs), asked_kwh(instance), strict=True))
    evses = {evse.key: evse for evse in instance.evses}
    return {
        planned.need.key: tuple(_reasons(scene, planned, evses[planned.need.evse], float(asked[planned.need.key])))
        for planned in plan.needs
    }


def _look(instance: Instance, plan: Plan) -> _Scene:
    limits = limits_of(instance)
    grid, site = np.array(plan.grid_kw), instance.site
    rise, relief = np.zeros(instance.slots), np.zeros(instance.slots)
    hours = np.array([instance.hours(slot) for slot in range(instance.slots)])
    for window in instance.demand:
        interval = (instance.first_metered_slot + np.arange(instance.slots)) // window.slots_per_interval
        interval -= interval[0]
        kwh = np.bincount(interval, weights=np.maximum(0.0, grid) * hours)
        kwh[0] += window.used_kwh
        kw = kwh / (window.slots_per_interval * instance.slot_h)
        counts = np.bincount(interval, weights=np.array(window.applies, dtype=float)) > 0
        top = (kw >= max(plan.peak_kw[window.key], window.free_kw) - SMALL_KW) & counts
        per_kwh = weight_of(window) / (window.slots_per_interval * instance.slot_h)
        # Below 0 a little more only sends out less of the sun.
        rise += top[interval] * per_kwh * (grid > -SMALL_KW)
        if np.count_nonzero(top) == 1 and plan.peak_kw[window.key] > window.free_kw + SMALL_KW:
            relief += top[interval] * per_kwh * (grid > SMALL_KW)
    more, less = _bought_at(instance, grid, hours)
    sells = np.minimum(np.array(site.export_price), np.array(site.import_price))
    return _Scene(
        instance=instance,
        plan=plan,
        limits=limits,
        room_kw=limits.room_kw(counted_kw(instance, plan.evse_kw)),
        price=np.where(grid < -SMALL_KW, sells, more),
        rise=rise,
        saving=np.where(grid > SMALL_KW, less, sells) + relief,
    )


def _bought_at(instance: Instance, grid_kw: Floats, hours: Floats) -> tuple[Floats, Floats]:
    """What a little more from the grid costs in each slot, and what a little less saves: allowances may be used up."""
    beyond = np.array(instance.price_beyond)
    if not instance.allowances:
        return beyond, beyond
    bought = np.maximum(0.0, grid_kw) * hours
    saved = saved_by(instance.allowances, bought)
    more, less = beyond.copy(), beyond.copy()
    for slot in range(instance.slots):
        for prices, little in ((more, LITTLE_KWH), (less, -LITTLE_KWH)):
            other = bought.copy()
            other[slot] = max(0.0, other[slot] + little)
            prices[slot] -= (saved_by(instance.allowances, other) - saved) / little
    return more, less


def _reasons(scene: _Scene, planned: PlannedNeed, evse: Evse, asked: float) -> Iterator[Reason]:
    need, instance = planned.need, scene.instance
    hours = np.array([instance.hours(slot) for slot in range(instance.slots)])
    kw = np.array(planned.kw)
    into = np.maximum(kw, 0.0) * hours * evse.efficiency + np.minimum(kw, 0.0) * hours / evse.discharge_efficiency
    before = np.concatenate(([0.0], np.cumsum(into)))
    top = _most_kw(need, evse)
    for slot in range(instance.slots):
        if not need.arrives <= slot < need.departs:
            yield Reason(Why.NOT_HERE)
        elif evse.held_kw is not None:
            yield Reason(Why.HELD, held=evse.held)
        elif kw[slot] < -SMALL_KW:
            yield Reason(Why.GIVES_BACK)
        elif kw[slot] >= top - SMALL_KW:
            yield Reason(Why.FULL_POWER)
        elif before[slot] >= asked - SMALL_KW and not np.any(kw[slot:] > SMALL_KW):
            yield Reason(Why.DONE)
        else:
            yield _why_not_more(scene, planned, evse, slot, float(before[slot]))


def _most_kw(need: Need, evse: Evse) -> float:
    return evse.max_kw if need.max_kw is None else min(evse.max_kw, need.max_kw)


def _least_kw(need: Need, evse: Evse) -> float:
    if evse.control is Control.START_STOP:
        return _most_kw(need, evse)
    return evse.min_kw if need.min_kw is None else max(evse.min_kw, need.min_kw)


def _why_not_more(scene: _Scene, planned: PlannedNeed, evse: Evse, slot: int, before_kwh: float) -> Reason:
    need, kw = planned.need, planned.kw[slot]
    if need.battery is not None and _is_tapering(scene.instance, need.battery, evse, slot, kw, before_kwh):
        return Reason(Why.TAPER)
    if evse.control is Control.START_STOP and slot < NEAR_SLOTS and not need.may_start and not need.is_charging:
        return Reason(Why.FEW_STARTS)
    room, limit = _room(scene, evse.key, slot)
    window = need.window_kw[slot] if need.window_kw is not None else np.inf
    if window - kw <= (STEP_KW if kw > SMALL_KW else SMALL_KW):
        return Reason(Why.RULE)
    if room <= SMALL_KW:
        return _full(scene, planned, limit, slot)
    least = _least_kw(need, evse)
    if kw <= SMALL_KW and min(room, window) < least - SMALL_KW:
        return Reason(Why.RULE) if window < least else Reason(Why.BELOW_MINIMUM, limit=limit)
    return _waiting(scene, planned, slot, least)


def _is_tapering(instance: Instance, battery: Battery, evse: Evse, slot: int, kw: float, before_kwh: float) -> bool:
    if battery.taper is None:
        return False
    taper, hours = battery.taper, instance.hours(slot)
    middle = battery.level_kwh + before_kwh + kw * hours * evse.efficiency / 2
    takes = taper.knee_kw * (taper.full_kwh - middle) / (taper.full_kwh - taper.knee_kwh)
    return kw >= takes - SMALL_KW


def _room(scene: _Scene, evse: str, slot: int) -> tuple[float, Limit]:
    """The least room above an EVSE, and which limit leaves it."""
    at = scene.limits.evses.index(evse)
    part = scene.limits.parts[:, at]
    above = np.flatnonzero(part > 0)
    # What is kept free for it is its own.
    own = max(0.0, scene.limits.fallbacks_kw[at, slot] - max(0.0, scene.plan.evse_kw[evse][slot]))
    kept_free = np.array([scene.limits.limits[row].keeps_fallbacks_free for row in above])
    rooms = scene.room_kw[above, slot] / part[above] + np.where(kept_free, own, 0.0)
    tightest = int(np.argmin(rooms))
    return float(rooms[tightest]), scene.limits.limits[above[tightest]]


FULL = {
    LimitKind.SITE: Why.SITE_FULL,
    LimitKind.CIRCUIT: Why.CIRCUIT_FULL,
    LimitKind.LINE: Why.LINE_FULL,
    LimitKind.CAP: Why.RULE,
}


def _full(scene: _Scene, planned: PlannedNeed, limit: Limit, slot: int) -> Reason:
    row = scene.limits.parts[scene.limits.limits.index(limit)]
    under = {key for key, part in zip(scene.limits.evses, row, strict=True) if part > 0}
    others = [
        other.need
        for other in scene.plan.needs
        if other is not planned and other.need.evse in under and other.kw[slot] > SMALL_KW
    ]
    first = min(others, key=lambda need: (need.departs, need.key), default=None)
    return Reason(FULL[limit.kind], limit=limit, vehicle=first.vehicle if first is not None else "")


def _waiting(scene: _Scene, planned: PlannedNeed, slot: int, least: float) -> Reason:
    """There is room: so it takes the same energy later, where that costs less, or no more."""
    later = [t for t in range(slot + 1, scene.instance.slots) if planned.kw[t] > SMALL_KW]
    if not later:
        return Reason(Why.REST)
    now, prices = scene.price[slot], scene.instance.site.import_price
    cheaper = [t for t in later if scene.saving[t] < now - SMALL_PRICE]
    if cheaper:
        wait = cheaper[0]
        if scene.plan.grid_kw[wait] <= SMALL_KW and prices[wait] >= now - SMALL_PRICE:
            return Reason(Why.SUN_LATER, slot=wait)
        is_dearest = prices[slot] >= max(prices) - SMALL_PRICE and prices[slot] >= now
        return Reason(Why.ON_PEAK if is_dearest else Why.CHEAPER_LATER, slot=wait)
    dearer = now + scene.rise[slot]
    if any(scene.saving[t] < dearer - SMALL_PRICE for t in later):
        return Reason(Why.HOLDS_PEAK)
    worth_a_move = WORTH_A_MOVE * float(np.mean(np.abs(prices)))
    if any(scene.saving[t] > dearer + worth_a_move for t in later):
        return Reason(Why.MINIMUM_STEPS)
    has_none_to_spare = all(planned.kw[t] <= least + SMALL_KW for t in later)
    if planned.kw[slot] > SMALL_KW and has_none_to_spare:
        return Reason(Why.MINIMUM_STEPS)
    return Reason(Why.NO_HURRY, slot=later[0])
