"""Pieces of pages that other rooms show."""

from typing import Any

from django import template
from django.template.context import RequestContext

from chargers.models import Charger
from chargers.queries import link_of
from depot.upkeep import drift, lists
from depot.yard.asking import why_not
from sessions.models import IdToken

register = template.Library()


@register.inclusion_tag("upkeep/_drift.html", takes_context=True)
def setting_drift(context: RequestContext, charger: Charger) -> dict[str, Any]:
    """What is not as its templates want it."""
    found = drift.drift_of_placed(charger)
    return {
        "charger": charger,
        "drift": found,
        "shown": drift.shown(charger, found),
        "perms": context.get("perms"),
        "csrf_token": context.get("csrf_token"),
        "why_not": why_not(link_of(charger.pk)),
    }


@register.inclusion_tag("upkeep/_still_accepted.html")
def still_accepted(token: IdToken) -> dict[str, Any]:
    """The chargers whose own list would let this card charge."""
    return {"token": token, "lists": list(lists.lists_that_accept(token.key)[:20])}
