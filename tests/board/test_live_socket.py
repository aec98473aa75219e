"""The browser's socket, spoken to as a page does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.test import Client

from chargers.choices import ConnectorStatus
from chargers.models import Connection, Connector
from depot import clock, live
from depot.access.models import Role, User
from depot.asgi import people_door
from depot.board import consumers, snapshot
from depot.models import Bay, Depot
from tests.factories import make_bay, make_depot, make_session, make_user, make_vehicle, set_status

pytestmark = [pytest.mark.storage, pytest.mark.django_db(transaction=True)]

WAIT_S = 10


class Listener:
    """A page's end of the socket."""

    def __init__(self, socket: WebsocketCommunicator) -> None:
        self.socket = socket

    async def next(self) -> dict[str, Any]:
        """What is said next, but for the ticks."""
        while True:
            message: dict[str, Any] = await self.socket.receive_json_from(timeout=WAIT_S)
            if message["type"] != "tick":
                return message

    async def closed_with(self) -> int:
        while True:
            message = await self.socket.receive_output(timeout=WAIT_S)
            if message["type"] == "websocket.close":
                return int(message["code"])


@asynccontextmanager
async def listening(user: User | None, query: str = "on=board") -> AsyncIterator[Listener]:
    headers = [(b"origin", b"http://127.0.0.1"), (b"host", b"127.0.0.1")]
    if user is not None:
        client = Client()
        await sync_to_async(client.force_login)(user)
        headers.append((b"cookie", f"depot_session={client.cookies['depot_session'].value}".encode()))
    socket = WebsocketCommunicator(people_door, f"/live/?{query}", headers=headers)
    connected, _ = await socket.connect(timeout=WAIT_S)
    assert connected
    try:
        yield Listener(socket)
    finally:
        await socket.disconnect()


async def tell(*bays: Bay, sessions: tuple[int, ...] = (), traced: tuple[int, ...] = ()) -> None:
    chargers = [bay.evse.charger_id for bay in bays if bay.evse]
    message = live.News(set(chargers), set(sessions), set(traced)).message()
    await get_channel_layer().group_send(live.GROUP, message)


def make_charging_bay(depot: Depot, name: str = "A05") -> Bay:
    bay = make_bay(depot, name)
    make_session(bay, make_vehicle())
    set_status(bay, ConnectorStatus.CHARGING)
    return bay


async def made(make: Callable[..., Any], *arguments: Any, **words: Any) -> Any:
    return await sync_to_async(make)(*arguments, **words)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "COLLECT_S", 0.01)


async def test_a_change_comes_as_the_row_that_a_fresh_page_shows(depot: Depot, admin: User) -> None:
    bay = await made(make_charging_bay, depot)

    async with listening(admin) as page:
        assert (await page.next())["type"] == "hello"
        await made(set_status, bay, ConnectorStatus.FAULTED)
        await tell(bay)
        said = await page.next()

    fragment = said["patch"][f"bay-{bay.pk}"]
    assert "Fault" in fragment
    assert fragment in await made(_fresh_rows, admin, depot)


def _fresh_rows(user: User, depot: Depot) -> list[str]:
    looked_at = snapshot.load(user, depot, now=clock.now())
    context = snapshot.context_of(looked_at, now=clock.now(), real_now=datetime.now(UTC))
    return list(snapshot.rows_html(looked_at.in_order, context).values())


async def test_what_hangs_on_the_row_comes_with_it(depot: Depot, admin: User) -> None:
    bay = await made(make_charging_bay, depot)

    async with listening(admin) as page:
        await page.next()
        await made(set_status, bay, ConnectorStatus.FAULTED)
        await tell(bay)
        patch = (await page.next())["patch"]

    assert "1 of 1" not in patch["zone-row-a-words"]
    assert "has a fault" in patch["todo"]
    assert "Needs someone <b>1</b>" in patch["chips"]


async def test_what_did_not_change_is_not_sent(depot: Depot, admin: User) -> None:
    bay, other = await made(make_charging_bay, depot), await made(make_charging_bay, depot, "A06")

    async with listening(admin) as page:
        await page.next()
        await made(set_status, bay, ConnectorStatus.FAULTED)
        await tell(bay, other)
        patch = (await page.next())["patch"]

    assert f"bay-{bay.pk}" in patch
    assert f"bay-{other.pk}" not in patch
    assert "asked" not in patch


async def test_messages_are_numbered_without_a_gap(depot: Depot, admin: User) -> None:
    bay = await made(make_charging_bay, depot)
    numbers = []

    async with listening(admin) as page:
        await page.next()
        for status in (ConnectorStatus.FAULTED, ConnectorStatus.CHARGING, ConnectorStatus.FAULTED):
            await made(set_status, bay, status)
            await tell(bay)
            numbers.append((await page.next())["seq"])

    assert numbers == [1, 2, 3]


