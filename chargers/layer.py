"""The channel layer and the process's event loop, owned in one place; whoever sends, from any thread, sends here.

A message is handed to the process's own loop: `async_to_sync` from a thread delivers seconds late on the in-memory
layer, and opens a new Redis connection for each message (ARCHITECTURE, "One way to publish").
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from channels.layers import BaseChannelLayer, get_channel_layer

logger = logging.getLogger(__name__)

LISTEN_AGAIN_S = 2.0

_lock = threading.Lock()
_making = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def channel_layer() -> BaseChannelLayer:
    """The one that the settings name, and one only.

    Channels makes it at the first call: two threads that call at once would get one each on the in-memory layer, and
    who listens on the first would never hear what is sent by the second.
    """
    with _making:
        named = get_channel_layer()
    assert named is not None, "settings always name a channel layer"
    return named


def take_loop() -> None:
    """Call from the server's event loop at its first scope: from then on messages go through it."""
    global _loop
    channel_layer()  # consumers of Channels make it themselves where it is not there yet
    running = asyncio.get_running_loop()
    if _loop is not running:
        _loop = running


def _own_loop() -> asyncio.AbstractEventLoop:
    """The server's loop; in a worker or a shell, a loop in a thread of its own, kept for good."""
    global _loop
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="channel-layer", daemon=True).start()
        return _loop


async def next_message(channel: str) -> dict[str, Any]:
    """Wait for it; where the layer goes away meanwhile, until it is back."""
    named = channel_layer()
    while True:
        try:
            message: dict[str, Any] = await named.receive(channel)
        except Exception:
            logger.warning("the channel layer is away", exc_info=True)
            # Else the layer would take this channel for one that it hears on already.
            getattr(named, "channels", {}).pop(channel, None)
            await asyncio.sleep(LISTEN_AGAIN_S)
        else:
            return message


def send(channel: str, message: dict[str, Any]) -> None:
    """Best effort, at most once: what must arrive is a row."""
    _hand_over(channel_layer().send(channel, message))


def group_send(group: str, message: dict[str, Any]) -> None:
    _hand_over(channel_layer().group_send(group, message))


def spawn(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run `work` as a task of the process's own loop."""
    _hand_over(work())


def _hand_over(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run_coroutine_threadsafe(_logged(coroutine), _own_loop())


async def _logged(coroutine: Coroutine[Any, Any, None]) -> None:
    try:
        await coroutine
    except Exception:
        # Nobody waits for this one, and the row behind it will be found without it.
        logger.warning("a message was not delivered", exc_info=True)
