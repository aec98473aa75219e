"""Days lived through again, slot by slot, with the planner that runs the depot or with a simple policy."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from depot.energy.deadband import OVER_KW, SMALL_KW, SMALL_KWH, to_send
from depot.energy.instance import Need
from depot.energy.limits import Floats, limits_of
from depot.energy.planner import Planner, peaks_ahead
from depot.energy.policies import Policy, powers_now
from depot.energy.scenario import Expected, Scenario, Stay

# A watt-hour is the least that a meter tells.
DONE_KWH = SMALL_KWH
# What chargers may hold beyond a limit without being told of it, and as much again for the solver's own rounding.
PASSED_KW = 2 * OVER_KW


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    name: str
    bill: float
    energy_cost: float
    peak_kw: float
    unmet_kwh: float  # over all days
    unmet_class0_kwh: float
    violations: int  # slots in which any limit was passed
    messages_per_connected_charger_hour: float
    cpu_s_per_solve: float | None  # median
    ratio_to_optimum: float | None


@dataclass(slots=True)
class Lived:
    """What came of it: all that a bill is made from."""

    kw: Floats  # [stay, slot], what each vehicle drew
    left_kwh: Floats  # [stay], what it left without
    grid_kw: Floats  # [slot], what the site took; below 0, what it sent out
    messages: int = 0
    cpu_s: list[float] = field(default_factory=list)  # of each solve


@dataclass(slots=True)
class _Run:
    scenario: Scenario
    lived: Lived
    efficiency: Floats  # [stay]
    held: dict[int, Floats] = field(default_factory=dict)  # what each stay's charger has been told, over all slots
    expected: Expected = field(default_factory=dict)

    def left(self, numbers: Sequence[int]) -> list[int]:
        return [number for number in numbers if self.lived.left_kwh[number] > DONE_KWH]


def backtest(scenario: Scenario, policy: Policy = Policy.PLANNER, *, timetable_known: bool = False) -> Result:
    return judge(scenario, live_through(scenario, policy, timetable_known=timetable_known))


def live_through(scenario: Scenario, policy: Policy, *, timetable_known: bool = False) -> Lived:
    stays = scenario.stays
    evses = {evse.key: evse for evse in scenario.evses}
    lived = Lived(
        kw=np.zeros((len(stays), scenario.slots)),
        left_kwh=np.array([stay.energy_kwh for stay in stays], dtype=float),
        grid_kw=scenario.building_kw - scenario.solar_kw,
    )
    run = _Run(scenario, lived, np.array([evses[stay.evse].efficiency for stay in stays], dtype=float))
    planner = Planner()
    for now in range(scenario.slots):
        if policy is Policy.PLANNER:
            powers = _planned(run, planner, now, timetable_known)
        else:
            powers = _by_policy(run, policy, now)
        _draw(run, now, powers)
    return lived


def _planned(run: _Run, planner: Planner, now: int, timetable_known: bool) -> dict[int, float]:
    scenario, horizon = run.scenario, now + run.scenario.slots_a_day
    started = time.process_time()
    if timetable_known and now % scenario.slots_a_day == 0:
        run.expected = _peaks_to_come(run, now)
    known = run.left(
        [
            number
            for number, stay in enumerate(scenario.stays)
            # Of a stay that reaches beyond the horizon nobody can say yet what it is best to do in the part before.
            if now < stay.departs and (stay.arrives <= now or (timetable_known and stay.departs <= horizon))
        ]
    )
    if not known:
        return {}
    needs = {number: _need(run, number, now) for number in known}
    before = run.lived.grid_kw[:now]
    instance = scenario.instance(now, tuple(needs.values()), before_kw=before, expected=run.expected)
    plan = planner.plan(instance)
    run.lived.cpu_s.append(time.process_time() - started)
    of_need = {need.key: number for number, need in needs.items()}
    for planned in to_send(instance, plan):
        number = of_need[planned.need.key]
        run.held[number] = np.zeros(scenario.slots)
        end = min(scenario.slots, horizon)
        run.held[number][now:end] = planned.kw[: end - now]
        run.lived.messages += 1
    return {number: float(run.held[number][now]) for number in known if scenario.stays[number].arrives <= now}


def _peaks_to_come(run: _Run, now: int) -> Expected:
    """What the days that the timetable knows will need together."""
    known = run.left([number for number, stay in enumerate(run.scenario.stays) if now < stay.departs])
    needs = tuple(_need(run, number, now) for number in known)
    return peaks_ahead(run.scenario.rest(now, needs, before_kw=run.lived.grid_kw[:now]))


def _by_policy(run: _Run, policy: Policy, now: int) -> dict[int, float]:
    here = run.left([n for n, stay in enumerate(run.scenario.stays) if stay.arrives <= now < stay.departs])
    if not here:
        return {}
    needs = {number: _need(run, number, now) for number in here}
    instance = run.scenario.instance(now, tuple(needs.values()), before_kw=run.lived.grid_kw[:now])
    wanted = powers_now(policy, instance)
    powers = {number: wanted[need.key] for number, need in needs.items()}
    for number, power in powers.items():
        before = run.held.get(number)
        if before is None or abs(before[now - 1] - power) > SMALL_KW:
            run.held[number] = np.full(run.scenario.slots, power)
            run.lived.messages += 1
    return powers


def _need(run: _Run, number: int, now: int) -> Need:
    stay: Stay = run.scenario.stays[number]
    left_kwh = float(run.lived.left_kwh[number])
    held = run.held.get(number)
    installed = None
    if held is not None:
        ahead = np.zeros(run.scenario.slots_a_day)
        there = held[now : now + run.scenario.slots_a_day]
        ahead[: len(there)] = there
        installed = tuple(ahead.tolist())
    return Need(
        vehicle=stay.vehicle,
        evse=stay.evse,
        arrives=max(0, stay.arrives - now),
        departs=stay.departs - now,
        energy_kwh=left_kwh,
        had_kwh=max(0.0, stay.energy_kwh - left_kwh),
        could_have_had_kwh=max(0, now - stay.arrives) * run.scenario.slot_h * stay.max_kw * run.efficiency[number],
        max_kw=stay.max_kw,
        min_kw=stay.min_kw,
        priority=stay.priority,
        installed_kw=installed,
    )


def _draw(run: _Run, now: int, powers: dict[int, float]) -> None:
    """Vehicles stop by themselves once they have what they need."""
    hours, lived = run.scenario.slot_h, run.lived
    for number, power in powers.items():
        into = hours * run.efficiency[number]
        drawn = max(0.0, min(power, float(lived.left_kwh[number] / into)))
        lived.left_kwh[number] = max(0.0, lived.left_kwh[number] - drawn * into)
        lived.kw[number, now] = drawn
        lived.grid_kw[now] += drawn


def judge(scenario: Scenario, lived: Lived) -> Result:
    """The bill of what was lived through, and what else it is measured by."""
    prices = np.where(lived.grid_kw > 0, scenario.import_price, scenario.export_price)
    energy_cost = scenario.weight * float((scenario.slot_h * lived.grid_kw * prices).sum())
    demand = sum(
        charge.price_per_kw * scenario.peak_kw(charge, lived.grid_kw) + charge.besides for charge in scenario.demand
    )
    bill = energy_cost + demand
    missed = np.where(lived.left_kwh > DONE_KWH, lived.left_kwh, 0.0)
    first = np.array([stay.priority == 0 for stay in scenario.stays], dtype=bool)
    connected_h = sum(stay.departs - stay.arrives for stay in scenario.stays) * scenario.slot_h
    return Result(
        name=scenario.name,
        bill=round(bill, 2),
        energy_cost=round(energy_cost, 2),
        peak_kw=round(float(max(0.0, lived.grid_kw.max())), 3),
        unmet_kwh=round(float(missed.sum()), 4),
        unmet_class0_kwh=round(float(missed[first].sum()), 4),
        violations=_violations(scenario, lived),
        messages_per_connected_charger_hour=round(lived.messages / max(connected_h, scenario.slot_h), 4),
        cpu_s_per_solve=round(median(lived.cpu_s), 5) if lived.cpu_s else None,
        ratio_to_optimum=round(bill / scenario.optimum_bill, 4) if scenario.optimum_bill else None,
    )


def _violations(scenario: Scenario, lived: Lived) -> int:
    evse_kw = {evse.key: np.zeros(scenario.slots) for evse in scenario.evses}
    for number, stay in enumerate(scenario.stays):
        evse_kw[stay.evse] += lived.kw[number]
    everything = scenario.rest(0, (), before_kw=np.zeros(0))
    passed = (limits_of(everything).room_kw(evse_kw) < -PASSED_KW).any(axis=0)
    # What is beyond a limit with nobody charging is no policy's doing.
    return int(np.count_nonzero(passed & (lived.kw.sum(axis=0) > 0)))