async def test_changes_in_quick_succession_are_collected(
    depot: Depot, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "COLLECT_S", 0.5)
    bays = [await made(make_charging_bay, depot, name) for name in ("A05", "A06", "A07")]

    async with listening(admin) as page:
        await page.next()
        for bay in bays:
            await made(set_status, bay, ConnectorStatus.FAULTED)
            await tell(bay)
        first, second = await page.next(), await page.next()

    rows = [{key for key in said["patch"] if key.startswith("bay-")} for said in (first, second)]
    assert f"bay-{bays[0].pk}" in rows[0]
    assert rows[0] | rows[1] == {f"bay-{bay.pk}" for bay in bays}


async def test_a_page_that_shows_what_is_true_need_not_be_fetched_again(depot: Depot, admin: User) -> None:
    await made(make_charging_bay, depot)
    seen = await made(_seen, admin, depot)

    async with listening(admin, f"on=board&seen={seen}") as page:
        assert await page.next() == {"type": "hello", "resync": False}


async def test_a_page_that_missed_something_before_it_listened_is_told_to_fetch_again(
    depot: Depot, admin: User
) -> None:
    bay = await made(make_charging_bay, depot)
    seen = await made(_seen, admin, depot)
    await made(set_status, bay, ConnectorStatus.FAULTED)

    async with listening(admin, f"on=board&seen={seen}") as page:
        assert await page.next() == {"type": "hello", "resync": True}


def _seen(user: User, depot: Depot) -> str:
    looked_at = snapshot.load(user, depot, now=clock.now())
    return snapshot.digest_of(looked_at, snapshot.context_of(looked_at, now=clock.now(), real_now=datetime.now(UTC)))


async def test_a_new_bay_makes_the_page_fetch_again(depot: Depot, admin: User) -> None:
    bay = await made(make_charging_bay, depot)

    async with listening(admin) as page:
        await page.next()
        new = await made(make_bay, depot, "A06")
        await tell(bay, new)

        assert (await page.next())["resync"] is True


async def test_what_only_time_changes_is_found_by_looking(
    depot: Depot, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "TICK_S", 0.05)
    monkeypatch.setattr(consumers, "SWEEP_S", 0.05)
    bay = await made(make_charging_bay, depot)

    async with listening(admin) as page:
        await page.next()
        await made(Connection.objects.update, closed_at=datetime.now(UTC))

        assert "No contact" in (await page.next())["patch"][f"bay-{bay.pk}"]


async def test_a_quiet_socket_ticks_so_that_a_page_knows_it_lives(
    depot: Depot, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "TICK_S", 0.05)

    async with listening(admin) as page:
        await page.next()

        assert await page.socket.receive_json_from(timeout=WAIT_S) == {"type": "tick"}


class TestStreams:
    async def test_a_page_of_one_charger_is_told_of_that_charger_only(self, depot: Depot, admin: User) -> None:
        mine, other = await made(make_charging_bay, depot), await made(make_charging_bay, depot, "A06")

        async with listening(admin, f"on=charger:{mine.evse.charger_id}") as page:
            await page.next()
            await tell(other)
            await tell(mine)

            assert (await page.next())["told"] == [f"charger:{mine.evse.charger_id}"]

    async def test_a_page_of_all_chargers_is_told_of_any_within_reach(self, depot: Depot, viewer: User) -> None:
        mine = await made(make_charging_bay, depot)
        beyond = await made(make_charging_bay, await made(make_depot, "Southgate"))

        async with listening(viewer, "on=chargers") as page:
            await page.next()
            await tell(beyond)
            await tell(mine)

            assert await page.next() == {"type": "changed", "seq": 1, "told": ["chargers"]}

    async def test_a_page_of_a_session_is_told_of_its_meter_values(self, depot: Depot, admin: User) -> None:
        bay = await made(make_bay, depot)
        session = await made(make_session, bay)

        async with listening(admin, f"on=session:{session.pk}") as page:
            await page.next()
            await tell(bay)

            assert (await page.next())["told"] == [f"session:{session.pk}"]

    async def test_messages_of_a_charger_are_told_as_they_are_kept(self, depot: Depot, admin: User) -> None:
        bay = await made(make_charging_bay, depot)

        async with listening(admin, f"on=trace:{bay.evse.charger_id}") as page:
            await page.next()
            await tell(traced=(bay.evse.charger_id,))

            assert (await page.next())["told"] == [f"trace:{bay.evse.charger_id}"]

    @pytest.mark.parametrize("asked", ["charger:999", "trace:1x", "session:", "everything", "charger:%D9%A3"])
    async def test_what_is_not_there_is_not_listened_to(self, depot: Depot, admin: User, asked: str) -> None:
        async with listening(admin, f"on={asked}") as page:
            assert await page.closed_with() == consumers.NOT_YOURS


