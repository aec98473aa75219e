"""Makes yard files: the demo's, and yards of any size for benches. The same words make the same yard."""

import json
from pathlib import Path
from random import Random
from typing import Any

from simulator.yard import WEEKDAYS

DEMO_YARD = Path(__file__).parent / "yards" / "demo.json"
WORKDAYS = list(WEEKDAYS[:5])

# Fictitious: real boot strings of the makers are not publicly known.
AC_MAKE = {"vendor": "Demo AC", "model": "Demo AC 7", "firmware": "4.2.1"}
AC_MAKE_2X = {"vendor": "Demo AC", "model": "Demo AC 11", "firmware": "6.0.3"}
DC_MAKE = {"vendor": "Demo DC", "model": "Demo DC 24", "firmware": "1.8.0"}
SMALL_AC = {"max_w": 7200, "phases": 1, "voltage_v": 240, "max_a": 30, "current": "AC"}
LARGE_AC = {"max_w": 11520, "phases": 1, "voltage_v": 240, "max_a": 48, "current": "AC"}
DC_SETTINGS = {
    "SupportedFeatureProfiles": "Core,FirmwareManagement,LocalAuthListManagement,Reservation,RemoteTrigger",
    "MeterValuesSampledData": (
        "Energy.Active.Import.Register,Power.Active.Import,SoC,Current.Offered,Current.Import,Voltage"
    ),
}

Told = dict[str, Any]


def _evse(number: int, bay: str, kind: Told, connector: str) -> Told:
    return {"number": number, "bay": bay, **kind, "connectors": [{"number": 1, "type": connector}]}


def _station(bays: list[str], version: str, manners: str, make: Told, kind: Told, **more: Any) -> Told:
    letter, first = bays[0][0], bays[0]
    identity = f"{'DC' if letter == 'D' else 'AC'}-{first}" + (f"-{bays[1][1:]}" if len(bays) > 1 else "")
    connector = "cCCS1" if letter == "D" else "cType1"
    return {
        "identity": identity,
        "name": f"{make['model']} {' / '.join(bays)}",
        "version": version,
        "manners": manners,
        **make,
        "serial": f"{make['vendor'].replace(' ', '')}-{identity}",
        "evses": [_evse(number, bay, kind, connector) for number, bay in enumerate(bays, 1)],
        **more,
    }


def _take(bays: list[str], sizes: list[int]) -> list[list[str]]:
    groups, at = [], 0
    for size in sizes:
        groups.append(bays[at : at + size])
        at += size
    return groups


def make_demo() -> Told:
    """44 EVSEs: 30 AC on 1.6, 6 AC on 2.0.1, 4 AC on 2.1, 4 DC on 1.6 that take no charging profile."""
    bays = [f"{row}{number:02}" for row in "AB" for number in range(1, 21)]
    sampled = {"MeterValueSampleInterval": "300"}
    chargers = [
        _station(group, "1.6", "chargepoint", AC_MAKE, SMALL_AC, settings=sampled)
        for group in _take(bays[:30], [2] * 10 + [1] * 10)
    ]
    chargers += [
        _station(group, "2.0.1", "chargepoint", AC_MAKE_2X, LARGE_AC, settings=sampled)
        for group in _take(bays[30:36], [2, 2, 1, 1])
    ]
    chargers += [
        _station(group, "2.1", "chargepoint_notify", AC_MAKE_2X, LARGE_AC, settings=sampled)
        for group in _take(bays[36:], [2, 1, 1])
    ]
    fast = {"max_w": 24_000, "phases": 1, "voltage_v": 400, "max_a": 60, "current": "DC"}
    chargers += [
        _station([f"D{number}"], "1.6", "abb_dc", DC_MAKE, fast, settings={**sampled, **DC_SETTINGS})
        for number in range(1, 5)
    ]
    chance = Random("demo")
    # Four bays stay free for whoever is to be started by hand.
    free = {"A20", "B09", "B16", "B20"}
    vans = [_van(f"Van {101 + index}", bay, chance) for index, bay in enumerate(sorted(set(bays) - free))]
    trucks = [_truck(f"Truck {10 + number}", f"D{number}", chance) for number in range(1, 5)]
    return {
        "name": "Demo depot",
        "time_zone": "America/Los_Angeles",
        "seed": 44,
        "chargers": chargers,
        "vehicles": vans + trucks,
    }


def _clock_time(chance: Random, first_min: int, last_min: int) -> str:
    minutes = chance.randrange(first_min, last_min + 1, 5) % 1440
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _van(name: str, bay: str, chance: Random) -> Told:
    return {
        "name": name,
        "id_token": name.upper().replace(" ", ""),
        "battery_kwh": 68,
        "max_ac_w": 11_000,
        "max_dc_w": 50_000,
        "phases": 1,
        "days": {
            "weekdays": WORKDAYS,
            "arrives": _clock_time(chance, 16 * 60 + 10, 21 * 60 + 10),
            "leaves": _clock_time(chance, 2 * 60 + 45, 7 * 60 + 15),
            "jitter_min": 12,
            "uses_kwh": [18, 36],
            "bay": bay,
        },
    }


def _truck(name: str, bay: str, chance: Random) -> Told:
    return {
        "name": name,
        "id_token": name.upper().replace(" ", ""),
        "battery_kwh": 210,
        "max_ac_w": 0,
        "max_dc_w": 90_000,
        "phases": 1,
        "days": {
            "weekdays": WORKDAYS,
            "arrives": _clock_time(chance, 16 * 60 + 30, 20 * 60 + 30),
            "leaves": _clock_time(chance, 3 * 60 + 30, 6 * 60),
            "jitter_min": 15,
            "uses_kwh": [60, 120],
            "bay": bay,
        },
    }


def make_bench(chargers: int, versions: list[str], *, evses: int = 1, seed: int = 1) -> Told:
    """A plain yard of any size, versions in turn, without vehicles' day plans."""
    stations = [
        {
            "identity": f"CP-{number:05}",
            "version": versions[(number - 1) % len(versions)],
            "manners": "plain",
            **AC_MAKE,
            "evses": [_evse(place, f"P{number:05}-{place}", SMALL_AC, "cType2") for place in range(1, evses + 1)],
        }
        for number in range(1, chargers + 1)
    ]
    return {"name": f"Bench {chargers}", "time_zone": "UTC", "seed": seed, "chargers": stations, "vehicles": []}


def write_yard(yard: Told) -> str:
    return json.dumps(yard, indent=1) + "\n"
