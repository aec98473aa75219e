"""How templates write a moment, an age, a number, a shape; built in, so no template needs to load it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from depot import clock as business_clock
from depot.board import figures

register = template.Library()


def _zone(context: dict[str, Any], zone: ZoneInfo | str | None) -> ZoneInfo:
    chosen = zone or context.get("zone")
    if isinstance(chosen, str):
        return ZoneInfo(chosen)
    if chosen is None and "frame" in context:
        chosen = context["frame"].zone
    return chosen or ZoneInfo("UTC")


@register.simple_tag(takes_context=True)
def clock(context: dict[str, Any], at: datetime | None, style: str = "", zone: ZoneInfo | str | None = None) -> str:
    """`{% clock t %}`: in the depot's zone, UTC in the tooltip. Styles: minutes, seconds, date, full."""
    if at is None:
        return ""
    now = context.get("now") or business_clock.now()
    words = figures.moment(at, now=now, zone=_zone(context, zone), style=style)
    utc = at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>', f"{utc:%Y-%m-%dT%H:%M:%SZ}", f"{utc:%Y-%m-%d %H:%M:%S}", words
    )


@register.simple_tag(takes_context=True)
def age(context: dict[str, Any], since: datetime | None, late_after_s: float | None = None) -> str:
    """`{% age t %}`: how long ago in real time; the browser counts on, and turns it amber after `late_after_s`."""
    if since is None:
        return mark_safe('<span class="age">never</span>')
    real_now = context.get("real_now") or datetime.now(UTC)
    gone = real_now - since
    is_late = late_after_s is not None and gone.total_seconds() > late_after_s
    return format_html(
        '<time class="age{}" datetime="{}" data-since="{}"{}>{}</time>',
        " late" if is_late else "",
        f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        int(since.timestamp() * 1000),
        "" if late_after_s is None else format_html(' data-late="{}"', int(late_after_s)),
        figures.age(gone),
    )


@register.simple_tag
def lasted(since: datetime, until: datetime | None, now: datetime) -> str:
    return figures.length((until or now) - since)


@register.filter
def clock_offset(seconds: float) -> str:
    """A charger's clock beside ours, in words."""
    if abs(seconds) < 1:
        return "the same as ours"
    span = figures.length(timedelta(seconds=abs(seconds)))
    return f"{span} ahead of ours" if seconds > 0 else f"{span} behind ours"


@register.filter
def in_kwh(energy_wh: int | None) -> str:
    """Under a heading that says kWh."""
    return "" if energy_wh is None else f"{energy_wh / 1000:,.3f}"


@register.filter
def price(per_kwh: Decimal | None) -> str:
    """As many decimals as it has, two at least."""
    if per_kwh is None:
        return ""
    short = f"{per_kwh.normalize():f}"
    return short if len(short.partition(".")[2]) >= 2 else f"{per_kwh:.2f}"


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """`{% icon "stop" %}`: a shape of the sprite; with a label where no word stands beside it."""
    if label:
        return format_html('<svg class="i" role="img" aria-label="{}"><use href="#i-{}"/></svg>', label, name)
    return format_html('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.filter
def kw(power_w: float | None) -> str:
    return figures.kw(power_w)


@register.filter
def kwh(energy_wh: float | None, digits: int = 1) -> str:
    return figures.kwh(energy_wh, digits)


@register.filter
def wh(energy_wh: int | None) -> str:
    return figures.wh(energy_wh)


@register.filter
def percent(value: float | None) -> str:
    return figures.percent(value)


@register.filter
def money(amount: Decimal | None, currency: str = "") -> str:
    return figures.money(amount, currency)
