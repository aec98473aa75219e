"""Numbers, moments and names as people read them: with unit and no-break space, nothing where nothing is known."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

NBSP = "\N{NO-BREAK SPACE}"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF\N{NO-BREAK SPACE}"}


def kw(power_w: float | None) -> str:
    if power_w is None:
        return ""
    if round(power_w / 1000, 1) == 0:
        return f"0{NBSP}kW"
    return f"{power_w / 1000:,.{1 if abs(power_w) < 99_950 else 0}f}{NBSP}kW"


def kwh(energy_wh: float | None, digits: int = 1) -> str:
    if energy_wh is None:
        return ""
    if digits == 1 and abs(energy_wh) >= 99_950:
        digits = 0
    return f"{energy_wh / 1000:,.{digits}f}{NBSP}kWh" if round(energy_wh / 1000, digits) else f"0{NBSP}kWh"


def percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}{NBSP}%"


def money(amount: Decimal | None, currency: str) -> str:
    if amount is None:
        return ""
    symbol = SYMBOLS.get(currency, f"{currency}{NBSP}" if currency else "")
    return f"{'−' if amount < 0 else ''}{symbol}{abs(amount):,.2f}"


def wh(energy_wh: int | None) -> str:
    return "" if energy_wh is None else f"{energy_wh:,}{NBSP}Wh"


def length(span: timedelta) -> str:
    """`4 s`, `12 min`, `3 h 20`, `2 days`."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 60:
        return f"{seconds}{NBSP}s"
    if seconds < 3600:
        return f"{seconds // 60}{NBSP}min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600}{NBSP}h{NBSP}{seconds % 3600 // 60:02d}"
    return f"{seconds // 86400}{NBSP}days"


def age(span: timedelta) -> str:
    """Short, for a narrow column; `live.js` counts on in the same words."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds}{NBSP}s"
    if seconds < 3600:
        return f"{seconds // 60}{NBSP}m"
    if seconds < 48 * 3600:
        return f"{seconds // 3600}{NBSP}h"
    return f"{seconds // 86400}{NBSP}d"


def moment(at: datetime, *, now: datetime, zone: ZoneInfo, style: str = "") -> str:
    """As short as it can be said today; `style`: short, minutes, seconds, date, full."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    day = f"{local.day}{NBSP}{local:%b}" + ("" if local.year == today.year else f"{NBSP}{local.year}")
    if style == "minutes":
        return f"{local:%H:%M}"
    if style == "date":
        return f"{local:%a}{NBSP}{day}"
    if style == "full":
        return f"{local:%a}{NBSP}{local.day}{NBSP}{local:%b}{NBSP}{local.year} {local:%H:%M:%S}"
    time_of_day = f"{local:%H:%M:%S}" if style == "seconds" else f"{local:%H:%M}"
    return time_of_day if local.date() == today.date() else f"{day} {time_of_day}"


def natural(name: str) -> list[tuple[int, int | str]]:
    """Sorts A2 before A10."""
    return [(0, int(part)) if part.isdigit() else (1, part.casefold()) for part in re.split(r"(\d+)", name) if part]
