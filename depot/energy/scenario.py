"""Pure: days of a depot as they were or might be, to try planners and policies on; and their file form."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from depot.energy.instance import ALL_LINES, Circuit, DemandWindow, Evse, Instance, Need, Series, Site
from depot.energy.limits import Floats
from depot.energy.scenario_form import ScenarioUnreadable, check_form

Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]
Expected = Mapping[str, float]  # of demand charges, the peaks that are reckoned with
NOTHING: Expected = {}
BILLING_DAYS = 22


@dataclass(frozen=True, slots=True)
class Stay:
    """A vehicle at an EVSE, in slots counted from the scenario's first."""

    vehicle: str
    evse: str
    arrives: int
    departs: int
    energy_kwh: float
    max_kw: float
    min_kw: float
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A charge on the highest interval of the month."""

    key: str
    price_per_kw: float
    applies: Flags  # [slot]
    slots_per_interval: int = 1
    incurred_kw: float = 0.0  # before the first day
    besides: float = 0.0  # what the month's charge is more than its price times the peak; of a subscription it is less


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Series over all days in one. The days stand for all `billing_days` of a month."""

    name: str
    slots_a_day: int
    slot_h: float
    billing_days: float
    building_kw: Floats
    solar_kw: Floats
    import_limit_kw: Floats
    import_price: Floats
    export_price: Floats
    demand: tuple[Demand, ...]
    circuits: tuple[Circuit, ...]  # their series over all days
    evses: tuple[Evse, ...]
    stays: tuple[Stay, ...]
    first_slot: int = 0
    optimum_bill: float | None = None

    @property
    def slots(self) -> int:
        return len(self.building_kw)

    @property
    def weight(self) -> float:
        """How many billing days one day of the scenario stands for."""
        return self.billing_days * self.slots_a_day / self.slots

    def days_left(self, slot: int) -> float:
        return self.billing_days - slot // self.slots_a_day * self.weight

    def instance(
        self, now: int, needs: tuple[Need, ...], *, before_kw: Floats, expected: Expected = NOTHING
    ) -> Instance:
        """The day from now on, after the site took `before_kw` from the grid in each slot so far."""
        slots = range(now, now + self.slots_a_day)
        # Whoever goes beyond the peak that all days together need pays for it alone.
        days_left = self.weight if expected else self.days_left(now)
        return self._instance(slots, needs, before_kw, expected, days_left)

    def rest(self, now: int, needs: tuple[Need, ...], *, before_kw: Floats) -> Instance:
        """All days from now on in one, among which the whole peak is paid."""
        return self._instance(range(now, self.slots), needs, before_kw, NOTHING, self.weight)

    def _instance(
        self, slots: range, needs: tuple[Need, ...], before_kw: Floats, expected: Expected, days_left: float
    ) -> Instance:
        # Beyond the last day comes the last day again.
        at = np.array([slot if slot < self.slots else slot - self.slots_a_day for slot in slots]) % self.slots

        def ahead(values: Floats | Series) -> Series:
            return tuple(np.asarray(values)[at].tolist())

        def maybe(values: Series | None) -> Series | None:
            return None if values is None else ahead(values)

        return Instance(
            first_slot=self.first_slot + slots.start,
            slot_h=self.slot_h,
            site=Site(
                building_kw=ahead(self.building_kw),
                solar_kw=ahead(self.solar_kw),
                import_limit_kw=ahead(self.import_limit_kw),
                import_price=ahead(self.import_price),
                export_price=ahead(self.export_price),
            ),
            circuits=tuple(
                replace(
                    circuit,
                    limit_kw=maybe(circuit.limit_kw),
                    line_limit_kw=maybe(circuit.line_limit_kw),
                    other_load_kw=maybe(circuit.other_load_kw),
                )
                for circuit in self.circuits
            ),
            evses=self.evses,
            needs=needs,
            demand=tuple(
                DemandWindow(
                    key=charge.key,
                    price_per_kw=charge.price_per_kw,
                    days_left=days_left,
                    incurred_kw=self.peak_kw(charge, before_kw, whole_only=True),
                    expected_kw=expected.get(charge.key, 0.0),
                    applies=tuple(charge.applies[at].tolist()),
                    slots_per_interval=charge.slots_per_interval,
                    used_kwh=self._used_kwh(charge, before_kw),
                )
                for charge in self.demand
            ),
        )

    def peak_kw(self, charge: Demand, grid_kw: Floats, *, whole_only: bool = False) -> float:
        """The highest interval so far, with what was incurred before."""
        interval = self._intervals(charge, len(grid_kw) + whole_only)
        if not len(grid_kw):
            return charge.incurred_kw
        means = np.bincount(interval[: len(grid_kw)], np.maximum(0.0, grid_kw)) / charge.slots_per_interval
        counts = np.bincount(interval[: len(grid_kw)], charge.applies[: len(grid_kw)]) > 0
        if whole_only and interval[-1] < len(means):
            counts[interval[-1]] = False  # the interval we are in
        return float(max(charge.incurred_kw, means[counts].max(initial=0.0)))

    def _used_kwh(self, charge: Demand, before_kw: Floats) -> float:
        interval = self._intervals(charge, len(before_kw) + 1)
        return float(np.maximum(0.0, before_kw)[interval[:-1] == interval[-1]].sum() * self.slot_h)

    def _intervals(self, charge: Demand, count: int) -> Indices:
        interval = (self.first_slot + np.arange(count)) // charge.slots_per_interval
        numbered: Indices = interval - interval[0] if count else interval
        return numbered


