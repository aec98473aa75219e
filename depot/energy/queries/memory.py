"""What is known of vehicles and of their nights, fetched at once; and of one of them, as the pure room takes it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from depot.energy.delivery.fullness import has_enough
from depot.energy.delivery.models import Target
from depot.energy.models import Habit, NeedSource, Timetable, VehicleNeed, Wiring
from depot.energy.needs import NIGHTS, DepartureSource, Known, Told, Weekly
from depot.energy.queries.visits import Visit
from depot.models import Depot
from sessions.models import Session, Vehicle

# A night that gave less says nothing of what the vehicle needs.
LEAST_NIGHT_WH = 500
NIGHTS_BEFORE = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything that is known of the vehicles of a depot, fetched at once."""

    told: Mapping[int, list[VehicleNeed]]  # by vehicle
    told_of_session: Mapping[int, list[VehicleNeed]]
    timetable: Mapping[int, list[Timetable]]
    habits: Mapping[int, Habit]
    nights_kwh: Mapping[int, list[float]]
    targets: Mapping[int, Target]  # by EVSE


def recall(depot: Depot, sessions: Collection[Session], lines: Sequence[Timetable], now: datetime) -> Memory:
    vehicle_ids = {s.vehicle_id for s in sessions if s.vehicle_id} | {line.vehicle_id for line in lines}
    needs = VehicleNeed.objects.filter(
        Q(vehicle__in=vehicle_ids) | Q(session__in=[s.pk for s in sessions]),
        depot=depot, taken_back_at=None, told_at__lte=now, holds_until__gt=now,
    ).order_by("told_at", "pk")  # fmt: skip
    told, of_session = defaultdict[int, list[VehicleNeed]](list), defaultdict[int, list[VehicleNeed]](list)
    for need in needs:
        if need.vehicle_id is not None:
            told[need.vehicle_id].append(need)
        elif need.session_id is not None:
            of_session[need.session_id].append(need)
    timetable = defaultdict[int, list[Timetable]](list)
    for line in lines:
        timetable[line.vehicle_id].append(line)
    habits = {habit.vehicle_id: habit for habit in Habit.objects.filter(vehicle__in=vehicle_ids)}
    targets = Target.objects.filter(evse__in=[s.evse_id for s in sessions if s.evse_id])
    return Memory(
        told,
        of_session,
        timetable,
        habits,
        nights_of(vehicle_ids, ZoneInfo(depot.time_zone), now),
        {target.evse_id: target for target in targets},
    )


def nights_of(vehicle_ids: Collection[int], zone: ZoneInfo, now: datetime) -> dict[int, list[float]]:
    """What each vehicle took from noon to noon, in kWh through the cable, the newest first."""
    ended = Session.objects.filter(vehicle__in=vehicle_ids, ended_at__gte=now - NIGHTS_BEFORE, energy_wh__gt=0)
    nights = defaultdict[int, dict[date, int]](lambda: defaultdict(int))
    for vehicle_id, started_at, energy_wh in ended.values_list("vehicle", "started_at", "energy_wh"):
        if vehicle_id is not None and energy_wh is not None:
            # One that is only started and stopped has several sessions in a night.
            nights[vehicle_id][(started_at.astimezone(zone) - timedelta(hours=12)).date()] += energy_wh
    return {vehicle_id: _newest_nights(by_day) for vehicle_id, by_day in nights.items()}


def _newest_nights(by_day: Mapping[date, int]) -> list[float]:
    taken = [energy_wh / 1000 for _, energy_wh in sorted(by_day.items(), reverse=True) if energy_wh >= LEAST_NIGHT_WH]
    return taken[:NIGHTS]


def known_of(
    vehicle: Vehicle | None,
    session: Session | None,
    wiring: Wiring,
    memory: Memory,
    zone: ZoneInfo,
    default_departure: time,
    now: datetime,
    visit: Visit | None = None,
) -> Known:
    vehicle_id = vehicle.pk if vehicle is not None else 0
    told = [*memory.told.get(vehicle_id, ())]
    charged_wh = visit.energy_wh() if visit is not None else 0
    if session is not None:
        its = {session.pk, *(each.pk for each in (visit.sessions if visit is not None else ()))}
        told += [need for pk in its for need in memory.told_of_session.get(pk, ())]
        # What was told of another stay of this vehicle, by itself, is not about this one.
        told = [need for need in told if need.session_id is None or need.session_id in its]
        if session.ended_at is None:
            charged_wh += session.energy_wh or 0
    habit = memory.habits.get(vehicle_id)
    is_dc = wiring.evse.is_dc
    return Known(
        zone=zone,
        default_departure=default_departure,
        told=tuple(_told(need, session, visit) for need in told),
        timetable=tuple(weekly_of(line) for line in memory.timetable.get(vehicle_id, ())),
        priority=habit.priority if habit is not None else 1,
        battery_kwh=float(vehicle.battery_kwh) if vehicle is not None and vehicle.battery_kwh else None,
        target_soc_percent=vehicle.target_soc_percent if vehicle is not None else 100.0,
        soc_percent=session.soc_percent if session is not None else None,
        charged_kwh=charged_wh / 1000,
        nights_kwh=tuple(memory.nights_kwh.get(vehicle_id, ())),
        max_kw=most_kw(wiring, vehicle),
        efficiency=wiring.efficiency,
        cable_efficiency=1.0 if is_dc else wiring.efficiency,
        has_enough=has_enough(session, memory.targets.get(session.evse_id or 0) if session is not None else None, now),
    )


def most_kw(wiring: Wiring, vehicle: Vehicle | None) -> float:
    """At the grid's side, the most that this vehicle takes at this EVSE."""
    rating = wiring.rating_w / 1000
    own = (vehicle.max_dc_kw if wiring.evse.is_dc else vehicle.max_ac_kw) if vehicle is not None else None
    if not own:
        return rating
    # A direct current is told behind the charger's losses.
    return min(rating, float(own) / (wiring.efficiency if wiring.evse.is_dc else 1.0))


def _told(need: VehicleNeed, session: Session | None, visit: Visit | None) -> Told:
    before = need.session_energy_wh if session is not None and need.session_energy_wh is not None else 0
    if visit is not None:
        before += visit.energy_wh(before=need.told_at)
    return Told(
        source=DepartureSource(NeedSource(need.source).value),
        told_at=need.told_at,
        departs_at=need.departs_at,
        energy_kwh=None if need.energy_wh is None else need.energy_wh / 1000,
        charged_kwh=before / 1000,
        target_soc_percent=need.target_soc_percent,
        priority=need.priority,
    )


def weekly_of(line: Timetable) -> Weekly:
    return Weekly(
        leaves_at=line.leaves_at,
        weekdays=frozenset(int(day) for day in line.weekdays),
        comes_at=line.comes_at,
        energy_kwh=None if line.energy_wh is None else line.energy_wh / 1000,
        target_soc_percent=line.target_soc_percent,
        priority=line.priority,
        from_day=line.from_day,
        until_day=line.until_day,
    )
