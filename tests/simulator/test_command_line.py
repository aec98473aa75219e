"""The process as others start it: the control port's JSON line, the token, a clean end."""

import asyncio
import json
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from simulator.yard_maker import make_bench, write_yard
from tests.simulator.server import AcceptAll


class Controlled:
    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port

    async def ask(self, path: str, words: dict[str, Any] | None = None, token: str = "secret") -> tuple[int, Any]:
        return await asyncio.to_thread(self._ask, path, words, token)

    def _ask(self, path: str, words: dict[str, Any] | None, token: str) -> tuple[int, Any]:
        body = None if words is None else json.dumps(words).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", body, {"Authorization": f"Bearer {token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)


@pytest.fixture
async def controlled(server: AcceptAll, tmp_path: Path) -> AsyncIterator[Controlled]:
    yard = make_bench(2, ["1.6", "2.0.1"])
    yard["vehicles"] = [{"name": "Van 1", "id_token": "VAN1", "phases": 1, "max_ac_w": 7200}]
    (tmp_path / "yard.json").write_text(write_yard(yard))
    (tmp_path / "passwords.json").write_text(json.dumps({"CP-00001": "open sesame"}))
    words = ["run", str(tmp_path / "yard.json"), "--url", server.url, "--moment", "2026-11-19T16:30:00Z"]
    words += ["--rate", "30", "--control-port", "0", "--control-token", "secret"]
    words += ["--passwords", str(tmp_path / "passwords.json")]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", *words, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    line = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
    yield Controlled(process, line["control_port"])
    if process.returncode is None:
        process.kill()
        await process.wait()


async def test_the_control_port_wants_its_token(controlled: Controlled) -> None:
    status, _ = await controlled.ask("/state", token="wrong")

    assert status == 401


async def test_a_vehicle_is_plugged_charged_and_stopped_by_control(controlled: Controlled, server: AcceptAll) -> None:
    await server.until(lambda: server.heard("StatusNotification", "CP-00002"))

    await controlled.ask("/plug", {"charger": "CP-00002", "evse": 1, "vehicle": "Van 1", "soc": 0.3})
    await controlled.ask("/card", {"bay": "P00002-1"})
    await server.until(lambda: server.heard("TransactionEvent", "CP-00002", eventType="Updated"))
    _, state = await controlled.ask("/state")
    await controlled.ask("/stop", {"charger": "CP-00002", "evse": 1})
    await server.until(lambda: server.heard("TransactionEvent", "CP-00002", eventType="Ended"))
    _, books = await controlled.ask("/books")

    [evse] = next(each for each in state["chargers"] if each["identity"] == "CP-00002")["evses"]
    assert (evse["vehicle"], evse["status"], evse["power_w"]) == ("Van 1", "Charging", 7200)
    [kept] = books["transactions"]
    assert kept["stop_reason"] == "Local"
    assert kept["true_wh"] > 0
    assert books["peak_w"] == 7200


async def test_a_password_goes_into_the_handshake(controlled: Controlled, server: AcceptAll) -> None:
    await server.until(lambda: len(server.sockets) == 2)

    shown = {headers.get("Authorization") for headers in server.headers}

    assert shown == {None, "Basic Q1AtMDAwMDE6b3BlbiBzZXNhbWU="}


async def test_the_clock_pauses_and_jumps_by_control(controlled: Controlled) -> None:
    await controlled.ask("/clock", {"moment": "2026-11-20T03:00:00Z", "rate": 0})

    _, first = await controlled.ask("/state")
    _, second = await controlled.ask("/state")

    assert first["moment"] == second["moment"] == "2026-11-20T03:00:00.000Z"


@pytest.mark.parametrize(
    ("path", "words", "status"),
    [
        ("/nowhere", {}, 404),
        ("/plug", {"bay": "none"}, 404),
        ("/clock", {"rate": "fast"}, 400),
        ("/clock", {"moment": "soon"}, 400),
        ("/clock", {"moment": "2026-11-20T03:00:00Z", "since": "lately"}, 400),
        ("/faults", {"charger": "CP-00001", "fault": "haunted", "value": True}, 400),
        ("/faults", {"charger": "CP-00001", "fault": "silent_meter", "value": 3}, 400),
        ("/stop", {"charger": "CP-00001"}, 409),
    ],
)
async def test_what_cannot_be_done_is_said(
    controlled: Controlled, path: str, words: dict[str, Any], status: int
) -> None:
    answered, answer = await controlled.ask(path, words)

    assert answered == status
    assert answer["error"]


async def test_a_terminated_yard_closes_its_sockets(controlled: Controlled, server: AcceptAll) -> None:
    await server.until(lambda: len(server.sockets) == 2)

    controlled.process.send_signal(signal.SIGTERM)
    code = await asyncio.wait_for(controlled.process.wait(), 10)

    assert code == 0
    await server.until(lambda: all(socket.close_code in (1000, 1001) for socket in server.sockets.values()))
