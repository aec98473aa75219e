"""How a test waits for what comes about by itself, in a coroutine; `servers.wait_until` is the same for a thread."""

import asyncio
from collections.abc import Awaitable, Callable

WITHIN_S = 30.0


async def until(is_true: Callable[[], Awaitable[object]], *, within_s: float = WITHIN_S) -> None:
    """Ask again and again until it is true."""
    async with asyncio.timeout(within_s):
        while not await is_true():  # noqa: ASYNC110 - other threads and processes set no event of this loop
            await asyncio.sleep(0.02)
