"""What a charger can do, as we treat it: shown by itself, known of its model, or what suits all; with how we know."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from chargers.commands import RateUnit
from chargers.models import Capability, Charger
from chargers.quirks import SETS_LIMITS, Evidence, Model, Pause, Shown, Traits, model_for, quarantine_of, traits_of

QUARANTINE = quarantine_of("")
# What a person asks first of a charger, in the order in which he does.
ABILITIES = {
    "smart_charging": "Follow a limit",
    "rate_unit": "Takes limits in",
    "pause": "Is held by",
    "min_current_a": "Charges from, A",
    "restarts_without_replug": "Start again without replug",
    "needs_remote_start": "Must be started by us",
    "profile_survives_reconnect": "Keep its limit over a broken link",
    "throttles_profiles": "Slows down when limits come often",
}
WORDS: dict[object, str] = {
    True: "yes",
    False: "no",
    RateUnit.AMPERE: "ampere per phase",
    RateUnit.WATT: "watt in all",
    Pause.LIMIT_ZERO: "a limit of 0",
    Pause.LIMIT: "a low limit",
    Pause.REMOTE_STOP: "stopping it",
}
EVIDENCE = {
    Evidence.WIRE: "seen on the wire",
    Evidence.VENDOR: "the maker says so",
    Evidence.TEMPLATE: "another system treats it so",
    Evidence.USER: "users report it",
    Evidence.INFERRED: "inferred from a sibling",
    Evidence.NOTHING: "nothing is published",
}


@dataclass(frozen=True, slots=True)
class Ability:
    name: str
    words: str
    how_we_know: str
    firmware: str = ""  # under which it was shown, where that is another than now


@dataclass(frozen=True, slots=True)
class Known:
    """What is published of a model."""

    name: str
    evidence: str
    deviations: Sequence[tuple[str, str]]


def abilities_of(charger: Charger) -> list[Ability]:
    """What is known; what is not known of it is not listed."""
    rows = {row.name: row for row in charger.capabilities.all()}
    breaks = rows.get(quarantine_of(SETS_LIMITS))
    model = model_for(charger.vendor, charger.model, charger.firmware)
    traits = _traits(charger, model, rows.values())
    listed = []
    for name, title in ABILITIES.items():
        value = getattr(traits, name) if traits else None
        if value is None or (traits and name not in traits.told_by):
            continue
        told = breaks if name == "smart_charging" and value is False and breaks else rows.get(name)
        listed.append(_ability(title, value, told, model, charger))
    others = [row for name, row in rows.items() if name not in ABILITIES or traits is None]
    return listed + [_as_shown(row, charger) for row in others]


def _traits(charger: Charger, model: Model | None, rows: Iterable[Capability]) -> Traits | None:
    shown = [Shown(name=row.name, value=row.value, firmware=row.firmware) for row in rows]
    try:
        return traits_of(model, shown, firmware=charger.firmware)
    except ValueError:
        return None  # a row that none of our code would have written: it is shown as it stands


def _ability(title: str, value: object, row: Capability | None, model: Model | None, charger: Charger) -> Ability:
    if row is not None:
        return Ability(title, _said(value), row.evidence, _other_firmware(row, charger))
    evidence = EVIDENCE[model.evidence] if model else ""
    return Ability(title, _said(value), f"Known of this model: {evidence}")


def _as_shown(row: Capability, charger: Charger) -> Ability:
    if row.name.startswith(QUARANTINE):
        asked = row.name.removeprefix(QUARANTINE)
        said = "not any more" if row.value == "yes" else "again"
        return Ability(f"Be asked {asked}", said, row.evidence, _other_firmware(row, charger))
    return Ability(row.name.replace("_", " ").capitalize(), row.value, row.evidence, _other_firmware(row, charger))


def _other_firmware(row: Capability, charger: Charger) -> str:
    return row.firmware if row.firmware and row.firmware != charger.firmware else ""


def _said(value: object) -> str:
    if isinstance(value, bool | Enum):
        return WORDS.get(value, str(value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def known_of(charger: Charger) -> Known | None:
    model = model_for(charger.vendor, charger.model, charger.firmware)
    if model is None:
        return None
    deviations = [(deviation.says, EVIDENCE[deviation.evidence]) for deviation in model.deviations]
    return Known(f"{model.vendor} {model.name}", EVIDENCE[model.evidence], deviations)
