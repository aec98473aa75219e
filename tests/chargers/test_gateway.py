"""A process that holds sockets: its lease, lost nudges, and what the books say of it when they were away."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from chargers import admission, consumers, gateway, layer, services
from chargers.choices import CommandState, Standing
from chargers.commands import ClearCache
from chargers.credentials import keyed_hash
from chargers.models import Charger, Connection, Gateway, IssuedCommand
from chargers.queries import LEASE, link_of
from depot import duties
from tests.factories import THURSDAY, make_charger
from tests.live import LiveDepot
from tests.polling import until
from tests.wire import dial

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storage]
PASSWORD = "23456789abcdef23456789abcdef2345"


@pytest.fixture
def charger(db: None) -> Charger:
    return make_charger("CP-A01", online=False, password_hmac=keyed_hash(PASSWORD.encode()), protocol="")


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(gateway, "LEASE_EVERY_S", 0.1)
    # The task of the test before ended with its event loop.
    monkeypatch.setattr(consumers, "keeper", consumers.Keeper())


@pytest.fixture
def _no_nudges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer, "send", lambda channel, message: None)
    monkeypatch.setattr(gateway, "NUDGE_LOST_AFTER", timedelta(seconds=0))


async def is_online(charger: Charger) -> bool:
    return (await sync_to_async(link_of)(charger.pk)).is_online


async def ask(charger: Charger) -> IssuedCommand:
    command: IssuedCommand = await sync_to_async(services.issue_command)(
        charger, ClearCache(), issued_by=None, now=THURSDAY
    )
    return command


@pytest.mark.usefixtures("_no_nudges")
async def test_a_command_whose_nudge_was_lost_is_found_by_the_gateway_s_own_look(
    live_depot: LiveDepot, charger: Charger
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("Heartbeat")
        command = await ask(charger)

        await wire.is_asked("ClearCache")

        async def is_accepted() -> bool:
            return (await IssuedCommand.objects.aget(pk=command.pk)).state == CommandState.ACCEPTED

        await until(is_accepted)


@pytest.mark.usefixtures("_no_nudges")
async def test_a_command_whose_nudge_was_lost_goes_by_the_newest_socket_only(
    live_depot: LiveDepot, charger: Charger
) -> None:
    async with (
        dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as older,
        dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as newer,
    ):
        for _ in range(5):
            newer.asked.clear()
            await ask(charger)
            await newer.is_asked("ClearCache")

        assert older.asked == []


@pytest.mark.usefixtures("_no_nudges")
async def test_a_charger_whose_refusal_was_not_told_to_its_socket_is_thrown_out_all_the_same(
    live_depot: LiveDepot, charger: Charger
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("Heartbeat")
        await sync_to_async(services.refuse_charger)(charger)

        code, reason = await wire.closed()

    assert (code, reason) == (1000, "Refused by a person")


@pytest.mark.usefixtures("_no_nudges")
async def test_an_adoption_that_was_not_told_to_the_socket_holds_there_soon(
    live_depot: LiveDepot, charger: Charger
) -> None:
    await Charger.objects.filter(pk=charger.pk).aupdate(standing=Standing.WAITING)
    boot = {"chargePointVendor": "Acme", "chargePointModel": "One"}
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        assert (await wire.call("BootNotification", boot))["status"] == "Pending"
        await Charger.objects.filter(pk=charger.pk).aupdate(standing=Standing.ADOPTED)

        async def holds() -> bool:
            return [consumer.line.caller.standing for consumer in consumers.lines.values()] == [Standing.ADOPTED]

        await until(holds)


async def test_a_socket_whose_end_could_not_be_noted_is_no_link(live_depot: LiveDepot, charger: Charger) -> None:
    """The database was away when it ended; afterwards its process lives on."""
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("Heartbeat")
        row = await Connection.objects.aget()
    long_ago = datetime.now(UTC) - 2 * LEASE
    row = await Connection.objects.acreate(
        charger=charger, gateway_id=row.gateway_id, channel="x", protocol="ocpp1.6",
        opened_at=long_ago, last_frame_at=long_ago,
    )  # fmt: skip

    async def is_offline() -> bool:
        return not await is_online(charger)

    await until(is_offline)
    await row.arefresh_from_db()
    assert row.close_reason == "Its end could not be noted in time"


async def test_a_charger_that_left_before_it_was_let_in_is_asked_by_the_socket_that_it_still_has(
    live_depot: LiveDepot, charger: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("Heartbeat")
        open_before = live_depot.open_sockets
        admit, has_come, has_left = admission.admit, asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def admit_late(*told: Any) -> admission.Admitted:
            loop.call_soon_threadsafe(has_come.set)
            has_left.wait(10)
            return admit(*told)

        async def knock() -> None:
            async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD):
                raise AssertionError("it was let in")

        async def is_gone() -> bool:
            return live_depot.open_sockets == open_before

        monkeypatch.setattr(admission, "admit", admit_late)
        knocking = asyncio.create_task(knock())
        await has_come.wait()
        knocking.cancel()
        await asyncio.wait([knocking])
        await until(is_gone)
        has_left.set()

        async def is_noted() -> bool:
            return await Connection.objects.filter(close_reason="It left before it was let in").aexists()

        await until(is_noted)
        await ask(charger)
        await wire.is_asked("ClearCache")
        assert await is_online(charger)


async def test_a_process_that_was_taken_for_dead_has_its_chargers_online_again(
    live_depot: LiveDepot, charger: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("Heartbeat")
        with monkeypatch.context() as patched:
            # As if it could not reach the database for longer than its lease.
            patched.setattr(gateway, "LEASE_EVERY_S", 3600.0)
            await Gateway.objects.aupdate(renewed_at=datetime.now(UTC) - 2 * LEASE)
            closed = await sync_to_async(duties.close_dead_sockets)(THURSDAY)
            was_offline = not await is_online(charger)

        async def is_back() -> bool:
            return await is_online(charger)

        await until(is_back)
        assert (closed, was_offline) == (1, True)
        assert "currentTime" in await wire.call("Heartbeat")


async def test_a_socket_that_is_in_no_book_any_more_is_closed_so_that_the_charger_comes_back(
    live_depot: LiveDepot, charger: Charger
) -> None:
    """An older backup was restored beneath a running process."""
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("Heartbeat")
        await Connection.objects.all().adelete()

        code, _ = await wire.closed()

    assert code == 1000


async def test_chargers_that_come_all_at_once_to_a_fresh_process_are_all_let_in(live_depot: LiveDepot) -> None:
    """The process's own lease is made by the first of them."""

    def make() -> list[Charger]:
        return [make_charger(f"CP-{n}", online=False, password_hmac=keyed_hash(PASSWORD.encode())) for n in range(12)]

    chargers = await sync_to_async(make)()

    async def come(identity: str) -> Any:
        async with dial(live_depot.socket_url, identity, password=PASSWORD) as wire:
            return await wire.call("Heartbeat")

    answers = await asyncio.gather(*(come(charger.identity) for charger in chargers))

    assert all("currentTime" in answer for answer in answers)
    assert await Gateway.objects.acount() == 1


