"""Nothing is asked of a charger before its boot is answered; one that does not boot is waited for a moment."""

import asyncio
from datetime import datetime

import orjson
import pytest
from asgiref.sync import sync_to_async
from django.test import override_settings

from chargers import services
from chargers.choices import Standing
from chargers.commands import ClearCache, ReadSettings
from chargers.credentials import keyed_hash
from chargers.events import BootDecision, Registration, Setting
from chargers.inbox import Caller
from chargers.line import Line
from chargers.models import Charger
from chargers.trace import recorder
from tests.factories import THURSDAY, make_charger
from tests.live import LiveDepot
from tests.polling import until
from tests.wire import Wire, dial

pytestmark = [pytest.mark.django_db(transaction=True)]
PASSWORD = "23456789abcdef23456789abcdef2345"
BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}


@pytest.fixture
def charger(db: None) -> Charger:
    return make_charger("CP-A01", online=False, password_hmac=keyed_hash(PASSWORD.encode()))


async def ask_two_things(charger: Charger, wire: Wire) -> None:
    await until(lambda: sync_to_async(lambda: charger.connections.filter(closed_at=None).exists())())
    issue = sync_to_async(services.issue_command)
    await issue(charger, ReadSettings(settings=(Setting("HeartbeatInterval"),)), issued_by=None, now=THURSDAY)
    await issue(charger, ClearCache(), issued_by=None, now=THURSDAY)


@override_settings(BOOT_AWAITED_S=30)
async def test_what_is_asked_before_it_boots_goes_out_after_the_answer_and_in_order(
    live_depot: LiveDepot, charger: Charger
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        wire.answers["GetConfiguration"] = {"configurationKey": [], "unknownKey": []}
        await ask_two_things(charger, wire)
        await wire.call("Heartbeat")
        await wire.call("Heartbeat")
        before = list(wire.asked)

        await wire.call("BootNotification", BOOT)
        await wire.is_asked("ClearCache")

    assert before == []
    assert [action for action, _ in wire.asked] == ["GetConfiguration", "ClearCache"]


@override_settings(BOOT_AWAITED_S=0.1)
async def test_one_that_does_not_boot_is_asked_all_the_same(live_depot: LiveDepot, charger: Charger) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        wire.answers["GetConfiguration"] = {"configurationKey": [], "unknownKey": []}
        await ask_two_things(charger, wire)

        await wire.is_asked("ClearCache")


@override_settings(BOOT_AWAITED_S=30)
async def test_a_socket_that_ends_before_any_boot_keeps_nobody_waiting(live_depot: LiveDepot, charger: Charger) -> None:
    async with asyncio.timeout(10):
        async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
            await ask_two_things(charger, wire)

        await until(lambda: sync_to_async(lambda: not charger.connections.filter(closed_at=None).exists())())

    assert wire.asked == []


class Rejecting:
    """What stands above the line, for one charger that is not let in."""

    def now(self) -> datetime:
        return THURSDAY

    async def handle(self, *told: object) -> BootDecision:
        return BootDecision(Registration.REJECTED, THURSDAY, 60)


async def test_of_whom_we_rejected_nothing_is_asked() -> None:
    """1.6 §4.2, 2.x B03.FR.03."""
    sent: list[str] = []
    caller = Caller(1, "CP-A01", 1, "ocpp1.6", Standing.ADOPTED)

    async def send(text: str) -> None:
        sent.append(text)

    line = Line(caller, Rejecting(), send=send, hang_up=lambda code, why: asyncio.sleep(0))  # type: ignore[arg-type]
    await line.receive(orjson.dumps([2, "m1", "BootNotification", BOOT]).decode())
    await line.engine.drained()
    line.carry_out_soon(4711)
    await line.finish()
    recorder.take()

    assert [orjson.loads(text)[:2] for text in sent] == [[3, "m1"]]
    assert orjson.loads(sent[0])[2]["status"] == "Rejected"
