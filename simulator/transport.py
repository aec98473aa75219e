"""Real WebSockets: each charger's link is kept up for as long as the charger wants one."""

import asyncio
import base64
import logging
from collections import deque
from collections.abc import Callable
from http.client import HTTPException
from random import Random
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from simulator.charger import Charger
from simulator.frames import SUBPROTOCOLS
from simulator.surroundings import Done, Errand, LinkTimes

# How long a charger with two sockets keeps the older one, in real seconds.
SECOND_SOCKET_S = 20.0
FILE_TIMEOUT_S = 30.0

logger = logging.getLogger("simulator")


def find_wait_s(times: LinkTimes, failures: int, random: Random) -> float:
    """How long to wait before the next attempt: doubling to a bound, and never quite the same."""
    wait_s: float = min(times.reconnect_most_s, times.reconnect_first_s * 2 ** min(failures, 16))
    return wait_s * random.uniform(0.5, 1.0)


class WebSocketLink:
    """Sends in order and waits for nobody; a task runs only while there is something to send."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._waiting: deque[str] = deque()
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False
        self._is_asking = False  # a ping is out, its pong is not back

    def send(self, text: str) -> None:
        self._waiting.append(text)
        self._run()

    def close(self) -> None:
        """Close once everything said so far has gone out."""
        self._is_closing = True
        self._run()

    def abort(self) -> None:
        self._waiting.clear()
        self._socket.transport.abort()

    def ping(self) -> None:
        if self._is_asking:
            self._socket.transport.abort()
            return
        self._is_asking = True
        self._pinging = asyncio.get_running_loop().create_task(self._ask_for_pong())

    async def _ask_for_pong(self) -> None:
        try:
            await (await self._socket.ping())
        except ConnectionClosed:
            return
        self._is_asking = False

    def _run(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        try:
            while self._waiting:
                await self._socket.send(self._waiting.popleft())
            if self._is_closing:
                await self._socket.close()
        except ConnectionClosed:
            # Who reads this socket hears of its end too, and tells the charger.
            self._waiting.clear()


class Wire:
    """Keeps one charger connected."""

    def __init__(self, charger: Charger, url: str, *, catch_up: Callable[[], object] = lambda: None) -> None:
        self.charger = charger
        self.catch_up = catch_up  # with what is due, before something comes over the link
        self.url = f"{url.rstrip('/')}/{quote(charger.identity, safe='')}"
        self.sockets: set[ClientConnection] = set()
        self.refused = ""  # why the last handshake failed
        self._wish = asyncio.Event()
        self._extra: set[asyncio.Task[None]] = set()
        charger.on_wish = self._wish.set
        charger.on_second_socket = self.open_second_socket
        charger.carry = self.carry

    async def keep_connected(self) -> None:
        failures = 0
        while True:
            await self._wait_until_wanted()
            if await self._hold_connection():
                failures = 0
            else:
                failures += 1
            await self._pause(failures)

    async def _wait_until_wanted(self) -> None:
        # A second socket may have become the charger's link while the first one was held.
        while not self.charger.wants_link or self.charger.link is not None:
            self._wish.clear()
            await self._wish.wait()

    async def _pause(self, failures: int) -> None:
        """Grow the wait with each failure; the jitter keeps a yard from knocking as one."""
        await asyncio.sleep(find_wait_s(self.charger.times, failures, self.charger.random))

    async def _hold_connection(self) -> bool:
        """Connect and read until the end; False when there was no connection."""
        charger = self.charger
        headers = {}
        if charger.password:
            secret = base64.b64encode(f"{charger.identity}:{charger.password}".encode()).decode()
            headers["Authorization"] = f"Basic {secret}"
        try:
            socket = await connect(
                self.url,
                subprotocols=[Subprotocol(SUBPROTOCOLS[charger.plan.version])],
                additional_headers=headers,
                compression=None,
                # The charger pings by its own timer: no keep-alive task for each of a thousand sockets.
                ping_interval=None,
                open_timeout=charger.times.call_timeout_s,
                close_timeout=1,
                user_agent_header=None,
                proxy=None,
            )
        except (OSError, InvalidHandshake, InvalidURI, TimeoutError) as reason:
            self.refused = str(reason) or type(reason).__name__
            logger.info("%s: no connection: %s", charger.identity, self.refused)
            return False
        self.refused = ""
        await self._read(socket)
        return True

    async def _read(self, socket: ClientConnection) -> None:
        link = WebSocketLink(socket)
        self.sockets.add(socket)
        try:
            self.catch_up()
            self.charger.open_link(link)
            async for text in socket:
                self.catch_up()
                self.charger.hear(text, link)
        except ConnectionClosed as reason:
            logger.info("%s: link lost: %s", self.charger.identity, reason)
        finally:
            self.sockets.discard(socket)
            self.catch_up()
            self.charger.lose_link(link)
            self._wish.set()

    def open_second_socket(self) -> None:
        """A second socket with the same identity; from now on the charger speaks through the newer."""
        older = list(self.sockets)
        task = asyncio.get_running_loop().create_task(self._hold_second(older))
        self._extra.add(task)
        task.add_done_callback(self._extra.discard)

    async def _hold_second(self, older: list[ClientConnection]) -> None:
        timers, grace_s = self.charger.timers, SECOND_SOCKET_S * self.charger.times.pace

        def drop_older() -> None:
            for socket in older:
                socket.transport.abort()

        timers.after(grace_s, drop_older)
        await self._hold_connection()

    def carry(self, errand: Errand, done: Done) -> None:
        """Over HTTP, in a thread: no socket waits for a file."""
        task = asyncio.get_running_loop().create_task(self._carry(errand, done))
        self._extra.add(task)
        task.add_done_callback(self._extra.discard)

    async def _carry(self, errand: Errand, done: Done) -> None:
        try:
            content = await asyncio.to_thread(exchange_file, errand)
        except (OSError, ValueError, HTTPException) as reason:
            logger.info("%s: file not carried: %s", self.charger.identity, reason)
            content = None
        self.catch_up()
        done(content)

    async def close(self) -> None:
        for task in self._extra:
            task.cancel()
        await asyncio.gather(*(socket.close() for socket in list(self.sockets)))


def exchange_file(errand: Errand) -> bytes:
    """Bring or fetch it. Raises OSError (every status of 400 and above too), ValueError, HTTPException."""
    if not errand.url.startswith(("http://", "https://")):
        raise ValueError(f"{errand.url} is not fetched by HTTP")
    request = Request(errand.url, data=errand.body, method="GET" if errand.body is None else "PUT")
    with build_opener(ProxyHandler({})).open(request, timeout=FILE_TIMEOUT_S) as response:
        content: bytes = response.read()
    return content
