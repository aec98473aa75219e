"""The sun, from a reading over REST to a vehicle at a charger of 2.1: new values of one dynamic profile (2.1 K28)."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from chargers.models import Capability, IssuedCommand, SettingValue
from depot.energy import services
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.services import carry_on
from depot.energy.models import Habit, MeterSource
from depot.energy.solar.services import divert_surplus
from simulator.charger import Charger
from simulator.profiles import Kind, Purpose
from tests.energy.rows import make_circuit, make_need, make_sample, make_source, make_tariff, wire
from tests.flows.scene import PASSWORD, Scene, plug_in
from tests.live import LiveDepot
from tests.polling import until
from tests.simulator.yards import make_yard, running

pytestmark = pytest.mark.django_db(transaction=True)

OUTLET = {"number": 1, "bay": "A01", "max_w": 22_080, "phases": 3, "voltage_v": 230, "max_a": 32}


@pytest.fixture
def roof(scene: Scene) -> MeterSource:
    now = datetime.now(UTC)
    SettingValue.objects.create(
        charger=scene.evse.charger, component="SmartChargingCtrlr", variable="ProfileStackLevel", value="10",
        reported_at=now,
    )  # fmt: skip
    wire(scene.evse, make_circuit(scene.depot, limit_w=50_000), rating_w=22_080)
    make_source(scene.depot, "building", constant=1_000)
    make_tariff(scene.depot)
    Habit.objects.create(vehicle=scene.van, follows_sun=True)
    # Whatever the clock says now, some of this is by day: what has no sun before it leaves would wait for none.
    make_need(
        scene.depot, vehicle=scene.van, told_at=now, holds_until=now + timedelta(hours=15),
        departs_at=now + timedelta(hours=14), energy_wh=20_000,
    )  # fmt: skip
    source: MeterSource = make_source(scene.depot, "solar")
    return source


@pytest.fixture
async def charger(live_depot: LiveDepot, scene: Scene, roof: MeterSource) -> AsyncIterator[Charger]:
    """With a van that charges by a plan."""
    plan = make_yard("2.1", evses=[OUTLET], identity="CP-A01", password=PASSWORD)
    url = f"{live_depot.socket_url}/ocpp/"
    async with running(plan, url, moment=time.time(), rate=1.0, pace=1.0) as runner:
        charger = await plug_in(runner, phases=3, max_ac_w=22_000)
        await sync_to_async(services.replan)(scene.depot, now=datetime.now(UTC), why="a test")
        await until(holds_its_plan(scene))
        yield charger


def holds_its_plan(scene: Scene) -> Any:
    async def looks() -> bool:
        await sync_to_async(carry_on)(scene.depot, now=datetime.now(UTC))
        return await Target.objects.filter(evse=scene.evse, state=State.HELD).aexists()

    return looks


async def shine(scene: Scene, roof: MeterSource, watts: int, *, minutes: float = 0) -> None:
    """The last minutes of it, a reading each fifteen seconds; the newest is of now."""
    now = datetime.now(UTC)
    for n in range(int(minutes * 4), -1, -1):
        at = now - n * timedelta(seconds=15)
        await sync_to_async(make_sample)(scene.depot, source=roof, at=at, heard_at=at, value=watts)
        await sync_to_async(divert_surplus)(scene.depot, now=at)


async def follows_the_sun(charger: Charger, scene: Scene, roof: MeterSource) -> None:
    """By four minutes of 9 kW, of which the building takes one."""
    await shine(scene, roof, 9_000, minutes=4)
    await until(sync_to_async(lambda: 6_000 < charger.evses[0].power_w < 8_100))


async def asked(kind: str) -> int:
    return await IssuedCommand.objects.filter(kind=kind).acount()


async def test_the_sun_is_followed_by_new_values_of_one_profile(
    charger: Charger, scene: Scene, roof: MeterSource
) -> None:
    outlet = charger.evses[0]
    await follows_the_sun(charger, scene, roof)
    (dynamic,) = charger.profiles.find(lambda each: each.kind is Kind.DYNAMIC)
    (plan,) = charger.profiles.find(lambda each: each.purpose is Purpose.TX and each.kind is not Kind.DYNAMIC)
    await until(Capability.objects.filter(name="follows_updates", value="yes").aexists)
    installs = await asked("install_profile")

    await shine(scene, roof, 6_500)
    await until(sync_to_async(lambda: 4_000 < outlet.power_w < 5_600))

    assert await asked("install_profile") == installs
    assert await asked("update_dynamic_schedule") >= 1
    assert charger.profiles.find(lambda each: each.id == plan.id) == [plan], "the night was not told again"
    assert charger.profiles.find(lambda each: each.id == dynamic.id) != [dynamic]


async def test_who_follows_no_longer_goes_on_with_the_plan_that_was_never_touched(
    charger: Charger, scene: Scene, roof: MeterSource
) -> None:
    outlet = charger.evses[0]
    planned_w = outlet.power_w
    await follows_the_sun(charger, scene, roof)

    await Habit.objects.aupdate(follows_sun=False)
    await shine(scene, roof, 9_000)

    await until(sync_to_async(lambda: not charger.profiles.find(lambda each: each.kind is Kind.DYNAMIC)))
    await until(sync_to_async(lambda: outlet.power_w == pytest.approx(planned_w, rel=0.02)))
    assert await asked("clear_profiles") == 1


async def test_without_us_the_plan_holds_again_after_a_quarter_of_an_hour(
    charger: Charger, scene: Scene, roof: MeterSource
) -> None:
    outlet = charger.evses[0]
    planned_w = outlet.power_w
    await follows_the_sun(charger, scene, roof)
    now = charger.own_time()

    soon, later = charger.profiles.limit_w(outlet, now + 10), charger.profiles.limit_w(outlet, now + 16 * 60)

    assert soon == pytest.approx(outlet.power_w, rel=0.02)
    assert later is not None
    assert later >= planned_w