class TestReach:
    async def test_who_is_not_signed_in_hears_nothing(self, depot: Depot) -> None:
        async with listening(None) as page:
            assert await page.closed_with() == consumers.SIGNED_OUT

    async def test_another_depots_changes_are_not_told(self, depot: Depot, viewer: User) -> None:
        mine = await made(make_charging_bay, depot)
        southgate = await made(make_depot, "Southgate")
        other = await made(make_charging_bay, southgate, "S01")

        async with listening(viewer) as page:
            await page.next()
            for bay in (other, mine):
                await made(set_status, bay, ConnectorStatus.FAULTED)
            await tell(other, mine)
            patch = (await page.next())["patch"]

        assert f"bay-{mine.pk}" in patch
        assert "S01" not in str(patch)

    async def test_a_charger_beyond_reach_is_not_listened_to(self, depot: Depot, viewer: User) -> None:
        other = await made(make_charging_bay, await made(make_depot, "Southgate"))

        async with listening(viewer, f"on=charger:{other.evse.charger_id}") as page:
            assert await page.closed_with() == consumers.NOT_YOURS

    async def test_messages_are_for_who_may_read_them(self, depot: Depot, viewer: User) -> None:
        bay = await made(make_charging_bay, depot)

        async with listening(viewer, f"on=trace:{bay.evse.charger_id}") as page:
            assert await page.closed_with() == consumers.NOT_YOURS

    async def test_who_loses_a_depot_while_the_page_is_open_hears_no_more_of_it(
        self, depot: Depot, viewer: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consumers, "TICK_S", 0.05)
        monkeypatch.setattr(consumers, "SWEEP_S", 0.2)
        bay = await made(make_charging_bay, depot)

        async with listening(viewer) as page:
            await page.next()
            await made(viewer.depots.clear)
            await made(set_status, bay, ConnectorStatus.FAULTED)
            await tell(bay)
            said = await page.next()

        assert said.get("resync") is True
        assert "A05" not in str(said)

    async def test_an_account_that_is_closed_loses_its_open_pages(self, depot: Depot, viewer: User) -> None:
        bay = await made(make_charging_bay, depot)

        async with listening(viewer) as page:
            await page.next()
            await made(User.objects.filter(pk=viewer.pk).update, is_active=False)
            await tell(bay)

            assert await page.closed_with() == consumers.SIGNED_OUT

    async def test_signing_out_closes_the_socket(self, depot: Depot, viewer: User) -> None:
        from django.contrib.sessions.models import Session as BrowserSession

        bay = await made(make_charging_bay, depot)

        async with listening(viewer) as page:
            await page.next()
            await made(BrowserSession.objects.all().delete)
            await tell(bay)

            assert await page.closed_with() == consumers.SIGNED_OUT

    async def test_a_new_role_shows_in_the_buttons(self, depot: Depot, viewer: User) -> None:
        bay = await made(make_charging_bay, depot)

        async with listening(viewer) as page:
            await page.next()
            await made(User.objects.filter(pk=viewer.pk).update, role=Role.DISPATCHER)
            await made(Connector.objects.update, heard_at=datetime.now(UTC))
            await made(make_user, "other")
            await tell(bay)
            row = (await page.next())["patch"][f"bay-{bay.pk}"]

        assert "hx-post" in row


async def test_what_a_page_says_is_not_listened_to(depot: Depot, admin: User) -> None:
    bay = await made(make_charging_bay, depot)

    async with listening(admin) as page:
        await page.next()
        await page.socket.send_json_to({"type": "changed", "chargers": [bay.evse.charger_id], "stop": 1})
        await page.socket.send_to(bytes_data=b"\x00")
        await made(set_status, bay, ConnectorStatus.FAULTED)
        await tell(bay)

        assert "Fault" in (await page.next())["patch"][f"bay-{bay.pk}"]


async def test_a_page_of_another_site_may_not_listen(depot: Depot, admin: User) -> None:
    client = Client()
    await sync_to_async(client.force_login)(admin)
    headers = [
        (b"origin", b"http://evil.example"),
        (b"cookie", f"depot_session={client.cookies['depot_session'].value}".encode()),
    ]
    socket = WebsocketCommunicator(people_door, "/live/?on=board", headers=headers)

    connected, _ = await socket.connect(timeout=WAIT_S)

    assert not connected


async def test_a_closed_page_leaves_no_task_behind(depot: Depot, admin: User) -> None:
    async with listening(admin) as page:
        await page.next()
        assert tasks_of_pages()

    assert tasks_of_pages() == []


async def test_a_page_that_is_gone_before_its_goodbye_is_heard_ends_without_a_fault(
    depot: Depot, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    was_told = asyncio.Event()

    async def send(*_: Any, **__: Any) -> None:
        was_told.set()
        raise OSError("as servers say when the socket is gone")

    async with listening(admin) as page:
        await page.next()
        monkeypatch.setattr(consumers, "TICK_S", 0.01)
        monkeypatch.setattr(consumers.BoardConsumer, "send", send)
        await asyncio.wait_for(was_told.wait(), WAIT_S)

    assert tasks_of_pages() == []


def tasks_of_pages() -> list[str]:
    return [name for task in asyncio.all_tasks() if "BoardConsumer" in (name := repr(task.get_coro()))]
