"""Who stands at the chargers or is expected, with what each needs: rows in, wishes out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery

from depot.energy.models import ChargeNow, Habit, Timetable, Wiring
from depot.energy.needs import Wish, arrival_for, next_departure, wish_of
from depot.energy.queries.after import stood_of
from depot.energy.queries.memory import Memory, known_of, recall, weekly_of
from depot.energy.queries.site import settings_of
from depot.energy.queries.visits import Visit, charges_of
from depot.energy.slots import HORIZON_SLOTS, SLOT
from depot.models import Bay, Depot
from sessions.models import Session, Vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class StayHere:
    """One stay with everything that the plan's row keeps of it."""

    wiring: Wiring
    wish: Wish
    session: Session | None = None
    vehicle: Vehicle | None = None
    habit: Habit | None = None
    arrives_at: datetime | None = None  # of one that is expected
    is_now: bool = False
    visit: Visit | None = None  # where this is not its first charge since it came

    @property
    def is_paused(self) -> bool:
        """It is plugged in; `session` is the last one, and over."""
        return self.session is not None and self.session.ended_at is not None

    def hours_here(self, now: datetime) -> float:
        """Since it was plugged in, over all sessions of the stay."""
        first = self.session if self.visit is None else self.visit.sessions[-1]
        return 0.0 if first is None else max(0.0, (now - first.started_at) / timedelta(hours=1))

    @property
    def key(self) -> str:
        """How the planner calls the vehicle."""
        if self.vehicle is not None:
            return f"vehicle {self.vehicle.pk}"
        assert self.session is not None
        return f"session {self.session.pk}"


def sessions_at(wirings: Iterable[Wiring], visits: Mapping[int, Visit]) -> dict[int, Session]:
    """The running session at each EVSE, or the last one of a vehicle that we paused."""
    rows = Session.objects.running().filter(evse__in=[wiring.evse_id for wiring in wirings]).select_related("vehicle")
    paused = {evse_id: visit.session for evse_id, visit in visits.items() if visit.is_paused}
    return paused | {session.evse_id: session for session in rows if session.evse_id is not None}


def stays_of(depot: Depot, wirings: Sequence[Wiring], now: datetime) -> list[StayHere]:
    """Those that are plugged in, and those that the timetable expects within the horizon."""
    visits = charges_of([wiring.evse_id for wiring in wirings], now)
    sessions = sessions_at(wirings, visits)
    lines = list(Timetable.objects.filter(depot=depot, vehicle__is_active=True).select_related("vehicle", "bay"))
    over = [session for visit in visits.values() for session in visit.sessions]
    memory = recall(depot, {session.pk: session for session in (*sessions.values(), *over)}.values(), lines, now)
    at_once = set(
        ChargeNow.objects.filter(session__in=[s.pk for s in sessions.values()], taken_back_at=None).values_list(
            "session", flat=True
        )
    )
    default_departure = settings_of(depot).default_departure
    zone = ZoneInfo(depot.time_zone)
    by_evse = {wiring.evse_id: wiring for wiring in wirings}
    here = []
    for evse_id, session in sessions.items():
        visit = visits.get(evse_id)
        known = known_of(session.vehicle, session, by_evse[evse_id], memory, zone, default_departure, now, visit)
        here.append(
            StayHere(
                wiring=by_evse[evse_id],
                wish=wish_of(known, now),
                session=session,
                vehicle=session.vehicle,
                habit=memory.habits.get(session.vehicle_id or 0),
                is_now=session.pk in at_once or (visit is not None and visit.is_now),
                visit=visit,
            )
        )
    present = {session.vehicle_id for session in sessions.values() if session.vehicle_id}
    # Who stands there and has all it needs is not awaited any more.
    left = [wiring for wiring in wirings if wiring.evse_id not in sessions]
    present |= {stood.vehicle.pk for stood in stood_of(depot, left, now) if stood.has_enough}
    absent = [line for line in lines if line.vehicle_id not in present]
    return here + _expected(absent, by_evse, here, memory, zone, default_departure, now)


def _expected(
    lines: Sequence[Timetable],
    by_evse: Mapping[int, Wiring],
    here: Sequence[StayHere],
    memory: Memory,
    zone: ZoneInfo,
    default_departure: time,
    now: datetime,
) -> list[StayHere]:
    """Vehicles that are not there yet and whose whole stay lies within the horizon, where an EVSE is theirs."""
    places = _places({line.vehicle_id for line in lines})
    vehicles = {line.vehicle_id: line.vehicle for line in lines}
    until = now + HORIZON_SLOTS * SLOT
    busy = {(stay.wiring.evse_id): stay.wish.departs_at for stay in here}
    expected = []
    for vehicle_id, vehicle in vehicles.items():
        weekly = [weekly_of(line) for line in memory.timetable[vehicle_id]]
        upcoming = next_departure(weekly, zone, now)
        if upcoming is None or upcoming[0] > until:
            continue
        arrives_at = arrival_for(upcoming[1], upcoming[0], zone)
        line = memory.timetable[vehicle_id][weekly.index(upcoming[1])]
        evse_id = line.bay.evse_id if line.bay is not None else places.get(vehicle_id)
        wiring = by_evse.get(evse_id or 0)
        if arrives_at is None or wiring is None:
            continue
        # One that is due and not there is awaited from the next slot on.
        arrives_at = max(arrives_at, now + SLOT)
        if arrives_at >= upcoming[0] or busy.get(wiring.evse_id, now) > arrives_at:
            continue
        busy[wiring.evse_id] = upcoming[0]
        known = known_of(vehicle, None, wiring, memory, zone, default_departure, now)
        wish = wish_of(known, now)
        expected.append(
            StayHere(
                wiring=wiring, wish=wish, vehicle=vehicle, habit=memory.habits.get(vehicle_id), arrives_at=arrives_at
            )
        )
    return expected


def _places(vehicle_ids: Collection[int]) -> dict[int, int]:
    """Where a vehicle stands: at its own bay, else where it charged last."""
    newest = Session.objects.filter(vehicle=OuterRef("pk"), evse__isnull=False).order_by("-started_at", "-pk")
    last = Vehicle.objects.filter(pk__in=vehicle_ids).annotate(last_evse=Subquery(newest.values("evse")[:1]))
    places = {vehicle: evse for vehicle, evse in last.values_list("pk", "last_evse") if evse is not None}
    own = Bay.objects.filter(own_vehicle__in=vehicle_ids, evse__isnull=False).values_list("own_vehicle", "evse")
    return places | {vehicle: evse for vehicle, evse in own if vehicle is not None and evse is not None}
