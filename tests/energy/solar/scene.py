"""Vans that follow the sun at a charger that is only started and stopped."""

from datetime import UTC, datetime, timedelta

from chargers.choices import ConnectorStatus
from depot.access.services import the_depot
from depot.energy.delivery.models import Target
from depot.energy.models import Habit, MeterSource
from depot.energy.solar.services import divert_surplus
from depot.models import Bay
from sessions.models import Session
from sessions.services import issue_own_token
from tests.energy.rows import make_sample
from tests.factories import make_command, make_session, make_vehicle, set_status

NOON = datetime(2026, 6, 4, 10, 2, tzinfo=UTC)  # Thursday, 12:02 in Berlin
MINUTE = timedelta(minutes=1)
RATING_W = 11_000
BRIGHT_W = 18_000


def plugged_in(bay: Bay, *, since: timedelta = timedelta(0), **fields: object) -> Session:
    """A van that follows the sun, charging since it came; its battery is full enough for tonight."""
    van = make_vehicle(battery_kwh=75, depot_key=bay.depot_id)
    Habit.objects.create(vehicle=van, follows_sun=True)
    set_status(bay, ConnectorStatus.CHARGING)
    return make_session(
        bay, van, token=issue_own_token(van, NOON), reference=f"{bay.pk}", started_at=NOON - since, energy_wh=0,
        **fields,
    )  # fmt: skip


def paused(bay: Bay) -> Session:
    """The plan has stopped it, and it stands there still."""
    session = plugged_in(bay, since=timedelta(hours=2))
    Session.objects.filter(pk=session.pk).update(ended_at=NOON, ended_heard_at=NOON, closed_by="charger")
    make_command(session.charger, reference=session.reference, issued_by=the_depot(), issued_at=NOON, state="accepted")
    Target.objects.update_or_create(evse=session.evse, defaults={"depot": bay.depot, "resume_token": session.token})
    set_status(bay, ConnectorStatus.FINISHING)
    return session


def shine(roof: MeterSource, watts: float, *, since: datetime = NOON, lasts: timedelta) -> datetime:
    """A reading each fifteen seconds, each followed; when the last one came."""
    now = since
    for _ in range(lasts // (MINUTE / 4)):
        now += MINUTE / 4
        make_sample(roof.depot, source=roof, at=now, heard_at=now, value=watts)
        divert_surplus(roof.depot, now=now)
    return now
