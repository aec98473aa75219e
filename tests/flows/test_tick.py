"""The whole way with each tick: a vehicle comes, a plan is due, is made, and its charger does as planned."""

import time
from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async

from chargers.models import IssuedCommand
from depot import duties
from depot.energy.delivery.models import Target
from depot.energy.models import PlannedStay, StoredPlan
from depot.energy.slots import start_of
from depot.energy.tasks import replan_depot
from tests.energy.rows import make_circuit, make_need, make_tariff, wire
from tests.flows.scene import PASSWORD, Scene, plug_in
from tests.live import LiveDepot
from tests.polling import until
from tests.simulator.yards import VERSIONS, make_yard, running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Does at once what is asked of it."""
    monkeypatch.setattr(replan_depot, "delay", replan_depot)


def lay_cables(scene: Scene) -> None:
    wire(scene.evse, make_circuit(scene.depot, limit_w=5_000), rating_w=7_360, lines="1")
    make_tariff(scene.depot)
    now = datetime.now(UTC)
    make_need(scene.depot, vehicle=scene.van, told_at=now, holds_until=now.replace(year=now.year + 1), energy_wh=40_000)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_vehicle_that_comes_is_planned_and_charges_as_planned(
    live_depot: LiveDepot, scene: Scene, version: str
) -> None:
    await sync_to_async(lay_cables)(scene)
    tick = sync_to_async(duties.do_what_is_due)

    async def is_planned_for() -> bool:
        await tick(datetime.now(UTC))
        return await PlannedStay.objects.filter(session__isnull=False).aexists()

    async def has_accepted_its_plan() -> bool:
        await tick(datetime.now(UTC))
        accepted = IssuedCommand.objects.filter(kind="install_profile", state="accepted")
        return await Target.objects.filter(command__in=accepted, sends_plan=True, state="held").aexists()

    plan = make_yard(version, identity="CP-A01", password=PASSWORD)
    async with running(plan, f"{live_depot.socket_url}/ocpp/", moment=time.time(), rate=1.0, pace=1.0) as runner:
        charger = runner.world.chargers["CP-A01"]
        await until(sync_to_async(lambda: charger.is_online))
        await tick(datetime.now(UTC))
        await plug_in(runner)

        await until(is_planned_for)
        await until(has_accepted_its_plan)

        newest = await StoredPlan.objects.afirst()
        stay = await PlannedStay.objects.select_related("vehicle").aget(plan=newest)
        assert newest is not None
        assert stay.vehicle == scene.van
        assert start_of(newest.first_slot) <= datetime.now(UTC)
        assert 4.9 <= stay.kw[1] <= 5.0  # all that the circuit bears
        assert charger.evses[0].power_w == pytest.approx(5_000, abs=100)
