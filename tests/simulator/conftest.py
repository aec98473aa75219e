"""Yards and a server for the simulator's tests: no Django, no database."""

from collections.abc import AsyncIterator

import pytest

from tests.simulator.server import AcceptAll


@pytest.fixture
async def server() -> AsyncIterator[AcceptAll]:
    server = AcceptAll()
    await server.open()
    yield server
    await server.close()
    assert server.errors == []
