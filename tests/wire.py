"""A charger's end of a real WebSocket, for tests: says frames, answers commands, in any of the three versions."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

WITHIN_S = 30
Payload = dict[str, Any]


class Refused(Exception):
    """Our CALL was answered with a CALLERROR: (code, description)."""


class Wire:
    """One socket. What the depot asks is answered by `answers[action]`, a payload or a function of the request."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.answers: dict[str, Payload | Callable[[Payload], Payload | None]] = {}
        self.asked: list[tuple[str, Payload]] = []
        self.frames: asyncio.Queue[list[Any]] = asyncio.Queue()
        self._news = asyncio.Event()
        self._open: dict[str, asyncio.Future[list[Any]]] = {}
        self._count = 0
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self.socket:
                await self._take(orjson.loads(text))
        for future in self._open.values():
            if not future.done():
                future.set_exception(ConnectionError("the depot closed the socket"))

    async def _take(self, frame: list[Any]) -> None:
        if frame[0] == 2:
            self.asked.append((frame[2], frame[3]))
            self._news.set()
            answer = self.answers.get(frame[2], {"status": "Accepted"})
            payload = answer(frame[3]) if callable(answer) else answer
            if payload is not None:
                await self.say([3, frame[1], payload])
        elif (future := self._open.pop(frame[1], None)) is not None:
            future.set_result(frame)
        else:
            self.frames.put_nowait(frame)

    async def say(self, frame: list[Any]) -> None:
        await self.socket.send(orjson.dumps(frame).decode())

    async def call(self, action: str, payload: Payload | None = None, message_id: str = "") -> Payload:
        """The depot's answer. Raises Refused, and ConnectionError when the socket closes instead."""
        self._count += 1
        message_id = message_id or f"m{self._count}"
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._open[message_id] = future
        await self.say([2, message_id, action, payload or {}])
        frame = await asyncio.wait_for(future, WITHIN_S)
        if frame[0] == 3:
            told: Payload = frame[2]
            return told
        raise Refused(frame[2], frame[3])

    async def next_frame(self) -> list[Any]:
        """The next frame that answers nothing of ours, such as a CALLERROR with the id "-1"."""
        return await asyncio.wait_for(self.frames.get(), WITHIN_S)

    async def is_asked(self, action: str) -> Payload:
        """Wait until the depot asks `action`; the newest request."""
        async with asyncio.timeout(WITHIN_S):
            while not any(name == action for name, _ in self.asked):
                self._news.clear()
                await self._news.wait()
        return [payload for name, payload in self.asked if name == action][-1]

    async def closed(self) -> tuple[int, str]:
        """Wait for the end of the socket: close code and reason."""
        await asyncio.wait_for(self.socket.wait_closed(), WITHIN_S)
        return self.socket.close_code or 0, self.socket.close_reason or ""

    async def close(self) -> None:
        await self.socket.close()
        await self._reader


@asynccontextmanager
async def dial(
    url: str,
    identity: str,
    *,
    password: str = "",
    user: str | None = None,
    subprotocols: tuple[str, ...] = ("ocpp1.6",),
    path: str = "/ocpp/",
    headers: dict[str, str] | None = None,
    **options: Any,
) -> AsyncIterator[Wire]:
    """Connect like a charger. Raises websockets' InvalidStatus where the door refuses with an HTTP status."""
    headers = dict(headers or {})
    if password:
        credentials = f"{identity if user is None else user}:{password}".encode()
        headers["Authorization"] = "Basic " + base64.b64encode(credentials).decode()
    socket = await connect(
        f"{url}{path}{identity}",
        subprotocols=list(subprotocols) or None,  # type: ignore[arg-type]
        additional_headers=headers,
        compression=None,
        ping_interval=None,
        proxy=None,
        **options,
    )
    wire = Wire(socket)
    try:
        yield wire
    finally:
        await wire.close()
