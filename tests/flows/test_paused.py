"""A charger that is only started and stopped: the plan ends a charge to pause it, and a dispatcher says: now."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from depot import duties
from depot.access.models import Role
from depot.access.services import the_depot
from depot.energy.models import PlannedStay
from depot.energy.tasks import replan_depot
from sessions.models import Session
from tests.access.actors import browser_of, person
from tests.energy.rows import make_circuit, make_rule, make_tariff, wire
from tests.flows.scene import PASSWORD, Scene, plug_in
from tests.live import LiveDepot
from tests.polling import until
from tests.simulator.yards import make_yard, running

pytestmark = pytest.mark.django_db(transaction=True)

# So long a contactor stays closed once it is; the session began before that.
BEFORE = timedelta(minutes=20)


def lay_cables(scene: Scene) -> None:
    """Nobody may charge at all, unless somebody says so."""
    wire(scene.evse, make_circuit(scene.depot, limit_w=10_000), rating_w=7_360, lines="1", control="start_stop")
    make_tariff(scene.depot)
    make_rule(scene.depot, "nothing")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_vehicle_that_the_plan_paused_is_started_again_from_the_board(
    live_depot: LiveDepot, scene: Scene, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(replan_depot, "delay", replan_depot)
    await sync_to_async(lay_cables)(scene)
    dispatcher = await sync_to_async(lambda: browser_of(person(Role.DISPATCHER)))()
    tick = sync_to_async(duties.do_what_is_due)
    plan = make_yard(version, identity="CP-A01", password=PASSWORD)
    async with running(plan, f"{live_depot.socket_url}/ocpp/", moment=time.time(), rate=1.0, pace=1.0) as runner:
        outlet = (await plug_in(runner)).evses[0]

        async def is_paused() -> bool:
            await tick(datetime.now(UTC))
            return await Session.objects.filter(ended_at__isnull=False).aexists() and outlet.power_w == 0

        async def draws() -> bool:
            await tick(datetime.now(UTC))
            return outlet.power_w > 7_000

        await Session.objects.aupdate(started_at=datetime.now(UTC) - BEFORE)
        await until(is_paused)

        url = f"/evses/{scene.evse.pk}/charge-now/"
        board = (await sync_to_async(dispatcher.get)("/")).content.decode()
        assert f'href="{url}"' in board
        await sync_to_async(dispatcher.post)(url)
        await until(draws)

        first, again = [session async for session in Session.objects.order_by("pk")]
        assert (first.vehicle_id, again.vehicle_id, again.started_by_id) == (
            scene.van.pk, scene.van.pk, (await sync_to_async(the_depot)()).pk,
        )  # fmt: skip
        assert await PlannedStay.objects.filter(is_now=True).aexists()
