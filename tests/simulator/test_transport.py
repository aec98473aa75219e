"""Real sockets: lost, refused, doubled, many."""

import asyncio
from dataclasses import replace
from random import Random

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from simulator.clock import read_moment
from simulator.incidents import cause
from simulator.surroundings import LinkTimes
from simulator.transaction import Card
from simulator.transport import find_wait_s
from simulator.yard import build_yard, read_yard
from simulator.yard_maker import DEMO_YARD, make_bench
from tests.simulator.server import AcceptAll, until
from tests.simulator.yards import THURSDAY, VERSIONS, make_yard, running


async def test_a_killed_server_loses_no_transaction(server: AcceptAll) -> None:
    async with running(make_yard(), server.url) as runner:
        charger = runner.world.chargers["CP1"]
        await server.until(lambda: charger.is_online)
        charger.settings.change("AllowOfflineTxForUnknownId", "true")
        server.kill()
        await server.close()
        evse = charger.evses[0]
        evse.plug_in(runner.world.vehicles["Van 1"])
        evse.present_card(Card("VAN1"))
        evse.unplug()
        sockets_before = server.connections

        await server.open()
        [kept] = runner.world.books.transactions.values()
        await server.until(lambda: kept.stop_acknowledged)

    assert server.connections > sockets_before
    assert len(server.heard("StartTransaction")) == len(server.heard("StopTransaction")) == 1
    [stop] = server.heard("StopTransaction")
    assert stop.payload["transactionId"] == kept.server_id
    assert stop.payload["meterStop"] == kept.register_stop_wh


async def test_a_dropped_link_comes_back_and_boots(server: AcceptAll) -> None:
    async with running(make_yard(), server.url) as runner:
        charger = runner.world.chargers["CP1"]
        await server.until(lambda: charger.is_online)

        cause(charger, "drop_link", {})
        await server.until(lambda: len(server.heard("BootNotification")) == 2)

    assert server.connections == 2


async def test_offline_it_stays_away_until_its_time_is_over(server: AcceptAll) -> None:
    async with running(make_yard(), server.url) as runner:
        charger = runner.world.chargers["CP1"]
        await server.until(lambda: charger.is_online)

        cause(charger, "offline", {"seconds": 3600})
        await server.until(lambda: charger.link is None)
        stays_away = not charger.wants_link
        charger.offline_until = 0.0
        charger.on_wish()
        await server.until(lambda: server.connections == 2)

    assert stays_away


async def test_two_sockets_carry_the_same_identity_and_the_newer_speaks(server: AcceptAll) -> None:
    async with running(make_yard(), server.url) as runner:
        charger = runner.world.chargers["CP1"]
        await server.until(lambda: charger.is_online)
        wire = runner.wires["CP1"]

        cause(charger, "second_socket", {})
        await server.until(lambda: len(server.heard("BootNotification")) == 2)
        both = len(wire.sockets)
        answer = await server.ask("CP1", "ClearCache", {})
        await server.until(lambda: len(wire.sockets) == 1)
        alone = charger.is_online
        server.kill()
        await server.until(lambda: server.connections == 3 and charger.is_online)

    assert both == 2
    assert alone
    assert answer["status"] == "Accepted"
    assert server.heard("BootNotification")[1].socket == 2


async def test_a_hard_reset_tells_its_stop_and_returns_on_a_new_socket(server: AcceptAll) -> None:
    async with running(make_yard(), server.url) as runner:
        charger = runner.world.chargers["CP1"]
        await server.until(lambda: charger.is_online)
        charger.evses[0].plug_in(runner.world.vehicles["Van 1"])
        charger.evses[0].present_card(Card("VAN1"))
        [kept] = runner.world.books.transactions.values()
        await server.until(lambda: kept.start_acknowledged)

        answer = await server.ask("CP1", "Reset", {"type": "Hard"})
        await server.until(lambda: len(server.heard("BootNotification")) == 2)
        await server.until(lambda: kept.stop_acknowledged)

    assert answer["status"] == "Accepted"
    assert server.connections == 2
    assert {told.payload["reason"] for told in server.heard("StopTransaction")} == {"HardReset"}


async def test_a_refused_handshake_is_kept_and_tried_again(server: AcceptAll) -> None:
    await server.close()
    async with running(make_yard(), server.url) as runner:
        wire = runner.wires["CP1"]
        await server.until(lambda: wire.refused)

        await server.open()
        await server.until(lambda: runner.world.chargers["CP1"].is_online)

    assert wire.refused == ""


async def test_two_hundred_chargers_share_two_timers(server: AcceptAll) -> None:
    yard = build_yard(make_bench(200, ["1.6", "2.0.1", "2.1"]))
    idle_tasks = len(asyncio.all_tasks())
    async with running(yard, server.url, rate=1, pace=1) as runner:
        await server.until(lambda: all(each.is_online for each in runner.world.chargers.values()), seconds=30)
        await server.until(lambda: all(each.outbox.is_empty for each in runner.world.chargers.values()), seconds=30)
        # One reader for each socket of ours, one handler for each of the server's, and a handful for all.
        tasks = len(asyncio.all_tasks()) - idle_tasks

    assert tasks <= 2 * 200 + 10


