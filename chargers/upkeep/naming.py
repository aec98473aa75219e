"""A setting's whole name in one line, as people type it: Key, or Component[instance].Variable[instance]. Pure."""

import re

from chargers.events import Setting

NAME_PARTS = ("component", "component_instance", "variable", "variable_instance")
# A key of 1.6 is any text without a dot; brackets say the instance of a component or of a variable of 2.x.
IN_A_COMPONENT = re.compile(r"([^\[\]]+?)(?:\[([^\[\]]+)\])?\.([^.\[\]]+)(?:\[([^\[\]]+)\])?")


def write_name(setting: Setting) -> str:
    variable = _with_instance(setting.variable, setting.variable_instance)
    if not setting.component:
        return variable
    return f"{_with_instance(setting.component, setting.component_instance)}.{variable}"


def _with_instance(name: str, instance: str) -> str:
    return f"{name}[{instance}]" if instance else name


def read_name(text: str) -> Setting | None:
    """None where it does not read as a name."""
    found = IN_A_COMPONENT.fullmatch(text)
    if found is not None:
        component, component_instance, variable, variable_instance = ((part or "").strip() for part in found.groups())
        if not component or not variable:
            return None
        return Setting(variable, component, component_instance, variable_instance)
    return Setting(text.strip()) if text.strip() and "." not in text else None
