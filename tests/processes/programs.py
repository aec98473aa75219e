"""The programs of a production install as processes of their own, on the test's database and a Valkey of their own."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from tests.live import DepotProcess
from tests.servers import Valkey, free_port


class Production:
    """As many of each as a test starts; all of them end with it."""

    def __init__(self, var: Path) -> None:
        self.valkey = Valkey()
        self.var = var
        self.running: list[DepotProcess] = []

    @property
    def environment(self) -> dict[str, str]:
        return {"REDIS_URL": self.valkey.url, "DEPOT_VAR": str(self.var)}

    def gateway(self, *options: str) -> DepotProcess:
        gateway = DepotProcess.gateway(**self.environment)
        gateway.command += options
        return gateway

    def web(self) -> DepotProcess:
        port = free_port()
        command = ["-m", "daphne", "--bind", "127.0.0.1", "--port", str(port), "--verbosity", "0"]
        return DepotProcess([sys.executable, *command, "depot.asgi:application"], port=port, **self.environment)

    def worker(self) -> DepotProcess:
        command = ["worker", "--loglevel", "WARNING", "--concurrency", "1"]
        return DepotProcess([sys.executable, "-m", "celery", "--app", "depot.celery", *command], **self.environment)

    def beat(self) -> DepotProcess:
        command = ["beat", "--loglevel", "WARNING", "--schedule", str(self.var / "beat")]
        return DepotProcess([sys.executable, "-m", "celery", "--app", "depot.celery", *command], **self.environment)

    def start(self, *processes: DepotProcess) -> None:
        """All at once, for each takes its seconds to import what it needs."""
        self.running += processes
        for process in processes:
            process.launch()
        for process in processes:
            process.wait_until_up()


@contextmanager
def production(var: Path) -> Iterator[Production]:
    if settings.EMBEDDED_DATABASE:
        pytest.skip("several processes share a PostgreSQL: run with --servers")
    install = Production(var)
    install.valkey.start()
    try:
        yield install
    finally:
        for process in install.running:
            process.end_somehow(signal.SIGKILL)
        install.valkey.remove()


def memory_kb(pid: int) -> int:
    """What the process holds in memory, as the kernel counts it."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024
