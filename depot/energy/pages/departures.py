"""Who leaves next and how each stands: the plan that holds, the chargers as they are now, and the timetable."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from depot.access.models import Role, User
from depot.board.rows import BayRow, rows_of
from depot.board.state import Shape
from depot.energy.delivery.models import Target
from depot.energy.delivery.standing import Obedience, Waking
from depot.energy.models import PlannedStay, StoredPlan
from depot.energy.needs import DepartureSource
from depot.energy.pages.absent import absent_of
from depot.energy.pages.departure import SHAPES, TROUBLE, Departure
from depot.energy.pages.models import Label
from depot.energy.pages.readiness import Facts, say
from depot.energy.pages.words import DEPARTURE_SOURCES, NEED_SOURCES
from depot.energy.queries.memory import most_kw
from depot.energy.queries.planned import newest_plan, reason_at, slot_in, stays_in
from depot.energy.queries.visits import Visit, charges_of
from depot.models import Depot
from sessions.models import Session

ORDER = tuple(Label)
WAKING = {
    Waking.RAISED: "rested for hours, is offered power and takes none yet",
    Waking.TOGGLED: "is being woken: its limit was taken away and given back",
    Waking.RESTARTED: "is being woken: its charge was stopped and started again",
}
DISTRUST = {
    Obedience.RETRIED: "its charger draws more than it was told",
    Obedience.COUNTED: "its charger does not keep to limits",
    Obedience.STOPPED: "its charger was stopped, for it kept to no limit",
}


def clerk() -> User:
    """Sees every depot and may do nothing: for duties that look at the yard on nobody's behalf."""
    return User(username="the depot itself", role=Role.VIEWER, all_depots=True)


def departures_of(depot: Depot, rows: Sequence[BayRow], now: datetime) -> list[Departure]:
    """Within the next day, whoever needs somebody first, then by the hour."""
    plan = newest_plan(depot)
    stays = stays_in(plan)
    zone = ZoneInfo(depot.time_zone)
    by_session = {row.session_id: row for row in rows if row.session_id}
    by_evse = {row.evse_id: row for row in rows if row.evse_id}
    evse_ids = [stay.evse_id for stay in stays if not stay.is_expected]
    targets = {target.evse_id: target for target in Target.objects.filter(evse__in=evse_ids)}
    visits = charges_of(evse_ids, now)
    places = [(stay, by_session.get(stay.session_id or 0) or _between(stay, by_evse, visits)) for stay in stays]
    here = [(stay, row) for stay, row in places if row is not None and not stay.is_expected]
    found = [
        _of_stay(stay, plan, row, targets.get(stay.evse_id), visits.get(stay.evse_id), zone, now)
        for stay, row in here
        if plan is not None
    ]
    expected = {stay.vehicle_id: stay for stay in stays if stay.is_expected}
    present = {stay.vehicle_id for stay, _ in here if stay.vehicle_id is not None}
    found += absent_of(depot, expected, by_evse, rows, zone, now, present)
    return sorted(found, key=lambda one: (ORDER.index(one.label) > 0, one.departs_at, one.name))


def _between(stay: PlannedStay, by_evse: Mapping[int, BayRow], visits: Mapping[int, Visit]) -> BayRow | None:
    """Where a vehicle stands that was stopped by the plan, and perhaps started again since it was made."""
    visit = visits.get(stay.evse_id)
    is_it = visit is not None and any(session.pk == stay.session_id for session in visit.sessions)
    return by_evse.get(stay.evse_id) if is_it else None


def counts_of(departures: Sequence[Departure]) -> list[tuple[Label, str, int]]:
    return [(label, SHAPES[label], sum(one.label == label for one in departures)) for label in Label]


def _spare(stay: PlannedStay, now: datetime) -> timedelta | None:
    """How long it could get nothing and still be ready, had it then all that its bay gives."""
    wiring = getattr(stay.evse, "wiring", None)
    if wiring is None:
        return None
    into = most_kw(wiring, stay.vehicle) * wiring.efficiency
    return stay.departs_at - now - timedelta(hours=stay.needs_kwh / into)


def _got_kwh(stay: PlannedStay, visit: Visit | None) -> float | None:
    session, wiring = stay.session, getattr(stay.evse, "wiring", None)
    if session is None or session.energy_wh is None or wiring is None:
        return None
    before_wh = visit.energy_wh() if visit is not None else 0
    is_counted = visit is not None and session.ended_at is not None
    wh = before_wh + (0 if is_counted else session.energy_wh)
    return wh / 1000 * (1.0 if stay.evse.is_dc else wiring.efficiency)


def _wall(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else f"{at.astimezone(zone):%H:%M}"


def _of_stay(
    stay: PlannedStay,
    plan: StoredPlan,
    row: BayRow,
    target: Target | None,
    visit: Visit | None,
    zone: ZoneInfo,
    now: datetime,
) -> Departure:
    session: Session | None = stay.session
    distrust = DISTRUST.get(Obedience(target.obedience), "") if target is not None else ""
    trouble = TROUBLE.get(row.shape, "").format(bay=row.name, info=row.info or "it does not charge")
    waking = Waking(target.waking) if target is not None else Waking.AWAKE
    if waking is Waking.FULL:
        waking = Waking.AWAKE
    if waking is Waking.ASLEEP:
        trouble = f"does not wake: plug it in again at {row.name}"
    elif waking and row.shape != Shape.FAULT:
        # Before somebody walks there, what can be done from here is tried.
        trouble, distrust = "", distrust or WAKING[waking]
    said = say(
        Facts(
            now=now,
            departs_at=stay.departs_at,
            needs_kwh=stay.needs_kwh,
            unmet_kwh=stay.unmet_kwh,
            ready_at=stay.ready_at,
            spare=_spare(stay, now),
            is_online=not row.is_gone,
            seen_at=_wall(session.last_heard_at if session is not None else None, zone),
            ready_wall=_wall(stay.ready_at, zone),
            trouble=trouble,
            is_broken=row.shape == Shape.FAULT,
            distrust=distrust,
        )
    )
    slot = slot_in(plan, now)
    reason = reason_at(stay.reasons, slot)
    return Departure(
        key=f"vehicle-{stay.vehicle_id}" if stay.vehicle_id else f"session-{stay.session_id}",
        name=str(stay.vehicle) if stay.vehicle is not None else "Vehicle not known",
        bay=row.name,
        departs_at=stay.departs_at,
        departure_words=DEPARTURE_SOURCES.get(stay.departure_source, ""),
        is_departure_known=stay.departure_source != DepartureSource.DEFAULT,
        got_kwh=_got_kwh(stay, visit),
        said=said,
        needs_kwh=stay.needs_kwh,
        need_words=NEED_SOURCES.get(stay.needs_source, ""),
        unmet_kwh=stay.unmet_kwh,
        ready_at=stay.ready_at,
        spare=_spare(stay, now),
        soc_percent=row.soc_percent,
        target_percent=row.target_percent,
        power_kw=stay.kw[slot] if slot < len(stay.kw) else None,
        why_now=reason.get("text", ""),
        is_now=stay.is_now,
        priority=stay.priority,
        stay=stay,
    )


def departures_seen_by(user: User, depot: Depot, now: datetime) -> list[Departure]:
    return departures_of(depot, rows_of(user, depot, now=now), now)
