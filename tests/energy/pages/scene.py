"""An evening of a small depot for the pages of energy: two vehicles plugged in, one on the road, prices that change."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from chargers.choices import ConnectorStatus
from depot.access.models import Role
from depot.access.services import the_depot
from depot.energy import services
from depot.energy.delivery.models import Target
from depot.energy.models import StoredPlan, Wiring
from depot.energy.pages.departure import Departure
from depot.energy.pages.departures import departures_seen_by
from depot.models import Bay, Depot
from sessions.models import ClosedBy, Session, Vehicle
from sessions.services import issue_own_token
from tests.energy.rows import make_circuit, make_interval, make_need, make_peak, make_tariff, make_timetable, wired_bay
from tests.factories import make_command, make_depot, make_session, make_user, make_vehicle, set_status

EVENING = datetime(2026, 3, 5, 20, 30, tzinfo=UTC)  # Thursday, 21:30 in Berlin
TERMS: dict[str, Any] = {
    "currency": "EUR",
    "energy": [
        {"label": "Night", "from": "22:00", "to": "06:00", "price_per_kwh": "0.10"},
        {"label": "Day", "price_per_kwh": "0.30"},
    ],
    "demand": [{"name": "Any time", "price_per_kw": "12.00"}],
}


@dataclass(slots=True)
class Evening:
    depot: Depot
    bays: list[Bay]
    vans: list[Vehicle]
    sessions: list[Session]
    away: Vehicle

    def plan(self, now: datetime = EVENING) -> StoredPlan:
        plan = services.replan(self.depot, now=now, why="a test")
        assert plan is not None
        return plan


def pause(evening: Evening, number: int = 0, *, energy_wh: int = 6_000) -> Session:
    """The van took some, was stopped by the plan and stands there still, at a charger that is started and stopped."""
    bay, session, token = evening.bays[number], evening.sessions[number], issue_own_token(evening.vans[number], EVENING)
    Wiring.objects.filter(evse=bay.evse).update(control="start_stop")
    session.token, session.energy_wh, session.reference = token, energy_wh, "one"
    session.ended_at, session.ended_heard_at, session.closed_by = EVENING, EVENING, ClosedBy.CHARGER
    session.save()
    make_command(session.charger, reference="one", issued_by=the_depot(), issued_at=EVENING)
    Target.objects.update_or_create(evse=bay.evse, defaults={"depot": evening.depot, "resume_token": token})
    set_status(bay, ConnectorStatus.FINISHING, at=EVENING)
    return session


def make_evening(depot: Depot | None = None, *, limit_w: int = 30_000, needs_wh: int = 40_000) -> Evening:
    depot = depot or make_depot(site_limit_w=limit_w)
    make_circuit(depot)
    make_tariff(depot, TERMS)
    bays = [wired_bay(depot, name) for name in ("A1", "A2", "A3")]
    vans = [make_vehicle(f"Van {n}", depot_key=depot.pk, battery_kwh=75) for n in (1, 2)]
    away = make_vehicle("Van 3", depot_key=depot.pk, battery_kwh=75)
    sessions = []
    for bay, van, leaves in zip(bays, vans, (time(4, 30), time(7, 0)), strict=False):
        make_timetable(depot, van, leaves_at=leaves, weekdays="1234567", energy_wh=needs_wh)
        session = make_session(
            bay, van, started_at=EVENING - timedelta(hours=1), energy_wh=0, power_w=0, last_heard_at=EVENING
        )
        set_status(bay, "suspended_evse", at=EVENING)  # type: ignore[arg-type]
        sessions.append(session)
    make_timetable(
        depot, away, leaves_at=time(6, 0), comes_at=time(23, 0), weekdays="1234567", energy_wh=20_000, bay=bays[2]
    )
    for quarter in range(1, 9):
        make_interval(
            depot, starts_at=EVENING - quarter * timedelta(minutes=15) - timedelta(minutes=0), grid_wh=2_000,
            building_wh=1_500, chargers_wh=500,
        )  # fmt: skip
    make_peak(depot, window="Any time", starts_on=EVENING.date().replace(day=1), kw=14, at=EVENING - timedelta(days=2))
    return Evening(depot, bays, vans, sessions, away)


def departures(evening: Evening) -> dict[str, Departure]:
    user = make_user("looker", Role.VIEWER)
    return {one.name: one for one in departures_seen_by(user, evening.depot, EVENING)}


def leaves_in(evening: Evening, hours: float, number: int = 0) -> None:
    make_need(
        evening.depot, vehicle=evening.vans[number], departs_at=EVENING + timedelta(hours=hours), told_at=EVENING,
        holds_until=EVENING + timedelta(hours=hours),
    )  # fmt: skip
    evening.plan()
