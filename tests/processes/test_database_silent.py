"""A database that is cut off, and says nothing at all: who knocks is told so in time."""

import asyncio
import socket
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus

from tests.live import DepotProcess
from tests.wire import dial

# As long as chargers wait before they take a handshake for failed; the depot gives up its own try after three.
SAYS_SO_WITHIN_S = 10


@pytest.fixture
def gateway() -> Iterator[DepotProcess]:
    """Its database accepts connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgres://depot:secret@127.0.0.1:{silent.getsockname()[1]}/depot"
        process = DepotProcess.gateway(DATABASE_URL=url)
        process.start()
        yield process
        process.end_somehow()


def test_a_handshake_is_refused_with_503_while_the_database_says_nothing(gateway: DepotProcess) -> None:
    async def knock() -> int:
        try:
            async with (
                asyncio.timeout(SAYS_SO_WITHIN_S),
                dial(gateway.socket_url, "CP-A01", open_timeout=SAYS_SO_WITHIN_S),
            ):
                return 101
        except InvalidStatus as refusal:
            return refusal.response.status_code

    assert asyncio.run(knock()) == 503
