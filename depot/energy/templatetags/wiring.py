"""Words and sums of circuits; templates load them with {% load wiring %}."""

from typing import Any

from django import template

from chargers.models import Charger
from depot import clock
from depot.energy.models import Wiring
from depot.energy.wiring_pages.tree import tree_of
from depot.models import Depot

register = template.Library()

NBSP = "\N{NO-BREAK SPACE}"


@register.filter
def amount(value: float, unit: str) -> str:
    """Of a sum, in its unit: watts as kW, amperes as they are."""
    shown = value / 1000 if unit == "kW" else value
    return f"{shown:.1f}".removesuffix(".0") + f"{NBSP}{unit}"


@register.filter
def lines_words(lines: str) -> str:
    return " ".join(f"L{line}" for line in lines)


@register.inclusion_tag("energy/wiring/_adoption.html", takes_context=True)
def adoption_sums(context: dict[str, Any], charger: Charger) -> dict[str, Any]:
    """What the circuits are guaranteed before and after this charger is wired, for whoever adopts it."""
    wirings = list(Wiring.objects.filter(evse__charger=charger).select_related("circuit__depot"))
    depot: Depot | None = wirings[0].circuit.depot if wirings else context["frame"].depot
    tree = tree_of(depot, clock.now()) if depot is not None and depot.circuits.exists() else None
    evses = list(charger.evses.order_by("number")) if charger.standing == "adopted" else []
    wired = {wiring.evse_id for wiring in wirings}
    return {
        "charger": charger,
        "tree": tree,
        "unwired": [evse for evse in evses if evse.pk not in wired],
        "wirings": wirings,
        "perms": context["perms"],
    }
