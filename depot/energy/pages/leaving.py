"""When a vehicle leaves that is not plugged in: what was told of it before what its timetable says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from depot.energy.models import Timetable, VehicleNeed
from depot.energy.needs import BELIEVED, DepartureSource, Weekly, arrival_for, next_departure
from depot.models import Depot


@dataclass(frozen=True, slots=True)
class Leaving:
    at: datetime
    source: DepartureSource
    due_at: datetime | None = None  # when its timetable has it back
    bay: str = ""


def words_told(depot: Depot, now: datetime) -> dict[int, VehicleNeed]:
    """By vehicle, the departure that was told by who is believed first, his last word."""
    holding = VehicleNeed.objects.filter(
        depot=depot, taken_back_at=None, told_at__lte=now, holds_until__gt=now, departs_at__gt=now,
        vehicle__is_active=True, session=None,
    )  # fmt: skip
    order = [source.value for source in BELIEVED]
    told: dict[int, VehicleNeed] = {}
    for need in holding.select_related("vehicle").order_by("told_at", "pk"):
        known = told.get(need.vehicle_id or 0)
        if need.vehicle_id and (known is None or order.index(need.source) <= order.index(known.source)):
            told[need.vehicle_id] = need
    return told


def leaving_of(weekly: Sequence[Timetable], word: VehicleNeed | None, zone: ZoneInfo, now: datetime) -> Leaving | None:
    lines = [_weekly(line) for line in weekly]
    upcoming = next_departure(lines, zone, now)
    by_timetable: Leaving | None = None
    if upcoming is not None:
        line = weekly[lines.index(upcoming[1])]
        due_at = arrival_for(upcoming[1], upcoming[0], zone)
        bay = line.bay.name if line.bay is not None else ""
        by_timetable = Leaving(upcoming[0], DepartureSource.TIMETABLE, due_at, bay)
    if word is None or word.departs_at is None:
        return by_timetable
    source = DepartureSource(word.source)
    if by_timetable is None:
        return Leaving(word.departs_at, source)
    due_at = by_timetable.due_at
    return Leaving(word.departs_at, source, due_at if due_at and due_at < word.departs_at else None, by_timetable.bay)


def _weekly(line: Timetable) -> Weekly:
    return Weekly(
        leaves_at=line.leaves_at,
        weekdays=frozenset(int(day) for day in line.weekdays),
        comes_at=line.comes_at,
        from_day=line.from_day,
        until_day=line.until_day,
    )
