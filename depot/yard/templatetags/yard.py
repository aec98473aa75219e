"""Words that only the yard's pages need; templates load them with {% load yard %}."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import template

from chargers.models import Charger
from depot.board import figures
from depot.yard.week import WEEKDAYS

register = template.Library()

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@register.filter
def maker_type(charger: Charger) -> str:
    """Maker and type; many a type begins with its maker already."""
    if charger.model.casefold().startswith(charger.vendor.casefold()):
        return charger.model
    return f"{charger.vendor} {charger.model}".strip()


@register.filter
def span(length: timedelta) -> str:
    return figures.length(length)


@register.filter
def price(amount: Decimal | str) -> str:
    """As short as it can be written, with two decimals at least: `0.30`, `0.41522`; a tariff's rows hold texts."""
    whole, _, decimals = f"{Decimal(amount):f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


@register.filter
def period_words(period: dict[str, Any]) -> str:
    """When a price of a tariff holds: `22:00 to 06:00, Mon to Fri, Jun to Aug`."""
    hours = f"{period.get('from') or '00:00'} to {period.get('to') or '24:00'}"
    days = _runs(period.get("weekdays") or [], WEEKDAYS)
    months = _runs(period.get("months") or [], MONTHS)
    return ", ".join(part for part in (hours, days, months) if part)


def _runs(numbers: list[int], names: tuple[str, ...]) -> str:
    """Numbers from 1 as names, neighbours as a run; nothing where all of them are meant."""
    wanted = sorted(set(numbers))
    if not wanted or len(wanted) == len(names):
        return ""
    runs: list[list[int]] = []
    for number in wanted:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = [names[run[0] - 1] + (f" to {names[run[-1] - 1]}" if len(run) > 1 else "") for run in runs]
    return " and ".join(words)


@register.filter
def short(number: Decimal | None) -> str:
    """Without the zeros at its end: `11.3`, `115`; nothing where nothing is known."""
    return "" if number is None else f"{number.normalize():f}"


@register.filter
def seconds(value: float) -> str:
    """`24 ms`, `1.4 s`, `12 s`."""
    if value < 1:
        return f"{value * 1000:.0f}\N{NO-BREAK SPACE}ms"
    return f"{value:.{1 if value < 10 else 0}f}\N{NO-BREAK SPACE}s"


@register.filter
def of(mapping: dict[Any, Any], key: Any) -> Any:
    """`{{ cards|of:vehicle.pk }}`: what the mapping holds for the key, or nothing."""
    return mapping.get(key) if mapping else None


# Who gives a charger a limit (2.x ChargingLimitSourceEnumType), and what a profile is for.
SOURCES = {"EMS": "an energy manager on site", "SO": "the grid operator", "CSO": "us", "Other": "somebody else"}
PURPOSES = {
    "station_max": "for the whole charger",
    "tx_default": "for any charge",
    "tx": "for one charge",
    "external_constraints": "given from outside",
    "priority": "for whoever charges first",
    "local_generation": "with power made here",
}

# 2.x, 0 to 9: how grave what a monitor sees is.
SEVERITIES = (
    "danger", "hardware failure", "system failure", "critical", "error", "alert", "warning", "notice", "informational",
    "debugging",
)  # fmt: skip


@register.filter
def severity_words(severity: int) -> str:
    """`6, warning`."""
    return f"{severity}, {SEVERITIES[severity]}" if 0 <= severity < len(SEVERITIES) else str(severity)


@register.filter
def source_words(source: str) -> str:
    return SOURCES.get(source, source)


@register.filter
def purpose_words(purpose: str) -> str:
    return PURPOSES.get(purpose, purpose)
