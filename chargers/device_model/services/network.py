"""Network profiles that a charger took."""

from datetime import datetime

from chargers.device_model.models import NetworkSlot
from chargers.events import NetworkProfileTaken
from chargers.models import Charger


def keep_network_profile(charger: Charger, event: NetworkProfileTaken, *, now: datetime) -> NetworkSlot:
    slot, _ = NetworkSlot.objects.update_or_create(
        charger=charger,
        slot=event.slot,
        defaults={
            "url": event.url,
            "security_profile": event.security_profile,
            "interface": event.interface[:12],
            "version": event.version[:8],
            "taken_at": now,
        },
    )
    return slot
