"""A campaign over a real socket: what the charger is asked, what it tells, and what the campaign shows of it."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from depot import clock
from depot.access.models import Role
from depot.firmware.models import FirmwareImage
from depot.firmware.services import carry_on
from tests.access import actors
from tests.factories import THURSDAY, make_user
from tests.flows.scene import PASSWORD, set_scene
from tests.live import LiveDepot
from tests.polling import until
from tests.wire import Wire, dial

pytestmark = pytest.mark.django_db(transaction=True)

SIGNED = {"signing_certificate": "-----BEGIN CERTIFICATE-----", "signature": "c2lnbmVk"}
# Version, whether the image is signed, what asks for the update, and what tells of its steps.
WAYS = [
    ("ocpp1.6", False, "UpdateFirmware", "FirmwareStatusNotification"),
    ("ocpp1.6", True, "SignedUpdateFirmware", "SignedFirmwareStatusNotification"),
    ("ocpp2.0.1", True, "UpdateFirmware", "FirmwareStatusNotification"),
    ("ocpp2.1", False, "UpdateFirmware", "FirmwareStatusNotification"),
]
BOOT_16 = {"chargePointVendor": "Acme", "chargePointModel": "One", "firmwareVersion": "1.9"}
BOOT_2X = {
    "chargingStation": {"vendorName": "Acme", "model": "One", "firmwareVersion": "1.9"},
    "reason": "PowerUp",
}


def plan_over_rest(client: Client, image: FirmwareImage) -> int:
    told = {"name": "Spring", "image": image.pk, "chargers": ["CP-A01"]}
    made = client.post("/api/v1/firmware-campaigns/", told, content_type="application/json")
    assert made.status_code == 201, made.content
    carry_on(clock.now())
    number: int = made.json()["id"]
    return number


def step_over_rest(client: Client, campaign: int) -> dict[str, Any]:
    carry_on(clock.now())
    (step,) = client.get(f"/api/v1/firmware-campaigns/{campaign}/").json()["steps"]
    shown: dict[str, Any] = step
    return shown


def make_image(is_signed: bool) -> FirmwareImage:
    return FirmwareImage.objects.create(
        vendor="Acme", version="2.0", location="https://acme.example/fw.bin", key="k", added_at=THURSDAY,
        added_by=make_user("eva"), **(SIGNED if is_signed else {}),
    )  # fmt: skip


@pytest.mark.parametrize(("protocol", "is_signed", "asks", "tells"), WAYS)
async def test_a_charger_is_told_to_update_and_its_way_is_read_over_rest(
    live_depot: LiveDepot, protocol: str, is_signed: bool, asks: str, tells: str
) -> None:
    await sync_to_async(set_scene)()
    image = await sync_to_async(make_image)(is_signed)
    client = Client()
    await sync_to_async(client.force_login)(await sync_to_async(actors.person)(Role.ENGINEER))
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(protocol,)) as wire:
        await wire.call("BootNotification", BOOT_16 if protocol == "ocpp1.6" else BOOT_2X)
        wire.answers[asks] = {} if (protocol, asks) == ("ocpp1.6", "UpdateFirmware") else {"status": "Accepted"}

        campaign = await sync_to_async(plan_over_rest)(client, image)
        asked = await wire.is_asked(asks)
        await tell(wire, tells, "Downloading", asked)
        await until(sync_to_async(lambda: note_of(client, campaign) == "Fetches the file"))
        await tell(wire, tells, "InstallationFailed", asked)
        await until(sync_to_async(lambda: note_of(client, campaign) == "It could not install it"))

    assert asked.get("location", asked.get("firmware", {}).get("location")) == "https://acme.example/fw.bin"
    assert (await sync_to_async(step_over_rest)(client, campaign))["state"] == "failed"


async def tell(wire: Wire, action: str, status: str, asked: dict[str, Any]) -> None:
    request = {"requestId": asked["requestId"]} if "requestId" in asked else {}
    await wire.call(action, {"status": status, **request})


def note_of(client: Client, campaign: int) -> str:
    note: str = step_over_rest(client, campaign)["note"]
    return note
