"""People are told when a charger is asked something no longer."""

from datetime import datetime

from chargers.quirks import quarantine_of
from chargers.upkeep.broken_links import notice_broken_links
from depot import live
from depot.notices import services as notices


def hold_back_what_breaks_links(now: datetime) -> int:
    held_back = notice_broken_links(now)
    for capability in held_back:
        action = capability.name.removeprefix(quarantine_of(""))
        notices.write(
            "charger.action_quarantined",
            capability.charger,
            f"{capability.charger} lost its link after {action} twice: with this firmware we ask it no longer unbidden",
            at=now,
            action=action,
        )
    live.tell({capability.charger_id for capability in held_back}, what="capability")
    return len(held_back)
