"""Vehicles that stand at a charger after their charge has ended, and not by our word: what each still lacks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from chargers.models import Connector
from depot.energy.models import Timetable, Wiring
from depot.energy.needs import Wish, wish_of
from depot.energy.queries.memory import LEAST_NIGHT_WH, known_of, recall
from depot.energy.queries.site import settings_of
from depot.energy.queries.visits import Visit, newest_first, stays_of
from depot.models import Depot
from sessions.models import MeterReading, Session, Vehicle
from sessions.standing import MAY_STAND, still_stands

# How 2.x says that the vehicle would take no more.
BY_THE_VEHICLE = frozenset({"StoppedByEV", "SOCLimitReached"})
# Chargers of 1.6 have no word for it.
PERHAPS_BY_THE_VEHICLE = frozenset({"", "Other", "Local"})
# A battery takes less and less before it is full.
TAPERED_TO = 0.5
NEAR_ENOUGH_KWH = 0.05
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """One that nobody charges any more."""

    wiring: Wiring
    vehicle: Vehicle
    session: Session  # its last
    wish: Wish
    got_kwh: float  # since it came, into the battery
    cable_efficiency: float
    says_full: bool

    @property
    def has_enough(self) -> bool:
        return self.wish.energy_kwh <= NEAR_ENOUGH_KWH


def stood_of(depot: Depot, wirings: Sequence[Wiring], now: datetime) -> list[Stood]:
    """At those of the EVSEs at which no charge runs and none is paused."""
    by_evse = {wiring.evse_id: wiring for wiring in wirings}
    visits = _ended_at(by_evse, now)
    if not visits:
        return []
    sessions = [session for visit in visits.values() for session in visit.sessions]
    vehicle_ids = {session.vehicle_id for session in sessions}
    lines = Timetable.objects.filter(depot=depot, vehicle__in=vehicle_ids, vehicle__is_active=True)
    memory = recall(depot, sessions, list(lines.select_related("vehicle", "bay")), now)
    default, zone = settings_of(depot).default_departure, ZoneInfo(depot.time_zone)
    found = []
    for evse_id, visit in visits.items():
        session, wiring = visit.session, by_evse[evse_id]
        assert session.vehicle is not None
        full = says_full(session)
        known = known_of(session.vehicle, session, wiring, memory, zone, default, now, visit)
        wish = wish_of(replace(known, has_enough=full), now)
        found.append(
            Stood(
                wiring=wiring,
                vehicle=session.vehicle,
                session=session,
                wish=wish,
                got_kwh=visit.energy_wh() / 1000 * known.cable_efficiency,
                cable_efficiency=known.cable_efficiency,
                says_full=full,
            )
        )
    return found


def _ended_at(evse_ids: Collection[int], now: datetime) -> Mapping[int, Visit]:
    """By EVSE the charges of the vehicle that stands there still, the newest first."""
    plugged: dict[int, list[Connector]] = {}
    for cable in Connector.objects.filter(evse__in=evse_ids, status__in=MAY_STAND):
        plugged.setdefault(cable.evse_id, []).append(cable)
    if not plugged:
        return {}
    rows = {evse_id: its for evse_id, its in newest_first(plugged, now).items() if its and its[0].ended_at is not None}
    return {
        evse_id: visit
        for evse_id, visit in stays_of(rows, now).items()
        if visit.session.vehicle_id is not None
        and any(still_stands(visit.session, cable) for cable in plugged[evse_id])
    }


def says_full(session: Session) -> bool:
    """By the reason that its charger told; where 1.6 has none, by power that fell before it ended by itself."""
    if session.stop_reason in BY_THE_VEHICLE:
        return True
    took = session.energy_wh or 0
    if session.stop_reason not in PERHAPS_BY_THE_VEHICLE or session.stop_token_value or took < LEAST_NIGHT_WH:
        return False
    powers = _powers_w(session)
    return bool(powers) and powers[-1] <= TAPERED_TO * max(powers)


def _powers_w(session: Session) -> list[float]:
    """As they were told; by a charger that tells none, what its register rose by."""
    # What is read with the end itself, the contactor open, says nothing.
    rows = MeterReading.objects.filter(session=session).exclude(context="Transaction.End").order_by("at", "pk")
    told = list(rows.values_list("at", "power_w", "energy_wh"))
    powers: list[float] = [power_w for _, power_w, _ in told if power_w is not None]
    if powers:
        return powers
    registers = [(at, energy_wh) for at, _, energy_wh in told if energy_wh is not None]
    return [
        (wh - before_wh) / ((at - before) / HOUR)
        for (before, before_wh), (at, wh) in pairwise(registers)
        if at > before
    ]
