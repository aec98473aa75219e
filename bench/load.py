"""A load of 1.6 chargers in one process: an outsider that knows frames only. Phases come as JSON lines on stdin.

Each phase prints one JSON line. The mix of 50 messages: 30 MeterValues of 4 samples, 14 Heartbeat, 4
StatusNotification, 1 StartTransaction, 1 StopTransaction.
"""

import asyncio
import base64
import http.client
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect

WARMING_UP = 10
MIX = (
    ["meter"] * 15
    + ["beat"] * 7
    + ["status"] * 2
    + ["start"]
    + ["meter"] * 15
    + ["beat"] * 7
    + ["status"] * 2
    + ["stop"]
)
MEASURANDS = (
    ("Energy.Active.Import.Register", "Wh"),
    ("Power.Active.Import", "W"),
    ("Current.Import", "A"),
    ("Voltage", "V"),
)


class Charger:
    """One socket with one question at a time."""

    def __init__(self, identity: str, password: str, token: str, url: str) -> None:
        self.identity, self.token = identity, token
        self.url = f"{url}/{identity}"
        credentials = base64.b64encode(f"{identity}:{password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {credentials}"}
        self.socket: ClientConnection | None = None
        self.reader: asyncio.Task[None] | None = None
        self.answers: dict[str, asyncio.Future[Any]] = {}
        self.asked = asyncio.Event()
        self.commands: dict[str, float] = {}  # action + token -> when its frame arrived
        self.count = 0
        self.register_wh = 1000
        self.transaction: int | None = None
        self.errors = 0

    async def open(self) -> None:
        self.socket = await connect(
            self.url,
            subprotocols=["ocpp1.6"],  # type: ignore[list-item]
            additional_headers=self.headers,
            compression=None,
            ping_interval=None,
            open_timeout=60,
        )
        self.reader = asyncio.create_task(self._read(self.socket))

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            frame = orjson.loads(text)
            if frame[0] == 2:
                self.commands[frame[2]] = time.perf_counter()
                self.asked.set()
                answer = {"status": "Accepted"} if frame[2] != "GetConfiguration" else {}
                await socket.send(orjson.dumps([3, frame[1], answer]).decode())
            elif (future := self.answers.pop(frame[1], None)) is not None and not future.done():
                future.set_result(frame)
        for future in self.answers.values():
            if not future.done():
                future.set_exception(ConnectionError("closed"))

    async def ask(self, action: str, payload: dict[str, Any]) -> Any:
        assert self.socket is not None
        self.count += 1
        message_id = str(self.count)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.answers[message_id] = future
        await self.socket.send(orjson.dumps([2, message_id, action, payload]).decode())
        frame = await asyncio.wait_for(future, 60)
        if frame[0] != 3:
            self.errors += 1
            return {}
        return frame[2]

    async def boot(self) -> None:
        await self.ask("BootNotification", {"chargePointVendor": "Bench", "chargePointModel": "Load"})
        await self.ask("StatusNotification", _status("Available"))

    async def say(self, kind: str) -> None:
        now = _now()
        if kind == "beat":
            await self.ask("Heartbeat", {})
        elif kind == "status":
            await self.ask("StatusNotification", _status("Charging"))
        elif kind == "start":
            told = {"connectorId": 1, "idTag": self.token, "meterStart": self.register_wh, "timestamp": now}
            self.transaction = (await self.ask("StartTransaction", told)).get("transactionId")
        elif kind == "stop":
            if self.transaction is None:
                await self.say("start")
            told = {"transactionId": self.transaction or 0, "meterStop": self.register_wh, "timestamp": now}
            await self.ask("StopTransaction", told)
            self.transaction = None
        else:
            self.register_wh += 20
            values = (self.register_wh, 7200, 30, 240)
            samples = [
                {"value": str(value), "measurand": measurand, "unit": unit, "context": "Sample.Periodic"}
                for value, (measurand, unit) in zip(values, MEASURANDS, strict=True)
            ]
            told = {"connectorId": 1, "meterValue": [{"timestamp": now, "sampledValue": samples}]}
            if self.transaction is not None:
                told["transactionId"] = self.transaction
            await self.ask("MeterValues", told)


def _status(word: str) -> dict[str, Any]:
    return {"connectorId": 1, "errorCode": "NoError", "status": word, "timestamp": _now()}


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


