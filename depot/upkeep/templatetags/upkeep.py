"""Pieces of pages that other rooms show."""

from typing import Any

from django import template
from django.template.context import RequestContext

from chargers.models import Charger
from chargers.queries import link_of, patience_with
from depot.upkeep import cut_off, drift, lists
from depot.yard.asking import why_not
from sessions.models import IdToken

register = template.Library()
SHOWN_AT_MOST = 20


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
    return {"token": token, "lists": list(lists.lists_that_accept(token.key)[:SHOWN_AT_MOST])}


@register.inclusion_tag("upkeep/_own_rules.html")
def when_cut_off(charger: Charger) -> dict[str, Any]:
    """How it decides by itself."""
    return {"rules": cut_off.own_rules(charger)}


@register.inclusion_tag("upkeep/_cloud.html", takes_context=True)
def cloud_switch(context: RequestContext, charger: Charger) -> dict[str, Any]:
    """Does it call through its maker's cloud?"""
    return {
        "charger": charger,
        "is_behind_cloud": patience_with(charger) > 1,
        "perms": context.get("perms"),
        "csrf_token": context.get("csrf_token"),
    }
