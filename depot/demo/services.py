"""The demo: a yard of virtual chargers in a process of its own, a fast clock, and faults on request."""

import json
import logging
import secrets
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connections

from depot import clock
from depot.demo import history, yard
from sessions.models import Session

logger = logging.getLogger(__name__)

RATES = (0, 1, 30, 300)
FIRST_RATE = 30.0
HISTORY = timedelta(days=30)
# The first start begins on a Thursday at half past four, when the vans are about to come home.
BEGINS_ON_WEEKDAY, BEGINS_AT = 3, (16, 30)
ANSWER_WITHIN_S = 5


class DemoNotRunning(Exception):
    """There is no yard to do this with."""


class YardRefused(Exception):
    """The yard said that this cannot be done; the text says why."""


@dataclass(slots=True)
class Yard:
    process: "subprocess.Popen[str]"
    token: str
    port: int = 0


_yard: Yard | None = None


def is_running() -> bool:
    return control_file().is_file()


def control_file() -> Path:
    """Where the yard's control port is noted, for the processes that serve pages."""
    return Path(settings.VAR_DIR) / "demo-control.json"


def start(url: str) -> None:
    """Lay the yard out in the books where it is not yet, let it connect to `url`, and write its past month."""
    global _yard
    plan = yard.read_plan()
    is_first = clock.current_pace() is None
    if is_first:
        clock.set_pace(business_at=first_moment(plan["time_zone"], datetime.now(UTC)), rate=FIRST_RATE)
        clock.forget()
    now = clock.now()
    passwords = Path(settings.VAR_DIR) / "demo-passwords.json"
    yard.lay_out(plan, passwords, now=now)
    pace = clock.current_pace()
    memory, frames = Path(settings.VAR_DIR) / "demo-memory.json", Path(settings.VAR_DIR) / "demo-history.jsonl.gz"
    has_history = Session.objects.exists()
    if not has_history:
        # Some seconds; the live yard goes on from where the recorded one ends.
        history.record(yard.YARD_FILE, now - HISTORY, now, frames=frames, memory=memory)
    token = secrets.token_urlsafe(24)
    process = subprocess.Popen(
        [
            sys.executable, "-m", "simulator", "run", str(yard.YARD_FILE), "--url", f"{_socket_url(url)}/ocpp",
            "--moment", clock.now().isoformat(), "--rate", str(pace.rate if pace else 1.0),
            # In one word: one token in 64 begins with a hyphen.
            "--control-port", "0", f"--control-token={token}", "--passwords", str(passwords),
            "--memory", str(memory), "--until-stdin-closes",
        ],
        cwd=settings.BASE_DIR,
        # Never written to: it closes with this process, even a killed one, and the yard ends with it.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    _yard = Yard(process, token)
    threading.Thread(target=_read_port, args=(_yard,), name="yard", daemon=True).start()
    if not has_history:
        threading.Thread(target=_write_history, args=(frames,), name="history", daemon=True).start()


def first_moment(time_zone: str, real: datetime) -> datetime:
    """Half past four on the last Thursday, in the yard's zone."""
    local = real.astimezone(ZoneInfo(time_zone))
    thursday = local - timedelta(days=(local.weekday() - BEGINS_ON_WEEKDAY) % 7)
    hour, minute = BEGINS_AT
    return thursday.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(UTC)


def stop() -> None:
    """End the yard; its chargers close their sockets first."""
    control_file().unlink(missing_ok=True)
    if _yard is None or _yard.process.poll() is not None:
        return
    _yard.process.terminate()
    try:
        _yard.process.wait(5)
    except subprocess.TimeoutExpired:
        _yard.process.kill()
        _yard.process.wait()


def set_rate(rate: float) -> None:
    """Let the business clock and the yard's clock run so fast, from the same moment; 0 stands still."""
    now = clock.now()
    pace = clock.set_pace(business_at=now, rate=rate)
    _ask("POST", "/clock", {"rate": rate, "moment": now.isoformat(), "since": pace.real_at.isoformat()})


def cause_fault(charger: str, fault: str, **words: Any) -> dict[str, Any]:
    """Let something go wrong with a virtual charger. Raises DemoNotRunning and YardRefused."""
    return _ask("POST", "/faults", {"charger": charger, "fault": fault, **words})


def faults() -> dict[str, Any]:
    """What can go wrong, as the yard itself tells it."""
    return _ask("GET", "/faults")


def state() -> dict[str, Any]:
    return _ask("GET", "/state")


def _ask(method: str, path: str, words: dict[str, Any] | None = None) -> dict[str, Any]:
    if not is_running():
        raise DemoNotRunning
    noted = json.loads(control_file().read_text())
    line = HTTPConnection("127.0.0.1", noted["port"], timeout=ANSWER_WITHIN_S)
    try:
        line.request(method, path, json.dumps(words or {}), {"Authorization": f"Bearer {noted['token']}"})
        response = line.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
    except (OSError, HTTPException, ValueError) as error:
        raise DemoNotRunning from error
    finally:
        line.close()
    if response.status != 200:
        raise YardRefused(answer.get("error", response.reason))
    return answer


def _read_port(started: Yard) -> None:
    """The yard prints its control port; whatever else it prints is passed on."""
    assert started.process.stdout is not None
    for line in started.process.stdout:
        if not started.port and line.startswith("{"):
            started.port = json.loads(line)["control_port"]
            path = control_file()
            path.touch(mode=0o600)
            path.write_text(json.dumps({"port": started.port, "token": started.token}))
        else:
            logger.info("yard: %s", line.rstrip())


def _write_history(frames: Path) -> None:
    try:
        history.tell(frames)
    except Exception:
        logger.exception("the yard's past month could not be written")
    finally:
        connections.close_all()


def _socket_url(url: str) -> str:
    return "ws" + url.removeprefix("http")
