"""From an instance to a plan: one linear programme, in stages where not everything fits."""

from dataclasses import replace

import numpy as np

from depot.energy.allowances import saved_by
from depot.energy.bounds import Bounds, bounds_of
from depot.energy.instance import Instance, NeedKey
from depot.energy.keep import is_told_to_nobody, keep_installed
from depot.energy.layout import Indices, shape_of
from depot.energy.matrix import Floats
from depot.energy.near import ZERO_KW, hold_starts, near_of, open_all
from depot.energy.plan import Costs, Plan, PlannedNeed
from depot.energy.programme import Answer, Programme
from depot.energy.stages import NOTHING_KWH, loosen, misses_of, serve_in_order
from depot.energy.steady import steadied
from depot.energy.steps import Steps, in_whole_steps

# So often a plan is planned again from where it ended, to see whether it stays there.
TURNS = 3


def plan(instance: Instance) -> Plan:
    return Planner().plan(instance)


def peaks_ahead(instance: Instance) -> dict[str, float]:
    """The peak of each demand window that an instance of many days needs, taken together and without rounding.

    What a day's plan is told as `expected_kw`: a peak that another day will need is no reason to spare it today.
    """
    instance.check()
    shape, lane_of = shape_of(_in_order(instance), {})
    programme = Programme(shape)
    programme.load(bounds_of(_in_order(instance), programme.at, lane_of))
    answer = programme.solve_surely()
    keys = sorted(window.key for window in instance.demand)
    return dict(zip(keys, answer.values[programme.at.peak].tolist(), strict=True))


class Planner:
    """Keeps the programme of the last plan, to start the next one from. Not for two threads at once.

    `may_search`: a night of whole steps may take a second or two, where few vehicles share little room.
    """

    def __init__(self, *, may_search: bool = True) -> None:
        self.programme: Programme | None = None
        self.seats: dict[str, list[str]] = {}
        self.steps = Steps(may_search)

    def plan(self, instance: Instance) -> Plan:
        """Raises InstanceInvalid."""
        instance.check()
        asked = _in_order(instance)
        instance = steadied(asked)
        shape, lane_of = shape_of(instance, self.seats)
        if self.programme is None or self.programme.at.shape != shape:
            self.programme = Programme(shape)
        self.steps.in_vain = False
        made, is_settled = _plan_once(self.programme, instance, lane_of, self.steps)
        for _ in range(TURNS):
            if is_settled:
                break
            # Would the same, planned again from here, end elsewhere? Then better there at once.
            needs = tuple(replace(one.need, installed_kw=one.kw) for one in made.needs)
            made, is_settled = _plan_once(self.programme, replace(instance, needs=needs), lane_of, self.steps)
        planned = zip(made.needs, asked.needs, strict=True)
        return replace(made, needs=tuple(replace(one, need=need) for one, need in planned))


def _plan_once(
    programme: Programme, instance: Instance, lane_of: dict[NeedKey, int], steps: Steps
) -> tuple[Plan, bool]:
    """The plan, and whether the same planned again would tell nobody anything else."""
    bounds = bounds_of(instance, programme.at, lane_of)
    lanes = np.array([lane_of[need.key] for need in instance.needs], dtype=np.int32)
    answer, was_short, is_settled = _solve(programme, instance, bounds, lanes, steps)
    return _read(instance, programme, bounds, lanes, answer, was_short), is_settled


def _in_order(instance: Instance) -> Instance:
    """Nobody gains by standing first in a list."""
    return replace(
        instance,
        needs=tuple(sorted(instance.needs, key=lambda need: need.key)),
        demand=tuple(sorted(instance.demand, key=lambda window: window.key)),
        allowances=tuple(sorted(instance.allowances, key=lambda one: one.key)),
    )


def _solve(
    programme: Programme, instance: Instance, bounds: Bounds, lanes: Indices, steps: Steps
) -> tuple[Answer, bool, bool]:
    near = near_of(instance, programme.at, bounds, lanes)
    hold_starts(near, instance)
    programme.load(bounds)
    open_all(programme, near)
    plain = programme.solve()
    if plain is None:
        # A charger that must run on does not fit any more: the limit comes first.
        near = near_of(instance, programme.at, bounds, lanes)
        hold_starts(near, instance, must_run=False)
        open_all(programme, near)
        plain = programme.solve_surely()
    basis = programme.basis()
    misses = misses_of(instance, bounds, programme.at.unmet[lanes])
    was_short = misses.avoidable_kwh(plain) > NOTHING_KWH
    if was_short:
        before = programme.at.columns
        plain = serve_in_order(programme, bounds, misses)
        if near.broken(plain).any():
            loosen(programme, bounds, before)
    found = in_whole_steps(programme, bounds, near, instance, plain, steps, was_short=was_short)
    answer = keep_installed(programme, bounds, near, instance, found)
    programme.drop_added()
    programme.take_basis(basis)
    return answer, was_short, found is plain or is_told_to_nobody(near, instance, answer)


