"""The whole depot in one process: the server, a Celery worker and beat in threads, and the demo's yard on request."""

import contextlib
import importlib
import importlib.util
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import FrameType

import uvicorn
from celery import beat, worker
from django.conf import settings
from django.db import connections, transaction

from depot import clock
from depot.celery import app as celery_app
from depot.energy.services import free_plans_of_the_dead
from depot.tls_door import TlsDoor

logger = logging.getLogger(__name__)

# The same for the embedded depot and for production's gateways; as names of uvicorn's own options. No deflate: it
# costs 35 KB for each socket. The ping finds a charger whose link broke without a word.
GATEWAY_OPTIONS = {
    "http": "h11",
    "ws": "depot.sockets:TolerantSocket",
    "ws-max-size": str(1024 * 1024),
    "ws-ping-interval": "30",
    "ws-ping-timeout": "30",
    "ws-per-message-deflate": "false",
    "timeout-graceful-shutdown": "5",
}
TASKS_AT_ONCE = 2
PORTS_TO_TRY = 20
WORKER_READY_WITHIN_S = 30
WORKER_STOP_WITHIN_S = 3
# From the signal to the end, whatever still hangs.
STOP_WITHIN_S = 9
SAVE_CLOCK_EVERY_S = 5


class NoFreePort(Exception):
    """Neither the wanted port nor one of those after it is free."""


def make_server(host: str, port: int) -> "Server":
    config = uvicorn.Config(
        "depot.asgi:application",
        host=host,
        port=port,
        loop="uvloop" if importlib.util.find_spec("uvloop") else "asyncio",
        http=GATEWAY_OPTIONS["http"],
        ws=GATEWAY_OPTIONS["ws"],
        ws_max_size=int(GATEWAY_OPTIONS["ws-max-size"]),
        ws_ping_interval=float(GATEWAY_OPTIONS["ws-ping-interval"]),
        ws_ping_timeout=float(GATEWAY_OPTIONS["ws-ping-timeout"]),
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=int(GATEWAY_OPTIONS["timeout-graceful-shutdown"]),
        server_header=False,
        access_log=False,
        # Django's logging is in force already.
        log_config=None,
    )
    return Server(config)


