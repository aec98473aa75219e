"""What a charger has set: keys of 1.6, or components with their variables of 2.x; secrets are never shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from chargers.choices import CommandState
from chargers.events import Setting
from chargers.models import Charger, IssuedCommand, SettingValue
from chargers.ocpp.redact import HIDDEN, SECRET_NAMES

SETTINGS_KINDS = ("change_settings", "read_settings", "report_settings")
COMMANDS_SHOWN = 8
# Words that a charger answers a change with, in the reader's words (1.6 §7.22; 2.x SetVariableStatusEnumType).
ANSWERS = {
    "RebootRequired": "Taken; it holds after the charger's next restart",
    "Rejected": "Refused by the charger",
    "NotSupported": "Refused: the charger has no such key",
    "UnknownComponent": "Refused: the charger has no such component",
    "UnknownVariable": "Refused: the component has no such variable",
    "NotSupportedAttributeType": "Refused: the variable has no such attribute",
}


@dataclass(slots=True)
class ShownSetting:
    """One setting with its actual value, and what else is told of it."""

    row: SettingValue
    others: list[SettingValue] = field(default_factory=list)  # Target, MinSet, MaxSet

    @property
    def name(self) -> str:
        instance = f" ({self.row.variable_instance})" if self.row.variable_instance else ""
        return f"{self.row.variable}{instance}"

    @property
    def is_secret(self) -> bool:
        return is_secret(self.row)

    @property
    def may_be_set(self) -> bool:
        return not self.row.is_read_only and self.row.mutability != "ReadOnly" and not self.is_secret

    @property
    def value(self) -> str | None:
        return HIDDEN if self.is_secret else self.row.value

    @property
    def options(self) -> list[str]:
        """The values to choose from, where the charger says them and one of them is taken at a time."""
        if self.row.data_type.casefold() == "boolean":
            return ["true", "false"]
        if self.row.data_type.casefold() == "optionlist" and self.row.values_list:
            return [value.strip() for value in self.row.values_list.split(",")]
        return []

    @property
    def bounds(self) -> str:
        """What the charger says a value must be, in words."""
        parts = []
        if self.row.min_limit and self.row.max_limit:
            parts.append(f"{self.row.min_limit} to {self.row.max_limit}")
        elif self.row.max_limit:
            parts.append(f"at most {self.row.max_limit}")
        elif self.row.min_limit:
            parts.append(f"at least {self.row.min_limit}")
        if self.row.values_list and not self.options:
            parts.append(f"any of {self.row.values_list}")
        return ", ".join(parts)

    @property
    def character(self) -> str:
        """What kind of value it is and what it may be: `integer, s, 1 to 9`."""
        return ", ".join(part for part in (self.row.data_type, self.row.unit, self.bounds) if part)

    @property
    def may_be_watched(self) -> bool:
        """Only variables of a component can be (2.x N04)."""
        return bool(self.row.component) and not self.is_secret


@dataclass(slots=True)
class Component:
    """A component of 2.x with its variables; 1.6 has one without a name."""

    title: str
    settings: list[ShownSetting] = field(default_factory=list)


def is_secret(row: SettingValue) -> bool:
    """By its name, or because the charger itself lets nobody read it."""
    return row.variable.casefold() in SECRET_NAMES or row.mutability == "WriteOnly"


def components_of(charger: Charger, q: str = "") -> list[Component]:
    """Everything reported; `q` finds in names, and in values that may be read."""
    rows = SettingValue.objects.filter(charger=charger).order_by(
        "component", "component_instance", "evse_number", "connector_number", "variable", "variable_instance", "pk"
    )
    wanted = q.casefold().split()
    components: dict[tuple[str, str, int, int], Component] = {}
    shown: dict[tuple[object, ...], ShownSetting] = {}
    for row in rows:
        if not all(word in _findable(row) for word in wanted):
            continue
        where = (row.component, row.component_instance, row.evse_number, row.connector_number)
        component = components.setdefault(where, Component(_title(row)))
        key = (*where, row.variable, row.variable_instance)
        present = shown.get(key)
        if present is None:
            shown[key] = ShownSetting(row)
            component.settings.append(shown[key])
        elif row.attribute == "Actual":
            present.others.append(present.row)
            present.row = row
        else:
            present.others.append(row)
    return list(components.values())


def findable_settings(rows: Iterable[SettingValue], q: str) -> list[int]:
    """The keys of the rows in which all the words of `q` are found."""
    wanted = q.casefold().split()
    return [row.pk for row in rows if all(word in _findable(row) for word in wanted)]


def _findable(row: SettingValue) -> str:
    """What a search looks at; whether a secret holds a text is not to be found out either."""
    value = "" if is_secret(row) else row.value or ""
    return f"{row.component} {row.component_instance} {row.variable} {value}".casefold()


def _title(row: SettingValue) -> str:
    if not row.component:
        return ""
    instance = f" “{row.component_instance}”" if row.component_instance else ""
    evse = f", EVSE {row.evse_number}" if row.evse_number else ""
    connector = f", connector {row.connector_number}" if row.connector_number else ""
    return f"{row.component}{instance}{evse}{connector}"


def setting_of(row: SettingValue) -> Setting:
    """How a command names it."""
    return Setting(
        variable=row.variable,
        component=row.component,
        component_instance=row.component_instance,
        variable_instance=row.variable_instance,
        evse=row.evse_number or None,
        connector=row.connector_number or None,
    )


def waiting_for_restart(charger: Charger) -> list[str]:
    """Settings that the charger took and will use only after its next restart; its last boot ended that for others."""
    changes = IssuedCommand.objects.filter(charger=charger, kind="change_settings", state=CommandState.ACCEPTED)
    if charger.booted_at is not None:
        changes = changes.filter(issued_at__gt=charger.booted_at)
    named = [
        changed_setting(change)
        for change in changes.order_by("-pk")[:COMMANDS_SHOWN]
        if status_told(change) == "RebootRequired"
    ]
    return list(dict.fromkeys(name for name in named if name))


@dataclass(frozen=True, slots=True)
class Answered:
    """A change or a reading, with the charger's answer in words."""

    command: IssuedCommand
    words: str
    needs_restart: bool


def answered(commands: Sequence[IssuedCommand], usual: Sequence[str]) -> list[Answered]:
    """Each command with its answer; `usual` are the words that any command has."""
    return [_answered(command, words) for command, words in zip(commands, usual, strict=True)]


def _answered(command: IssuedCommand, usual: str) -> Answered:
    if command.kind != "change_settings" or command.state not in (CommandState.ACCEPTED, CommandState.REJECTED):
        return Answered(command, usual, False)
    told = status_told(command)
    return Answered(command, ANSWERS.get(told, usual), told == "RebootRequired")


def status_told(command: IssuedCommand) -> str:
    """The word that the charger answered a change with; 2.x has one for each variable, of which ours sends one."""
    response = command.response if isinstance(command.response, dict) else {}
    results = response.get("setVariableResult")
    if isinstance(results, list) and results and isinstance(results[0], dict):
        return str(results[0].get("attributeStatus", ""))
    return str(response.get("status", command.status))


def changed_setting(command: IssuedCommand) -> str:
    """`HeartbeatInterval = 300`, as the command's row tells it without secrets."""
    values = command.wording.get("values") if isinstance(command.wording, dict) else None
    if not isinstance(values, list):
        return ""
    named = []
    for pair in values:
        setting, value = pair
        component = setting.get("component", "")
        named.append(f"{component + '.' if component else ''}{setting['variable']} = {value}")
    return ", ".join(named)
