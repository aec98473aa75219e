"""What a 2.x charger takes of a list in one message, and a command cut to that (B05, B06, B08, N04, N06)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chargers.commands.base import Command
from chargers.commands.monitoring import ClearMonitors, ReportMonitors, SetMonitors
from chargers.commands.provisioning import ChangeSettings, ReadSettings
from chargers.commands.reading import ReportSomeSettings
from chargers.events.provisioning import Setting

# The list of each, and where the charger tells how many of it one message may have.
LISTS: dict[type[Command], tuple[str, Setting]] = {
    ReadSettings: (
        "settings",
        Setting("ItemsPerMessage", component="DeviceDataCtrlr", variable_instance="GetVariables"),
    ),
    ChangeSettings: (
        "values",
        Setting("ItemsPerMessage", component="DeviceDataCtrlr", variable_instance="SetVariables"),
    ),
    SetMonitors: (
        "monitors",
        Setting("ItemsPerMessage", component="MonitoringCtrlr", variable_instance="SetVariableMonitoring"),
    ),
    ClearMonitors: (
        "monitor_ids",
        Setting("ItemsPerMessage", component="MonitoringCtrlr", variable_instance="ClearVariableMonitoring"),
    ),
    ReportSomeSettings: (
        "settings",
        Setting("ItemsPerMessage", component="DeviceDataCtrlr", variable_instance="GetReport"),
    ),
    ReportMonitors: (
        "settings",
        Setting("ItemsPerMessage", component="DeviceDataCtrlr", variable_instance="GetReport"),
    ),
}


def limit_on(command: Command) -> Setting | None:
    """The variable that bounds it; None where nothing does, or where there is nothing to cut."""
    name, setting = LISTS.get(type(command), ("", None))
    return setting if setting is not None and len(getattr(command, name)) > 1 else None


def in_parts(command: Command, at_most: int) -> Sequence[Command]:
    name, _ = LISTS[type(command)]
    items = getattr(command, name)
    cut: list[Any] = [items[start : start + at_most] for start in range(0, len(items), at_most)]
    return [_part(command, name, part, number) for number, part in enumerate(cut)]


def _part(command: Command, name: str, items: Any, number: int) -> Command:
    part = replace(command, **{name: items})
    if isinstance(part, ReportSomeSettings | ReportMonitors):
        # Each is a report of its own, which its parts name.
        part = replace(part, request_id=part.request_id + number)
    return part