async def test_a_jump_of_the_clock_lets_everything_in_between_happen_in_its_own_time(server: AcceptAll) -> None:
    async with running(make_yard(), server.url, rate=0) as runner:
        charger = runner.world.chargers["CP1"]
        await server.until(lambda: charger.is_online)
        charger.evses[0].plug_in(runner.world.vehicles["Van 1"])
        charger.evses[0].present_card(Card("VAN1"))

        runner.set_clock(THURSDAY + 600, None)
        await server.until(lambda: len(server.heard("MeterValues")) == 10)

    times = [told.payload["meterValue"][0]["timestamp"][14:16] for told in server.heard("MeterValues")]
    assert times == [f"{minute:02}" for minute in range(31, 41)]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_session_goes_over_the_wire_from_plug_to_unplug(server: AcceptAll, version: str) -> None:
    start, stop = ("StartTransaction", "StopTransaction") if version == "1.6" else ("TransactionEvent",) * 2

    async with running(make_yard(version), server.url) as runner:
        await server.until(lambda: server.heard("StatusNotification"))
        evse = runner.world.chargers["CP1"].evses[0]
        evse.plug_in(runner.world.vehicles["Van 1"])
        runner.world.vehicles["Van 1"].soc = 0.2
        evse.present_card(Card("VAN1"))
        samples = "MeterValues" if version == "1.6" else "TransactionEvent"
        await server.until(lambda: len(server.heard(samples)) >= 5)
        evse.unplug()
        await server.until(
            lambda: (
                server.heard(stop) and server.told[-1].action == "StatusNotification"
                if version == "1.6"
                else server.heard(stop, eventType="Ended")
            )
        )
        [books] = runner.world.books.transactions.values()
        await server.until(lambda: books.stop_acknowledged)

    [started] = server.heard(start) if version == "1.6" else server.heard(start, eventType="Started")
    [ended] = server.heard(stop) if version == "1.6" else server.heard(stop, eventType="Ended")
    assert books.true_stop_wh is not None
    true_wh = books.true_stop_wh - books.true_start_wh
    assert true_wh > 0
    if version == "1.6":
        assert ended.payload["meterStop"] - started.payload["meterStart"] == pytest.approx(true_wh, abs=1)
    else:
        begin, end = (each.payload["meterValue"][0]["sampledValue"][0]["value"] for each in (started, ended))
        assert end - begin == pytest.approx(true_wh, abs=1)


async def test_a_night_of_the_demo_yard_agrees_with_its_books(server: AcceptAll) -> None:
    demo = read_yard(DEMO_YARD)
    chosen = [demo.chargers[number] for number in (0, 12, 21, 24, 27, 28)]
    bays = {evse.bay for charger in chosen for evse in charger.evses}
    vehicles = tuple(each for each in demo.vehicles if each.days and each.days.bay in bays)
    yard = replace(demo, chargers=tuple(chosen), vehicles=vehicles)

    async with running(yard, server.url, moment=read_moment("2026-11-19T16:00:00-08:00"), rate=20_000) as runner:
        kept = runner.world.books.transactions
        await server.until(lambda: len(kept) == len(vehicles), seconds=20)
        await server.until(lambda: all(each.stop_acknowledged for each in kept.values()), seconds=20)

    started = server.heard("StartTransaction") + server.heard("TransactionEvent", eventType="Started")
    stopped = server.heard("StopTransaction") + server.heard("TransactionEvent", eventType="Ended")
    assert len(started) == len(stopped) == len(kept) >= 6
    for transaction in kept.values():
        assert transaction.true_stop_wh is not None
        assert transaction.register_stop_wh is not None
        true_wh = transaction.true_stop_wh - transaction.true_start_wh
        assert transaction.register_stop_wh - transaction.register_start_wh == pytest.approx(true_wh, abs=1)
        assert true_wh > 10_000


async def test_a_server_that_answers_no_ping_is_left() -> None:
    """A socket that is open and dead: it was accepted, and nobody reads it any more."""
    opened = asyncio.Event()
    ends: list[int] = []

    async def accept_and_sleep(socket: ServerConnection) -> None:
        opened.set()
        # Nothing is read from the wire any more: no pong will ever be sent.
        socket.transport.pause_reading()
        await socket.wait_closed()
        ends.append(1)

    async with serve(accept_and_sleep, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")]) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp"
        async with running(make_yard(settings={"WebSocketPingInterval": "5"}), url) as runner:
            wire = runner.wires["CP1"]
            await asyncio.wait_for(opened.wait(), 5)
            [first] = await until(lambda: list(wire.sockets))
            await until(lambda: first not in wire.sockets)
        for socket in server.connections:
            socket.transport.abort()


def test_the_wait_before_a_reconnect_grows_to_a_bound_and_varies() -> None:
    times, random = LinkTimes(reconnect_first_s=1, reconnect_most_s=30), Random(1)

    waits = [[find_wait_s(times, failures, random) for _ in range(50)] for failures in range(8)]

    assert all(0.5 * 2**failures <= wait <= 2**failures for failures in range(5) for wait in waits[failures])
    assert all(15 <= wait <= 30 for wait in waits[7])
    assert len({round(wait, 6) for wait in waits[7]}) > 40
