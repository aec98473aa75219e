"""Pure: a need that has moved by less than anybody notices is taken for what its charger was told.

Meters count in steps, cars taper, a limit arrives a second late: what a vehicle still needs is never quite what its
plan is going to give it. Planned to the watt-hour, each of these would move everybody's night and cost messages.
"""

from collections.abc import Sequence
from dataclasses import replace

from depot.energy.instance import Instance, Need

# Of what is still needed; and at most so much.
SHARE = 0.03
MOST_KWH = 0.5


def steadied(instance: Instance) -> Instance:
    """The same, with such needs as they were planned."""
    hours = [instance.hours(slot) for slot in range(instance.slots)]
    efficiencies = {evse.key: evse.efficiency for evse in instance.evses}
    return replace(instance, needs=tuple(_steadied(need, hours, efficiencies[need.evse]) for need in instance.needs))


def _steadied(need: Need, hours: Sequence[float], efficiency: float) -> Need:
    if need.installed_kw is None or need.battery is not None:
        return need
    gets = will_get_kwh(need, hours, efficiency)
    if not 0 < abs(gets - need.energy_kwh) <= unnoticed_kwh(need):
        return need
    return replace(need, energy_kwh=gets, waived_kwh=need.energy_kwh - gets)


def unnoticed_kwh(need: Need) -> float:
    return max(need.grain_kwh, min(MOST_KWH, SHARE * need.energy_kwh))


def will_get_kwh(need: Need, hours: Sequence[float], efficiency: float) -> float:
    """What reaches it until it leaves, by what its charger holds."""
    held = need.installed_kw or ()
    until = min(need.departs, len(hours))
    return sum(h * max(0.0, kw) * efficiency for h, kw in zip(hours[:until], held, strict=False))
