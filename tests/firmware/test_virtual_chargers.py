"""A campaign over real sockets with virtual chargers, which fetch the file from us and prove its signature."""

import base64
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from chargers.credentials import keyed_hash
from chargers.models import Charger, Connection, IssuedCommand
from depot import clock
from depot.firmware.models import Campaign, CampaignState, FirmwareImage
from depot.firmware.services import add_image, carry_on, plan_campaign
from depot.uploads import store
from simulator.yard import YardPlan, build_yard
from tests.factories import make_charger, make_user
from tests.flows.scene import PASSWORD
from tests.live import LiveDepot
from tests.papers import root
from tests.polling import until
from tests.simulator.yards import running

pytestmark = pytest.mark.django_db(transaction=True)

CHARGERS = {"CP-16": "1.6", "CP-201": "2.0.1", "CP-21": "2.1"}
MAKER = root()
CONTENT = b"what the maker made"


def make_yard() -> YardPlan:
    evse = {"number": 1, "bay": "", "max_w": 7360, "phases": 1, "max_a": 32}
    return build_yard(
        {
            "chargers": [
                {
                    "identity": name, "version": version, "password": PASSWORD, "vendor": "Acme", "model": "One",
                    "firmware": "fw-8", "evses": [evse | {"bay": name}],
                    "settings": {"WebSocketPingInterval": "3000"},
                }
                for name, version in CHARGERS.items()
            ],
            "vehicles": [],
        }
    )  # fmt: skip


def bring(signed_content: bytes, version: str, base_url: str) -> Campaign:
    """A campaign for all three; the file is right, and its signature is one of `signed_content`."""
    person = make_user(f"eva-{version}")
    assert isinstance(MAKER.key, ec.EllipticCurvePrivateKey)
    signature = base64.b64encode(MAKER.key.sign(signed_content, ec.ECDSA(hashes.SHA256()))).decode()
    image = FirmwareImage(
        vendor="Acme", version=version, file_name=f"{version}.bin", signing_certificate=MAKER.pem, signature=signature
    )
    add_image(image, store.keep_chunks([CONTENT]), added_by=person, now=clock.now())
    campaign = Campaign(name=version, image=image, begins_at=clock.now(), at_once=2, base_url=base_url)
    chargers = list(Charger.objects.order_by("identity"))
    return plan_campaign(campaign, chargers, created_by=person, now=clock.now())


def states_of(campaign: Campaign) -> tuple[str, list[str]]:
    carry_on(clock.now())
    campaign.refresh_from_db()
    return campaign.state, list(campaign.steps.values_list("state", flat=True))


async def test_a_campaign_stops_at_the_first_that_finds_the_signature_wrong_and_a_good_one_reaches_all(
    live_depot: LiveDepot, tmp_path: Path, settings: Any
) -> None:
    settings.FILES_DIR = str(tmp_path)
    for name in CHARGERS:
        await sync_to_async(make_charger)(name, online=False, password_hmac=keyed_hash(PASSWORD.encode()))
    moment = (await sync_to_async(clock.now)()).timestamp()

    async with running(make_yard(), f"{live_depot.socket_url}/ocpp", moment=moment, rate=1) as runner:
        await until(sync_to_async(lambda: Connection.objects.filter(booted=True).count() == 3))
        bad = await sync_to_async(bring)(b"something else", "fw-9", live_depot.url)
        await until(sync_to_async(lambda: states_of(bad)[0] == CampaignState.STOPPED))
        after_the_bad = [charger.firmware for charger in runner.world.chargers.values()]
        good = await sync_to_async(bring)(CONTENT, "fw-10", live_depot.url)
        await until(sync_to_async(lambda: states_of(good)[0] == CampaignState.DONE))

    assert (await sync_to_async(states_of)(bad))[1] == ["failed", "waiting", "waiting"]
    assert (await bad.steps.aget(position=1)).note == "It found the signature wrong"
    assert after_the_bad == ["fw-8"] * 3
    assert (await sync_to_async(states_of)(good))[1] == ["installed"] * 3
    assert await sync_to_async(lambda: set(Charger.objects.values_list("firmware", flat=True)))() == {"fw-10"}
    asked = await sync_to_async(lambda: set(IssuedCommand.objects.values_list("charger__identity", "action")))()
    assert {("CP-16", "SignedUpdateFirmware"), ("CP-201", "UpdateFirmware"), ("CP-21", "UpdateFirmware")} <= asked
