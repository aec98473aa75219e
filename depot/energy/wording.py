"""Pure: reasons and rules in plain words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from depot.energy.instance import Held
from depot.energy.limits import LimitKind
from depot.energy.reasons import Reason, Why
from depot.energy.rules import Kind, Sentence

DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
SETS_OF_DAYS: Mapping[frozenset[int], str] = {
    frozenset(range(1, 8)): "every day",
    frozenset(range(1, 6)): "on workdays",
    frozenset({6, 7}): "at weekends",
}
HELD = {
    Held.OFFLINE: "charger offline, it goes on with what it holds",
    Held.REFUSES: "charger refused the limit",
    Held.UNCONTROLLABLE: "charger takes what it wants",
    Held.UNASKED: "charger takes no limit and may start without asking",
    Held.BY_HAND: "set by hand",
}
PLAIN = {
    Why.NOT_HERE: "not here",
    Why.FULL_POWER: "as much as it can take",
    Why.DONE: "has what it needs",
    Why.REST: "takes what is left to take",
    Why.GIVES_BACK: "gives energy back to the site",
    Why.FEW_STARTS: "its charger has started often enough for now",
    Why.BELOW_MINIMUM: "there is room, but less than a vehicle can take",
    Why.MINIMUM_STEPS: "keeps to whole steps above the least current",
    Why.TAPER: "the battery takes no more",
    Why.ON_PEAK: "dearest hours",
    Why.HOLDS_PEAK: "more would raise the month's peak",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What keys stand for, in the words of the yard."""

    vehicles: Mapping[str, str]
    circuits: Mapping[str, str]
    rules: Mapping[int, str]
    time_of: Callable[[int], str]  # of a slot, by the clock on the wall


def reason_in_words(reason: Reason, names: Names, rule: int | None = None) -> str:
    """`rule`: the one that speaks of this stay in this slot, if any."""
    if reason.why is Why.HELD:
        return HELD[reason.held or Held.UNCONTROLLABLE]
    if reason.why is Why.RULE:
        said = names.rules.get(rule or _rule_of(reason) or 0, "")
        return f"rule: {said}" if said else "a rule holds it back"
    if reason.why in (Why.SITE_FULL, Why.CIRCUIT_FULL, Why.LINE_FULL):
        first = f": {names.vehicles[reason.vehicle]} leaves first" if reason.vehicle in names.vehicles else ""
        return f"{_full(reason, names)}{first}"
    if reason.slot is not None and reason.why in (Why.CHEAPER_LATER, Why.SUN_LATER, Why.NO_HURRY, Why.ON_PEAK):
        at = names.time_of(reason.slot)
        return {
            Why.CHEAPER_LATER: f"cheaper from {at}",
            Why.SUN_LATER: f"waits for the sun at {at}",
            Why.NO_HURRY: f"no hurry: goes on at {at}",
            Why.ON_PEAK: f"dearest hours: goes on at {at}",
        }[reason.why]
    return PLAIN.get(reason.why, "waits")


def _rule_of(reason: Reason) -> int | None:
    if reason.limit is None or reason.limit.kind is not LimitKind.CAP:
        return None
    number = reason.limit.key.removeprefix("rule ")
    return int(number) if number.isdigit() else None


def _full(reason: Reason, names: Names) -> str:
    limit = reason.limit
    if limit is None or limit.kind is LimitKind.SITE:
        return "site full"
    name = names.circuits.get(limit.key, limit.key)
    if limit.kind is LimitKind.LINE:
        return f"{name}: line {limit.line} full"
    return f"{name} full" if not name.startswith("limit ") else name


def sentence_in_words(sentence: Sentence, where: str) -> str:
    """As a person would say the rule; `where`: of which bays or vehicle it speaks."""
    if sentence.kind is Kind.FIRST:
        before = f" that leave before {_hour(sentence.leaves_before)}" if sentence.leaves_before else ""
        return f"{days_in_words(sentence.weekdays)}: vehicles{before} go first when power is short ({where})"
    what = {
        Kind.AT_MOST: f"charge with at most {sentence.limit_kw:g} kW",
        Kind.TOGETHER: f"charge with at most {sentence.limit_kw:g} kW together",
        Kind.NOTHING: "do not charge",
        Kind.BELOW_PRICE: f"charge only below {sentence.price_per_kwh:g} per kWh",
        Kind.SOLAR_ONLY: "charge only from solar power",
    }[sentence.kind]
    hours = "all day"
    if sentence.from_time is not None and sentence.to_time is not None:
        hours = f"from {_hour(sentence.from_time)} to {_hour(sentence.to_time)}"
    spares = sentence.except_leaves_before
    except_for = f", except vehicles leaving before {_hour(spares)}" if spares is not None else ""
    return f"{days_in_words(sentence.weekdays)} {hours}: {what} ({where}){except_for}"


def days_in_words(weekdays: frozenset[int]) -> str:
    if weekdays in SETS_OF_DAYS:
        return SETS_OF_DAYS[weekdays]
    return "on " + _listed([DAYS[day - 1] for day in sorted(weekdays)])


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _hour(wall: time | None) -> str:
    return "" if wall is None else f"{wall:%H:%M}"
