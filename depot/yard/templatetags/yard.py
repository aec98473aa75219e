"""Words that only the yard's pages need; templates load them with {% load yard %}."""

from datetime import timedelta
from typing import Any

from django import template

from depot.board import figures

register = template.Library()

CAPABILITIES = {
    "start_without_replug": "Start again without replug",
    "smart_charging": "Follow a limit",
    "pause_at_zero": "Pause with 0 kW",
    "composite_schedule": "Tell its schedule",
    "unlock": "Unlock the cable",
    "remote_start": "Start when asked",
    "remote_stop": "Stop when asked",
    "trigger": "Tell its state when asked",
    "local_list": "Keep a list of cards",
}


@register.filter
def capability(name: str) -> str:
    """What an ability is called on a page."""
    return CAPABILITIES.get(name, name.replace("_", " ").capitalize())


@register.filter
def span(length: timedelta) -> str:
    return figures.length(length)


@register.filter
def seconds(value: float) -> str:
    """`0.4 s`, `12 s`."""
    return f"{value:.{1 if value < 10 else 0}f}\N{NO-BREAK SPACE}s"


@register.filter
def of(mapping: dict[Any, Any], key: Any) -> Any:
    """`{{ cards|of:vehicle.pk }}`: what the mapping holds for the key, or nothing."""
    return mapping.get(key) if mapping else None
