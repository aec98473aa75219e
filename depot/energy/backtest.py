"""Days lived through again, slot by slot, with the planner that runs the depot or with a simple policy."""

import time
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from depot.energy.deadband import SMALL_KW, to_send
from depot.energy.instance import Instance, Need
from depot.energy.limits import Floats, limits_of
from depot.energy.planner import Planner
from depot.energy.policies import Policy, powers_now
from depot.energy.scenario import BILLING_DAYS, Scenario, Stay

OVER_KW = 1e-6
DONE_KWH = 1e-6


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
class _Run:
    scenario: Scenario
    left_kwh: Floats  # per stay
    held: dict[int, Floats] = field(default_factory=dict)  # what each stay's charger has been told, over all slots
    peak_kw: float = 0.0
    energy_cost: float = 0.0
    violations: int = 0
    messages: int = 0
    cpu_s: list[float] = field(default_factory=list)


def backtest(scenario: Scenario, policy: Policy = Policy.PLANNER, *, timetable_known: bool = False) -> Result:
    run = _Run(scenario, np.array([stay.energy_kwh for stay in scenario.stays]))
    planner = Planner()
    for now in range(scenario.slots):
        if policy is Policy.PLANNER:
            powers = _planned(run, planner, now, timetable_known)
        else:
            powers = _by_policy(run, policy, now)
        _live_through(run, now, powers)
    return _result(run)


def _planned(run: _Run, planner: Planner, now: int, timetable_known: bool) -> dict[int, float]:
    scenario, horizon = run.scenario, now + run.scenario.slots_a_day
    known = [
        number
        for number, stay in enumerate(scenario.stays)
        if now < stay.departs
        # Of a stay that reaches beyond the horizon nobody can say yet what it is best to do in the part before.
        and (stay.arrives <= now or (timetable_known and stay.departs <= horizon))
        and run.left_kwh[number] > DONE_KWH
    ]
    if not known:
        return {}
    of_need = {_need(run, number, now).key: number for number in known}
    instance = scenario.instance(now, tuple(_need(run, number, now) for number in known), run.peak_kw)
    started = time.process_time()
    plan = planner.plan(instance)
    run.cpu_s.append(time.process_time() - started)
    for planned in to_send(instance, plan):
        number = of_need[planned.need.key]
        run.held[number] = np.zeros(scenario.slots)
        end = min(scenario.slots, horizon)
        run.held[number][now:end] = planned.kw[: end - now]
        run.messages += 1
    return {number: float(run.held[number][now]) for number in known if scenario.stays[number].arrives <= now}


def _by_policy(run: _Run, policy: Policy, now: int) -> dict[int, float]:
    here = [
        number
        for number, stay in enumerate(run.scenario.stays)
        if stay.arrives <= now < stay.departs and run.left_kwh[number] > DONE_KWH
    ]
    if not here:
        return {}
    of_need = {_need(run, number, now).key: number for number in here}
    instance = run.scenario.instance(now, tuple(_need(run, number, now) for number in here), run.peak_kw)
    powers = {of_need[key]: power for key, power in powers_now(policy, instance).items()}
    for number, power in powers.items():
        before = run.held.get(number)
        if before is None or abs(before[0] - power) > SMALL_KW:
            run.held[number] = np.array([power])
            run.messages += 1
    return powers


def _need(run: _Run, number: int, now: int) -> Need:
    stay: Stay = run.scenario.stays[number]
    held = run.held.get(number)
    installed = None
    if held is not None and len(held) == run.scenario.slots:
        ahead = np.zeros(run.scenario.slots_a_day)
        there = held[now : now + run.scenario.slots_a_day]
        ahead[: len(there)] = there
        installed = tuple(ahead.tolist())
    return Need(
        vehicle=stay.vehicle,
        evse=stay.evse,
        arrives=max(0, stay.arrives - now),
        departs=stay.departs - now,
        energy_kwh=float(run.left_kwh[number]),
        max_kw=stay.max_kw,
        min_kw=stay.min_kw,
        priority=stay.priority,
        installed_kw=installed,
    )


def _live_through(run: _Run, now: int, powers: dict[int, float]) -> None:
    """Vehicles stop by themselves once they have what they need."""
    scenario, hours = run.scenario, run.scenario.slot_h
    evse_kw = {evse.key: np.zeros(scenario.slots_a_day) for evse in scenario.evses}
    total = 0.0
    for number, power in powers.items():
        drawn = max(0.0, min(power, float(run.left_kwh[number]) / hours))
        run.left_kwh[number] = max(0.0, run.left_kwh[number] - drawn * hours)
        evse_kw[scenario.stays[number].evse][0] += drawn
        total += drawn
    net = float(scenario.building_kw[now] - scenario.solar_kw[now] + total)
    price = scenario.import_price[now] if net > 0 else scenario.export_price[now]
    run.energy_cost += hours * net * float(price)
    run.peak_kw = max(run.peak_kw, net)
    instance: Instance = scenario.instance(now, (), run.peak_kw)
    # What is beyond a limit with nobody charging is no policy's doing.
    run.violations += bool((limits_of(instance).room_kw(evse_kw)[:, 0] < -OVER_KW).any() and total > 0)


def _result(run: _Run) -> Result:
    scenario = run.scenario
    energy_cost = BILLING_DAYS / scenario.days * run.energy_cost
    bill = energy_cost + scenario.demand_price * run.peak_kw
    missed = np.where(run.left_kwh > DONE_KWH, run.left_kwh, 0.0)
    connected_h = sum(stay.departs - stay.arrives for stay in scenario.stays) * scenario.slot_h
    first = np.array([stay.priority == 0 for stay in scenario.stays], dtype=bool)
    return Result(
        name=scenario.name,
        bill=round(bill, 2),
        energy_cost=round(energy_cost, 2),
        peak_kw=round(run.peak_kw, 3),
        unmet_kwh=round(float(missed.sum()), 4),
        unmet_class0_kwh=round(float(missed[first].sum()), 4),
        violations=run.violations,
        messages_per_connected_charger_hour=round(run.messages / max(connected_h, scenario.slot_h), 4),
        cpu_s_per_solve=round(median(run.cpu_s), 5) if run.cpu_s else None,
        ratio_to_optimum=round(bill / scenario.optimum_bill, 4) if scenario.optimum_bill else None,
    )
