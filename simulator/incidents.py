"""Faults that happen once, by name; the standing ones are in `faults.py`."""

from collections.abc import Callable, Mapping
from typing import Any

from simulator.charger import Charger
from simulator.evse import Evse
from simulator.faults import UnknownFault
from simulator.restarts import lose_power

Happening = Callable[[Charger, Mapping[str, Any]], None]
INCIDENTS: dict[str, Happening] = {}


def _happens(name: str) -> Callable[[Happening], Happening]:
    def register(happening: Happening) -> Happening:
        INCIDENTS[name] = happening
        return happening

    return register


def cause(charger: Charger, name: str, words: Mapping[str, Any]) -> None:
    """Let something go wrong with a charger: once, or until it is switched off by `"value": false`."""
    happening = INCIDENTS.get(name)
    if happening is not None:
        happening(charger, words)
        return
    if "value" not in words:
        raise UnknownFault(f"{name} needs a value")
    charger.faults.switch(name, words["value"])
    charger.balance()


def _number(words: Mapping[str, Any], name: str, default: float) -> float:
    value = words.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnknownFault(f"{name} is a number")
    return float(value)


def _evses(charger: Charger, words: Mapping[str, Any]) -> list[Evse]:
    """The EVSE that is named, else all of them."""
    if "evse" not in words:
        return charger.evses
    evse = charger.evse(words["evse"])
    if evse is None:
        raise UnknownFault(f"{charger.identity} has no evse {words['evse']}")
    return [evse]


@_happens("drop_link")
def _drop_link(charger: Charger, words: Mapping[str, Any]) -> None:
    charger.drop_link()


@_happens("offline")
def _offline(charger: Charger, words: Mapping[str, Any]) -> None:
    charger.drop_link(stays_away_s=_number(words, "seconds", 60))


@_happens("power_loss")
def _power_loss(charger: Charger, words: Mapping[str, Any]) -> None:
    lose_power(charger, seconds=_number(words, "seconds", 10), keeps_memory=bool(words.get("memory", True)))


@_happens("second_socket")
def _second_socket(charger: Charger, words: Mapping[str, Any]) -> None:
    charger.on_second_socket()


@_happens("replay_last")
def _replay_last(charger: Charger, words: Mapping[str, Any]) -> None:
    charger.outbox.replay()


@_happens("jump_meter")
def _jump_meter(charger: Charger, words: Mapping[str, Any]) -> None:
    for evse in _evses(charger, words):
        evse.meter_jump_wh += _number(words, "wh", 100_000)


@_happens("faulted")
def _faulted(charger: Charger, words: Mapping[str, Any]) -> None:
    for evse in _evses(charger, words):
        evse.fault_code = str(words.get("code", "GroundFailure"))
    charger.balance()


@_happens("recovered")
def _recovered(charger: Charger, words: Mapping[str, Any]) -> None:
    for evse in _evses(charger, words):
        evse.fault_code = ""
    charger.balance()


@_happens("emergency_stop")
def _emergency_stop(charger: Charger, words: Mapping[str, Any]) -> None:
    for evse in _evses(charger, words):
        evse.stop("EmergencyStop")
