"""Small depots to plan for, and a slow reading of a plan against every limit, written apart from the planner's own."""

from collections.abc import Sequence

from depot.energy.instance import Circuit, DemandWindow, Evse, Instance, Need, Series, Site
from depot.energy.plan import Plan

SMALL = 1e-5
DEAR_THEN_CHEAP = (0.4, 0.4, 0.1, 0.1)  # a kWh, slot by slot


def site(
    slots: int,
    *,
    limit_kw: float | Series = 1000.0,
    price: float | Series = 0.1,
    building_kw: float | Series = 0.0,
    solar_kw: float | Series = 0.0,
    export_price: float | Series = 0.0,
    export_limit_kw: Series | None = None,
) -> Site:
    return Site(
        building_kw=series(building_kw, slots),
        solar_kw=series(solar_kw, slots),
        import_limit_kw=series(limit_kw, slots),
        import_price=series(price, slots),
        export_price=series(export_price, slots),
        export_limit_kw=export_limit_kw,
    )


def series(value: float | Series, slots: int) -> Series:
    return value if isinstance(value, tuple) else (float(value),) * slots


def evse(key: str = "A", *, max_kw: float = 10.0, circuit: str = "root", **more: object) -> Evse:
    return Evse(key=key, circuit=circuit, max_kw=max_kw, **more)  # type: ignore[arg-type]


def need(vehicle: str = "van", kwh: float = 5.0, *, departs: int, at: str = "A", **more: object) -> Need:
    return Need(vehicle=vehicle, evse=at, departs=departs, energy_kwh=kwh, **more)  # type: ignore[arg-type]


def peak(price: float, slots: int, *, incurred_kw: float = 0.0, days_left: float = 1.0, **more: object) -> DemandWindow:
    return DemandWindow(
        key=str(more.pop("key", "month")),
        price_per_kw=price,
        days_left=days_left,
        incurred_kw=incurred_kw,
        applies=more.pop("applies", (True,) * slots),  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def instance(
    at: Site,
    evses: Sequence[Evse],
    needs: Sequence[Need],
    *,
    circuits: Sequence[Circuit] = (Circuit(key="root"),),
    slot_h: float = 1.0,
    **more: object,
) -> Instance:
    return Instance(
        first_slot=more.pop("first_slot", 0),  # type: ignore[arg-type]
        site=at,
        circuits=tuple(circuits),
        evses=tuple(evses),
        needs=tuple(needs),
        slot_h=slot_h,
        **more,  # type: ignore[arg-type]
    )


def kw_of(plan: Plan, vehicle: str) -> list[float]:
    [planned] = plan.of_vehicle(vehicle)
    return [round(kw, 4) for kw in planned.kw]


def unmet_of(plan: Plan, vehicle: str) -> float:
    [planned] = plan.of_vehicle(vehicle)
    return round(planned.unmet_kwh, 4)


def below_minimum(given: Instance, plan: Plan, by_kw: float = 5e-3) -> list[tuple[str, int, float]]:
    """What chargers are told, and vehicles that are there would not take."""
    least = {evse.key: evse.min_kw for evse in given.evses}
    return [
        (one.need.vehicle, slot, kw)
        for one in plan.needs
        if one.need.arrives == 0
        for slot, kw in enumerate(one.kw)
        if 0 < kw < least[one.need.evse] - by_kw
    ]


def passed_limits(given: Instance, plan: Plan, by_kw: float = SMALL) -> list[str]:
    """Every limit that the plan passes. What others draw beyond a limit leaves nothing, but is nobody's fault."""
    passed = []
    for slot in range(given.slots):
        free = kept_free_kw(given, slot)
        counted = {key: max(free[key], kw[slot]) for key, kw in plan.evse_kw.items()}
        total = sum(kw[slot] for kw in plan.evse_kw.values())
        others = given.site.building_kw[slot] - given.site.solar_kw[slot]
        if total > by_kw + max(0.0, given.site.import_limit_kw[slot] - others):
            passed.append(f"site in slot {slot} by {total - given.site.import_limit_kw[slot] + others}")
        for circuit in given.circuits:
            below = [evse for evse in given.evses if hangs_on(given, evse.circuit, circuit.key)]
            other = circuit.other_load_kw[slot] if circuit.other_load_kw else 0.0
            if circuit.limit_kw is not None:
                load = sum(counted[evse.key] for evse in below)
                if load > by_kw + max(0.0, circuit.limit_kw[slot] - other):
                    passed.append(f"circuit {circuit.key} in slot {slot}: {load}")
            for line in (1, 2, 3) if circuit.line_limit_kw is not None else ():
                on_line = [evse for evse in below if line in evse.lines]
                load = sum(counted[evse.key] / len(evse.lines) for evse in on_line)
                if load > by_kw + max(0.0, circuit.line_limit_kw[slot] - other / 3):  # type: ignore[index]
                    passed.append(f"L{line} of {circuit.key} in slot {slot}: {load}")
    return passed


def kept_free_kw(given: Instance, slot: int) -> dict[str, float]:
    """By EVSE, what its circuits keep free for it; nothing under a circuit that cannot keep all of that free."""
    held = {evse.key: evse.held_kw[slot] for evse in given.evses if evse.held_kw is not None}
    kept = {e.key: e.fallback_kw[slot] if e.fallback_kw and e.key not in held else 0.0 for e in given.evses}
    lost: set[str] = set()
    for circuit in given.circuits:
        below = [evse for evse in given.evses if hangs_on(given, evse.circuit, circuit.key)]
        other = circuit.other_load_kw[slot] if circuit.other_load_kw else 0.0
        counts = {evse.key: kept[evse.key] + held.get(evse.key, 0.0) for evse in below}
        if circuit.limit_kw is not None and sum(counts.values()) > max(0.0, circuit.limit_kw[slot] - other) + SMALL:
            lost |= set(counts)
        for line in (1, 2, 3) if circuit.line_limit_kw is not None else ():
            on_line = [evse for evse in below if line in evse.lines]
            load = sum(counts[evse.key] / len(evse.lines) for evse in on_line)
            if load > max(0.0, circuit.line_limit_kw[slot] - other / 3) + SMALL:  # type: ignore[index]
                lost |= {evse.key for evse in on_line}
    return {key: 0.0 if key in lost else kw for key, kw in kept.items()}


def hangs_on(given: Instance, circuit: str, above: str) -> bool:
    parents = {one.key: one.feeds_from for one in given.circuits}
    at: str | None = circuit
    while at is not None and at != above:
        at = parents[at]
    return at == above
