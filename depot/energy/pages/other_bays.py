"""Where a vehicle could stand instead: a free bay that it can charge at; and what its night would be there."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q

from chargers.choices import ConnectorStatus
from chargers.models import Evse
from chargers.queries import links_of
from depot.energy.delivery.models import Target
from depot.energy.models import PlannedStay, VehicleNeed, Wiring
from depot.energy.queries.instance import wirings_of
from depot.energy.queries.memory import most_kw
from depot.energy.queries.visits import Visit, charges_of
from depot.models import Access, Bay, Depot
from sessions.models import Session, Vehicle
from sessions.reserving.models import Reservation


def free_bays(depot: Depot, vehicle: Vehicle, stay: PlannedStay) -> Iterator[tuple[Bay, Wiring]]:
    """Nobody stands there, is awaited or has it kept, its charger is there, and the vehicle takes its kind of current.

    The strongest first, and of each circuit one before there is a second: they may share too little.
    """
    bays = {bay.evse_id: bay for bay in _bays_for(depot, vehicle)}
    taken = _taken(stay)
    kept = _kept(vehicle)
    free = [each for each in wirings_of(depot) if each.evse_id in bays and each.evse_id not in taken]
    links = links_of({wiring.evse.charger_id for wiring in free})
    good = [
        wiring
        for wiring in free
        if links[wiring.evse.charger_id].is_online
        and kept.get(wiring.evse_id) is not False
        and _is_empty(wiring.evse, is_kept=wiring.evse_id in kept)
        and takes(vehicle, is_dc=wiring.evse.is_dc, stands_at_dc=stay.evse.is_dc)
    ]
    good.sort(key=lambda wiring: (-most_kw(wiring, vehicle), wiring.evse_id))
    before: Counter[int] = Counter()
    nth = {}
    for wiring in good:
        nth[wiring.evse_id] = before[wiring.circuit_id]
        before[wiring.circuit_id] += 1
    for wiring in sorted(good, key=lambda wiring: nth[wiring.evse_id]):
        yield bays[wiring.evse_id], wiring


def takes(vehicle: Vehicle, *, is_dc: bool, stands_at_dc: bool) -> bool:
    """By what is told of it; of one of whom only the other kind is told, the kind at which it charges now."""
    told, other = (vehicle.max_dc_kw, vehicle.max_ac_kw) if is_dc else (vehicle.max_ac_kw, vehicle.max_dc_kw)
    if told is not None:
        return told > 0
    return is_dc == stands_at_dc or other is None


def _bays_for(depot: Depot, vehicle: Vehicle) -> Iterator[Bay]:
    for bay in Bay.objects.filter(depot=depot, evse__isnull=False):
        if bay.access != Access.OWN_VEHICLE or bay.own_vehicle_id == vehicle.pk:
            yield bay


def _taken(stay: PlannedStay) -> set[int]:
    """By those who stand there, running or paused, and those who are awaited before this one leaves."""
    running = Session.objects.running().filter(evse__isnull=False)
    planned = PlannedStay.objects.filter(plan=stay.plan_id).exclude(pk=stay.pk)
    soon = planned.filter(Q(is_expected=False) | Q(arrives_at__lt=stay.departs_at))
    taken = {session.evse_id for session in running if session.evse_id is not None}
    return taken | {each.evse_id for each in soon} | {stay.evse_id}


def _kept(vehicle: Vehicle) -> dict[int, bool]:
    """By EVSE that is kept for somebody: is it for this vehicle?"""
    live = Reservation.objects.live().filter(evse__isnull=False).select_related("token")
    return {
        each.evse_id: each.token is not None and each.token.vehicle_id == vehicle.pk
        for each in live
        if each.evse_id is not None
    }


def _is_empty(evse: Evse, *, is_kept: bool) -> bool:
    """By what its connectors say: none that works has a cable in it."""
    good = {ConnectorStatus.AVAILABLE} | ({ConnectorStatus.RESERVED} if is_kept else set())
    off = {ConnectorStatus.UNAVAILABLE, ConnectorStatus.FAULTED}
    shown = {ConnectorStatus(status) for status in evse.connectors.values_list("status", flat=True)}
    return bool(shown & good) and shown <= good | off


def pretend_moved(session: Session, evse: Evse, now: datetime) -> None:
    """As if it had been plugged in there, with all that it took in this stay; also one that stands paused."""
    assert session.evse_id is not None
    visit = charges_of([session.evse_id], now).get(session.evse_id)
    if visit is not None and any(each.pk == session.pk for each in visit.sessions):
        _go_on_as_one(session, visit)
    Session.objects.filter(pk=session.pk).update(evse=evse, charger=evse.charger, ended_at=None, closed_by="")


def _go_on_as_one(session: Session, visit: Visit) -> None:
    """All its charges as its newest, and nothing left where it stood."""
    taken_wh = visit.energy_wh() + ((session.energy_wh or 0) if session.ended_at is None else 0)
    charges = [each.pk for each in visit.sessions]
    for need in VehicleNeed.objects.filter(Q(session__in=charges) | Q(vehicle=session.vehicle_id), taken_back_at=None):
        before_wh = (need.session_energy_wh or 0) + visit.energy_wh(before=need.told_at)
        session_id = session.pk if need.session_id in charges else need.session_id
        VehicleNeed.objects.filter(pk=need.pk).update(session_energy_wh=before_wh, session=session_id)
    Target.objects.filter(evse=session.evse_id).update(resume_token=None)
    Session.objects.filter(pk=session.pk).update(energy_wh=taken_wh, power_w=0)
