"""With automation and energy management off, nothing is sent unasked: whatever else is configured, whatever is due."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from chargers.models import Charger, Connection, IssuedCommand, SettingValue
from chargers.upkeep.models import SettingTemplate
from depot import duties
from depot.models import Access, Bay
from depot.upkeep.models import OfflineRule
from sessions.models import IdToken
from tests.conftest import BusinessTime
from tests.factories import THURSDAY
from tests.flows.scene import PASSWORD, Scene, set_scene
from tests.live import LiveDepot
from tests.wire import Wire, dial

pytestmark = pytest.mark.django_db(transaction=True)


def configure_everything(scene: Scene) -> None:
    """What makes each duty want something of the charger."""
    Bay.objects.filter(pk=scene.bay.pk).update(access=Access.OWN_VEHICLE, own_vehicle=scene.van)
    IdToken.objects.create(value="CARD7", key="card7", vehicle=scene.van, depot_key=scene.depot.pk, created_at=THURSDAY)
    OfflineRule.objects.create(depot=scene.depot, created_at=THURSDAY)
    template = SettingTemplate.objects.create(name="Usual", created_at=THURSDAY)
    for name, wanted in (("HeartbeatInterval", "300"), ("StopTransactionOnInvalidId", "true")):
        template.wanted.create(variable=name, value=wanted)
        SettingValue.objects.create(charger=scene.charger, variable=name, value="0", reported_at=THURSDAY)


@pytest.fixture
def scene() -> Scene:
    scene = set_scene()
    configure_everything(scene)
    return scene


async def an_hour_goes_by(business_time: BusinessTime) -> None:
    """Every duty that there is, at each minute."""
    for _ in range(60):
        now = business_time.move(minutes=1)
        await sync_to_async(duties.do_what_is_due)(now)


def connected_a_while_ago() -> None:
    Connection.objects.update(opened_at=datetime.now(UTC) - timedelta(minutes=30))


@pytest.fixture
async def wire(live_depot: LiveDepot, scene: Scene, business_time: BusinessTime) -> AsyncIterator[Wire]:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        yield wire


async def plug_in(wire: Wire) -> None:
    await wire.call("BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"})
    await wire.call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"})
    await sync_to_async(connected_a_while_ago)()


async def test_a_charger_that_is_to_be_left_alone_hears_no_call(
    wire: Wire, scene: Scene, business_time: BusinessTime
) -> None:
    await sync_to_async(Charger.objects.update)(automation_on=False, energy_management_on=False)

    await plug_in(wire)
    await an_hour_goes_by(business_time)
    # What had been sent before this answer would have come before it.
    await wire.call("Heartbeat")

    assert wire.asked == []
    assert not await IssuedCommand.objects.aexists()


async def test_the_same_charger_is_asked_when_automation_is_on(
    wire: Wire, scene: Scene, business_time: BusinessTime
) -> None:
    await sync_to_async(Charger.objects.update)(automation_on=True)

    await plug_in(wire)
    started = await wire.is_asked("RemoteStartTransaction")
    await sync_to_async(duties.do_what_is_due)(business_time.move(minutes=1))

    assert started["idTag"] == "VAN12"
    kinds = {command.kind async for command in IssuedCommand.objects.all()}
    assert "read_settings" in kinds
