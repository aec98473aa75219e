"""A small depot whose connection is far below what its chargers can draw, in the books and as a yard file."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from depot.demo.yard import lay_out
from depot.energy.models import Circuit, MeterSource, Wiring
from depot.models import Depot
from tests.nights.checker import Bound, Place, Point

Plan = dict[str, Any]

ZONE = "Europe/Berlin"
GRID, PANEL_A, PANEL_B = "Grid connection", "Row A panel", "Row B panel"
THREE_PHASE: Plan = {"max_w": 11_040, "phases": 3, "voltage_v": 230, "max_a": 16, "current": "AC"}
ONE_PHASE: Plan = {"max_w": 7_360, "phases": 1, "voltage_v": 230, "max_a": 32, "current": "AC"}
# No one gives up what it has to tell: where frames get lost it is told again and again.
PATIENT = {"TransactionMessageAttempts": "1000", "TransactionMessageRetryInterval": "5"}
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Below the ratings' sum of 84 kW; of the grid's, `reserved_w` is the building's."""

    grid_w: int = 40_000
    reserved_w: int = 6_000
    panel_a_w: int = 24_000
    panel_b_a: int = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Van:
    bay: str
    leaves: str
    uses_kwh: float
    arrives: str = "18:00"

    @property
    def name(self) -> str:
        return f"Van {self.bay}"

    @property
    def needs_wh(self) -> float:
        """Through the cable, with what the battery loses."""
        return self.uses_kwh * 1000 / 0.92


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    identity: str
    version: str
    bays: tuple[str, ...]
    kind: Plan = field(default_factory=lambda: THREE_PHASE)
    manners: str = "plain"


STATIONS = (
    Station(identity="N16-A", version="1.6", bays=("A01", "A02"), manners="resumes"),
    Station(identity="N201-A", version="2.0.1", bays=("A03",)),
    Station(identity="N21-A", version="2.1", bays=("A04",), manners="resumes"),
    Station(identity="N16-B", version="1.6", bays=("B11",), kind=ONE_PHASE),
    Station(identity="N201-B", version="2.0.1", bays=("B12", "B13"), manners="resumes"),
    Station(identity="N21-B", version="2.1", bays=("B14",)),
)


def plan_yard(
    vans: tuple[Van, ...], stations: tuple[Station, ...] = STATIONS, *, sample_every_s: int = 60, **faults: Any
) -> Plan:
    """`faults` stand at every charger; clocks are wrong by turns, one ahead and one behind."""
    skew_s = faults.pop("clock_offset_s", 0.0)
    chargers = [
        {
            "identity": station.identity,
            "version": station.version,
            "manners": station.manners,
            "vendor": "Night",
            "model": "Night 11",
            "evses": [
                {"number": n, "bay": bay, **station.kind, "connectors": [{"number": 1, "type": "cType2"}]}
                for n, bay in enumerate(station.bays, 1)
            ],
            "settings": {"MeterValueSampleInterval": str(sample_every_s), **PATIENT},
            "faults": {**faults, **({"clock_offset_s": skew_s * (-1) ** turn} if skew_s else {})},
        }
        for turn, station in enumerate(stations)
    ]
    return {
        "name": "Night depot", "time_zone": ZONE, "seed": 4, "chargers": chargers,
        "vehicles": [_van(van) for van in vans],
    }  # fmt: skip


def _van(van: Van) -> Plan:
    return {
        "name": van.name, "id_token": f"VAN{van.bay}", "battery_kwh": 80, "max_ac_w": 11_040, "max_dc_w": 0,
        "phases": 3, "min_a": 6, "taper_from_soc": 1.0, "efficiency": 0.92,
        "days": {
            "weekdays": WEEKDAYS, "arrives": van.arrives, "leaves": van.leaves, "jitter_min": 0,
            "uses_kwh": [van.uses_kwh, van.uses_kwh], "bay": van.bay,
        },
    }  # fmt: skip


def lay_out_night(plan: Plan, folder: Path, limits: Limits, *, now: datetime) -> Depot:
    depot = lay_out(plan, folder / "passwords.json", now=now)
    depot.site_limit_w = limits.grid_w
    depot.save()
    circuits = Circuit.objects.filter(depot=depot)
    circuits.update(voltage_v=230)
    circuits.filter(name=GRID).update(reserved_w=limits.reserved_w)
    circuits.filter(name=PANEL_A).update(limit_w=limits.panel_a_w)
    circuits.filter(name=PANEL_B).update(limit_w=None, limit_a=limits.panel_b_a)
    circuits.exclude(name__in=[GRID, PANEL_A, PANEL_B]).filter(wirings=None).delete()
    # Its one phase hangs on the site's second line, and its battery's losses are the planner's to know.
    Wiring.objects.filter(evse__phases=1).update(lines="2")
    Wiring.objects.filter(circuit__depot=depot).update(efficiency=0.9)
    MeterSource.objects.filter(depot=depot).update(constant=limits.reserved_w)
    return depot


def points_of(depot: Depot) -> dict[Place, Point]:
    """By the cables as they were laid; the same words in which the limits are told."""
    wirings = Wiring.objects.filter(circuit__depot=depot).select_related("evse__charger", "circuit__feeds_from")
    return {
        (one.evse.charger.identity, one.evse.number): Point(circuits=(one.circuit.name, GRID), lines=one.site_lines)
        for one in wirings
    }


def bounds_of(limits: Limits) -> dict[str, list[Bound]]:
    return {
        GRID: [Bound(w=limits.grid_w - limits.reserved_w)],
        PANEL_A: [Bound(w=limits.panel_a_w)],
        PANEL_B: [Bound(a=limits.panel_b_a)],
    }


def leaving(van: Van, evening: datetime) -> datetime:
    """The van's departure after an evening."""
    wall = time.fromisoformat(van.leaves)
    at = evening.replace(hour=wall.hour, minute=wall.minute, second=0, microsecond=0)
    return at if at > evening else at + timedelta(days=1)
