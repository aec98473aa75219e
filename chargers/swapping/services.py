"""What a station tells of swapped batteries, kept; told again it changes nothing."""

from datetime import datetime

from chargers.events import BatterySwapped
from chargers.models import Charger
from chargers.swapping.models import BatterySwap, SwappedBattery


def keep_swap(charger: Charger, event: BatterySwapped, *, now: datetime) -> BatterySwap:
    swap, _ = BatterySwap.objects.update_or_create(
        charger=charger,
        request_id=event.request_id,
        defaults={"step": event.step.value, "changed_at": now, "token_value": event.token.value[:255]},
        create_defaults={
            "step": event.step.value,
            "began_at": now,
            "changed_at": now,
            "token_value": event.token.value[:255],
        },
    )
    for battery in event.batteries:
        SwappedBattery.objects.update_or_create(
            swap=swap,
            step=event.step.value,
            serial=battery.serial,
            defaults={
                "slot": battery.slot,
                "soc_percent": battery.soc_percent,
                "health_percent": battery.health_percent,
                "made_at": battery.made_at,
                "info": battery.info[:500],
            },
        )
    return swap