def read_scenarios(written: Any) -> list[Scenario]:
    """Of a whole file: what it lists as `scenarios`, or a list of them, or one."""
    if isinstance(written, Mapping):
        written = written.get("scenarios", [written])
    if not isinstance(written, list):
        raise ScenarioUnreadable("a file holds scenarios as a list")
    return [read_scenario(one) for one in written]


def read_scenario(written: Mapping[str, Any]) -> Scenario:
    check_form(written)
    try:
        return _read(written)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        name = written.get("name", "?") if isinstance(written, Mapping) else "?"
        raise ScenarioUnreadable(f"scenario {name}: {type(error).__name__} {error}") from error


def _read(written: Mapping[str, Any]) -> Scenario:
    days = written["days"]
    slots = len(days[0]["price"])

    def series(key: str, default: float | None = None) -> Floats:
        values = [day[key] if default is None or day.get(key) is not None else default for day in days]
        return np.concatenate([_day(value, slots) for value in values])

    phase_cap = written.get("phase_cap")
    building, solar = series("building", 0.0), series("pv", 0.0)
    evses, stays = _read_sessions(days, slots)
    optimum = written.get("optimum") or {}
    return Scenario(
        name=str(written["name"]),
        slots_a_day=slots,
        slot_h=float(written.get("slot_h", 0.25)),
        billing_days=BILLING_DAYS,
        building_kw=building,
        solar_kw=solar,
        import_limit_kw=series("site_limit"),
        import_price=series("price"),
        export_price=np.full(len(days) * slots, float(written.get("export_price") or 0.0)),
        demand=(
            Demand(
                key="month",
                price_per_kw=float(written.get("demand_charge") or 0.0),
                applies=np.ones(len(days) * slots, dtype=bool),
            ),
        ),
        circuits=_read_circuits(days, slots, None if phase_cap is None else float(phase_cap), building - solar),
        evses=evses,
        stays=stays,
        optimum_bill=float(optimum["bill"]) if "bill" in optimum else None,
    )


def _day(value: Any, slots: int) -> Floats:
    values = np.array(value, dtype=float)
    return np.full(slots, float(values)) if values.ndim == 0 else values


def _read_circuits(days: list[Any], slots: int, phase_cap: float | None, net_kw: Floats) -> tuple[Circuit, ...]:
    def caps(key: str, number: int) -> Series:
        return tuple(np.concatenate([_day(day[key][number], slots) for day in days]).tolist())

    line_limit = None if phase_cap is None else (phase_cap,) * (len(days) * slots)
    circuits = [Circuit(key="site", line_limit_kw=line_limit, other_load_kw=tuple(net_kw.tolist()))]
    for number in range(len(days[0].get("feeder_caps") or [])):
        circuits.append(Circuit(key=f"feeder {number}", feeds_from="site", limit_kw=caps("feeder_caps", number)))
    for number in range(len(days[0].get("circuit_caps") or [])):
        feeders = days[0].get("feeder_of_circuit") or []
        parent = f"feeder {feeders[number]}" if number < len(feeders) else "site"
        circuits.append(Circuit(key=f"circuit {number}", feeds_from=parent, limit_kw=caps("circuit_caps", number)))
    return tuple(circuits)


def _read_sessions(days: list[Any], slots: int) -> tuple[tuple[Evse, ...], tuple[Stay, ...]]:
    """A connector keeps its wiring; should a file wire it otherwise on another day, that counts as another EVSE.

    So does a connector that a file gives to two vehicles at once.
    """
    tops: dict[str, Evse] = {}
    free_from: dict[str, int] = {}
    stays: list[Stay] = []
    has_circuits = bool(days[0].get("circuit_caps"))
    told = [
        (day * slots + int(session["arr"]), day, number, session)
        for day, written in enumerate(days)
        for number, session in enumerate(written["sessions"])
    ]
    for arrives, day, number, session in sorted(told, key=lambda one: one[:3]):
        phase = int(session.get("phase", 3))
        lines = ALL_LINES if phase >= len(ALL_LINES) else (phase + 1,)
        circuit = f"circuit {session['circuit']}" if has_circuits else "site"
        name = f"{session['connector']:>4} on {circuit} {lines}"
        while free_from.get(name, 0) > arrives:
            name += " bis"
        departs = day * slots + min(int(session["dep"]), slots)
        free_from[name] = departs
        top = float(session["pmax"])
        before = tops.get(name)
        tops[name] = Evse(
            key=name, circuit=circuit, lines=lines, max_kw=top if before is None else max(before.max_kw, top)
        )
        stays.append(
            Stay(
                vehicle=f"day {day} session {number}",
                evse=name,
                arrives=arrives,
                departs=departs,
                energy_kwh=float(session["kwh"]),
                max_kw=top,
                min_kw=float(session.get("pmin", 0.0)),
                priority=int(session.get("priority", 1)),
            )
        )
    return tuple(tops.values()), tuple(stays)
