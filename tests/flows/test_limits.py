"""A plan over real sockets, in three versions: the simulated charger means to do, and draws, what was wanted."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from chargers.models import Capability
from chargers.services import issue_command
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.delivery.verifying import question_for
from depot.energy.delivery.wanted import Step, Wanted
from depot.energy.models import Wiring
from simulator.profiles import BadProfile
from simulator.runner import YardRunner
from tests.energy.rows import make_circuit, wire
from tests.flows.scene import PASSWORD, Scene, plug_in
from tests.live import LiveDepot
from tests.polling import until
from tests.simulator.yards import VERSIONS, make_yard, running

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


def wire_up(scene: Scene) -> Wiring:
    circuit = make_circuit(scene.depot, limit_w=10_000, reserved_w=2_000)
    return wire(scene.evse, circuit, rating_w=7_360, lines="1")


@pytest.fixture(params=VERSIONS)
async def yard(request: pytest.FixtureRequest, live_depot: LiveDepot, scene: Scene) -> AsyncIterator[YardRunner]:
    """The charger of the scene, with a van that charges."""
    plan = make_yard(request.param, identity="CP-A01", password=PASSWORD)
    url = f"{live_depot.socket_url}/ocpp/"
    async with running(plan, url, moment=time.time(), rate=1.0, pace=1.0) as runner:
        await plug_in(runner)
        yield runner


async def look(scene: Scene) -> None:
    await sync_to_async(carry_on)(scene.depot, now=datetime.now(UTC))


async def is_held(scene: Scene) -> bool:
    await look(scene)
    return await Target.objects.filter(evse=scene.evse, state=State.HELD).aexists()


async def test_what_is_wanted_is_what_the_charger_means_to_do(yard: YardRunner, scene: Scene) -> None:
    wiring = await sync_to_async(wire_up)(scene)
    now = datetime.now(UTC)
    steps = (Step(now, 3_680), Step(now + HOUR, 0), Step(now + 2 * HOUR, 6_900))

    await sync_to_async(deliver)(scene.depot, [Wanted(scene.evse.pk, steps, now + 4 * HOUR)], now=now)
    await until(lambda: is_held(scene))
    await sync_to_async(issue_command)(scene.charger, question_for(wiring), issued_by=None, now=now)

    await until(Capability.objects.filter(name="composite_agrees").aexists)
    assert (await Capability.objects.aget(name="composite_agrees")).value == "yes"
    assert yard.world.chargers["CP-A01"].evses[0].power_w == pytest.approx(3_680)


async def test_a_charger_that_takes_no_transaction_profile_is_limited_in_another_way(
    yard: YardRunner, scene: Scene, monkeypatch: Any
) -> None:
    await sync_to_async(wire_up)(scene)
    charger = yard.world.chargers["CP-A01"]
    install = charger.profiles.install

    def no_transaction_profiles(told: dict[str, Any], evse: int, **more: Any) -> Any:
        if told["chargingProfilePurpose"] == "TxProfile":
            raise BadProfile("UnsupportedParam")
        return install(told, evse, **more)

    monkeypatch.setattr(charger.profiles, "install", no_transaction_profiles)
    now = datetime.now(UTC)

    wanted = Wanted(scene.evse.pk, (Step(now, 3_680),), now + 4 * HOUR)
    await sync_to_async(deliver)(scene.depot, [wanted], now=now)
    await until(lambda: is_held(scene))

    assert (await Capability.objects.aget(name="purpose")).value == "tx_default"
    assert charger.evses[0].power_w == pytest.approx(3_680)