def _read(
    instance: Instance, programme: Programme, bounds: Bounds, lanes: Indices, answer: Answer, was_short: bool
) -> Plan:
    at, slots = programme.at, instance.slots
    pos = at.positions(instance.first_metered_slot)
    evses = {evse.key: evse for evse in instance.evses}
    hours = np.full(slots, instance.slot_h)
    hours[0] *= instance.first_slot_share
    share = hours / instance.slot_h
    values = np.maximum(answer.values, 0.0)
    planned: list[PlannedNeed] = []
    evse_kw = {evse.key: np.zeros(slots) for evse in instance.evses}
    wear = 0.0
    for n, need in enumerate(instance.needs):
        lane, evse = int(lanes[n]), evses[need.evse]
        drawn = values[at.kept[lane][pos]] + values[at.raised[lane][pos]]
        if lane in at.lifting:
            drawn = drawn + values[at.lifted[at.lifting.index(lane)][pos]]
        drawn = _tidy(drawn / share)
        given = np.zeros(slots)
        if lane in at.giving:
            given = _tidy(values[at.given[at.giving.index(lane)][pos]] / share)
        from_battery = float(given @ hours) / evse.discharge_efficiency
        if need.battery is not None:
            wear += need.battery.wear_per_kwh * from_battery
        unmet = max(0.0, float(bounds.asked_kwh[n]) - float(drawn @ hours) * evse.efficiency + from_battery)
        planned.append(PlannedNeed(need, tuple((drawn - given).tolist()), unmet if unmet > NOTHING_KWH else 0.0))
        evse_kw[need.evse] += drawn - given
    return _priced(instance, planned, evse_kw, wear, was_short, hours)


def _tidy(kw: Floats) -> Floats:
    return np.where(kw > ZERO_KW, kw, 0.0)


def _priced(
    instance: Instance,
    planned: list[PlannedNeed],
    evse_kw: dict[str, Floats],
    wear: float,
    was_short: bool,
    hours: Floats,
) -> Plan:
    site = instance.site
    net = np.array(site.building_kw) - np.array(site.solar_kw)
    grid = sum(evse_kw.values(), net)
    sent = np.maximum(0.0, -grid)
    if site.export_limit_kw is not None:
        sent = np.minimum(sent, np.array(site.export_limit_kw))
        grid = np.maximum(grid, -sent)
    peaks = peaks_kw(instance, grid)
    demand = sum(window.price_per_kw * (peaks[window.key] - window.incurred_kw) for window in instance.demand)
    return Plan(
        needs=tuple(planned),
        evse_kw={key: tuple(kw.tolist()) for key, kw in evse_kw.items()},
        grid_kw=tuple(grid.tolist()),
        peak_kw=peaks,
        costs=Costs(
            energy=energy_cost(instance, grid),
            export=float(np.array(site.export_price) * sent @ hours),
            demand=float(demand),
            wear=wear,
        ),
        was_short=was_short,
    )


def energy_cost(instance: Instance, grid_kw: Floats) -> float:
    """What is bought, allowances used in the order in which the day comes to them."""
    hours = np.array([instance.hours(slot) for slot in range(instance.slots)])
    bought = np.maximum(0.0, grid_kw) * hours
    return float(np.array(instance.price_beyond) @ bought) - saved_by(instance.allowances, bought)


def peaks_kw(instance: Instance, grid_kw: Floats) -> dict[str, float]:
    """The highest interval of each demand window, or what was incurred before, if that is higher."""
    peaks: dict[str, float] = {}
    hours = np.array([instance.hours(slot) for slot in range(instance.slots)])
    for window in instance.demand:
        interval = (instance.first_metered_slot + np.arange(instance.slots)) // window.slots_per_interval
        interval -= interval[0]
        kwh = np.bincount(interval, weights=np.maximum(0.0, grid_kw) * hours)
        kwh[0] += window.used_kwh
        counted = np.bincount(interval, weights=np.array(window.applies, dtype=float)) > 0
        highest = float((kwh[counted] / (window.slots_per_interval * instance.slot_h)).max(initial=0.0))
        peaks[window.key] = max(window.incurred_kw, highest)
    return peaks
