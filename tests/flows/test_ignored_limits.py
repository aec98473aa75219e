"""The closed loop over a socket: who accepts a limit and ignores it is told again, counted in full, and stopped."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from chargers.models import Capability, IssuedCommand
from depot.energy.delivery.models import Obedience, State, Target
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.delivery.wanted import Step, Wanted
from depot.energy.delivery.watching import watch
from depot.notices.models import Notice
from sessions.models import Session
from simulator.evse import Evse as Outlet
from tests.energy.rows import make_circuit, wire
from tests.flows.scene import PASSWORD, Scene, plug_in
from tests.live import LiveDepot
from tests.polling import until
from tests.simulator.yards import make_yard, running

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLES = 3


@pytest.fixture
async def outlet(live_depot: LiveDepot, scene: Scene) -> AsyncIterator[Outlet]:
    plan = make_yard("1.6", identity="CP-A01", password=PASSWORD)
    url = f"{live_depot.socket_url}/ocpp/"
    async with running(plan, url, moment=time.time(), rate=1.0, pace=1.0) as runner:
        runner.world.chargers["CP-A01"].faults.ignores_limits = True
        charger = await plug_in(runner)
        yield charger.evses[0]


class Watch:
    """Each look comes half a minute after the last one, with a new sample."""

    def __init__(self, scene: Scene, outlet: Outlet) -> None:
        self.scene, self.outlet, self.at = scene, outlet, datetime.now(UTC)

    async def look(self) -> str:
        before = (await Session.objects.alatest("pk")).last_reading_at
        self.outlet.sample("Sample.Periodic")
        newer = Session.objects.filter(last_reading_at__isnull=False).exclude(last_reading_at=before)
        await until(newer.aexists)
        self.at += timedelta(seconds=30)
        await sync_to_async(watch)(self.at)
        await sync_to_async(carry_on)(self.scene.depot, now=self.at)
        await until(no_answer_is_open)
        return (await Target.objects.aget(evse=self.scene.evse)).obedience

    async def looks(self, count: int) -> list[str]:
        return [await self.look() for _ in range(count)]


async def no_answer_is_open() -> bool:
    return not await IssuedCommand.objects.filter(state__in=("requested", "sent")).aexists()


async def test_who_ignores_its_limit_is_told_again_counted_in_full_and_stopped(outlet: Outlet, scene: Scene) -> None:
    circuit = await sync_to_async(make_circuit)(scene.depot, limit_w=10_000)
    await sync_to_async(wire)(scene.evse, circuit, rating_w=7_360, lines="1")
    watched = Watch(scene, outlet)
    wanted = Wanted(scene.evse.pk, (Step(watched.at, 1_840),), watched.at + timedelta(hours=4))
    await sync_to_async(deliver)(scene.depot, [wanted], now=watched.at)

    async def is_held() -> bool:
        await sync_to_async(carry_on)(scene.depot, now=watched.at)
        return await Target.objects.filter(evse=scene.evse, state=State.HELD).aexists()

    await until(is_held)
    asked = await IssuedCommand.objects.filter(kind="install_profile").acount()

    assert await watched.looks(SAMPLES) == ["", "", Obedience.RETRIED]
    assert await IssuedCommand.objects.filter(kind="install_profile").acount() > asked
    assert (await watched.looks(SAMPLES))[-1] == Obedience.COUNTED
    assert (await Capability.objects.aget(name="obeys 1")).value == "no"
    notice = await Notice.objects.aget(kind="limits.ignored")
    assert "CP-A01 draws 7.4 kW and may draw 1.8 kW: it counts at its rating" in notice.text
    assert (await watched.looks(SAMPLES))[-1] == Obedience.STOPPED
    await until(sync_to_async(lambda: outlet.transaction is None))
    assert await Notice.objects.filter(kind="limits.stopped").aexists()
