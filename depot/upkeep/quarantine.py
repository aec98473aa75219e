"""People are told when a charger is asked something no longer."""

from datetime import datetime

from chargers.quirks import quarantine_of
from chargers.upkeep.broken_links import notice_broken_links
from chargers.upkeep.held_back import hold_back_of_like_firmware, lift_what_was_survived
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
    alike = hold_back_of_like_firmware(now)
    lifted = lift_what_was_survived(now)
    live.tell({capability.charger_id for capability in (*held_back, *alike, *lifted)}, what="capability")
    return len(held_back) + len(alike)
