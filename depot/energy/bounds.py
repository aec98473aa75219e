"""Pure: the bounds and costs that one instance gives the programme of its shape.

Slot 0 is partly over. Its variables stand for the power spread over the whole slot: all its limits are scaled by the
share that is still to come, and no coefficient changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from depot.energy.instance import Control, DemandWindow, Instance, NeedKey, Series, Taper
from depot.energy.layout import Indices, Layout, with_fallback
from depot.energy.limits import limits_of
from depot.energy.matrix import Floats
from depot.energy.stays import Expected, asked_kwh, attainable_kwh, excess_kwh, expected_of, own_limits

FREE = np.inf
# In units of the mean price of a kilowatt-hour, per kW and slot: power moves to another quarter of an hour where it is
# cheaper by 6 % of that. For any less all would be told anew whenever a vehicle comes, where each hour has its price.
STABILITY = 1.5e-2
# Per kW and day. Less than twice the stability, or everyone would move up whenever anyone leaves room.
EARLINESS = 5e-4
# Who has the least time to spare comes first where the bill leaves it open; and of those who have the same some are a
# little more eager. So the optimum is one point, and it matters neither who comes first in a list nor where the solver
# starts.
TIGHTNESS = 1.5
EAGERNESS = 0.3
# How much dearer than the dearest energy, peak charge included, it is to lift a rule, and to leave energy out.
LIFT_FACTOR = 2.0
UNMET_FACTOR = 8.0


@dataclass(slots=True)
class Bounds:
    """Per column and per row of the layout, and what to read the solution with."""

    lower: Floats
    upper: Floats
    cost: Floats
    row_lower: Floats
    row_upper: Floats
    most_kw: Floats  # [need, slot], what the stay's own limits allow
    ruled_kw: Floats  # [need, slot], of that, what needs no rule lifted
    least_kw: Floats  # [need], below which a vehicle takes nothing
    fixed_kw: Floats  # [need, slot], drawn whatever we plan
    asked_kwh: Floats  # [need]
    excess_kwh: Floats  # [need], what may come on top, as the smallest portion is that of a slot at the least power
    attainable_kwh: Floats  # [need], what the stay's own limits let in at most
    money: float  # the mean price: costs are in units of it
    penalty: float  # per kWh left out, in the same units


def bounds_of(instance: Instance, at: Layout, lane_of: dict[NeedKey, int]) -> Bounds:
    evses = {evse.key: evse for evse in instance.evses}
    slots, needs = instance.slots, instance.needs
    most, ruled, least = own_limits(instance, evses)
    expected = expected_of(instance, evses, most)
    held = np.array([evses[need.evse].held_kw is not None for need in needs], dtype=bool)
    most[held], ruled[held] = expected.kw[held], expected.kw[held]
    site = instance.site
    prices = np.array(site.import_price)
    money = float(np.mean(np.abs(prices))) or 1.0
    dearest = _dearest_kwh(instance) / money
    made = Bounds(
        lower=np.zeros(at.columns),
        upper=np.zeros(at.columns),
        cost=np.zeros(at.columns),
        row_lower=np.full(at.rows, -FREE),
        row_upper=np.full(at.rows, FREE),
        most_kw=most,
        ruled_kw=ruled,
        least_kw=least,
        fixed_kw=expected.kw,
        asked_kwh=asked_kwh(instance),
        excess_kwh=excess_kwh(instance, evses, least),
        attainable_kwh=attainable_kwh(instance, evses, most),
        money=money,
        penalty=UNMET_FACTOR * dearest,
    )
    share = np.ones(slots)
    share[0] = instance.first_slot_share
    pos = at.positions(instance.first_metered_slot)
    _lane_bounds(made, instance, at, lane_of, pos, share, LIFT_FACTOR * dearest)
    _circuit_bounds(made, instance, at, pos, share, expected)
    _site_bounds(made, instance, at, pos, share, expected)
    _level_bounds(made, instance, at, lane_of, pos, share)
    _cap_bounds(made, instance, at, pos, share, LIFT_FACTOR * dearest)
    return made


def weight_of(window: DemandWindow) -> float:
    return window.price_per_kw / max(window.days_left, 1.0)


def _dearest_kwh(instance: Instance) -> float:
    """More than one kilowatt-hour can cost: all demand charges risen for it, and the widest spread of prices."""
    site = instance.site
    prices = [*site.import_price, *instance.price_beyond, *site.export_price]
    peaks = sum(weight_of(window) / instance.slot_h for window in instance.demand)
    wear = max((need.battery.wear_per_kwh for need in instance.needs if need.battery), default=0.0)
    return peaks + (max(prices) - min(*prices, 0.0)) + 2 * wear + max(1e-3, float(np.mean(np.abs(prices))))


def _lane_bounds(
    made: Bounds,
    instance: Instance,
    at: Layout,
    lane_of: dict[NeedKey, int],
    pos: Indices,
    share: Floats,
    lift_cost: float,
) -> None:
    needs = instance.needs
    if not needs:
        made.row_lower[at.energy] = made.row_upper[at.energy] = 0.0
        return
    lanes = np.array([lane_of[need.key] for need in needs])
    installed = np.zeros((len(needs), instance.slots))
    has_plan = np.zeros(len(needs), dtype=bool)
    for n, need in enumerate(needs):
        if need.installed_kw is not None:
            installed[n], has_plan[n] = need.installed_kw, True
    kept = np.clip(installed, 0.0, made.ruled_kw)
    eagerness = 1 + TIGHTNESS * _tightness(made, instance)
    eagerness += [EAGERNESS * crc32("|".join(need.key[:2]).encode()) / 2**32 for need in needs]
    small = EARLINESS * instance.slot_h / 24 * np.outer(eagerness, np.arange(instance.slots))
    # A contactor that clicks is worse than a limit that changes.
    clicks = {evse.key for evse in instance.evses if evse.control is Control.START_STOP}
    factor = np.array([2.0 if need.evse in clicks else 1.0 for need in needs])
    stability = (np.where(has_plan, STABILITY, 0.0) * factor)[:, None]

    kept_columns, raised_columns = at.kept[lanes][:, pos], at.raised[lanes][:, pos]
    made.upper[kept_columns] = kept * share
    made.cost[kept_columns] = small - stability
    made.upper[raised_columns] = (made.ruled_kw - kept) * share
    made.cost[raised_columns] = small + stability
    # What is drawn whatever we plan.
    fixed = made.fixed_kw > 0
    made.lower[kept_columns[fixed]] = made.upper[kept_columns[fixed]] = (made.fixed_kw * share)[fixed]
    made.upper[raised_columns[fixed]] = 0.0

    for n, i in enumerate(lanes.tolist()):
        if i in at.lifting:
            columns = at.lifted[at.lifting.index(i)][pos]
            made.upper[columns] = (made.most_kw[n] - made.ruled_kw[n]) * share
            made.cost[columns] = small[n] + lift_cost * instance.slot_h
    made.upper[at.unmet[lanes]] = made.asked_kwh
    made.cost[at.unmet[lanes]] = made.penalty * np.array([2.0 if need.priority == 0 else 1.0 for need in needs])
    made.row_lower[at.energy] = made.row_upper[at.energy] = 0.0
    made.row_lower[at.energy[lanes]] = made.asked_kwh
    made.row_upper[at.energy[lanes]] = made.asked_kwh + made.excess_kwh


def _tightness(made: Bounds, instance: Instance) -> Floats:
    """By need: which share of its stay it needs with what it can have whatever the others do; 1 for twice of it."""
    evses = {evse.key: evse for evse in instance.evses}
    sure_kw = made.most_kw.copy()
    for n, need in enumerate(instance.needs):
        fallback_kw = evses[need.evse].fallback_kw
        if fallback_kw is not None:
            sure_kw[n] = np.minimum(sure_kw[n], fallback_kw)
    sure_kwh = np.maximum(attainable_kwh(instance, evses, sure_kw), 1e-3)
    shares: Floats = np.clip(made.asked_kwh / sure_kwh, 0.0, 2.0) / 2
    return shares


def _series(values: Series | None, slots: int, default: float) -> Floats:
    return np.full(slots, default) if values is None else np.array(values, dtype=float)


def _circuit_bounds(
    made: Bounds, instance: Instance, at: Layout, pos: Indices, share: Floats, expected: Expected
) -> None:
    made.lower[at.flow], made.upper[at.flow] = -FREE, FREE
    made.lower[at.wired], made.upper[at.wired] = -FREE, FREE
    made.row_lower[at.circuit] = made.row_upper[at.circuit] = 0.0
    made.row_lower[at.group] = made.row_upper[at.group] = 0.0
    reserved, reserved_by_line = spread(instance, expected.reserved_kw)
    kept_free = _fallback_bounds(made, instance, at, pos, share)
    fixed, fixed_by_line = spread(instance, kept_free | fixed_by_evse(instance, made.fixed_kw))
    for circuit in instance.circuits:
        key, other = circuit.key, _series(circuit.other_load_kw, instance.slots, 0.0)
        limit = _series(circuit.limit_kw, instance.slots, FREE)
        # Where others alone are beyond the limit, our share is nothing, not less; what is drawn whatever we plan stays.
        room = np.maximum(limit - other - reserved[key], fixed[key])
        made.upper[at.flow[at.shape.circuits.index(key)][pos]] = np.maximum(0.0, room) * share
        if circuit.line_limit_kw is not None:
            limit = np.array(circuit.line_limit_kw) - other / 3
            room = np.maximum(limit - reserved_by_line[key], fixed_by_line[key])
            made.row_upper[at.line[at.shape.lined.index(key)][:, pos]] = np.maximum(0.0, room) * share


def _fallback_bounds(made: Bounds, instance: Instance, at: Layout, pos: Indices, share: Floats) -> dict[str, Floats]:
    """What is kept free, by EVSE; beyond the horizon nothing is."""
    limits = limits_of(instance, with_rules=False)
    found = {}
    for f, evse in enumerate(with_fallback(instance)):
        kw = limits.fallbacks_kw[limits.evses.index(evse.key)]
        made.upper[at.idle[f][pos]] = kw * share
        made.row_lower[at.fallback[f][pos]] = kw * share
        found[evse.key] = kw
    return found


def fixed_by_evse(instance: Instance, fixed_kw: Floats) -> dict[str, Floats]:
    kw: dict[str, Floats] = {}
    for n, need in enumerate(instance.needs):
        if fixed_kw[n].any():
            kw[need.evse] = kw.get(need.evse, np.zeros(instance.slots)) + fixed_kw[n]
    return kw


def spread(instance: Instance, evse_kw: Mapping[str, Floats]) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """The power of EVSEs on each circuit above them: in all [slot], and by line [line, slot]."""
    parents = {circuit.key: circuit.feeds_from for circuit in instance.circuits}
    total = {key: np.zeros(instance.slots) for key in parents}
    by_line = {key: np.zeros((3, instance.slots)) for key in parents}
    for evse in instance.evses:
        kw = evse_kw.get(evse.key)
        key: str | None = evse.circuit
        while kw is not None and key is not None:
            total[key] += kw
            for line in evse.lines:
                by_line[key][line - 1] += kw / len(evse.lines)
            key = parents[key]
    return total, by_line


def _site_bounds(made: Bounds, instance: Instance, at: Layout, pos: Indices, share: Floats, expected: Expected) -> None:
    site, slots, hours = instance.site, instance.slots, instance.slot_h
    net = np.array(site.building_kw) - np.array(site.solar_kw)
    fixed = made.fixed_kw.sum(axis=0)
    reserved = sum(expected.reserved_kw.values(), np.zeros(slots))
    made.row_lower[at.balance] = made.row_upper[at.balance] = 0.0
    made.row_lower[at.balance[pos]] = made.row_upper[at.balance[pos]] = net * share
    limit = np.maximum(np.array(site.import_limit_kw) - reserved, np.maximum(net + fixed, 0.0))
    made.upper[at.imported[pos]] = limit * share
    sun = np.maximum(0.0, np.array(site.solar_kw))
    # Without a word on export what leaves is the sun's; with one, batteries may feed the grid too.
    made.upper[at.exported[pos]] = _series(site.export_limit_kw, slots, FREE) * share
    if site.export_limit_kw is None:
        made.upper[at.exported[pos]] = sun * share
    made.upper[at.spilled[pos]] = sun * share
    price, export = np.array(site.import_price), np.array(site.export_price)
    made.cost[at.imported[pos]] = np.array(instance.price_beyond) * hours / made.money
    _allowance_bounds(made, instance, at, pos)
    # Were it dearer to buy than to sell at one moment, the programme would do both at once.
    export = np.minimum(export, price)
    made.cost[at.exported[pos]] = -export * hours / made.money
    # No better than sending it out: letting the sun go is for where it cannot be sent.
    made.cost[at.spilled[pos]] = (np.maximum(0.0, -export) / made.money + EARLINESS) * hours
    for w, window in enumerate(instance.demand):
        made.lower[at.peak[w]], made.upper[at.peak[w]] = window.free_kw, FREE
        made.cost[at.peak[w]] = weight_of(window) / made.money
        rows = at.demand[w]
        applies = np.zeros(at.ring, dtype=bool)
        applies[pos] = window.applies
        counted = np.flatnonzero(applies.reshape(len(rows), window.slots_per_interval).any(axis=1))
        made.row_lower[rows[counted]] = 0.0
        now = int(pos[0]) // window.slots_per_interval
        if now in counted:
            made.row_lower[rows[now]] = window.used_kwh / (window.slots_per_interval * hours)


def _allowance_bounds(made: Bounds, instance: Instance, at: Layout, pos: Indices) -> None:
    for a, allowance in enumerate(instance.allowances):
        saves = np.array(allowance.saves_per_kwh)
        made.upper[at.allowed[a][pos]] = np.where(saves > 0, FREE, 0.0)
        made.cost[at.allowed[a][pos]] = -saves * instance.slot_h / made.money
        made.row_upper[at.allowance[a]] = allowance.left_kwh
    if instance.allowances:
        made.row_upper[at.within_import] = 0.0


def _level_bounds(
    made: Bounds,
    instance: Instance,
    at: Layout,
    lane_of: dict[NeedKey, int],
    pos: Indices,
    share: Floats,
) -> None:
    evses = {evse.key: evse for evse in instance.evses}
    for n, need in enumerate(instance.needs):
        lane = lane_of[need.key]
        if lane not in at.levelled or need.battery is None:
            continue
        battery, level = need.battery, at.level[at.levelled.index(lane)]
        first, last = need.arrives, min(need.departs, instance.slots)
        if first >= last:
            continue
        here = pos[first:last]
        after = (here + 1) % at.ring
        made.row_lower[at.link[at.levelled.index(lane)][here]] = 0.0
        made.row_upper[at.link[at.levelled.index(lane)][here]] = 0.0
        made.lower[level[here[0]]] = made.upper[level[here[0]]] = battery.level_kwh
        made.lower[level[after]] = min(battery.lowest_kwh, battery.level_kwh)
        made.upper[level[after]] = max(battery.highest_kwh, battery.level_kwh)
        if lane in at.giving:
            columns = at.given[at.giving.index(lane)][here]
            most = min(battery.max_discharge_kw, evses[need.evse].max_discharge_kw)
            made.upper[columns] = np.where(made.fixed_kw[n] > 0, 0.0, most)[first:last] * share[first:last]
            # Some wear there always is; without it the programme could charge and discharge at once.
            wear = max(battery.wear_per_kwh / made.money, 10 * EARLINESS)
            made.cost[columns] = wear * instance.slot_h / evses[need.evse].discharge_efficiency
        if lane in at.tapering and battery.taper is not None:
            _taper_bounds(made, at, lane, battery.taper, battery.level_kwh, here)


def _taper_bounds(made: Bounds, at: Layout, lane: int, taper: Taper, level_kwh: float, here: Indices) -> None:
    slope = 1.0 / (taper.full_kwh - taper.knee_kwh)
    made.row_upper[at.taper[at.tapering.index(lane)][here]] = slope * max(taper.full_kwh, level_kwh)


def _cap_bounds(made: Bounds, instance: Instance, at: Layout, pos: Indices, share: Floats, lift_cost: float) -> None:
    for c, cap in enumerate(sorted(instance.caps, key=lambda cap: cap.key)):
        kw = np.array(cap.kw) * share
        made.row_upper[at.capped[c][pos]] = made.row_upper[at.capped_free[c][pos]] = kw
        made.upper[at.over[c][pos]] = FREE
        made.cost[at.over[c][pos]] = lift_cost * instance.slot_h