class Load:
    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.chargers = [
            Charger(identity, password, token, plan["url"]) for identity, password, token in plan["chargers"]
        ]

    async def connect(self, words: dict[str, Any]) -> dict[str, Any]:
        """Everybody connects and boots at once, again and again until let in."""
        began = time.perf_counter()
        retries = 0

        async def arrive(charger: Charger) -> None:
            nonlocal retries
            while True:
                try:
                    await charger.open()
                    await charger.boot()
                    return
                except (OSError, TimeoutError, ConnectionError, EOFError):
                    retries += 1
                    await asyncio.sleep(0.2)
                except Exception as error:  # websockets has many ways to say that a handshake failed
                    if type(error).__module__.startswith("websockets"):
                        retries += 1
                        await asyncio.sleep(0.2)
                    else:
                        raise

        await asyncio.gather(*(arrive(charger) for charger in self.chargers))
        return {"seconds": time.perf_counter() - began, "retries": retries}

    async def saturate(self, words: dict[str, Any]) -> dict[str, Any]:
        """Each charger says its mix, one message after the other, for so many seconds."""
        ends = time.perf_counter() + words["seconds"]
        delays: list[float] = []

        async def talk(charger: Charger, offset: int) -> None:
            n = offset
            while time.perf_counter() < ends:
                began = time.perf_counter()
                await charger.say(MIX[n % len(MIX)])
                delays.append(time.perf_counter() - began)
                n += 1

        began = time.perf_counter()
        await asyncio.gather(*(talk(charger, n * 7) for n, charger in enumerate(self.chargers)))
        return self._figures(delays, time.perf_counter() - began)

    async def pace(self, words: dict[str, Any]) -> dict[str, Any]:
        """So many messages a second over all chargers."""
        total = int(words["seconds"] * words["per_second"])
        delays: list[float] = []

        async def one(n: int) -> None:
            began = time.perf_counter()
            await self.chargers[n % len(self.chargers)].say("meter" if n % 3 else "beat")
            delays.append(time.perf_counter() - began)

        began = time.perf_counter()
        tasks = []
        for n in range(total):
            wait = began + n / words["per_second"] - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            tasks.append(asyncio.create_task(one(n)))
        await asyncio.gather(*tasks)
        return self._figures(delays, time.perf_counter() - began)

    async def command(self, words: dict[str, Any]) -> dict[str, Any]:
        """REST POST of a raw call to the frame on the charger's socket."""
        line = http.client.HTTPConnection(words["host"], words["port"], timeout=60)
        headers = {"Authorization": f"Bearer {words['key']}", "Content-Type": "application/json"}
        delays: list[float] = []
        for n in range(WARMING_UP + words["times"]):
            charger = self.chargers[n % len(self.chargers)]
            charger.asked.clear()
            began = time.perf_counter()

            def post(identity: str = charger.identity) -> int:
                line.request("POST", f"/api/v1/chargers/{identity}/calls/ClearCache/", "{}", headers)
                response = line.getresponse()
                response.read()
                return response.status

            status = await asyncio.to_thread(post)
            if status != 201:
                raise SystemExit(f"the raw call was answered with {status}")
            await asyncio.wait_for(charger.asked.wait(), 60)
            delays.append(charger.commands["ClearCache"] - began)
        # The first requests of a process read half of Django.
        del delays[:WARMING_UP]
        return self._figures(delays, sum(delays))

    async def wait_for_loss(self, words: dict[str, Any]) -> dict[str, Any]:
        await asyncio.gather(*(charger.reader for charger in self.chargers if charger.reader), return_exceptions=True)
        for charger in self.chargers:
            charger.answers.clear()
        return {}

    def _figures(self, delays: list[float], seconds: float) -> dict[str, Any]:
        ordered = sorted(delays)
        return {
            "messages": len(delays),
            "seconds": seconds,
            "per_second": len(delays) / seconds,
            "p50_ms": statistics.median(ordered) * 1000,
            "p99_ms": ordered[int(len(ordered) * 0.99)] * 1000,
            "errors": sum(charger.errors for charger in self.chargers),
        }


async def main() -> None:
    plan = json.loads(sys.stdin.readline())
    load = Load(plan)
    phases: dict[str, Callable[[dict[str, Any]], Any]] = {
        name: getattr(load, name) for name in ("connect", "saturate", "pace", "command", "wait_for_loss")
    }
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        words = json.loads(line)
        print(json.dumps(await phases[words.pop("phase")](words)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
