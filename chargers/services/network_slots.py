"""What may be written of a charger's network configurations, and what goes with it (2.1 B09, by SetVariables)."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from chargers import queries
from chargers.commands import ChangeSettings, Command
from chargers.events import Setting
from chargers.models import Charger, IssuedCommand

COMPONENT = "NetworkConfiguration"
KINDS = ("apn", "vpn")
# What a refused change did not do.
NOT_DONE = ("rejected", "error", "expired", "cancelled")


def slot_in_use(charger: Charger, payload: dict[str, Any]) -> str | None:
    """SetVariables of a network configuration that the charger may come by next (B09.FR.21)."""
    slots = {_slot_of(one) for one in _written(payload)}
    if not slots:
        return None
    used = queries.told_by(charger, Setting("NetworkConfigurationPriority", component="OCPPCommCtrlr"))
    return next((slot.strip() for slot in used.split(",") if slot.strip() in slots), None)


def switch_left_out(charger: Charger, payload: dict[str, Any]) -> str | None:
    """ApnEnabled or VpnEnabled, where an APN or VPN of a slot is written and neither told nor known to be on."""
    told = {(_slot_of(one), str(one["variable"]["name"]).casefold()) for one in _written(payload)}
    for slot, name in sorted(told):
        switch = f"{name[:3]}enabled"
        if name[:3] not in KINDS or name == switch or (slot, switch) in told:
            continue
        known = Setting(switch, component=COMPONENT, component_instance=slot)
        if queries.told_by(charger, known).casefold() != "true":
            return f"{name[:3].capitalize()}Enabled"
    return None


def with_switches_off(charger: Charger, command: Command) -> Command:
    """A slot is written and no APN, or no VPN, for it: one that is on from before is switched off (B09.FR.30).

    Only where the charger has told that it is on: it may not have such a switch, and would refuse the rest with it.
    Not where somebody here set one up in this slot: whoever writes the slot piece by piece wants to keep it.
    """
    if not isinstance(command, ChangeSettings):
        return command
    written = [setting for setting, _ in command.values if setting.component.casefold() == COMPONENT.casefold()]
    off = [
        (Setting(f"{kind.capitalize()}Enabled", component=COMPONENT, component_instance=slot), "false")
        for slot in sorted({setting.component_instance for setting in written})
        for kind in KINDS
        if not any(_is_of(setting, slot, kind) for setting in written) and _is_left_on(charger, slot, kind)
    ]
    return replace(command, values=(*command.values, *off)) if off else command


def _is_left_on(charger: Charger, slot: str, kind: str) -> bool:
    switch = Setting(f"{kind}enabled", component=COMPONENT, component_instance=slot)
    if queries.told_by(charger, switch).casefold() != "true":
        return False
    ours = IssuedCommand.objects.filter(charger=charger, kind=ChangeSettings.kind).exclude(state__in=NOT_DONE)
    return not any(_sets_up(wording, slot, kind) for wording in ours.values_list("wording", flat=True))


def _sets_up(wording: dict[str, Any], slot: str, kind: str) -> bool:
    return any(_is_of(Setting(**setting), slot, kind) for setting, _ in wording["values"])


def _is_of(setting: Setting, slot: str, kind: str) -> bool:
    of_slot = (setting.component.casefold(), setting.component_instance) == (COMPONENT.casefold(), slot)
    return of_slot and setting.variable.casefold().startswith(kind)


def _written(payload: dict[str, Any]) -> Collection[dict[str, Any]]:
    data = payload.get("setVariableData") or ()
    return [one for one in data if str(one["component"].get("name", "")).casefold() == COMPONENT.casefold()]


def _slot_of(one: dict[str, Any]) -> str:
    return str(one["component"].get("instance", "")).strip()
