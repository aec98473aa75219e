"""A fleet manager writes three rules in a browser; by its own power log a yard draws so, with the server dead too."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from depot import clock
from depot.access.models import Role
from tests.browser.door import sign_in
from tests.browser.test_energy import write_the_three_rules
from tests.factories import make_user
from tests.nights.checker import highest_w
from tests.nights.depots import STATIONS, Van, plan_yard
from tests.nights.night import Happening, Night, wall

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.live import LiveDepot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EVENING = wall(2026, 11, 19, 18, 50)
NO_CHARGING_ENDS, CAP_BEGINS = wall(2026, 11, 19, 19), wall(2026, 11, 19, 22)
# Before midnight both need nearly all that their bays give, so they draw whenever they may.
VANS = (
    Van(bay="A01", arrives="18:52", leaves="23:30", uses_kwh=40),
    Van(bay="A03", arrives="18:52", leaves="23:30", uses_kwh=40),
)
KILLED, ENDS = wall(2026, 11, 19, 23), wall(2026, 11, 19, 23, 15)
RATE = 600.0
# The yard looks at its clock every tenth of a real second.
EDGE = timedelta(minutes=3)


@pytest.fixture
def night(transactional_db: None, tmp_path: Path) -> Iterator[Night]:
    stations = tuple(station for station in STATIONS if set(station.bays) & {"A01", "A03"})
    night = Night(tmp_path, VANS, evening=EVENING, rate=RATE, plan=plan_yard(VANS, stations))
    # While she writes, time stands still; nobody is plugged in yet.
    clock.set_pace(business_at=EVENING - timedelta(hours=3), rate=0)
    clock.forget()
    yield night
    night.end()


def test_chargers_draw_by_the_rules_that_a_fleet_manager_wrote_with_the_server_killed_too(
    page: "Page", live_depot: "LiveDepot", night: Night
) -> None:
    manager = make_user("adeyemi", Role.FLEET_MANAGER, depots=[night.depot])
    sign_in(page, live_depot.url, manager.username, "/energy/rules/")

    write_the_three_rules(page)
    page.locator("#compare").click()
    page.locator("h1", has_text="The coming night with these rules").wait_for()
    page.get_by_role("button", name="Use these rules from tonight").click()
    page.get_by_text("These rules hold from now on").wait_for()
    night.begin()
    night.live_until(ENDS, [Happening(KILLED, Night.kill, "the server killed for good")])
    log, until = night.log(), clock.now()

    for place in map(night.place_of, VANS):
        assert highest_w(log, place, EVENING, NO_CHARGING_ENDS - EDGE) == 0
        assert highest_w(log, place, NO_CHARGING_ENDS, CAP_BEGINS) > 8_000
        assert 0 < highest_w(log, place, CAP_BEGINS + EDGE, KILLED) <= 7_200
        assert 0 < highest_w(log, place, KILLED + EDGE, until) <= 7_200
