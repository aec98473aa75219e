"""A plan that gives back, from the planner to the ERP: over a socket a vehicle feeds the building, and is metered."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import sync_to_async
from rest_framework.test import APIClient

from billing.models import Transaction
from billing.services import settle_session
from chargers.models import Capability, Evse, SettingValue
from depot.energy import services
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.promises import ask_for_promises
from depot.energy.delivery.services import carry_on
from depot.energy.models import Habit, PlanMark, PlannedStay
from sessions.models import Session
from simulator.runner import YardRunner
from tests.access.actors import browser_of
from tests.energy.rows import make_circuit, make_need, make_source, make_tariff, wire
from tests.factories import make_user
from tests.flows.scene import PASSWORD, Scene, plug_in
from tests.live import LiveDepot
from tests.polling import until
from tests.simulator.yards import make_yard, running

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
OUTLET = {"number": 1, "bay": "A01", "max_w": 20_000, "phases": 1, "voltage_v": 400, "max_a": 60, "current": "DC"}


def lay_out(scene: Scene, now: datetime) -> None:
    """A building of 15 kW, two dear hours, and a van that may feed it by 10 kW."""
    depot = scene.depot
    Evse.objects.filter(pk=scene.evse.pk).update(is_dc=True, max_w=20_000)
    scene.evse.refresh_from_db()
    circuit = make_circuit(depot, limit_w=50_000, reserved_w=15_000)
    wire(scene.evse, circuit, rating_w=20_000, max_discharge_w=10_000, efficiency=1.0, discharge_efficiency=1.0)
    make_source(depot, constant=15_000)
    wall = now.astimezone(ZoneInfo(depot.time_zone))
    dear = {"from": f"{wall:%H}:00", "to": f"{wall + 2 * HOUR:%H}:00", "price_per_kwh": "0.90"}
    make_tariff(depot, {"currency": "EUR", "energy": [dear, {"price_per_kwh": "0.10"}]})
    scene.van.battery_kwh, scene.van.max_dc_kw = 60, 20
    scene.van.save()
    Habit.objects.create(vehicle=scene.van, gives_back=True, lowest_soc_percent=20, wear_per_kwh="0.05")
    make_need(depot, vehicle=scene.van, told_at=now, holds_until=now + 9 * HOUR, departs_at=now + 8 * HOUR)


@pytest.fixture
def client(scene: Scene) -> APIClient:
    browser: Any = browser_of(make_user())
    return browser  # type: ignore[no-any-return]


@pytest.fixture
async def yard(live_depot: LiveDepot, scene: Scene) -> AsyncIterator[YardRunner]:
    await sync_to_async(lay_out)(scene, datetime.now(UTC))
    plan = make_yard("2.1", evses=[OUTLET], identity="CP-A01", password=PASSWORD)
    url = f"{live_depot.socket_url}/ocpp/"
    async with running(plan, url, moment=time.time(), rate=1.0, pace=1.0) as runner:
        await plug_in(runner, soc=0.7, max_dc_w=20_000, max_discharge_w=10_000)
        yield runner


async def read(client: APIClient, path: str) -> Any:
    return (await sync_to_async(client.get)(f"/api/v1/{path}")).json()


async def test_a_planned_night_feeds_the_building_and_is_metered_by_its_own_register(
    yard: YardRunner, scene: Scene, client: APIClient
) -> None:
    charger = yard.world.chargers["CP-A01"]
    outlet = charger.evses[0]
    outlet.sample("Sample.Periodic")
    await until(Session.objects.running().filter(soc_percent=70).aexists)

    assert await sync_to_async(ask_for_promises)(datetime.now(UTC)) == 1
    await until(SettingValue.objects.filter(variable_instance="MaxOfflineDuration", value="true").aexists)
    assert await PlanMark.objects.exclude(wanted_at=None).aexists()
    await sync_to_async(services.replan)(scene.depot, now=datetime.now(UTC), why="a test")

    async def gives() -> bool:
        await sync_to_async(carry_on)(scene.depot, now=datetime.now(UTC))
        return outlet.power_w < 0

    await until(gives)
    stay = await PlannedStay.objects.alatest("pk")
    assert outlet.power_w == pytest.approx(-10_000, rel=0.01)
    assert min(stay.kw) == pytest.approx(-10)
    assert max(stay.kw) > 0, "it has what it needs by the morning"
    assert stay.unmet_kwh == 0

    async def has_given() -> bool:
        outlet.sample("Sample.Periodic")
        return await Session.objects.filter(exported_wh__gte=3, power_w__lt=-9_000).aexists()

    await until(has_given)
    await until(Capability.objects.filter(name="gives_back", value="yes").aexists)
    (shown,) = (await read(client, "sessions/"))["results"]
    assert float(shown["energy_exported_kwh"]) >= 0.003
    assert (await Target.objects.aget(evse=scene.evse)).state in (State.HELD, State.SENT)

    outlet.stop("Local")
    await until(Session.objects.exclude(ended_at=None).aexists)
    session = await Session.objects.aget()
    await sync_to_async(settle_session)(session, now=datetime.now(UTC))
    transaction = await Transaction.objects.aget()
    told = await read(client, f"transactions/{transaction.seq}/")
    assert float(told["energy_exported_kwh"]) == pytest.approx((session.exported_wh or 0) / 1000)
    assert float(told["energy_kwh"]) == pytest.approx((session.energy_wh or 0) / 1000)
