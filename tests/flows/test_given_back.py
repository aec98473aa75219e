"""A vehicle gives back on a dynamic set-point: asked over REST, metered by its own register, shown (2.1 Q04)."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from rest_framework.test import APIClient

from tests.access.actors import browser_of
from tests.factories import THURSDAY, make_user
from tests.flows.scene import PASSWORD, Scene
from tests.flows.speakers import Speaker2x, wire_time
from tests.live import LiveDepot
from tests.wire import Payload, dial

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("business_time")]


@pytest.fixture
async def charger(live_depot: LiveDepot, scene: Scene) -> AsyncIterator[Speaker2x]:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=("ocpp2.1",)) as wire:
        told = Speaker2x(wire, "ocpp2.1")
        await told.boot()
        yield told


@pytest.fixture
def client(scene: Scene) -> APIClient:
    browser: Any = browser_of(make_user())
    return browser  # type: ignore[no-any-return]


def both_registers(at: datetime, taken_wh: int, given_wh: int, given_w: int, context: str) -> list[Payload]:
    told = [
        ("Energy.Active.Import.Register", taken_wh, "Wh"),
        ("Energy.Active.Export.Register", given_wh, "Wh"),
        ("Power.Active.Import", 0, "W"),
        ("Power.Active.Export", given_w, "W"),
    ]
    samples = [
        {"measurand": name, "value": value, "context": context, "unitOfMeasure": {"unit": unit}}
        for name, value, unit in told
    ]
    return [{"timestamp": wire_time(at), "sampledValue": samples}]


async def read(client: APIClient, path: str) -> Any:
    return (await sync_to_async(client.get)(f"/api/v1/{path}")).json()


async def test_a_vehicle_gives_back_on_a_set_point(charger: Speaker2x, client: APIClient) -> None:
    began = THURSDAY - timedelta(hours=1)
    await charger.start("VAN12", at=began, wh=1_000)
    await charger._event(
        "Updated", "MeterValuePeriodic", began, {}, meterValue=both_registers(began, 1_000, 500, 0, "Sample.Periodic")
    )
    await sync_to_async(client.post)(
        "/api/v1/chargers/CP-A01/update-dynamic-schedule/", {"profile_id": 5, "setpoint": -4_000}, format="json"
    )
    asked = await charger.wire.is_asked("UpdateDynamicSchedule")
    await charger._event(
        "Updated",
        "MeterValuePeriodic",
        THURSDAY,
        {},
        meterValue=both_registers(THURSDAY, 3_000, 2_500, 4_000, "Sample.Periodic"),
    )
    (giving,) = (await read(client, "sessions/"))["results"]

    await charger._event(
        "Ended",
        "StopAuthorized",
        THURSDAY,
        {"stoppedReason": "Local"},
        meterValue=both_registers(THURSDAY, 3_000, 2_600, 0, "Transaction.End"),
    )

    ended = await read(client, f"sessions/{giving['id']}/")
    assert asked == {"chargingProfileId": 5, "scheduleUpdate": {"setpoint": -4_000.0}}
    assert (giving["power_w"], giving["energy_kwh"], giving["energy_exported_kwh"]) == (-4_000, "2.000", "2.000")
    assert (ended["energy_kwh"], ended["energy_exported_kwh"]) == ("2.000", "2.100")
