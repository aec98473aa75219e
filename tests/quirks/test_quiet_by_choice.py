"""With automation and energy management off, nothing is sent unasked: whatever else is configured, whatever is due."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from chargers.certificates import building
from chargers.certificates.models import GivenState, Purpose, SignedCertificate
from chargers.certificates.services import authorities
from chargers.models import Charger, Connection, IssuedCommand, SettingValue
from chargers.upkeep.models import SettingTemplate
from depot import duties
from depot.models import Access, Bay
from depot.upkeep.models import OfflineRule
from sessions.models import IdToken
from tests import papers
from tests.conftest import BusinessTime
from tests.energy.rows import make_circuit, make_need, make_tariff
from tests.energy.rows import wire as wire_evse
from tests.factories import THURSDAY
from tests.flows.scene import PASSWORD, Scene, set_scene
from tests.flows.speakers import Speaker2x, Speaker16
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
    configure_energy(scene)
    configure_certificates(scene)


def configure_energy(scene: Scene) -> None:
    """A circuit that is too small for the charger, a price, and a vehicle that leaves in the morning."""
    wire_evse(scene.evse, make_circuit(scene.depot, limit_a=16))
    make_tariff(scene.depot)
    make_need(scene.depot, vehicle=scene.van, departs_at=THURSDAY + timedelta(hours=14), energy_wh=40_000)


def configure_certificates(scene: Scene) -> None:
    """One for a day that ends within hours."""
    at = papers.now() - timedelta(hours=20)
    authority = authorities.make_authority("Acme Fleet", at=at)
    signed = authorities.sign(
        authority, building.make_key().public_key(), "CP-A01", purpose=Purpose.STATION, at=at, days=1,
        charger=scene.charger,
    )  # fmt: skip
    SignedCertificate.objects.filter(pk=signed.pk).update(given_state=GivenState.ACCEPTED)


@pytest.fixture
def scene() -> Scene:
    scene = set_scene()
    configure_everything(scene)
    return scene


async def a_day_goes_by(business_time: BusinessTime) -> None:
    """Every duty that there is: for some minutes at each of them, then on and on to the next afternoon."""
    for minutes in [1] * 3 + [15] * 3 + [120] * 11:
        await sync_to_async(duties.do_what_is_due)(business_time.move(minutes=minutes))
    for duty in (duties.check_sessions, duties.prune):
        await sync_to_async(duty)(business_time.now())


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


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_a_charger_that_is_to_be_left_alone_hears_no_call(
    live_depot: LiveDepot, scene: Scene, business_time: BusinessTime, version: str
) -> None:
    await sync_to_async(Charger.objects.update)(automation_on=False, energy_management_on=False)

    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(version,)) as wire:
        charger = Speaker16(wire) if version == "ocpp1.6" else Speaker2x(wire, version, reference="tx-1")
        await charger.boot()
        await charger.status("Preparing", at=THURSDAY)
        await sync_to_async(connected_a_while_ago)()
        await sync_to_async(duties.do_what_is_due)(business_time.move(minutes=1))
        await charger.start("CARD7", at=THURSDAY, wh=1_000)
        await a_day_goes_by(business_time)
        # What had been sent before this answer would have come before it.
        await wire.call("Heartbeat")

    assert wire.asked == []
    assert not await IssuedCommand.objects.aexists()


async def test_the_same_charger_is_asked_of_everything_when_both_are_on(
    wire: Wire, scene: Scene, business_time: BusinessTime
) -> None:
    await sync_to_async(Charger.objects.update)(automation_on=True, energy_management_on=True)

    await plug_in(wire)
    started = await wire.is_asked("RemoteStartTransaction")
    for _ in range(3):
        await sync_to_async(duties.do_what_is_due)(business_time.move(minutes=1))

    assert started["idTag"] == "VAN12"
    kinds = {command.kind async for command in IssuedCommand.objects.all()}
    assert kinds >= {"start", "read_settings", "read_local_list_version", "trigger", "install_profile"}
