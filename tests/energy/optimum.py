"""A scenario file read a second time, apart from the planner: the cheapest bill; what a schedule costs and breaks."""

from collections.abc import Iterator
from typing import Any

import highspy
import numpy as np

Written = dict[str, Any]
BILLED_DAYS = 22


def cheapest(written: Written) -> float:
    """The bill of somebody who knows all days beforehand; everyone gets all energy, minimum currents apart."""
    solver: Any = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    slot_h, scale = written["slot_h"], BILLED_DAYS / len(written["days"])
    peak = solver.addVariable(lb=0, obj=written["demand_charge"])
    for day in written["days"]:
        powers = [
            {slot: solver.addVariable(lb=0, ub=one["pmax"]) for slot in range(one["arr"], one["dep"])}
            for one in day["sessions"]
        ]
        for one, power in zip(day["sessions"], powers, strict=True):
            solver.addConstr(solver.qsum(power.values()) * slot_h == one["kwh"])
        for slot, price in enumerate(day["price"]):
            buys = solver.addVariable(lb=0, obj=scale * slot_h * price)
            sells = solver.addVariable(lb=0, obj=-scale * slot_h * written["export_price"])
            net = day["building"][slot] - day["pv"][slot]
            drawn = [(one, power[slot]) for one, power in zip(day["sessions"], powers, strict=True) if slot in power]
            solver.addConstr(buys - sells - solver.qsum(power for _, power in drawn) == net)
            solver.addConstr(buys - peak <= 0)
            for _, parts, limit in limits(written, day, slot):
                load = [power * parts(one) for one, power in drawn if parts(one)]
                if load:
                    solver.addConstr(solver.qsum(load) <= max(0.0, limit))
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(solver.getObjectiveValue())


def limits(written: Written, day: Written, slot: int) -> Iterator[tuple[str, Any, float]]:
    """Each limit with the share of a session's power that counts against it."""
    net = day["building"][slot] - day["pv"][slot]
    yield "site", lambda one: 1.0, day["site_limit"][slot] - net
    for number, cap in enumerate(day["circuit_caps"]):
        yield f"circuit {number}", lambda one, n=number: float(one["circuit"] == n), cap
    for number, cap in enumerate(day["feeder_caps"]):
        under = {c for c, feeder in enumerate(day["feeder_of_circuit"]) if feeder == number}
        yield f"feeder {number}", lambda one, u=under: float(one["circuit"] in u), cap
    if written["phase_cap"] is not None:
        for phase in range(3):
            share = {phase: 1.0, 3: 1 / 3}
            yield f"phase {phase}", lambda one, s=share: s.get(one["phase"], 0.0), written["phase_cap"] - net / 3


def bill_of(written: Written, kw: dict[tuple[int, int], np.ndarray]) -> tuple[float, float]:
    """The bill and the peak of what each session, by day and number, drew in each slot of its day."""
    energy, peak = 0.0, 0.0
    for number, day in enumerate(written["days"]):
        for slot, price in enumerate(day["price"]):
            charging = sum(kw[number, session][slot] for session in range(len(day["sessions"])))
            net = day["building"][slot] - day["pv"][slot] + charging
            energy += net * written["slot_h"] * (price if net > 0 else written["export_price"])
            peak = max(peak, net)
    return BILLED_DAYS / len(written["days"]) * energy + written["demand_charge"] * peak, peak


def broken_in(written: Written, kw: dict[tuple[int, int], np.ndarray]) -> list[str]:
    """Every limit that is passed and every vehicle that draws what it cannot, or when it is not there."""
    broken = []
    for number, day in enumerate(written["days"]):
        for slot in range(len(day["price"])):
            for name, parts, limit in limits(written, day, slot):
                drawn = sum(parts(one) * kw[number, n][slot] for n, one in enumerate(day["sessions"]))
                if drawn > max(0.0, limit) + 1e-6:
                    broken.append(f"day {number} slot {slot} {name}: {drawn} of {limit}")
            for n, one in enumerate(day["sessions"]):
                most = one["pmax"] if one["arr"] <= slot < one["dep"] else 0.0
                if not -1e-9 <= kw[number, n][slot] <= most + 1e-6:
                    broken.append(f"day {number} slot {slot} session {n}: {kw[number, n][slot]} of {most}")
    return broken
