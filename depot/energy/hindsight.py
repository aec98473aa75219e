"""Pure: what a depot's past days would have cost, had somebody else planned them.

The past is told as sessions with their times and energy, and series of what stood beside them. Each policy lives
through it; the planner is told no more of a vehicle than the depot knew, from its plugging in on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil, floor

import numpy as np

from depot.energy.backtest import Lived, judge, live_through
from depot.energy.instance import Circuit, Evse, InstanceInvalid
from depot.energy.limits import Floats
from depot.energy.policies import Policy
from depot.energy.scenario import Demand, Scenario, Stay

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
POLICIES = tuple(Policy)
SMALL_H = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSession:
    vehicle: str
    evse: str
    arrived_at: datetime
    departed_at: datetime
    energy_kwh: float  # as its charger metered it
    max_kw: float | None = None  # where the vehicle takes less than the EVSE gives
    min_kw: float = 0.0
    priority: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Series have one value for each slot from `starts_at` on, all equally long; circuits' series too."""

    name: str
    starts_at: datetime
    slot_h: float
    evses: tuple[Evse, ...]
    circuits: tuple[Circuit, ...]
    building_kw: Floats
    solar_kw: Floats
    import_limit_kw: Floats
    import_price: Floats
    export_price: Floats
    demand: tuple[Demand, ...]
    billing_days: float  # of the month that these days stand for
    sessions: tuple[PastSession, ...]
    charged_kw: Floats | None = None  # what chargers drew together in truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindsight:
    """One way in which these days might have been lived; the bill is that of the whole billing month."""

    policy: Policy | None  # None for how it was
    bill: float
    energy_cost: float
    peak_kw: float
    unmet_kwh: float
    violations: int
    grid_kw: Floats  # [slot]


def look_back(past: Past, policies: Sequence[Policy] = POLICIES, *, timetable_known: bool = False) -> list[Hindsight]:
    """How it was, if the past tells, and then each policy. Raises InstanceInvalid for a past that cannot have been."""
    scenario = scenario_of(past)
    ways = [_as_it_was(past, scenario)] if past.charged_kw is not None else []
    for policy in policies:
        lived = live_through(scenario, policy, timetable_known=timetable_known)
        ways.append(_hindsight(policy, scenario, lived))
    return ways


def scenario_of(past: Past) -> Scenario:
    """Sessions in whole slots: those in which the vehicle stood there all the time, but at least one."""
    evses = {evse.key: evse for evse in past.evses}
    slots, slots_a_day = len(past.building_kw), round(24 / past.slot_h)
    if slots < slots_a_day or slots % slots_a_day:
        raise InstanceInvalid(f"{slots} slots are no whole number of days")
    stays: list[Stay] = []
    free_from: dict[str, int] = {}
    for session in sorted(past.sessions, key=lambda one: (one.arrived_at, one.evse)):
        if session.evse not in evses:
            raise InstanceInvalid(f"{session.vehicle} stood at an unknown EVSE {session.evse}")
        first = max(0, ceil(_slot(past, session.arrived_at) - SMALL_H), free_from.get(session.evse, 0))
        last = min(slots, max(floor(_slot(past, session.departed_at) + SMALL_H), first + 1))
        if session.energy_kwh > 0 and first < last:
            stays.append(_stay(past, session, evses[session.evse], first, last))
            free_from[session.evse] = last
    return Scenario(
        name=past.name,
        slots_a_day=slots_a_day,
        slot_h=past.slot_h,
        billing_days=past.billing_days,
        # By the clock of `starts_at`: a meter's intervals keep to the wall.
        first_slot=round(
            (past.starts_at - EPOCH + (past.starts_at.utcoffset() or timedelta())) / timedelta(hours=past.slot_h)
        ),
        building_kw=past.building_kw,
        solar_kw=past.solar_kw,
        import_limit_kw=past.import_limit_kw,
        import_price=past.import_price,
        export_price=past.export_price,
        demand=past.demand,
        circuits=past.circuits,
        evses=tuple(replace(evse, held_kw=None, held=None) for evse in past.evses),
        stays=tuple(stays),
    )


def _slot(past: Past, moment: datetime) -> float:
    return (moment - past.starts_at) / timedelta(hours=past.slot_h)


def _stay(past: Past, session: PastSession, evse: Evse, first: int, last: int) -> Stay:
    most_kw = evse.max_kw if session.max_kw is None else min(evse.max_kw, session.max_kw)
    # What a part of a slot at either end let in has to fit into the whole ones: nobody is to miss what was had.
    hours = (last - first) * past.slot_h
    most_kw = min(evse.max_kw, max(most_kw, session.energy_kwh / hours))
    return Stay(
        vehicle=f"{session.vehicle} {session.arrived_at.isoformat()}",
        evse=evse.key,
        arrives=first,
        departs=last,
        energy_kwh=min(session.energy_kwh, most_kw * hours) * evse.efficiency,
        max_kw=most_kw,
        min_kw=min(max(session.min_kw, evse.min_kw), most_kw),
        priority=session.priority,
    )


def _as_it_was(past: Past, scenario: Scenario) -> Hindsight:
    charged = past.charged_kw if past.charged_kw is not None else np.zeros(scenario.slots)
    nobody = replace(scenario, stays=())
    lived = Lived(
        kw=np.zeros((0, scenario.slots)), left_kwh=np.zeros(0), grid_kw=past.building_kw - past.solar_kw + charged
    )
    over = lived.grid_kw > np.maximum(past.import_limit_kw, past.building_kw - past.solar_kw) + 1e-6
    return replace(_hindsight(None, nobody, lived), violations=int(np.count_nonzero(over & (charged > 0))))


def _hindsight(policy: Policy | None, scenario: Scenario, lived: Lived) -> Hindsight:
    result = judge(scenario, lived)
    return Hindsight(
        policy=policy,
        bill=result.bill,
        energy_cost=result.energy_cost,
        peak_kw=result.peak_kw,
        unmet_kwh=result.unmet_kwh,
        violations=result.violations,
        grid_kw=lived.grid_kw,
    )
