"""What the floors above ask about sessions: what runs, how one went, and who took how much."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet, Sum

from sessions.curve import Curve, CurvePoint, draw
from sessions.energy import Point
from sessions.models import MeterReading, Session
from sessions.services.curves import counted


def running_sessions(evse_ids: Collection[int]) -> dict[int, Session]:
    """The running session of each EVSE that has one."""
    running = Session.objects.running().filter(evse__in=evse_ids).select_related("vehicle", "token")
    return {session.evse_id: session for session in running if session.evse_id is not None}


def curve_of(
    session: Session, *, since: datetime | None = None, until: datetime | None = None, points_at_most: int = 720
) -> Curve:
    """The session's curve, or a part of it in finer points."""
    rows = list(
        MeterReading.objects.filter(session=session)
        .order_by("at", "pk")
        .values_list("at", "energy_wh", "power_w", "soc_percent")
    )
    count = counted(session, [Point(at, wh, power_w) for at, wh, power_w, _ in rows])
    points: dict[datetime, CurvePoint] = {}
    for at, _, power_w, soc in rows:
        if (since is not None and at < since) or (until is not None and at > until):
            continue
        known = points.get(at)
        # One moment may be told in several pieces: together they are one point.
        points[at] = CurvePoint(
            at,
            power_w if power_w is not None else known.power_w if known else None,
            soc_percent=soc if soc is not None else known.soc_percent if known else None,
        )
    return draw(list(points.values()), count.course, points_at_most=points_at_most)


@dataclass(frozen=True, slots=True)
class Taken:
    """How much somebody took: by the sessions that ended in a period."""

    key: int | str | None
    name: str
    sessions: int
    energy_wh: int
    unknown: int  # sessions whose energy cannot be told


def energy_by_vehicle(sessions: QuerySet[Session], *, since: datetime, until: datetime) -> list[Taken]:
    """`sessions`: those that the asker may see. Sessions of no known vehicle are one row, without a key."""
    return _taken(sessions, "vehicle", "vehicle__unit_number", since=since, until=until)


def energy_by_token(sessions: QuerySet[Session], *, since: datetime, until: datetime) -> list[Taken]:
    """By the tokens we know; a card that is not ours is in the row without a key."""
    return _taken(sessions, "token", "token__value", since=since, until=until)


def energy_by_depot(sessions: QuerySet[Session], *, since: datetime, until: datetime) -> list[Taken]:
    return _taken(sessions, "depot_key", "depot_name", since=since, until=until)


def _taken(sessions: QuerySet[Session], key: str, name: str, *, since: datetime, until: datetime) -> list[Taken]:
    ended = sessions.filter(ended_at__gte=since, ended_at__lt=until).order_by()
    totals: dict[int | str | None, Taken] = {}
    rows = ended.values_list(key, name).annotate(Count("pk"), Sum("energy_wh"), Count("energy_wh"))
    for found, label, count, energy_wh, known in rows.order_by(name):
        before = totals.get(found, Taken(found, "", 0, 0, 0))
        # A depot may have been renamed meanwhile: one row all the same, under the later name.
        totals[found] = Taken(
            found,
            label or before.name,
            before.sessions + count,
            before.energy_wh + (energy_wh or 0),
            before.unknown + count - known,
        )
    return sorted(totals.values(), key=lambda taken: (-taken.energy_wh, taken.name))
