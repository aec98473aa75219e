"""The control port: HTTP and JSON on the loopback, for the demo's fault panel and for tests."""

import hmac
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import orjson
import uvicorn

from simulator.clock import read_moment
from simulator.evse import Evse, EvseBusy
from simulator.faults import UnknownFault
from simulator.incidents import cause
from simulator.runner import YardRunner
from simulator.state import write_books, write_faults, write_state
from simulator.transaction import Card

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Words = dict[str, Any]

MOST_BODY_BYTES = 65_536


class BadRequest(Exception):
    """What was asked cannot be done; said with the HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class ControlPort:
    """A small ASGI application around a running yard."""

    def __init__(self, runner: YardRunner, token: str) -> None:
        self.runner = runner
        self._token = f"Bearer {token}".encode()
        self._routes: dict[tuple[str, str], Callable[[Words], Any]] = {
            ("GET", "/state"): lambda _: write_state(runner),
            ("GET", "/books"): lambda _: write_books(runner),
            ("GET", "/power"): lambda _: {"log": runner.world.books.write_log()},
            ("GET", "/faults"): lambda _: write_faults(),
            ("POST", "/clock"): self._set_clock,
            ("POST", "/faults"): self._cause_fault,
            ("POST", "/plug"): self._plug,
            ("POST", "/unplug"): self._unplug,
            ("POST", "/card"): self._present_card,
            ("POST", "/stop"): self._press_stop,
            ("POST", "/quit"): self._quit,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status, answer = 200, {}
        try:
            self._check(scope)
            act = self._routes.get((scope["method"], scope["path"]))
            if act is None:
                raise BadRequest(404, "no such thing here")
            words = await _read_body(receive)
            self.runner.world.catch_up()
            answer = act(words)
        except BadRequest as refusal:
            status, answer = refusal.status, {"error": str(refusal)}
        body = orjson.dumps(answer)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _check(self, scope: Scope) -> None:
        shown = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if not hmac.compare_digest(shown, self._token):
            raise BadRequest(401, "the token is missing or wrong")

    def _set_clock(self, words: Words) -> Words:
        rate = words.get("rate")
        if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int | float) or rate < 0):
            raise BadRequest(400, "rate is a number, 0 or more")
        try:
            moment = read_moment(words["moment"]) if words.get("moment") else None
        except (TypeError, ValueError) as reason:
            raise BadRequest(400, "moment is an ISO 8601 text") from reason
        try:
            since = read_moment(words["since"]) if words.get("since") else None
        except (TypeError, ValueError) as reason:
            raise BadRequest(400, "since is an ISO 8601 text") from reason
        self.runner.set_clock(moment, rate, since)
        return {"rate": self.runner.clock.rate}

    def _cause_fault(self, words: Words) -> Words:
        charger = self.runner.world.chargers.get(str(words.get("charger")))
        if charger is None:
            raise BadRequest(404, "no such charger")
        try:
            cause(charger, str(words.get("fault")), words)
        except UnknownFault as reason:
            raise BadRequest(400, f"unknown fault: {reason}") from reason
        return {"faults": charger.faults.standing()}

    def _find_evse(self, words: Words) -> Evse:
        world = self.runner.world
        evse = world.bays.get(words["bay"]) if "bay" in words else None
        if evse is None and "charger" in words:
            evse = world.find_evse(words["charger"], words.get("evse", 1))
        if evse is None:
            raise BadRequest(404, "no such bay or evse")
        return evse

    def _plug(self, words: Words) -> Words:
        evse = self._find_evse(words)
        vehicle = self.runner.world.vehicles.get(str(words.get("vehicle")))
        if vehicle is None:
            raise BadRequest(404, "no such vehicle")
        if any(each.vehicle is vehicle for each in self.runner.world.evses()):
            raise BadRequest(409, "the vehicle is plugged in elsewhere")
        if "soc" in words:
            vehicle.soc = min(1.0, max(0.0, float(words["soc"])))
        try:
            evse.plug_in(vehicle)
        except EvseBusy as reason:
            raise BadRequest(409, "another vehicle is plugged in there") from reason
        return {"status": evse.status}

    def _unplug(self, words: Words) -> Words:
        evse = self._find_evse(words)
        vehicle = evse.unplug()
        return {"vehicle": vehicle.plan.name if vehicle else None}

    def _present_card(self, words: Words) -> Words:
        evse = self._find_evse(words)
        token = words.get("id_token") or (evse.vehicle.plan.id_token if evse.vehicle else "")
        if not token:
            raise BadRequest(400, "whose card? id_token is missing")
        evse.present_card(Card(str(token)))
        return {"status": evse.status}

    def _press_stop(self, words: Words) -> Words:
        evse = self._find_evse(words)
        if evse.transaction is None:
            raise BadRequest(409, "nothing is charging there")
        evse.stop("Local")
        return {"status": evse.status}

    def _quit(self, words: Words) -> Words:
        self.runner.stopping.set()
        return {"stopping": True}


async def _read_body(receive: Receive) -> Words:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BODY_BYTES:
            raise BadRequest(413, "too long")
    if not body:
        return {}
    try:
        words = orjson.loads(body)
    except orjson.JSONDecodeError as reason:
        raise BadRequest(400, "no JSON") from reason
    if not isinstance(words, dict):
        raise BadRequest(400, "a JSON object is wanted")
    return words


class _QuietServer(uvicorn.Server):
    """The process's signals belong to the runner."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def open_socket(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    # Listening before the port is told: whoever reads the line may come at once.
    listener.listen(64)
    return listener


def make_server(app: ControlPort) -> uvicorn.Server:
    return _QuietServer(
        uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    )
