"""The depot as it really runs, for tests: a server in a thread or a process, a worker, a browser."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers import dies_with_parent, free_port, is_listening, wait_until

if TYPE_CHECKING:
    import uvicorn
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
START_WITHIN_S = 30
STOP_WITHIN_S = 15
# Chromium's sandbox wants a user other than root; and it shall look for nothing outside.
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class LiveDepot:
    """The ASGI application behind uvicorn in a thread of this process; may be stopped and started on its port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.server: uvicorn.Server | None = None
        self.thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The server's own event loop, to run something in it from a test."""
        assert self._loop
        return self._loop

    _loop: asyncio.AbstractEventLoop | None = None

    @property
    def open_sockets(self) -> int:
        """As the server's own transport knows them: one that has left counts no more."""
        assert self.server
        return len(self.server.server_state.connections)

    def start(self) -> None:
        from depot.embedded import make_server

        self.server = make_server("127.0.0.1", self.port)
        self.prepare()
        self.thread = threading.Thread(target=self._serve, name="live-depot", daemon=True)
        self.thread.start()
        server, thread = self.server, self.thread
        wait_until(lambda: server.started or not thread.is_alive(), within_s=START_WITHIN_S, what="the live depot")
        assert server.started, "the live depot did not start"

    def prepare(self) -> None:
        """What a test's own kind of depot does to the server before it starts."""

    def stop(self) -> None:
        if self.server and self.thread:
            self.server.should_exit = True
            self.thread.join(STOP_WITHIN_S)
            assert not self.thread.is_alive(), "the live depot did not stop"
        self.server = self.thread = None

    def _serve(self) -> None:
        from django.db import connections

        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            assert self.server
            await self.server.serve()

        try:
            asyncio.run(serve())
        finally:
            connections.close_all()


class LiveWorker:
    """A Celery worker in a thread, as the embedded depot has one; without beat: a test says what is due."""

    def __init__(self) -> None:
        from depot.embedded import Worker

        self._worker = Worker()

    def start(self) -> None:
        self._worker.start()

    def stop(self) -> None:
        self._worker.stop()


class DepotProcess:
    """A program of the depot as a process of its own on the test's database: can be killed like one."""

    def __init__(self, command: Sequence[str], *, port: int = 0, **environment: str) -> None:
        self.command = list(command)
        self.port = port
        self.environment = {**os.environ, **the_test_database(), **environment}
        self.process: subprocess.Popen[bytes] | None = None
        self.inherits: Sequence[int] = ()  # file descriptors

    @classmethod
    def gateway(cls, port: int = 0, **environment: str) -> "DepotProcess":
        """uvicorn with the options that production has."""
        port = port or free_port()
        return cls(gateway_command(port), port=port, **environment)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.launch()
        self.wait_until_up()

    def launch(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=self.environment,
            preexec_fn=dies_with_parent(signal.SIGTERM),
            pass_fds=self.inherits,
        )

    def wait_until_up(self) -> None:
        process = self.process
        assert process
        if self.port:
            wait_until(
                lambda: process.poll() is not None or is_listening(self.port),
                within_s=START_WITHIN_S,
                what=" ".join(self.command),
            )
        assert process.poll() is None, f"{self.command} ended with {process.returncode}"

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        return self._end(signal.SIGKILL)

    def end_somehow(self, how: signal.Signals = signal.SIGTERM) -> None:
        """At the end of a test, whatever has become of it."""
        if self.process is not None and self.process.poll() is None:
            self._end(how)

    def _end(self, how: signal.Signals) -> int:
        assert self.process
        self.process.send_signal(how)
        try:
            return self.process.wait(STOP_WITHIN_S)
        finally:
            self.process.kill()
            self.process.wait()


def gateway_command(port: int) -> list[str]:
    from depot.embedded import GATEWAY_OPTIONS

    options = [part for name, value in GATEWAY_OPTIONS.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "uvicorn", "depot.asgi:application", "--port", str(port), *options]


def the_test_database() -> dict[str, str]:
    """The environment in which another process meets the database and the layer of this test."""
    from django.conf import settings
    from django.db import connection

    at = connection.settings_dict
    if settings.EMBEDDED_DATABASE:
        return {"DATABASE_URL": f"sqlite:///{at['NAME']}"}
    place = f"{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}"
    return {"DATABASE_URL": f"postgres://{place}/{at['NAME']}"}


@contextlib.contextmanager
def open_browser(program: str) -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_OPTIONS)
        try:
            yield browser
        finally:
            browser.close()
