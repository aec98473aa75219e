"""Two gateways and two web processes on one PostgreSQL and one Valkey: each web process reaches every charger."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from websockets.asyncio.client import ClientConnection, connect

from chargers import services
from chargers.commands import ClearCache
from chargers.credentials import keyed_hash
from chargers.gateway import NUDGE_LOST_AFTER
from chargers.models import Charger, IssuedCommand
from depot.access.models import Scope
from depot.board.consumers import SWEEP_S
from depot.models import Bay
from tests.factories import THURSDAY, make_bay, make_charger, make_depot, make_evse, make_user
from tests.live import DepotProcess
from tests.processes.asking import key_that_may, post
from tests.processes.conftest import TwoOfEach
from tests.wire import Wire, dial

# Without `transaction=True`, which would empty the database beneath the processes (conftest.py). What is written here
# goes through another thread's connection, which is in no transaction of the test.
pytestmark = [pytest.mark.django_db, pytest.mark.storage]
PASSWORD = "23456789abcdef23456789abcdef2345"
WITHIN_S = SWEEP_S - 1


@pytest.fixture
async def chargers(two_of_each: TwoOfEach) -> list[str]:
    """The identities of two."""

    def make() -> list[str]:
        return [make_charger(online=False, password_hmac=keyed_hash(PASSWORD.encode())).identity for _ in range(2)]

    return await sync_to_async(make)()


@pytest.fixture
async def key(chargers: list[str]) -> str:
    return await key_that_may(Scope.ADMIN, name=chargers[0])


@asynccontextmanager
async def chargers_on_both(two_of_each: TwoOfEach, chargers: list[str]) -> AsyncIterator[list[Wire]]:
    """One on each gateway."""
    first, second = (gateway.socket_url for gateway in two_of_each.gateways)
    async with (
        dial(first, chargers[0], password=PASSWORD) as one,
        dial(second, chargers[1], password=PASSWORD) as other,
    ):
        for wire in (one, other):
            await wire.call("Heartbeat")
        yield [one, other]


async def test_a_command_posted_to_either_web_process_reaches_a_charger_on_either_gateway(
    two_of_each: TwoOfEach, chargers: list[str], key: str
) -> None:
    async with chargers_on_both(two_of_each, chargers) as wires:
        told = [
            await post(web, f"/api/v1/chargers/{identity}/clear-cache/?wait=answered", key)
            for web in two_of_each.webs
            for identity in chargers
        ]
        asked = [[action for action, _ in wire.asked] for wire in wires]

    assert [command["state"] for command in told] == ["accepted"] * 4
    assert asked == [["ClearCache"] * 2] * 2
    # By the nudge from process to process, and not by the gateway's own look at what waits.
    rows = [row async for row in IssuedCommand.objects.filter(charger__identity__in=chargers)]
    assert all(row.sent_at and row.sent_at - row.asked_at < NUDGE_LOST_AFTER for row in rows)


async def test_a_browser_on_either_web_process_sees_chargers_on_both_gateways(
    two_of_each: TwoOfEach, chargers: list[str]
) -> None:
    bays, cookie = await sync_to_async(place)(chargers), await sync_to_async(signed_in)()
    async with (
        chargers_on_both(two_of_each, chargers) as wires,
        browsing(two_of_each.webs[0], cookie) as one,
        browsing(two_of_each.webs[1], cookie) as other,
    ):
        for wire in wires:
            await wire.call("StatusNotification", {"connectorId": 1, "errorCode": "GroundFailure", "status": "Faulted"})

        for browser in (one, other):
            await sees(browser, bays, "is-fault")


def place(chargers: list[str]) -> list[Bay]:
    depot = make_depot()
    found = Charger.objects.filter(identity__in=chargers)
    return [make_bay(depot, charger.identity, evse=make_evse(charger)) for charger in found]


def signed_in() -> str:
    client = Client()
    client.force_login(make_user())
    return f"depot_session={client.cookies['depot_session'].value}"


@asynccontextmanager
async def browsing(web: DepotProcess, cookie: str) -> AsyncIterator[ClientConnection]:
    headers = {"Cookie": cookie, "Origin": web.url}
    async with connect(f"{web.socket_url}/live/?on=board", additional_headers=headers, proxy=None) as socket:
        assert orjson.loads(await socket.recv())["type"] == "hello"
        yield socket


async def sees(browser: ClientConnection, bays: list[Bay], look: str) -> None:
    """Listen until every bay was told with this look; sooner than a page would look by itself."""
    missing = {f"bay-{bay.pk}" for bay in bays}
    async with asyncio.timeout(WITHIN_S):
        while missing:
            message = orjson.loads(await browser.recv())
            patch = message.get("patch", {})
            missing -= {name for name, html in patch.items() if look in html}


async def test_a_charger_with_sockets_on_both_gateways_is_asked_by_the_newest(
    two_of_each: TwoOfEach, chargers: list[str], key: str
) -> None:
    first, second = two_of_each.gateways
    async with (
        dial(first.socket_url, chargers[0], password=PASSWORD) as older,
        dial(second.socket_url, chargers[0], password=PASSWORD) as newer,
    ):
        await older.call("Heartbeat")
        told = await post(two_of_each.webs[0], f"/api/v1/chargers/{chargers[0]}/clear-cache/?wait=answered", key)
        answered = await older.call("Heartbeat")

        assert told["state"] == "accepted"
        assert (older.asked, len(newer.asked)) == ([], 1)
        assert "currentTime" in answered


async def test_a_command_whose_nudge_reached_nobody_goes_by_the_newest_socket_all_the_same(
    two_of_each: TwoOfEach, chargers: list[str]
) -> None:
    """This process speaks over a channel layer of its own, which no gateway hears."""
    charger = await Charger.objects.aget(identity=chargers[0])
    first, second = two_of_each.gateways
    async with (
        dial(first.socket_url, chargers[0], password=PASSWORD) as older,
        dial(second.socket_url, chargers[0], password=PASSWORD) as newer,
    ):
        await newer.call("Heartbeat")
        for _ in range(3):
            await sync_to_async(services.issue_command)(charger, ClearCache(), issued_by=None, now=THURSDAY)
            await newer.is_asked("ClearCache")
            newer.asked.clear()

        assert older.asked == []
