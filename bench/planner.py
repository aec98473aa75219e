"""`python -m bench.planner [FILE]`: what plans cost and save, and what a solve costs; ARCHITECTURE, "The planner".

Without a file the small depots of the tests are taken. CPU seconds of this process, one thread.
"""

import json
import random
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from depot.energy.backtest import backtest
from depot.energy.instance import Battery, Circuit, DemandWindow, Evse, Instance, Need, Site
from depot.energy.plan import Plan
from depot.energy.planner import Planner
from depot.energy.policies import Policy
from depot.energy.scenario import read_scenarios

SMALL_DEPOTS = Path(__file__).resolve().parent.parent / "tests" / "energy" / "depots.json"
WAYS = [
    (Policy.PLANNER, "unknown"),
    (Policy.PLANNER, "known"),
    (Policy.LLF, ""),
    (Policy.EDF, ""),
    (Policy.EQUAL, ""),
    (Policy.UNMANAGED, ""),
]
SLOTS = 96
TURNS = 5


def main() -> None:
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else SMALL_DEPOTS
    print_backtests(file)
    print()
    print_solves()


def print_backtests(file: Path) -> None:
    print("| depot | policy | timetable | bill | ratio | peak kW | unmet kWh | limits passed | messages | CPU s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for scenario in read_scenarios(json.loads(file.read_bytes())):
        for policy, timetable in WAYS:
            was = backtest(scenario, policy, timetable_known=timetable == "known")
            print(
                f"| {was.name} | {policy} | {timetable} | {was.bill:.0f} | {was.ratio_to_optimum or ''}"
                f" | {was.peak_kw:.1f} | {was.unmet_kwh:.1f} | {was.violations}"
                f" | {was.messages_per_connected_charger_hour:.3f} | {was.cpu_s_per_solve or ''} |",
                flush=True,
            )


def print_solves() -> None:
    print("| a solve of 96 slots | first, CPU s | again, half an hour later, CPU s |")
    print("|---|---|---|")
    for name, instance in [
        ("44 EVSEs", depot_of(44)),
        ("44 EVSEs, too little for all (stages), least currents", depot_of(44, limit_kw=2.6)),
        ("44 EVSEs, a quarter of them may give back", depot_of(44, gives_back=True)),
        ("500 EVSEs, no least currents", depot_of(500, min_kw=0.0)),
        ("500 EVSEs", depot_of(500)),
    ]:
        first, again = zip(*(_solves(instance) for _ in range(TURNS)), strict=True)
        print(f"| {name} | {median(first):.3f} | {median(again):.3f} |", flush=True)


def _solves(instance: Instance) -> tuple[float, float]:
    """The first, and the third: by then what was planned is installed, as it is in a depot that runs."""
    planner, cpu_s = Planner(), []
    for _ in range(3):
        started = time.process_time()
        made = planner.plan(instance)
        cpu_s.append(time.process_time() - started)
        instance = _a_slot_later(instance, made)
    return cpu_s[0], cpu_s[-1]


def _a_slot_later(instance: Instance, made: Plan) -> Instance:
    """Some vehicles need a little more than was thought."""
    needs = [
        replace(
            one.need,
            arrives=max(0, one.need.arrives - 1),
            departs=one.need.departs - 1,
            energy_kwh=max(0.0, one.need.energy_kwh - one.kw[0] * instance.slot_h + (number % 30 == 0)),
            installed_kw=(*one.kw[1:], 0.0) if one.need.arrives == 0 else None,
        )
        for number, one in enumerate(made.needs)
        if one.need.departs > 1
    ]
    return replace(instance, first_slot=instance.first_slot + 1, needs=tuple(needs))


def depot_of(count: int, *, min_kw: float = 1.4, limit_kw: float = 5.0, gives_back: bool = False) -> Instance:
    """Panels of eleven, feeders of four panels, a limit for each line, a peak to pay; half of the vans are there."""
    dice = random.Random(count)
    panels, feeders = -(-count // 11), -(-count // 44)
    circuits = [Circuit(key="root", line_limit_kw=(limit_kw * count / 3,) * SLOTS)]
    circuits += [Circuit(key=f"feeder {n}", feeds_from="root", limit_kw=(44 * 6.0,) * SLOTS) for n in range(feeders)]
    circuits += [
        Circuit(key=f"panel {n}", feeds_from=f"feeder {n // 4}", limit_kw=(11 * 6.5,) * SLOTS) for n in range(panels)
    ]
    price = tuple(0.27 if 16 <= slot < 36 else 0.06 if slot >= 40 else 0.1 for slot in range(SLOTS))
    evses, needs = [], []
    for n in range(count):
        may_give_back = gives_back and n % 4 == 0
        evses.append(
            Evse(
                key=f"E{n}",
                circuit=f"panel {n // 11}",
                max_kw=7.2,
                min_kw=min_kw,
                lines=(n % 3 + 1,),
                efficiency=0.92,
                max_discharge_kw=7.0 if may_give_back else 0.0,
            )
        )
        level = dice.uniform(10, 30)
        needs.append(
            Need(
                vehicle=f"van {n}",
                evse=f"E{n}",
                arrives=0 if n % 2 else dice.randrange(1, 20),
                departs=dice.randrange(60, 92),
                energy_kwh=dice.uniform(20, 55),
                priority=int(n % 10 != 0),
                battery=Battery(
                    level_kwh=level, highest_kwh=level + 60, lowest_kwh=8, max_discharge_kw=7, wear_per_kwh=0.05
                )
                if may_give_back
                else None,
            )
        )
    return Instance(
        first_slot=1000,
        site=Site(
            building_kw=(0.5 * count,) * SLOTS,
            solar_kw=(0.0,) * SLOTS,
            import_limit_kw=((limit_kw + 0.5) * count,) * SLOTS,
            import_price=price,
            export_price=(0.03,) * SLOTS,
        ),
        circuits=tuple(circuits),
        evses=tuple(evses),
        needs=tuple(needs),
        demand=(
            DemandWindow(key="month", price_per_kw=15.5, days_left=11.0, incurred_kw=0.0, applies=(True,) * SLOTS),
        ),
    )


if __name__ == "__main__":
    main()
