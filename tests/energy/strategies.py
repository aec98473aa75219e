"""Random small depots: trees of circuits, wirings, prices below zero, sun, peaks, and vehicles that do not all fit."""

import os
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from depot.energy.instance import Circuit, DemandWindow, Evse, Instance, Need, Site

# The same depots each time, and few; `make laws` looks for others until one breaks a law.
IS_DEEP = bool(os.environ.get("DEPOT_DEEP"))
laws = settings(max_examples=3000 if IS_DEEP else 40, deadline=None, derandomize=not IS_DEEP)

SLOT_H = 0.25
WIRINGS = [(1, 2, 3), (1,), (2,), (3,), (1, 2)]


def quarters(low: int, high: int) -> st.SearchStrategy[float]:
    """Numbers as meters and data sheets give them: in quarters."""
    return st.integers(low * 4, high * 4).map(lambda n: n / 4)


@st.composite
def instances(draw: Any, *, with_minimum: bool = True, with_fallback: bool = False, most_evses: int = 4) -> Instance:
    slots = draw(st.integers(3, 10))
    circuits = draw(trees(slots))
    evses = [
        Evse(
            key=f"E{number}",
            circuit=draw(st.sampled_from([circuit.key for circuit in circuits])),
            max_kw=draw(quarters(3, 22)),
            min_kw=draw(st.sampled_from([0.0, 1.5, 3.0])) if with_minimum else 0.0,
            lines=draw(st.sampled_from(WIRINGS)),
            efficiency=draw(st.sampled_from([1.0, 0.9])),
            fallback_kw=draw(st.sampled_from([None, (1.5,) * slots, (4.0,) * slots])) if with_fallback else None,
        )
        for number in range(draw(st.integers(1, most_evses)))
    ]
    needs = [need for evse in evses for need in draw(stays(evse, slots))]
    return Instance(
        first_slot=draw(st.integers(0, 500)),
        site=draw(sites(slots)),
        circuits=tuple(circuits),
        evses=tuple(evses),
        needs=tuple(needs),
        demand=tuple(draw(windows(slots))),
        slot_h=SLOT_H,
        first_slot_share=draw(st.sampled_from([1.0, 1.0, 0.4])),
    )


@st.composite
def trees(draw: Any, slots: int) -> list[Circuit]:
    circuits = [Circuit(key="root", line_limit_kw=draw(st.none() | limits(2, 15, slots)))]
    for number in range(draw(st.integers(0, 2))):
        circuits.append(
            Circuit(
                key=f"panel {number}",
                feeds_from=draw(st.sampled_from([circuit.key for circuit in circuits])),
                limit_kw=draw(st.none() | limits(0, 30, slots)),
                line_limit_kw=draw(st.none() | limits(1, 10, slots)),
                other_load_kw=draw(st.none() | limits(0, 9, slots)),
            )
        )
    return circuits


def limits(low: int, high: int, slots: int) -> st.SearchStrategy[tuple[float, ...]]:
    each = st.lists(quarters(low, high), min_size=slots, max_size=slots).map(tuple)
    return quarters(low, high).map(lambda kw: (kw,) * slots) | each


@st.composite
def sites(draw: Any, slots: int) -> Site:
    prices = st.lists(st.sampled_from([-0.05, 0.0, 0.1, 0.2, 0.4]), min_size=slots, max_size=slots).map(tuple)
    return Site(
        building_kw=draw(limits(0, 20, slots)),
        solar_kw=draw(st.just((0.0,) * slots) | limits(0, 30, slots)),
        import_limit_kw=draw(limits(5, 60, slots)),
        import_price=draw(prices),
        export_price=(draw(st.sampled_from([0.0, 0.03])),) * slots,
    )


@st.composite
def stays(draw: Any, evse: Evse, slots: int) -> list[Need]:
    found: list[Need] = []
    begins = 0
    for number in range(draw(st.integers(0, 2))):
        if begins >= slots:
            break
        arrives = draw(st.integers(begins, slots - 1))
        departs = draw(st.integers(arrives + 1, slots))
        found.append(
            Need(
                vehicle=f"van {evse.key}.{number}",
                evse=evse.key,
                arrives=arrives,
                departs=departs,
                energy_kwh=draw(quarters(0, 15)),
                priority=draw(st.integers(0, 2)),
            )
        )
        begins = departs
    return found


@st.composite
def windows(draw: Any, slots: int) -> list[DemandWindow]:
    return [
        DemandWindow(
            key=f"charge {number}",
            price_per_kw=draw(st.sampled_from([0.0, 5.0, 15.0])),
            days_left=draw(st.sampled_from([1.0, 11.0])),
            incurred_kw=draw(quarters(0, 20)),
            applies=tuple(draw(st.lists(st.booleans(), min_size=slots, max_size=slots))),
            slots_per_interval=draw(st.sampled_from([1, 2])),
        )
        for number in range(draw(st.integers(0, 2)))
    ]
