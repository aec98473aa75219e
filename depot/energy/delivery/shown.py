"""How the limits that are ours stand at one charger, for its page."""

from collections.abc import Sequence
from dataclasses import dataclass

from chargers.held import services as held
from chargers.models import Capability, Charger
from depot.energy.delivery.models import Target
from depot.energy.models import Wiring


@dataclass(frozen=True, slots=True)
class OwnLimits:
    outlets: Sequence[tuple[Wiring, Target | None]]
    restart: Capability | None  # did its limits last through one?
    is_proven: bool
    is_under_way: bool


def own_limits(charger: Charger) -> OwnLimits:
    wirings = list(Wiring.objects.filter(evse__charger=charger).select_related("evse", "circuit"))
    targets = {target.evse_id: target for target in Target.objects.filter(evse__charger=charger)}
    restart = charger.capabilities.filter(name=held.KEEPS_THROUGH_BOOT).first()
    is_current = restart is not None and restart.firmware == charger.firmware
    value = restart.value if restart is not None else ""
    return OwnLimits(
        outlets=[(wiring, targets.get(wiring.evse_id)) for wiring in wirings],
        restart=restart,
        is_proven=is_current and value == "yes",
        is_under_way=value == held.ASKED,
    )


def unproven(chargers: Sequence[int]) -> set[int]:
    """Of these chargers those whose limits were not yet seen to last through a restart: after one they count at their
    rating until they are told again."""
    shown = Capability.objects.filter(charger__in=chargers, name=held.KEEPS_THROUGH_BOOT, value="yes")
    proven = {each.charger_id for each in shown.select_related("charger") if each.firmware == each.charger.firmware}
    return set(chargers) - proven
