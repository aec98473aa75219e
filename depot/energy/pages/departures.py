"""Who leaves next and how each stands: the plan that holds, the chargers as they are now, and the timetable."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from depot.access.models import Role, User
from depot.board import figures
from depot.board.rows import BayRow, rows_of
from depot.board.state import Shape
from depot.energy.delivery.models import Target
from depot.energy.delivery.standing import Obedience, Waking
from depot.energy.models import PlannedStay, StoredPlan, Timetable
from depot.energy.needs import DepartureSource
from depot.energy.pages.leaving import leaving_of, words_told
from depot.energy.pages.models import Label
from depot.energy.pages.readiness import Facts, Said, is_short, say
from depot.energy.pages.words import DEPARTURE_SOURCES, NEED_SOURCES
from depot.energy.queries.planned import newest_plan, reason_at, slot_in, stays_in
from depot.energy.queries.stays import most_kw
from depot.energy.queries.visits import Visit, visits_of
from depot.models import Depot
from sessions.models import Session

AHEAD = timedelta(hours=24)
ORDER = tuple(Label)
TROUBLE = {
    Shape.FAULT: "fault at {bay}: {info}",
    Shape.REPLUG: "replug the cable at {bay}",
    Shape.CARPAUSE: "draws nothing at {bay}, though it may: often a timer in the vehicle",
    Shape.CARD: "waits for a card at {bay}",
}
DISTRUST = {
    Obedience.RETRIED: "its charger draws more than it was told",
    Obedience.COUNTED: "its charger does not keep to limits",
    Obedience.STOPPED: "its charger was stopped, for it kept to no limit",
}
SHAPES = {Label.DUE: "risk", Label.MISS: "miss", Label.RISK: "risk", Label.TRACK: "track", Label.READY: "ok"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    key: str  # "vehicle-7" or "session-12"
    name: str
    bay: str
    departs_at: datetime
    departure_words: str
    said: Said
    is_departure_known: bool = True
    got_kwh: float | None = None  # since it was plugged in, into the battery
    needs_kwh: float | None = None
    need_words: str = ""
    unmet_kwh: float = 0.0
    ready_at: datetime | None = None
    spare: timedelta | None = None
    expected_at: datetime | None = None  # of one that is not plugged in
    soc_percent: float | None = None
    target_percent: int | None = None
    power_kw: float | None = None
    why_now: str = ""  # why it draws what it draws
    is_now: bool = False
    priority: int = 1
    stay: PlannedStay | None = None

    @property
    def label(self) -> Label:
        return self.said.label

    @property
    def shape(self) -> str:
        return SHAPES[self.said.label]

    @property
    def spare_words(self) -> str:
        if self.spare is None:
            return ""
        return figures.length(self.spare) if self.spare >= timedelta(minutes=1) else "none"

    @property
    def reaches_at(self) -> datetime | None:
        """Of one that leaves with so little missing that it counts as ready: when it leaves."""
        is_enough = self.stay is not None and not is_short(self.unmet_kwh, self.needs_kwh or 0.0)
        return self.ready_at or (self.departs_at if is_enough else None)

    @property
    def is_here(self) -> bool:
        return self.expected_at is None

    @property
    def share(self) -> tuple[float, float]:
        """Of a bar: how much of its need stands, and how much the plan adds, in percent."""
        if self.soc_percent is not None and self.target_percent:
            planned = max(0.0, self.target_percent - self.soc_percent)
            return self.soc_percent, planned * self._planned_share
        got, needs = self.got_kwh or 0.0, self.needs_kwh or 0.0
        share = 100.0 * got / (got + needs) if got + needs > 0 else 100.0
        return share, (100.0 - share) * self._planned_share

    @property
    def _planned_share(self) -> float:
        if not self.needs_kwh:
            return 1.0
        return max(0.0, 1.0 - self.unmet_kwh / self.needs_kwh)


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
    places = [(stay, by_session.get(stay.session_id or 0) or _paused(stay, by_evse)) for stay in stays]
    here = [(stay, row) for stay, row in places if row is not None and not stay.is_expected]
    evse_ids = [stay.evse_id for stay, _ in here]
    targets = {target.evse_id: target for target in Target.objects.filter(evse__in=evse_ids)}
    visits = visits_of(evse_ids, now)
    found = [
        _of_stay(stay, plan, row, targets.get(stay.evse_id), visits.get(stay.evse_id), zone, now)
        for stay, row in here
        if plan is not None
    ]
    expected = {stay.vehicle_id: stay for stay in stays if stay.is_expected}
    present = {stay.vehicle_id for stay, _ in here if stay.vehicle_id is not None}
    found += _absent(depot, expected, by_evse, rows, zone, now, present)
    return sorted(found, key=lambda one: (ORDER.index(one.label) > 0, one.departs_at, one.name))


def _paused(stay: PlannedStay, by_evse: Mapping[int, BayRow]) -> BayRow | None:
    """Where a vehicle stands that the plan has stopped and starts again: at a charger that knows nothing between."""
    row = by_evse.get(stay.evse_id)
    if row is None or row.session_id is not None or row.vehicle_id is None or row.vehicle_id != stay.vehicle_id:
        return None
    return row if stay.session is not None and stay.session.ended_at is not None else None


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
    asleep = target is not None and target.waking == Waking.ASLEEP
    trouble = TROUBLE.get(row.shape, "").format(bay=row.name, info=row.info or "it does not charge")
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
            trouble=f"does not wake: plug it in again at {row.name}" if asleep else trouble,
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


def _absent(
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
    for vehicle_id, vehicle in vehicles.items():
        weekly = lines.get(vehicle_id, [])
        leaves = leaving_of(weekly, words.get(vehicle_id), zone, now)
        if vehicle_id in charging or leaves is None or leaves.at > now + AHEAD:
            continue
        stay, stands = expected.get(vehicle_id), standing.get(vehicle_id)
        row = stands or (by_evse.get(stay.evse_id) if stay is not None else None)
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
        yield Departure(
            key=f"vehicle-{vehicle_id}",
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


def departures_seen_by(user: User, depot: Depot, now: datetime) -> list[Departure]:
    return departures_of(depot, rows_of(user, depot, now=now), now)
