"""How a charger decides by itself while it is cut off: shown, and never changed unasked (quirk 45)."""

from collections.abc import Sequence
from dataclasses import dataclass

from chargers.models import Charger, SettingValue

# Keys of 1.6 §9 and variables of 2.x, with a maker's own (MaxEnergyOnInvalidId), in plain words.
MEANINGS = {
    "localauthorizeoffline": "Cards of its list and memory may start while it is cut off",
    "localpreauthorize": "Cards of its list and memory start before we are asked",
    "allowofflinetxforunknownid": "Unknown cards may start while it is cut off",
    "offlinetxforunknownidenabled": "Unknown cards may start while it is cut off",
    "authorizationcacheenabled": "It remembers cards that we accepted",
    "localauthlistenabled": "It heeds its list of cards",
    "stoptransactiononinvalidid": "It stops when we refuse the card afterwards",
    "stoptxoninvalidid": "It stops when we refuse the card afterwards",
    "maxenergyoninvalidid": "When we refuse the card afterwards it still gives at most so many Wh",
    "authcachectrlr.enabled": "It remembers cards that we accepted",
    "localauthlistctrlr.enabled": "It heeds its list of cards",
    "randomsmartchargedelay": "It waits a random time before it obeys a schedule",
    "randomiseddelay": "It waits a random time before it obeys a schedule",
}


@dataclass(frozen=True, slots=True)
class OwnRule:
    meaning: str
    name: str
    value: str


def own_rules(charger: Charger) -> Sequence[OwnRule]:
    """What it has told of them; nothing is asked for."""
    rows = SettingValue.objects.filter(charger=charger, attribute="Actual").exclude(value=None)
    found = []
    for row in rows.order_by("component", "variable"):
        named = row.variable.casefold()
        meaning = MEANINGS.get(named) or MEANINGS.get(f"{row.component.casefold()}.{named}")
        if meaning:
            found.append(OwnRule(meaning, f"{row.component}.{row.variable}".lstrip("."), row.value or ""))
    return found
