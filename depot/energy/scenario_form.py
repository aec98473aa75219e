"""Pure: is what a scenario file says possible, and where is it not; words that it has beyond these are its own."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

BY_SLOT = ("price", "site_limit", "building", "pv")
MAY_LACK = {"building", "pv"}
CAPS = ("circuit_caps", "feeder_caps")


class ScenarioUnreadable(ValueError):
    """Not a scenario; the text says where."""


def check_form(written: Any) -> None:
    """Raises ScenarioUnreadable at the first word that makes no sense."""
    where = f"scenario {written.get('name', '?')}" if isinstance(written, Mapping) else "scenario"
    _expect(isinstance(written, Mapping), where, "is no object")
    _expect("name" in written, where, "has no name")
    if "slot_h" in written:
        _expect(0 < _number(written, "slot_h", where) <= 24, where, "slot_h is more than 0 and at most a day")
    for key in ("demand_charge", "export_price", "phase_cap"):
        if written.get(key) is not None:
            _number(written, key, where)
    optimum = written.get("optimum") or {}
    _expect(isinstance(optimum, Mapping), where, "optimum is no object")
    if "bill" in optimum:
        _number(optimum, "bill", f"{where}, optimum")
    days = written.get("days")
    _expect(isinstance(days, list) and bool(days), where, "days is a list of at least one")
    slots = 0
    for number, day in enumerate(days):
        place = f"{where}, day {number}"
        _expect(isinstance(day, Mapping), place, "is no object")
        prices = day.get("price")
        _expect(isinstance(prices, list) and bool(prices), place, "price is a list with a value for each slot")
        slots = slots or len(prices)
        _check_day(day, days[0], slots, place)


def _check_day(day: Mapping[str, Any], first: Mapping[str, Any], slots: int, where: str) -> None:
    for key in BY_SLOT:
        if day.get(key) is not None or key not in MAY_LACK:
            _check_series(day.get(key), slots, f"{where}, {key}")
    for key in CAPS:
        caps = day.get(key) or []
        _expect(isinstance(caps, list), where, f"{key} is no list")
        _expect(len(caps) == len(first.get(key) or []), where, f"{key} has another length than on day 0")
        for number, cap in enumerate(caps):
            _check_series(cap, slots, f"{where}, {key} {number}")
    circuits, feeders = len(day.get("circuit_caps") or []), len(day.get("feeder_caps") or [])
    for number, feeder in enumerate(day.get("feeder_of_circuit") or []):
        known = type(feeder) is int and 0 <= feeder < feeders
        _expect(known, where, f"feeder_of_circuit {number}: there is no feeder {feeder!r}")
    sessions = day.get("sessions")
    _expect(isinstance(sessions, list), where, "sessions is no list")
    assert isinstance(sessions, list)
    for number, session in enumerate(sessions):
        _check_session(session, slots, circuits, f"{where}, session {number}")


def _check_session(session: Any, slots: int, circuits: int, where: str) -> None:
    _expect(isinstance(session, Mapping), where, "is no object")
    _expect("connector" in session, where, "has no connector")
    arrives, departs = _whole(session, "arr", where), _whole(session, "dep", where)
    _expect(0 <= arrives < slots, where, f"arr {arrives} is not from 0 to {slots - 1}")
    _expect(departs > arrives, where, f"dep {departs} is not after arr {arrives}")
    for key in ("kwh", "pmax", *(key for key in ("pmin",) if key in session)):
        _expect(_number(session, key, where) >= 0, where, f"{key} {session[key]} is below 0")
    for key in ("priority", "phase"):
        if key in session:
            _expect(_whole(session, key, where) >= 0, where, f"{key} {session[key]} is below 0")
    if circuits:
        circuit = _whole(session, "circuit", where)
        _expect(0 <= circuit < circuits, where, f"there is no circuit {circuit}")


def _check_series(value: Any, slots: int, where: str) -> None:
    """One number for all slots, or one for each."""
    if not isinstance(value, list):
        _expect(_is_number(value), where, f"{value!r} is neither a number nor a list")
        return
    _expect(len(value) == slots, where, f"{len(value)} values for {slots} slots")
    wrong: Iterable[int] = (slot for slot, one in enumerate(value) if not _is_number(one))
    slot = next(iter(wrong), None)
    _expect(slot is None, where, f"slot {slot}: {value[slot or 0]!r} is not a number")


def _number(words: Mapping[str, Any], key: str, where: str) -> float:
    _expect(key in words, where, f"has no {key}")
    _expect(_is_number(words[key]), where, f"{key} {words[key]!r} is not a number")
    return float(words[key])


def _whole(words: Mapping[str, Any], key: str, where: str) -> int:
    number = _number(words, key, where)
    _expect(number == int(number), where, f"{key} {number} is not a whole number")
    return int(number)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _expect(holds: bool, where: str, what: str) -> None:
    if not holds:
        raise ScenarioUnreadable(f"{where}: {what}")
