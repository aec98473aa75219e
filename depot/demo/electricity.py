"""The demo yard's cables, prices and timetable: its connection is far below what all chargers together can draw."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from chargers.models import Evse
from depot.energy.models import Circuit, Control, EnergySettings, MeterKind, MeterSource, SiteTariff, Timetable, Wiring
from depot.models import Bay, Depot
from sessions.models import Vehicle

Plan = dict[str, Any]

OFFICE_W, OFFICE_MOST_W = 22_000, 30_000
PANELS_W = {"A": ("Row A panel", 120_000), "B": ("Row B panel", 120_000), "D": ("Truck lane", 110_000)}
# Two points of 30 A each on one old supply.
SHARED_SUPPLY, SHARED_BAYS, SHARED_A = "Supply B01/B02", ("B01", "B02"), 40
WEEKDAYS = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}
TERMS: Plan = {
    "currency": "USD",
    "energy": [
        {"label": "On-peak", "weekdays": [1, 2, 3, 4, 5], "from": "16:00", "to": "21:00", "price_per_kwh": "0.26700"},
        {"label": "Night", "from": "22:00", "to": "06:00", "price_per_kwh": "0.05600"},
        {"label": "Day", "price_per_kwh": "0.09300"},
    ],
    "demand": [{"name": "Any time", "price_per_kw": "15.51"}],
    "export": [{"price_per_kwh": "0.03"}],
}


def lay_cables(plan: Plan, depot: Depot, *, now: datetime) -> None:
    """Make what the books have not; a second time changes nothing."""
    grid, _ = Circuit.objects.get_or_create(
        depot=depot, name="Grid connection", defaults={"voltage_v": 240, "reserved_w": OFFICE_MOST_W}
    )
    panels = {
        row: Circuit.objects.get_or_create(
            depot=depot, name=name, defaults={"feeds_from": grid, "limit_w": limit_w, "voltage_v": 240}
        )[0]
        for row, (name, limit_w) in PANELS_W.items()
    }
    shared, _ = Circuit.objects.get_or_create(
        depot=depot,
        name=SHARED_SUPPLY,
        defaults={"feeds_from": panels["B"], "limit_a": Decimal(SHARED_A), "voltage_v": 240},
    )
    points = [(charger["identity"], point) for charger in plan["chargers"] for point in charger["evses"]]
    for number, (identity, point) in enumerate(points):
        bay = point["bay"]
        circuit = shared if bay in SHARED_BAYS else panels.get(bay[:1])
        if circuit is None:
            continue  # another yard than the demo's: its cables are somebody else's to lay
        _wire(identity, point, circuit, number)
    EnergySettings.objects.get_or_create(depot=depot)
    SiteTariff.objects.get_or_create(
        depot=depot,
        valid_from=date(2020, 1, 1),
        defaults={"name": "Demo time of use", "terms": TERMS, "created_at": now},
    )
    MeterSource.objects.get_or_create(
        depot=depot, name="Office", defaults={"kind": MeterKind.BUILDING, "constant": OFFICE_W}
    )
    for told in plan["vehicles"]:
        _timetable(told, depot)


def _wire(identity: str, point: Plan, circuit: Circuit, number: int) -> None:
    """Single phases go to the lines in turn, so that each carries its third; a shared supply has one."""
    is_dc = point["current"] == "DC"
    line = "1" if circuit.name == SHARED_SUPPLY else str(number % 3 + 1)
    Wiring.objects.get_or_create(
        evse=Evse.objects.get(charger__identity=identity, number=point["number"]),
        defaults={
            "circuit": circuit,
            "lines": "123" if is_dc or point.get("phases") == 3 else line,
            "rating_w": point["max_w"],
            "efficiency": 0.92 if is_dc else 0.9,
            # The yard's fast chargers take no charging profile: they are started and stopped.
            "control": Control.START_STOP if is_dc else Control.MANAGED,
            "fallback_rank": number,
        },
    )


def _timetable(told: Plan, depot: Depot) -> None:
    days = told.get("days")
    vehicle = Vehicle.objects.get(unit_number=told["name"])
    if not days or Timetable.objects.filter(vehicle=vehicle).exists():
        return
    comes_at, leaves_at = time.fromisoformat(days["arrives"]), time.fromisoformat(days["leaves"])
    # The yard's file tells on which days it comes home; it leaves the morning after.
    later = 1 if leaves_at <= comes_at else 0
    weekdays = sorted((WEEKDAYS[day] - 1 + later) % 7 + 1 for day in days["weekdays"])
    # Of what charges by direct current the level is known; of the others what they use on a long day.
    energy_wh = round(max(days["uses_kwh"]) / 0.9 * 1000) if told.get("max_ac_w") else None
    Timetable.objects.create(
        depot=depot,
        vehicle=vehicle,
        weekdays="".join(map(str, weekdays)),
        comes_at=comes_at,
        leaves_at=leaves_at,
        bay=Bay.objects.filter(depot=depot, name=days.get("bay", "")).first(),
        energy_wh=energy_wh,
    )
