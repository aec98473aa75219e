"""How a charger is treated: what it has shown, before what is known of its model, before what suits all. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from chargers.commands import ProfileKind, ProfilePurpose, RateUnit
from chargers.quirks.models import Access, Model, Pause


class Source(StrEnum):
    SHOWN = "shown"  # by the charger itself
    TABLE = "table"  # of its model
    GENERIC = "generic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One capability that a charger has shown, as its row keeps it."""

    name: str
    value: str
    firmware: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """None is not known; the other defaults harm no charger that was ever seen."""

    access: Access = Access.UNKNOWN
    smart_charging: bool | None = None
    rate_unit: RateUnit | None = None
    stack_level: int = 0
    max_periods: int | None = None
    max_profiles: int | None = None
    periods_used: int | None = None
    number_phases: bool | None = None
    purpose: ProfilePurpose | None = None
    kind: ProfileKind | None = None
    min_current_a: float = 6.0  # IEC 61851: below it a vehicle does not charge
    pause: Pause | None = None
    restarts_without_replug: bool | None = None
    needs_remote_start: bool = False
    profile_survives_reconnect: bool | None = None
    raises_after_clearing_only: bool = False
    throttles_profiles: bool = False
    triggers_meter_values: bool | None = None
    safe_measurands: tuple[str, ...] = ("Energy.Active.Import.Register", "Power.Active.Import", "Current.Import")
    settings_read_only: tuple[str, ...] = ()
    # Availability is never changed unasked, whoever the charger is (crashes and refusals of several makers).
    deny_on_connect: frozenset[str] = frozenset(
        {"ChangeAvailability", "GetConfiguration of everything", "measurand probing"}
    )
    told_by: Mapping[str, Source] = field(default_factory=dict)

    def source_of(self, name: str) -> Source:
        return self.told_by.get(name, Source.GENERIC)

    @property
    def is_behind_cloud(self) -> bool:
        return self.access is Access.OPEN_THROUGH_CLOUD


GENERIC = Traits()
QUARANTINE = "quarantined "
SETS_LIMITS = "SetChargingProfile"
WORDS = {"yes": True, "no": False}
FLAGS = {"true": "yes", "1": "yes", "false": "no", "0": "no"}
UNITS = {
    "a": RateUnit.AMPERE,
    "current": RateUnit.AMPERE,
    "w": RateUnit.WATT,
    "power": RateUnit.WATT,
}
SETTINGS_OF_NUMBERS = {
    "max_periods": ("chargingschedulemaxperiods", "smartchargingctrlr.periodsperschedule"),
    "max_profiles": ("maxchargingprofilesinstalled",),
}


def quarantine_of(action: str) -> str:
    """The name of the capability that says: this action was followed by a broken link, twice."""
    return QUARANTINE + action


def traits_of(model: Model | None, shown: Iterable[Shown] = (), *, firmware: str = "") -> Traits:
    """Raises ValueError for a capability whose value none of our code would have written."""
    traits = GENERIC if model is None else _with_table(GENERIC, model)
    changes: dict[str, Any] = {}
    quarantined: set[str] = set()
    for each in shown:
        if each.name.startswith(QUARANTINE):
            # Another firmware may have been cured, and this one may have survived it since.
            if each.firmware == firmware and each.value == "yes":
                quarantined.add(each.name.removeprefix(QUARANTINE))
        elif each.name in READERS:
            changes[each.name] = READERS[each.name](each.value)
    if SETS_LIMITS in quarantined:
        # Whom each limit throws off the line is started and stopped, and counts at its rating.
        changes["smart_charging"] = False
    told_by = {**traits.told_by, **dict.fromkeys(changes, Source.SHOWN)}
    denied = traits.deny_on_connect | quarantined
    return replace(traits, deny_on_connect=denied, told_by=told_by, **changes)


def shown_by_settings(settings: Mapping[str, str]) -> list[Shown]:
    """What a charger's own settings show, by variable or component.variable in lower case.

    That smart charging is listed shows nothing: chargers that list it refuse every profile. That it is not listed
    does. The highest stack level that a charger lists need not work either, and is left alone.
    """

    def told(*names: str) -> str:
        return next((settings[name].strip() for name in names if settings.get(name)), "")

    shown = []
    if (features := told("supportedfeatureprofiles")) and "smartcharging" not in features.lower():
        shown.append(Shown(name="smart_charging", value="no"))
    if told("smartchargingctrlr.available").lower() == "false":
        shown.append(Shown(name="smart_charging", value="no"))
    units = read_rate_units(told("chargingscheduleallowedchargingrateunit", "smartchargingctrlr.rateunit"))
    if len(units) == 1:
        shown.append(Shown(name="rate_unit", value=units[0].value))
    for name, told_as in SETTINGS_OF_NUMBERS.items():
        if (number := told(*told_as)).isdecimal():
            shown.append(Shown(name=name, value=number))
    if (switch := told("connectorswitch3to1phasesupported", "smartchargingctrlr.phases3to1").lower()) in FLAGS:
        shown.append(Shown(name="number_phases", value=FLAGS[switch]))
    return shown


def read_rate_units(text: str) -> tuple[RateUnit, ...]:
    """A list of units however it is written: Current or A, Power or W, between commas, semicolons, bars or spaces."""
    words = re.split(r"[\s,;|]+", text.strip().lower())
    return tuple(dict.fromkeys(UNITS[word] for word in words if word in UNITS))


def _with_table(traits: Traits, model: Model) -> Traits:
    known = {each.name for each in fields(model)} & {each.name for each in fields(traits)}
    told: dict[str, Any] = {name: value for name in known if (value := getattr(model, name)) not in (None, ())}
    told["deny_on_connect"] = traits.deny_on_connect | set(model.deny_on_connect)
    if model.rate_units:
        told["rate_unit"] = model.rate_units[0]
    return replace(traits, told_by=dict.fromkeys(told, Source.TABLE), **told)


def _read_word(value: str) -> bool:
    if value not in WORDS:
        raise ValueError(f"{value!r} is neither yes nor no")
    return WORDS[value]


READERS: dict[str, Callable[[str], Any]] = {
    "access": Access,
    "triggers_meter_values": _read_word,
    "smart_charging": _read_word,
    "rate_unit": RateUnit,
    "stack_level": int,
    "max_periods": int,
    "max_profiles": int,
    "number_phases": _read_word,
    "purpose": ProfilePurpose,
    "kind": ProfileKind,
    "min_current_a": float,
    "pause": Pause,
    "restarts_without_replug": _read_word,
    "needs_remote_start": _read_word,
    "profile_survives_reconnect": _read_word,
    "raises_after_clearing_only": _read_word,
    "throttles_profiles": _read_word,
}
