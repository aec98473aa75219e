"""How the pages say where a figure comes from, and which letter stands for which reason."""

from collections.abc import Mapping
from typing import Any

from depot.board.figures import SYMBOLS
from depot.energy.needs import DepartureSource, EnergySource
from depot.energy.reasons import Why

DEPARTURE_SOURCES: Mapping[str, str] = {
    DepartureSource.DISPATCHER: "told by a dispatcher",
    DepartureSource.VEHICLE: "told by the vehicle",
    DepartureSource.REST: "told by another system",
    DepartureSource.TIMETABLE: "by the timetable",
    DepartureSource.DEFAULT: "not known: the depot's usual hour",
}
NEED_SOURCES: Mapping[str, str] = {
    EnergySource.DISPATCHER: "told by a dispatcher",
    EnergySource.VEHICLE: "told by the vehicle",
    EnergySource.REST: "told by another system",
    EnergySource.LEVEL: "from its charge and its target",
    EnergySource.TIMETABLE: "by the timetable",
    EnergySource.NIGHTS: "what it took on its last nights, and a fifth",
    EnergySource.FULL: "not known: until it is full",
    EnergySource.HAS_ENOUGH: "it takes no more",
}
PRICE = "price"
LETTER_OF: Mapping[str, str] = {
    Why.HOLDS_PEAK: "P",
    Why.ON_PEAK: PRICE,
    Why.CHEAPER_LATER: PRICE,
    Why.SUN_LATER: "S",
    Why.RULE: "R",
    Why.SITE_FULL: "L",
    Why.CIRCUIT_FULL: "L",
    Why.LINE_FULL: "L",
    Why.BELOW_MINIMUM: "L",
    Why.MINIMUM_STEPS: "L",
    Why.HELD: "N",
    Why.FEW_STARTS: "W",
    Why.NO_HURRY: "W",
}
LETTERS: Mapping[str, str] = {
    "P": "stays below the month’s peak",
    PRICE: "cheaper later",
    "S": "waits for the sun",
    "R": "a rule",
    "L": "site or feeder full",
    "W": "no hurry",
    "N": "out of our hands: it goes on with what it holds",
    "F": "fault",
    "C": "cable",
    "V": "vehicle draws nothing",
}


def letter_for(why: str, currency: str) -> str:
    letter = LETTER_OF.get(why, "")
    return price_sign(currency) if letter == PRICE else letter


def price_sign(currency: str) -> str:
    return SYMBOLS.get(currency, "¤").strip()[:1]


def legend_of(used: set[str], currency: str) -> list[tuple[str, str]]:
    shown = {price_sign(currency) if letter == PRICE else letter: words for letter, words in LETTERS.items()}
    return [(letter, words) for letter, words in shown.items() if letter in used]


def why_at(reasons: list[dict[str, Any]], slot: int) -> dict[str, Any]:
    return next((run for run in reasons if run["from"] <= slot < run["to"]), {})
