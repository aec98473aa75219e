"""Pure: days of a depot as they were or might be, to try planners and policies on; and their file form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from depot.energy.instance import ALL_LINES, Circuit, DemandWindow, Evse, Instance, Need, Series, Site
from depot.energy.limits import Floats

BILLING_DAYS = 22


class ScenarioUnreadable(ValueError):
    """Not a scenario; the text says where."""


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
class Scenario:
    """Series over all days in one. What it has of each month's working days stands for all of them."""

    name: str
    days: int
    slots_a_day: int
    slot_h: float
    demand_price: float
    building_kw: Floats
    solar_kw: Floats
    import_limit_kw: Floats
    import_price: Floats
    export_price: Floats
    circuits: Mapping[str, tuple[str | None, Floats | None, Floats | None]]  # feeds from, limit, limit per line
    evses: tuple[Evse, ...]
    stays: tuple[Stay, ...]
    optimum_bill: float | None

    @property
    def slots(self) -> int:
        return self.days * self.slots_a_day

    @property
    def months_per_day(self) -> float:
        """How many billing days one day of the scenario stands for."""
        return BILLING_DAYS / self.days

    def days_left(self, slot: int) -> float:
        return BILLING_DAYS * (1 - (slot // self.slots_a_day) / self.days)

    def ahead(self, values: Floats, now: int) -> Series:
        """A day from now on; beyond the last day comes the last day again."""
        slots = np.arange(now, now + self.slots_a_day)
        return tuple(values[np.where(slots < self.slots, slots, slots - self.slots_a_day)].tolist())

    def instance(self, now: int, needs: tuple[Need, ...], peak_kw: float) -> Instance:
        net = self.building_kw - self.solar_kw
        root = next(key for key, (parent, _, _) in self.circuits.items() if parent is None)
        return Instance(
            first_slot=now,
            slot_h=self.slot_h,
            site=Site(
                building_kw=self.ahead(self.building_kw, now),
                solar_kw=self.ahead(self.solar_kw, now),
                import_limit_kw=self.ahead(self.import_limit_kw, now),
                import_price=self.ahead(self.import_price, now),
                export_price=self.ahead(self.export_price, now),
            ),
            circuits=tuple(
                Circuit(
                    key=key,
                    feeds_from=parent,
                    limit_kw=None if limit is None else self.ahead(limit, now),
                    line_limit_kw=None if line_limit is None else self.ahead(line_limit, now),
                    other_load_kw=self.ahead(net, now) if key == root else None,
                )
                for key, (parent, limit, line_limit) in self.circuits.items()
            ),
            evses=self.evses,
            needs=needs,
            demand=(
                DemandWindow(
                    key="month",
                    price_per_kw=self.demand_price,
                    days_left=self.days_left(now),
                    incurred_kw=peak_kw,
                    applies=(True,) * self.slots_a_day,
                ),
            ),
        )


def read_scenario(written: Mapping[str, Any]) -> Scenario:
    try:
        return _read(written)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        name = written.get("name", "?") if isinstance(written, Mapping) else "?"
        raise ScenarioUnreadable(f"scenario {name}: {type(error).__name__} {error}") from error


def _read(written: Mapping[str, Any]) -> Scenario:
    days = written["days"]
    slots = len(days[0]["price"])

    def series(key: str, default: float | None = None) -> Floats:
        return np.concatenate([_day(day.get(key, default) if default is not None else day[key], slots) for day in days])

    phase_cap = written.get("phase_cap")
    evses, stays = _read_sessions(days, slots)
    optimum = written.get("optimum") or {}
    return Scenario(
        name=str(written["name"]),
        days=len(days),
        slots_a_day=slots,
        slot_h=float(written.get("slot_h", 0.25)),
        demand_price=float(written.get("demand_charge") or 0.0),
        building_kw=series("building", 0.0),
        solar_kw=series("pv", 0.0),
        import_limit_kw=series("site_limit"),
        import_price=series("price"),
        export_price=np.full(len(days) * slots, float(written.get("export_price") or 0.0)),
        circuits=_read_circuits(days, slots, None if phase_cap is None else float(phase_cap)),
        evses=evses,
        stays=stays,
        optimum_bill=float(optimum["bill"]) if "bill" in optimum else None,
    )


def _day(value: Any, slots: int) -> Floats:
    values = np.array(value, dtype=float)
    return np.full(slots, float(values)) if values.ndim == 0 else values


def _read_circuits(
    days: list[Any], slots: int, phase_cap: float | None
) -> dict[str, tuple[str | None, Floats | None, Floats | None]]:
    def caps(key: str, number: int) -> Floats:
        return np.concatenate([_day(day[key][number], slots) for day in days])

    line_limit = None if phase_cap is None else np.full(len(days) * slots, phase_cap)
    circuits: dict[str, tuple[str | None, Floats | None, Floats | None]] = {"site": (None, None, line_limit)}
    for number in range(len(days[0].get("feeder_caps", []))):
        circuits[f"feeder {number}"] = ("site", caps("feeder_caps", number), None)
    for number in range(len(days[0].get("circuit_caps", []))):
        feeders = days[0].get("feeder_of_circuit") or []
        parent = f"feeder {feeders[number]}" if number < len(feeders) else "site"
        circuits[f"circuit {number}"] = (parent, caps("circuit_caps", number), None)
    return circuits


def _read_sessions(days: list[Any], slots: int) -> tuple[tuple[Evse, ...], tuple[Stay, ...]]:
    """A connector keeps its wiring; should a file wire it otherwise on another day, that counts as another EVSE."""
    tops: dict[tuple[str, str, tuple[int, ...]], float] = {}
    stays: list[tuple[tuple[str, str, tuple[int, ...]], Stay]] = []
    has_circuits = bool(days[0].get("circuit_caps"))
    for day, written in enumerate(days):
        for number, session in enumerate(written["sessions"]):
            phase = int(session.get("phase", 3))
            lines = ALL_LINES if phase >= 3 else (phase + 1,)
            circuit = f"circuit {session['circuit']}" if has_circuits else "site"
            wiring = (str(session["connector"]), circuit, lines)
            tops[wiring] = max(tops.get(wiring, 0.0), float(session["pmax"]))
            stay = Stay(
                vehicle=f"day {day} session {number}",
                evse="",
                arrives=day * slots + int(session["arr"]),
                departs=day * slots + min(int(session["dep"]), slots),
                energy_kwh=float(session["kwh"]),
                max_kw=float(session["pmax"]),
                min_kw=float(session.get("pmin", 0.0)),
                priority=int(session.get("priority", 1)),
            )
            stays.append((wiring, stay))
    names = {wiring: f"{wiring[0]:>4} on {wiring[1]} {wiring[2]}" for wiring in tops}
    evses = tuple(
        Evse(key=names[wiring], circuit=wiring[1], max_kw=top, lines=wiring[2]) for wiring, top in tops.items()
    )
    return evses, tuple(
        Stay(s.vehicle, names[w], s.arrives, s.departs, s.energy_kwh, s.max_kw, s.min_kw, s.priority) for w, s in stays
    )