class Server(uvicorn.Server):
    """uvicorn's server, which says when it answers and when it was asked to stop."""

    when_up: Callable[[], None] | None = None
    when_stopping: Callable[[], None] | None = None
    tls_door: TlsDoor | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self.tls_door is not None:
            await self.tls_door.open(self)
        if self.started and self.when_up:
            # In a thread of its own: what follows may take its time, and the server has to answer meanwhile.
            threading.Thread(target=self.when_up, name="when-up", daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.tls_door is not None:
            self.tls_door.close()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit and self.when_stopping:
            self.when_stopping()
        super().handle_exit(sig, frame)


def bind(host: str, port: int, *, tries: int = PORTS_TO_TRY) -> socket.socket:
    """A listening place on `port` or the first free one after it; taken at once, so nobody slips in between."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, port + tries):
        place = socket.socket(family, socket.SOCK_STREAM)
        if os.name == "posix":
            # A port whose last connections still linger is free for us; one that someone listens on is not.
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            place.bind((host, candidate))
            place.listen(2048)
        except OSError as error:
            place.close()
            logger.debug("port %s: %s", candidate, error)
            continue
        place.setblocking(False)
        return place
    if tries == 1:
        raise NoFreePort(f"Port {port} of {host} is not free")
    raise NoFreePort(f"None of the ports {port} to {port + tries - 1} of {host} is free")


class WorkerDidNotStart(Exception):
    """What its thread raised stands in the log."""


class Worker:
    """A Celery worker in a thread: tasks run here, two at a time, so that a long one does not hold up the tick."""

    def __init__(self) -> None:
        self._name = f"embedded-{os.getpid()}@{socket.gethostname()}"
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        # There is one process here: whoever else was planning is gone.
        free_plans_of_the_dead(now=clock.now())
        self._thread.start()
        self._is_ready.wait(WORKER_READY_WITHIN_S)
        if not (self._is_ready.is_set() and self._thread.is_alive()):
            raise WorkerDidNotStart

    def stop(self) -> None:
        # By a message, like any command to a worker: it is read between two tasks, and wakes a worker that waits.
        celery_app.control.shutdown(destination=[self._name])
        self._thread.join(WORKER_STOP_WITHIN_S)
        if self._thread.is_alive():
            logger.info("a task is cut off: what it had not done yet is still due at the next start")

    def _run(self) -> None:
        try:
            self._work()
        finally:
            connections.close_all()
            # Whoever still waits for the start looks whether this thread lives.
            self._is_ready.set()

    def _work(self) -> None:
        celery_app.set_current()
        celery_app.finalize()
        controller = worker.WorkController(
            app=celery_app,
            hostname=self._name,
            pool="threads",
            concurrency=TASKS_AT_ONCE,
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
            ready_callback=lambda consumer: self._is_ready.set(),
        )
        controller.start()


class Beat:
    """Celery's beat in a thread: it ticks each second; what is due by the business clock is decided in the tick."""

    def __init__(self) -> None:
        self._service = beat.Service(celery_app)
        self._thread = threading.Thread(target=self._service.start, name="beat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._service.stop()
        self._thread.join(WORKER_STOP_WITHIN_S)


class ClockKeeper:
    """Notes every few seconds where business time stands, so that a pulled plug does not set it far back."""

    def __init__(self, *, was_cut_off: bool) -> None:
        self.was_cut_off = was_cut_off
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="clock", daemon=True)

    def start(self) -> None:
        with transaction.atomic():
            clock.resume_where_it_stopped()
            clock.forget()
            pace = clock.current_pace()
            if pace and self.was_cut_off:
                # It may have run on for this long after it was noted, and must not be set back.
                ahead = timedelta(seconds=SAVE_CLOCK_EVERY_S) * pace.rate
                clock.set_pace(business_at=pace.business_at + ahead, rate=pace.rate)
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join(WORKER_STOP_WITHIN_S)
        save_clock()

    def _keep(self) -> None:
        while not self._is_over.wait(SAVE_CLOCK_EVERY_S):
            save_clock()
        connections.close_all()


def save_clock() -> None:
    # Read and written in one go: between the two a person may have set another pace.
    with transaction.atomic():
        clock.save()


class Yard:
    """The demo's virtual chargers, which connect to us over the network like any other."""

    def __init__(self) -> None:
        self._services = importlib.import_module("depot.demo.services")
        self._is_started = False

    def start(self, url: str) -> None:
        self._is_started = True
        self._services.start(url)

    def stop(self) -> None:
        if self._is_started:
            self._services.stop()


class EmbeddedDepot:
    """Everything that the one process runs, started in order and stopped in the opposite one."""

    def __init__(self, place: socket.socket, *, with_yard: bool, when_up: Callable[[], None]) -> None:
        self.host, self.port = place.getsockname()[:2]
        self.place = place
        self.yard = Yard() if with_yard else None
        self.when_up = when_up
        self.server = make_server(self.host, self.port)
        if settings.TLS_CERTIFICATES:
            self.server.tls_door = TlsDoor(bind(self.host, settings.TLS_PORT, tries=1))
        self.server.when_up = self._go_on
        self.server.when_stopping = self._begin_to_stop
        self._is_stopping = False

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{name}]:{self.port}" if ":" in name else f"http://{name}:{self.port}"

    def run(self, *, was_cut_off: bool = False) -> bool:
        """Until SIGINT or SIGTERM; False when the server could not start."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked_to_stop)
        with contextlib.ExitStack() as stops:
            for part in (ClockKeeper(was_cut_off=was_cut_off), Worker(), Beat()):
                stops.enter_context(running(part))
            if self.yard:
                stops.callback(self.yard.stop)
            self.server.run(sockets=[self.place])
        return self.server.started

    def _go_on(self) -> None:
        self.when_up()
        if self.yard:
            self.yard.start(self.url)
        connections.close_all()

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        # While the server runs, its own handler stands in this one's place, and hands the signal on when it has ended.
        if not self._is_stopping:
            self._begin_to_stop()
            raise SystemExit(0)

    def _begin_to_stop(self) -> None:
        self._is_stopping = True
        deadline = threading.Timer(STOP_WITHIN_S, give_up)
        deadline.daemon = True
        deadline.start()


def end_process() -> None:
    """Python would wait for a task that is still running; it was cut off on purpose."""
    if any(thread is not threading.main_thread() and not thread.daemon for thread in threading.enumerate()):
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)


def give_up() -> None:
    logger.error("something still runs %s s after the stop; ending all the same", STOP_WITHIN_S)
    os._exit(1)


@contextlib.contextmanager
def running(part: ClockKeeper | Worker | Beat) -> Iterator[None]:
    part.start()
    try:
        yield
    finally:
        part.stop()
