"""The building's meter by REST push, over a real socket: chargers give way within one sample, and to silence."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from rest_framework.test import APIClient

from chargers.models import IssuedCommand
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.delivery.wanted import Step, Wanted
from depot.energy.models import MeterSource
from depot.energy.services.live import heed_silence
from simulator.evse import Evse as Outlet
from tests.access.actors import browser_of
from tests.energy.rows import make_circuit, make_source, wire
from tests.factories import make_user
from tests.flows.scene import PASSWORD, Scene, plug_in
from tests.live import LiveDepot
from tests.polling import until
from tests.simulator.yards import make_yard, running

pytestmark = pytest.mark.django_db(transaction=True)

SITE_W, RESERVED_W, FULL_W = 10_000, 6_500, 7_360


@pytest.fixture
def meter(scene: Scene) -> MeterSource:
    """Of a building that may draw more than half of the connection; it is heard of each minute."""
    wire(scene.evse, make_circuit(scene.depot, limit_w=SITE_W, reserved_w=RESERVED_W), rating_w=FULL_W, lines="1")
    source: MeterSource = make_source(scene.depot, counts_live=True, stale_after_s=60)
    return source


@pytest.fixture
def client(scene: Scene) -> APIClient:
    browser: Any = browser_of(make_user())
    return browser  # type: ignore[no-any-return]


@pytest.fixture
async def outlet(live_depot: LiveDepot, scene: Scene, meter: MeterSource) -> AsyncIterator[Outlet]:
    """With a van that charges, in a depot that has heard of its building once."""
    plan = make_yard("1.6", identity="CP-A01", password=PASSWORD)
    url = f"{live_depot.socket_url}/ocpp/"
    async with running(plan, url, moment=time.time(), rate=1.0, pace=1.0) as runner:
        charger = await plug_in(runner)
        yield charger.evses[0]


async def push(client: APIClient, meter: MeterSource, watts: int, at: datetime) -> None:
    body = {"samples": [{"at": at.isoformat(), "value": str(watts)}]}
    told = await sync_to_async(client.post)(f"/api/v1/meters/{meter.pk}/samples/", body, format="json")
    assert told.status_code == 200, told.content


async def test_a_building_takes_within_one_sample_and_its_silence_takes_more(
    outlet: Outlet, scene: Scene, meter: MeterSource, client: APIClient
) -> None:
    begun = datetime.now(UTC)
    await push(client, meter, 1_000, begun)
    wanted = Wanted(scene.evse.pk, (Step(begun, FULL_W),), begun + timedelta(hours=4))
    await sync_to_async(deliver)(scene.depot, [wanted], now=begun)

    async def draws_all() -> bool:
        await sync_to_async(carry_on)(scene.depot, now=datetime.now(UTC))
        return outlet.power_w == pytest.approx(FULL_W) and outlet.limit_w is not None

    await until(draws_all)
    await until(no_answer_is_open)
    sent = await IssuedCommand.objects.filter(kind="install_profile").acount()

    await push(client, meter, 5_000, datetime.now(UTC))
    # Nobody looks again: the sample itself is heeded.
    await until(sync_to_async(lambda: outlet.power_w <= SITE_W - 5_000))

    assert outlet.power_w > SITE_W - 5_000 * 1.1, "no more is taken than the building needs"
    assert await IssuedCommand.objects.filter(kind="install_profile").acount() == sent + 1

    await until(no_answer_is_open)
    await sync_to_async(heed_silence)(datetime.now(UTC) + timedelta(minutes=2))
    await until(sync_to_async(lambda: outlet.power_w <= SITE_W - RESERVED_W))


async def no_answer_is_open() -> bool:
    return not await IssuedCommand.objects.filter(kind="install_profile", state__in=("requested", "sent")).aexists()
