"""A peer that never reads: the server stops reading from it, keeps little for it, and serves its neighbours."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import orjson
import pytest

from chargers.credentials import keyed_hash
from tests.factories import make_charger
from tests.live import DepotProcess
from tests.processes.programs import memory_kb
from tests.processes.silent import BareSocket, frame_of, keep_small
from tests.wire import dial

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storage]
PASSWORD = "23456789abcdef23456789abcdef2345"
READERS = 3
# Fewer at a time than may wait for one charger: this is no flood, only somebody who does not read.
CALLS_AT_ONCE = 20
# A server that took them all would hold 8 MB of answers for each reader in the end.
ROUNDS = 4_000
GROWS_AT_MOST_KB = 8_000


@pytest.fixture
def gateway(transactional_db: None) -> Iterator[DepotProcess]:
    """As production's, on a socket whose buffers in the kernel are small."""
    for identity in ("NEIGHBOUR", *(f"SLOW-{n}" for n in range(READERS))):
        make_charger(identity, online=False, password_hmac=keyed_hash(PASSWORD.encode()))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        keep_small(listener)
        process = DepotProcess.gateway(listener.getsockname()[1])
        process.command += ["--fd", str(listener.fileno())]
        process.inherits = [listener.fileno()]
        process.start()
    yield process
    process.end_somehow()


def test_who_never_reads_is_not_read_from_and_costs_little_memory_and_no_neighbour(gateway: DepotProcess) -> None:
    assert gateway.process
    with ExitStack() as stack:
        slow = [stack.enter_context(closing(BareSocket(gateway.port, f"SLOW-{n}", PASSWORD))) for n in range(READERS)]
        for line in slow:
            line.say([2, "hello", "Heartbeat", {}])
            line.hear()
        memory_before_kb = memory_kb(gateway.process.pid)

        rounds, answered = asyncio.run(say_until_not_taken(gateway, slow))
        grown_kb = memory_kb(gateway.process.pid) - memory_before_kb

    assert 10 < rounds < ROUNDS
    assert answered == 2 * rounds + 20
    assert grown_kb < GROWS_AT_MOST_KB


async def say_until_not_taken(gateway: DepotProcess, slow: list[BareSocket]) -> tuple[int, int]:
    """In how many rounds it took CALLs from any of them; and how many of a neighbour's it answered meanwhile."""
    taking = list(slow)
    answered = 0
    async with dial(gateway.socket_url, "NEIGHBOUR", password=PASSWORD) as neighbour:
        for round_number in range(ROUNDS):
            taking = [line for line in taking if await asyncio.to_thread(takes, line, round_number)]
            if not taking:
                break
            # By the time that the second is answered, what was said before the first is handled.
            for _ in range(2):
                answered += "currentTime" in await neighbour.call("Heartbeat")
        # Where nobody is read from any more, the neighbour is served all the same.
        for _ in range(20):
            answered += "currentTime" in await neighbour.call("Heartbeat")
    return round_number, answered


def takes(line: BareSocket, round_number: int) -> bool:
    calls = [[2, f"{round_number:018}{n:018}", "N" * 40, {}] for n in range(CALLS_AT_ONCE)]
    line.socket.settimeout(1)
    try:
        line.send(b"".join(frame_of(orjson.dumps(call)) for call in calls))
    except OSError:  # it took nothing for a second, or it has hung up
        return False
    return True
