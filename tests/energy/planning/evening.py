"""An evening on which vehicles come home, for tests of planning."""

from datetime import UTC, datetime, timedelta
from typing import Any

from depot.energy import services
from depot.energy.models import StoredPlan
from depot.energy.queries.instance import Frame, frame_of
from depot.models import Bay, Depot
from sessions.models import Session
from tests.factories import make_session, make_vehicle

EVENING = datetime(2026, 3, 5, 17, 0, tzinfo=UTC)  # Thursday, 18:00 in Berlin
HOUR = timedelta(hours=1)


def plug_in(bay: Bay, **fields: Any) -> Session:
    vehicle = fields.pop("vehicle", None) or make_vehicle(depot_key=bay.depot_id, battery_kwh=75)
    values = {"started_at": EVENING - HOUR, "energy_wh": 0, "last_heard_at": EVENING} | fields
    return make_session(bay, vehicle, **values)


def frame(depot: Depot, now: datetime = EVENING) -> Frame:
    found = frame_of(depot, now)
    assert found is not None
    return found


def replan(depot: Depot, now: datetime = EVENING) -> StoredPlan:
    plan = services.replan(depot, now=now, why="a test")
    assert plan is not None
    return plan
