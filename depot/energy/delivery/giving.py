"""Vehicles that give back: where that can be, and what its charger is told beside the plan.

Only 2.1 has words for it (Q01, Q03). The night's plan without giving back is a profile of its own; what is to be given
back stands on the level above and holds only so long without us, for nobody would notice that the building takes it no
more.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from chargers.commands import AllowTransfer, EnergyTransfer, InstallProfile, ProfilePurpose
from chargers.device_model.models import ChargingNeeds
from chargers.models import Capability, Charger, IssuedCommand, SettingValue
from chargers.profiles.installed import OCPP_21
from chargers.queries import Link, links_of
from chargers.services import issue_command
from depot.access.services import the_depot
from depot.energy.delivery.asking import CANNOT
from depot.energy.delivery.ladder import Rung
from depot.energy.delivery.learning import GIVES_BACK
from depot.energy.delivery.promises import stops_offline
from depot.energy.delivery.schedule import Shape
from depot.energy.models import Control, Wiring
from sessions.models import Session

HOLDS_WITHOUT_US_S = 900
SWITCH = "v2xchargingctrlr.enabled"


def refuses(shown: Iterable[Capability], firmware: str) -> bool:
    return any((each.name, each.value, each.firmware) == (GIVES_BACK, "no", firmware) for each in shown)


def most_given_w(wirings: Collection[Wiring], sessions: Iterable[Session]) -> dict[int, int]:
    """By EVSE, what can come back there now; those where nothing can are left out."""
    able = [wiring for wiring in wirings if wiring.max_discharge_w and wiring.control == Control.MANAGED]
    if not able:
        return {}
    ids = {wiring.evse.charger_id for wiring in able}
    links: dict[int, Link] = links_of(ids)
    shown: dict[int, list[Capability]] = {}
    for capability in Capability.objects.filter(charger__in=ids, name=GIVES_BACK):
        shown.setdefault(capability.charger_id, []).append(capability)
    off = SettingValue.objects.filter(charger__in=ids, component__iexact="V2XChargingCtrlr", variable="Enabled")
    switched_off = set(off.filter(value__iexact="false").values_list("charger", flat=True))
    promised = stops_offline(ids)
    told = _told_by_vehicles({session.evse_id: session for session in sessions if session.evse_id is not None})
    return {
        wiring.evse_id: min(wiring.max_discharge_w, told.get(wiring.evse_id, wiring.max_discharge_w))
        for wiring in able
        if links[wiring.evse.charger_id].protocol == OCPP_21
        and wiring.evse.charger.energy_management_on
        and wiring.evse.charger_id not in switched_off
        and wiring.evse.charger_id in promised
        and not refuses(shown.get(wiring.evse.charger_id, ()), wiring.evse.charger.firmware)
    }


def _told_by_vehicles(sessions: dict[int, Session]) -> dict[int, int]:
    """What a vehicle said over its cable, in this stay."""
    needs = ChargingNeeds.objects.filter(evse__in=sessions, max_discharge_w__isnull=False).order_by("pk")
    return {
        need.evse_id: int(abs(need.max_discharge_w))
        for need in needs
        if need.max_discharge_w is not None and need.heard_at >= sessions[need.evse_id].started_heard_at
    }


def giving_shape(shape: Shape) -> Shape:
    """One level above the plan, as its offline time wants it: without us the plan beneath holds again."""
    return replace(shape, gives_back=True, stack_level=shape.stack_level + 1, max_offline_s=HOLDS_WITHOUT_US_S)


def giving_rung(rung: Rung) -> Rung:
    return Rung(rung.purpose, rung.stack_level + 1)


def is_giving(command: InstallProfile) -> bool:
    """Of the profiles that are ours, only the one that may give back does not hold without us."""
    profile = command.profile
    return profile.purpose is ProfilePurpose.TX and profile.max_offline_s == HOLDS_WITHOUT_US_S


def allow_once(charger: Charger, reference: str, *, is_dc: bool, phases: int, now: datetime) -> None:
    """A vehicle of ISO 15118-20 gives back only after its charger was told that it may (Q01); told once a charge."""
    told = IssuedCommand.objects.filter(charger=charger, kind=AllowTransfer.kind, wording__reference=reference)
    if told.exists():
        return
    one_way = EnergyTransfer.AC_SINGLE_PHASE if phases == 1 else EnergyTransfer.AC_THREE_PHASE
    modes = (one_way, EnergyTransfer.AC_BOTH_WAYS)
    if is_dc:
        modes = (EnergyTransfer.DC, EnergyTransfer.DC_BOTH_WAYS)
    try:
        issue_command(charger, AllowTransfer(reference=reference, modes=modes), issued_by=the_depot(), now=now)
    except CANNOT:
        return  # the profile that follows says whether it gives
