"""Vehicles that leave soon and charge nowhere: on the road, due, or standing where their charge has ended."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from depot.board.rows import BayRow
from depot.board.state import Shape
from depot.energy.models import PlannedStay, Timetable, Wiring
from depot.energy.pages.departure import TROUBLE, Departure
from depot.energy.pages.leaving import Leaving, leaving_of, words_told
from depot.energy.pages.models import Label
from depot.energy.pages.readiness import Facts, Said, say
from depot.energy.pages.words import DEPARTURE_SOURCES, NEED_SOURCES
from depot.energy.queries.after import Stood, stood_of
from depot.models import Depot
from sessions.models import Session, Vehicle

AHEAD = timedelta(hours=24)


def absent_of(
    depot: Depot,
    expected: Mapping[int | None, PlannedStay],
    by_evse: Mapping[int, BayRow],
    rows: Sequence[BayRow],
    zone: ZoneInfo,
    now: datetime,
    present: Collection[int],
) -> Iterator[Departure]:
    """Vehicles that the timetable, or somebody's word, lets leave within a day and that charge nowhere."""
    lines: dict[int, list[Timetable]] = {}
    for line in Timetable.objects.filter(depot=depot, vehicle__is_active=True).select_related("vehicle", "bay"):
        lines.setdefault(line.vehicle_id, []).append(line)
    words = words_told(depot, now)
    vehicles = {pk: word.vehicle for pk, word in words.items() if word.vehicle is not None}
    vehicles |= {pk: weekly[0].vehicle for pk, weekly in lines.items()}
    charging = set(Session.objects.running().filter(vehicle__in=vehicles).values_list("vehicle", flat=True))
    charging.update(present)
    standing = {row.vehicle_id: row for row in rows if row.vehicle_id and not row.session_id}
    stood = _stood(depot, standing, now)
    for vehicle_id, vehicle in vehicles.items():
        weekly = lines.get(vehicle_id, [])
        leaves = leaving_of(weekly, words.get(vehicle_id), zone, now)
        if vehicle_id in charging or leaves is None or leaves.at > now + AHEAD:
            continue
        stay, stands = expected.get(vehicle_id), standing.get(vehicle_id)
        if stands is not None and vehicle_id in stood:
            yield _of_stood(stood[vehicle_id], stands, leaves, stay, zone, now)
            continue
        row = stands or (by_evse.get(stay.evse_id) if stay is not None else None)
        yield _of_away(vehicle, row, stands, leaves, stay, now)


def _of_away(
    vehicle: Vehicle,
    row: BayRow | None,
    stands: BayRow | None,
    leaves: Leaving,
    stay: PlannedStay | None,
    now: datetime,
) -> Departure:
    """On the road, or at a bay where nothing is known of a charge."""
    trouble = ""
    if stands is not None:
        trouble = TROUBLE.get(stands.shape, "stands at {bay} and does not charge").format(
            bay=stands.name, info=stands.info
        )
    said = say(
        Facts(
            now=now,
            departs_at=leaves.at,
            needs_kwh=stay.needs_kwh if stay is not None else 0.0,
            unmet_kwh=stay.unmet_kwh if stay is not None else 0.0,
            ready_at=stay.ready_at if stay is not None else None,
            is_here=False,
            due_at=leaves.due_at,
            trouble=trouble,
        )
    )
    return Departure(
        key=f"vehicle-{vehicle.pk}",
        name=str(vehicle),
        bay=row.name if row is not None else leaves.bay,
        departs_at=leaves.at,
        departure_words=DEPARTURE_SOURCES[leaves.source],
        said=said,
        needs_kwh=stay.needs_kwh if stay is not None else None,
        need_words=NEED_SOURCES.get(stay.needs_source, "") if stay is not None else "",
        unmet_kwh=stay.unmet_kwh if stay is not None else 0.0,
        ready_at=stay.ready_at if stay is not None else None,
        expected_at=leaves.due_at or leaves.at,
        priority=stay.priority if stay is not None else 1,
        stay=stay,
    )


def _stood(depot: Depot, standing: Mapping[int, BayRow], now: datetime) -> dict[int, Stood]:
    """Those that stand at a charger that has ended their charge, by vehicle."""
    evse_ids = [row.evse_id for row in standing.values()]
    wirings = Wiring.objects.filter(evse__in=evse_ids).select_related("evse__charger", "circuit") if evse_ids else ()
    return {stood.vehicle.pk: stood for stood in stood_of(depot, list(wirings), now)} if wirings else {}


def _of_stood(
    stood: Stood, row: BayRow, leaves: Leaving, stay: PlannedStay | None, zone: ZoneInfo, now: datetime
) -> Departure:
    """Nobody charges it: it has all it needs, or somebody must start it again."""
    ended, lacks_kwh = _wall(stood.session.ended_at, zone), stood.wish.energy_kwh
    trouble = TROUBLE.get(row.shape, "stands at {bay} and does not charge").format(bay=row.name, info=row.info)
    if row.is_gone:
        trouble = f"no contact with {row.name}"
    if stood.has_enough:
        said = Said(Label.READY, f"has what it needs; its charge ended {ended}")
    elif row.shape == Shape.FULL:
        said = Said(Label.READY, f"full since {ended}")
    else:
        said = Said(Label.RISK, f"{trouble}: its charge ended {ended}, {lacks_kwh:.1f} kWh short", needs_hand=True)
    return Departure(
        key=f"vehicle-{stood.vehicle.pk}",
        name=str(stood.vehicle),
        bay=row.name,
        departs_at=leaves.at,
        departure_words=DEPARTURE_SOURCES[leaves.source],
        said=said,
        got_kwh=stood.got_kwh,
        needs_kwh=0.0 if said.label == Label.READY else lacks_kwh,
        need_words=NEED_SOURCES.get(stood.wish.energy_source, ""),
        unmet_kwh=0.0 if said.label == Label.READY else lacks_kwh,
        soc_percent=row.soc_percent,
        target_percent=row.target_percent,
        priority=stood.wish.priority,
        stay=stay,
        stood=stood,
    )


def _wall(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else f"{at.astimezone(zone):%H:%M}"
