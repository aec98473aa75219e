"""Three small depots in the form that backtests read, made by rule: `python -m tests.energy.depots` writes the file."""

import json
from math import cos, pi, sin
from pathlib import Path
from typing import Any

from tests.energy.optimum import cheapest

FILE = Path(__file__).with_name("depots.json")
SLOTS = 48  # half hours
DAYS = 2
Written = dict[str, Any]


def vans_at_night() -> Written:
    """They come back in the afternoon, when power is dear; their two panels do not bear them all at once."""
    prices = [0.26 if 8 <= slot < 18 else 0.06 if 20 <= slot < 38 else 0.1 for slot in range(SLOTS)]
    days = []
    for day in range(DAYS):
        sessions = [
            {
                "connector": number,
                "arr": 5 + (3 * number + 2 * day) % 7,
                "dep": 34 + (5 * number + day) % 9,
                "kwh": 18.5 + (7 * number + 5 * day) % 19,
                "pmax": 7.2 if number < 6 else 11.0,
                "pmin": 1.44 if number < 6 else 4.14,
                "priority": int(number % 5 != 0),
                "phase": number % 3 if number < 6 else 3,
                "circuit": number % 2,
            }
            for number in range(8)
        ]
        building = [round(12 + 6 * sin(pi * slot / SLOTS), 2) for slot in range(SLOTS)]
        days.append(_day(sessions, prices, building, site_limit=45.0, circuit_caps=[22.0, 24.0], feeder_caps=[40.0]))
    return _depot("vans at night", days, start_hour=12, demand_charge=14.0, phase_cap=17.0)


def office_with_sun() -> Written:
    """Cars come in the morning and the sun at noon; what is left of it is sold for little."""
    prices = [0.07 if slot < 16 else 0.11 if slot < 32 else 0.24 if slot < 42 else 0.11 for slot in range(SLOTS)]
    days = []
    for day in range(DAYS):
        sessions = [
            {
                "connector": number,
                "arr": 14 + (number + day) % 5,
                "dep": 32 + (2 * number + 3 * day) % 6,
                "kwh": 9.5 + (4 * number + day) % 13,
                "pmax": 11.0 if number % 2 else 7.2,
                "pmin": 0.0,
                "priority": 1,
                "phase": 3 if number % 2 else number % 3,
                "circuit": 0,
            }
            for number in range(6)
        ]
        sun = [round(max(0.0, -cos(2 * pi * slot / SLOTS)) * (38 - 16 * day), 2) for slot in range(SLOTS)]
        building = [9.0 if 14 <= slot < 38 else 4.0 for slot in range(SLOTS)]
        days.append(_day(sessions, prices, building, site_limit=40.0, circuit_caps=[40.0], feeder_caps=[40.0], pv=sun))
    return _depot("office with sun", days, start_hour=0, demand_charge=9.0, phase_cap=None)


def called_to_save() -> Written:
    """For some hours of the second day the grid gives hardly more than the building needs."""
    prices = [0.3 if 8 <= slot < 18 else 0.16 for slot in range(SLOTS)]
    days = []
    for day in range(DAYS):
        sessions = [
            {
                "connector": number,
                "arr": 4 + (2 * number) % 5,
                "dep": 24 + (5 * number) % 14,
                "kwh": 14.0 + (5 * number + 3 * day) % 11,
                "pmax": 7.2,
                "pmin": 1.44,
                "priority": int(number != 2),
                "phase": number % 3,
                "circuit": 0,
            }
            for number in range(6)
        ]
        limit = [14.0 if day == 1 and 10 <= slot < 16 else 40.0 for slot in range(SLOTS)]
        building = [10.0] * SLOTS
        days.append(_day(sessions, prices, building, site_limit=limit, circuit_caps=[40.0], feeder_caps=[40.0]))
    return _depot("called to save", days, start_hour=12, demand_charge=11.0, phase_cap=None)


def _day(
    sessions: list[Written],
    price: list[float],
    building: list[float],
    *,
    site_limit: float | list[float],
    circuit_caps: list[float],
    feeder_caps: list[float],
    pv: list[float] | None = None,
) -> Written:
    return {
        "site_limit": site_limit if isinstance(site_limit, list) else [site_limit] * SLOTS,
        "building": building,
        "pv": pv or [0.0] * SLOTS,
        "price": price,
        "circuit_caps": circuit_caps,
        "feeder_of_circuit": [0] * len(circuit_caps),
        "feeder_caps": feeder_caps,
        "sessions": sessions,
    }


def _depot(
    name: str, days: list[Written], *, start_hour: int, demand_charge: float, phase_cap: float | None
) -> Written:
    depot: Written = {
        "name": name,
        "start_hour": start_hour,
        "slot_h": 24 / SLOTS,
        "demand_charge": demand_charge,
        "export_price": 0.03,
        "phase_cap": phase_cap,
        "days": days,
    }
    return {**depot, "optimum": {"bill": round(cheapest(depot), 2)}}


if __name__ == "__main__":
    scenarios = [vans_at_night(), office_with_sun(), called_to_save()]
    FILE.write_text(json.dumps({"scenarios": scenarios}, separators=(",", ":")) + "\n")