async def test_a_peer_that_takes_nothing_any_more_is_cut_off_and_shown_offline(
    live_depot: LiveDepot, charger: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "TAKEN_WITHIN_S", 0.3)
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("Heartbeat")
        [consumer] = consumers.lines.values()
        line: Any = consumer
        # What uvicorn does while its buffer for this socket is full: it takes no more.
        line._send_message.__self__.pause_writing()
        await wire.say([2, "1", "Heartbeat", {}])

        async def is_offline() -> bool:
            return not await is_online(charger)

        await until(is_offline)
        code, _ = await wire.closed()

    assert code == 1006
    assert (await Connection.objects.aget()).close_reason == "It took nothing any more"


async def test_a_peer_that_was_hung_up_on_and_takes_nothing_is_held_no_longer(
    live_depot: LiveDepot, charger: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "TAKEN_WITHIN_S", 0.3)
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("Heartbeat")
        [consumer] = consumers.lines.values()
        protocol: Any = consumer._send_message.__self__
        # What a closing transport does while its buffer is full: it stays.
        monkeypatch.setattr(protocol, "close_timeout", 3600.0)
        wire.socket.protocol.receive_data = lambda data: None  # type: ignore[method-assign]
        await wire.socket.send(b"binary")

        async def is_gone() -> bool:
            return bool(protocol.disconnected)

        await until(is_gone)


async def test_an_older_socket_that_says_nothing_any_more_is_closed_and_the_newer_one_stays(
    live_depot: LiveDepot, charger: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as older,
        dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as newer,
    ):
        await newer.call("Heartbeat")
        monkeypatch.setattr(gateway, "SUPERSEDED_IDLE", timedelta(seconds=0))
        code, reason = await older.closed()

        assert "currentTime" in await newer.call("Heartbeat")
        assert await is_online(charger)

    assert (code, "took over" in reason) == (1000, True)
    assert await Connection.objects.filter(charger=charger).acount() == 2
