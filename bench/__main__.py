"""`python -m bench`: prints what stands in ARCHITECTURE, section "What a message costs"."""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.figures import cpu_s, memory_kb, tree
from tests.servers import Postgres, Valkey, dies_with_parent, free_port, is_listening, wait_until

ROOT = Path(__file__).resolve().parent.parent
UVICORN = [
    sys.executable, "-m", "uvicorn", "depot.asgi:application", "--loop", "uvloop", "--http", "h11",
    "--ws", "depot.sockets:TolerantSocket", "--ws-per-message-deflate", "false", "--ws-max-size", "1048576",
    "--ws-ping-interval", "30", "--ws-ping-timeout", "30", "--log-level", "warning", "--no-access-log",
]  # fmt: skip
Row = tuple[str, str]


class Server:
    """The real server as one process."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment, self.port = environment, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [*UVICORN, "--port", str(self.port)], cwd=ROOT, env=self.environment, preexec_fn=dies_with_parent()
        )
        wait_until(lambda: is_listening(self.port), within_s=60, what="the server's start")

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid


class Load:
    """The load as another process, told its phases line by line."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=dies_with_parent(),
        )
        self.tell(plan)

    def tell(self, words: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the load ended early")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def run(self, phase: str, **words: Any) -> dict[str, Any]:
        self.tell({"phase": phase, **words})
        return self.hear()

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)


def manage(environment: dict[str, str], *words: str) -> str:
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


@contextmanager
def database(kind: str) -> Iterator[tuple[dict[str, str], int | None]]:
    """The environment of a fresh depot on this database, and the process id of the database server."""
    with tempfile.TemporaryDirectory(prefix="depot-bench-") as folder:
        environment = {
            **os.environ,
            "DEPOT_VAR": folder,
            "SECRET_KEY": secrets.token_hex(32),
            "CREDENTIAL_KEY": secrets.token_hex(32),
            "DJANGO_SETTINGS_MODULE": "depot.settings",
            "LOG_LEVEL": "ERROR",
        }
        environment.pop("DATABASE_URL", None)
        environment.pop("REDIS_URL", None)
        if kind == "sqlite":
            yield environment, None
            return
        postgres, valkey = Postgres(), Valkey()
        try:
            # As durable as in production: what a commit costs is part of the figure.
            postgres.start()
            valkey.start()
            environment |= {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url}
            assert postgres.process is not None
            yield environment, postgres.process.pid
        finally:
            postgres.remove()
            valkey.remove()


def measure(kind: str, count: int, seconds: float) -> list[Row]:
    with database(kind) as (environment, database_pid):
        manage(environment, "manage.py", "migrate", "--verbosity", "0")
        seeded = json.loads(manage(environment, "-m", "bench.seed", str(count)))
        server = Server(environment)
        server.start()
        try:
            plan = {"chargers": seeded["chargers"], "url": f"ws://127.0.0.1:{server.port}/ocpp"}
            load = Load(plan)
            rows = _phases(server, load, seeded["key"], database_pid, count, seconds)
            load.end()
            return rows
        finally:
            server.kill()


def _phases(server: Server, load: Load, key: str, database_pid: int | None, count: int, seconds: float) -> list[Row]:
    def spent() -> tuple[float, float]:
        return cpu_s([server.pid]), cpu_s(tree(database_pid)) if database_pid else 0.0

    empty_kb = memory_kb(server.pid)
    arrived = load.run("connect")
    time.sleep(1)
    rows = [("all booted after", f"{arrived['seconds']:.1f} s, {arrived['retries']} retries")]
    rows.append(("memory per idle charger", f"{(memory_kb(server.pid) - empty_kb) / count:.0f} KB"))
    load.run("saturate", seconds=min(2.0, seconds))  # warm
    before = spent()
    full = load.run("saturate", seconds=seconds)
    after = spent()
    rows += _costs("saturated", full, before, after)
    before = spent()
    paced = load.run("pace", seconds=seconds, per_second=100)
    after = spent()
    rows += _costs("at 100 messages/s", paced, before, after)
    asked = load.run("command", host="127.0.0.1", port=server.port, key=key, times=200)
    rows.append(("command, POST to frame", f"p50 {asked['p50_ms']:.1f} ms, p99 {asked['p99_ms']:.1f} ms"))
    load.tell({"phase": "wait_for_loss"})
    server.kill()
    load.hear()
    began = time.perf_counter()
    server.start()
    back = load.run("connect")
    rows.append(
        (
            "all back after a restart",
            f"{time.perf_counter() - began:.1f} s, {back['seconds']:.1f} s of it from listening",
        )
    )
    return rows


def _costs(what: str, told: dict[str, Any], before: tuple[float, float], after: tuple[float, float]) -> list[Row]:
    python, database = ((b - a) * 1e6 / told["messages"] for a, b in zip(before, after, strict=True))
    rate = f"{told['per_second']:.0f} messages/s, p50 {told['p50_ms']:.1f} ms, p99 {told['p99_ms']:.1f} ms"
    return [
        (f"{what}: CPU per message", f"{python:.0f} µs Python + {database:.0f} µs database"),
        (f"{what}: rate", rate + (f", {told['errors']} ERRORS" if told["errors"] else "")),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--databases", nargs="+", choices=["sqlite", "postgresql"], default=["postgresql", "sqlite"])
    parser.add_argument("--chargers", nargs="+", type=int, default=[50, 200, 1000])
    parser.add_argument("--seconds", type=float, default=8)
    words = parser.parse_args()
    for kind in words.databases:
        for count in words.chargers:
            print(f"\n{kind}, {count} chargers", flush=True)
            for name, figure in measure(kind, count, words.seconds):
                print(f"  {name:36} {figure}", flush=True)
    print("\nSQL statements per message")
    with database(words.databases[0]) as (environment, _):
        manage(environment, "manage.py", "migrate", "--verbosity", "0")
        print(manage(environment, "-m", "bench.statements"))


if __name__ == "__main__":
    main()
