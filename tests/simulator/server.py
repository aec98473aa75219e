"""A tiny server that accepts everything, checks every frame against the official schemas, and keeps a log."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import ocpp
from websockets.asyncio.server import Server, ServerConnection, serve

FOLDERS = {"ocpp1.6": "v16", "ocpp2.0.1": "v201", "ocpp2.1": "v21"}
ACCEPTED = {"status": "Accepted"}


@cache
def schema_of(subprotocol: str, name: str) -> Any:
    folder = Path(ocpp.__file__).parent / FOLDERS[subprotocol] / "schemas"
    found = folder / f"{name}.json"
    if subprotocol != "ocpp1.6" and not found.exists():
        found = folder / f"{name}Request.json"
    return jsonschema_rs.validator_for(json.loads(found.read_text(encoding="utf-8-sig")))


def find_schema_errors(subprotocol: str, name: str, payload: dict[str, Any]) -> list[str]:
    return [f"{name}: {error.message}" for error in schema_of(subprotocol, name).iter_errors(payload)]


@dataclass
class Told:
    identity: str
    action: str
    payload: dict[str, Any]
    id: str
    socket: int


Answer = Callable[[Told], dict[str, Any] | str | None]


@dataclass
class AcceptAll:
    """Answers as a friendly server would; a test may answer an action otherwise.

    An answer that is a text is sent as a CALLERROR of that code; None is silence.
    """

    told: list[Told] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    sockets: dict[str, ServerConnection] = field(default_factory=dict)
    connections: int = 0
    headers: list[Any] = field(default_factory=list)
    url: str = ""
    port: int = 0
    _server: Server | None = None
    _pending: dict[str, asyncio.Future[Any]] = field(default_factory=dict)
    _transaction: int = 100
    _asked: int = 0
    now: Callable[[], str] = lambda: "2026-11-19T16:30:00Z"

    async def open(self) -> None:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self.port,
            subprotocols=["ocpp1.6", "ocpp2.0.1", "ocpp2.1"],  # type: ignore[list-item]
            compression=None,
            ping_interval=None,
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}/ocpp"

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def kill(self) -> None:
        """End every socket without a word, as a killed process does."""
        for socket in list(self.sockets.values()):
            socket.transport.abort()

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        identity = socket.request.path.rsplit("/", 1)[1]
        self.headers.append(socket.request.headers)
        self.connections += 1
        number = self.connections
        self.sockets[identity] = socket
        async for text in socket:
            frame = json.loads(text)
            if frame[0] == 2:
                await self._hear(Told(identity, frame[2], frame[3], frame[1], number), socket)
            else:
                future = self._pending.pop(frame[1], None)
                if future is not None and not future.done():
                    future.set_result(frame)

    async def _hear(self, told: Told, socket: ServerConnection) -> None:
        self.told.append(told)
        self.errors += find_schema_errors(str(socket.subprotocol), told.action, told.payload)
        custom = self.answers.get(told.action)
        answer = custom(told) if custom else self.accept(told)
        if isinstance(answer, str):
            await socket.send(json.dumps([4, told.id, answer, "", {}]))
        elif answer is not None:
            await socket.send(json.dumps([3, told.id, answer]))

    def accept(self, told: Told) -> dict[str, Any]:
        if told.action == "BootNotification":
            return {"status": "Accepted", "currentTime": self.now(), "interval": 300}
        if told.action == "Heartbeat":
            return {"currentTime": self.now()}
        if told.action == "Authorize":
            return {"idTagInfo": ACCEPTED} if "idTag" in told.payload else {"idTokenInfo": ACCEPTED}
        if told.action == "StartTransaction":
            self._transaction += 1
            return {"transactionId": self._transaction, "idTagInfo": ACCEPTED}
        if told.action == "TransactionEvent" and "idToken" in told.payload:
            return {"idTokenInfo": ACCEPTED}
        if told.action == "DataTransfer":
            return ACCEPTED
        return {}

    async def ask(self, identity: str, action: str, payload: dict[str, Any]) -> Any:
        """Send a CALL; the answer's payload, or the error's code."""
        socket = self.sockets[identity]
        self._asked += 1
        message_id = f"ask-{self._asked}"
        future = asyncio.get_running_loop().create_future()
        self._pending[message_id] = future
        assert not find_schema_errors(str(socket.subprotocol), action, payload)
        await socket.send(json.dumps([2, message_id, action, payload]))
        frame = await asyncio.wait_for(future, 30)
        if frame[0] == 4:
            return frame[2]
        name = f"{action}Response"
        errors = find_schema_errors(str(socket.subprotocol), name, frame[2])
        assert not errors, errors
        return frame[2]

    async def until(self, is_true: Callable[[], Any], *, seconds: float = 8) -> Any:
        return await until(is_true, seconds=seconds)

    def heard(self, action: str, identity: str | None = None, **members: Any) -> list[Told]:
        return [
            each
            for each in self.told
            if each.action == action
            and identity in (None, each.identity)
            and all(each.payload.get(name) == value for name, value in members.items())
        ]


async def until(is_true: Callable[[], Any], *, seconds: float = 8) -> Any:
    """Wait until it is so, and return what it was; the deadline is a failure.

    What is waited for is mostly the state of a charger, which rings no bell.
    """

    async def wait() -> Any:
        while not (value := is_true()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return value

    return await asyncio.wait_for(wait(), seconds)
