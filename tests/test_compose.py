"""Production's compose file: it is one, and each of its commands runs."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
import yaml

from depot.embedded import GATEWAY_OPTIONS
from tests.live import ROOT
from tests.servers import Postgres, Valkey, dies_with_parent, free_port, is_listening, wait_until

FILE = ROOT / "docker-compose.yml"
UP_WITHIN_S = 60
DOWN_WITHIN_S = 20
DEPOT_SERVICES = ("migrate", "gateway", "web", "worker", "beat", "yard")


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())["services"]
    return found


def test_it_keeps_to_the_schema_of_compose_files() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_its_gateway_is_the_measured_one() -> None:
    options = dict(word.removeprefix("--").split("=", 1) for word in services()["gateway"]["command"] if "=" in word)

    assert options | GATEWAY_OPTIONS == options


def test_it_holds_no_secret() -> None:
    text = FILE.read_text()

    for name in ("SECRET_KEY", "CREDENTIAL_KEY", "POSTGRES_PASSWORD"):
        assert re.search(rf"{name}: \$\{{{name}:\?", text), name


def test_only_the_demo_has_virtual_chargers() -> None:
    with_profile = {name for name, service in services().items() if service.get("profiles")}

    assert with_profile == {"yard"}
    assert services()["yard"]["profiles"] == ["demo"]


class Production:
    """The commands of the compose file as processes of this machine, on servers of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = Postgres()
        self.valkey = Valkey()
        self.ports = {"8000": str(free_port()), "8001": str(free_port())}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def environment(self, name: str) -> dict[str, str]:
        """As compose would fill it in from `.env`, but for where the servers are."""
        given = {
            "SECRET_KEY": "k" * 20 + self.postgres.password,
            "CREDENTIAL_KEY": "c" * 20 + self.postgres.password,
            "POSTGRES_PASSWORD": self.postgres.password,
        }
        told = {key: filled_in(str(value), given) for key, value in services()[name]["environment"].items()}
        told["DATABASE_URL"] = told["DATABASE_URL"].replace("@postgres:5432/", f"@127.0.0.1:{self.postgres.port}/")
        told["REDIS_URL"] = self.valkey.url
        var = self.folder / f"{name}-var"
        var.mkdir(exist_ok=True)
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        return {**kept, **told, "DEPOT_VAR": str(var), "PYTHONUNBUFFERED": "1"}

    def command(self, name: str) -> list[str]:
        words = [str(word) for word in services()[name]["command"]]
        for port, free in self.ports.items():
            words = [re.sub(rf"\b{port}\b", free, word) for word in words]
        words = [word.replace("http://gateway:", "http://127.0.0.1:") for word in words]
        words = [word.replace("/tmp/beat", str(self.folder / "beat")) for word in words]
        program, *rest = words
        # The programs of this very environment, which need not be on the PATH.
        return [str(Path(sys.executable).parent / program), *rest]

    def run(self, name: str) -> int:
        self.start(name)
        return self.processes.pop(name).wait(UP_WITHIN_S)

    def collect_static_files(self) -> None:
        """As the image's build does."""
        command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"]
        subprocess.run(command, cwd=ROOT, env=self.environment("web"), check=True)

    def start(self, name: str) -> None:
        with self.log(name).open("wb") as log:
            self.processes[name] = subprocess.Popen(
                self.command(name),
                cwd=ROOT,
                env=self.environment(name),
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )

    def wait_for(self, name: str, is_true: Callable[[], object]) -> None:
        process = self.processes[name]

        def true_or_dead() -> bool:
            return bool(is_true()) or process.poll() is not None

        try:
            wait_until(true_or_dead, within_s=UP_WITHIN_S, every_s=0.2, what=name)
        except TimeoutError:
            pytest.fail(f"{name}: {self.log(name).read_text()[-3000:]}")
        assert process.poll() is None, f"{name}: {self.log(name).read_text()[-3000:]}"

    def stop(self) -> dict[str, int]:
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        return {name: process.wait(DOWN_WITHIN_S) for name, process in self.processes.items()}

    def ask(self, sql: str) -> Any:
        with psycopg.connect(self.environment("web")["DATABASE_URL"]) as connection:
            row = connection.execute(sql).fetchone()  # type: ignore[arg-type, unused-ignore]
            return row[0] if row else None

    def remove(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.valkey.remove()
        self.postgres.remove()


def filled_in(text: str, given: dict[str, str]) -> str:
    """`${NAME}`, `${NAME:-otherwise}` and `${NAME:?complaint}`, as compose reads them."""
    return re.sub(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}", lambda found: given.get(found[1], found[2] or ""), text)


@pytest.fixture
def production() -> Iterator[Production]:
    with tempfile.TemporaryDirectory(prefix="depot-production-") as folder:
        production = Production(Path(folder))
        try:
            production.postgres.start()
            production.valkey.start()
            with psycopg.connect(production.postgres.url, autocommit=True) as connection:
                connection.execute("CREATE DATABASE depot")
            yield production
        finally:
            production.remove()


def test_every_command_of_production_runs(production: Production) -> None:
    broker = redis.from_url(production.valkey.url)
    migrated = production.run("migrate")
    assert migrated == 0, production.log("migrate").read_text()[-3000:]
    production.collect_static_files()

    production.start("beat")
    production.start("gateway")
    production.start("web")
    # Nobody works yet, so what beat asks for is seen in the queue.
    production.wait_for("beat", lambda: broker.llen("celery") > 0)
    production.start("worker")
    production.wait_for("gateway", lambda: is_listening(int(production.ports["8001"])))
    production.wait_for("web", lambda: is_listening(int(production.ports["8000"])))
    production.start("yard")
    production.wait_for("worker", lambda: broker.llen("celery") == 0)
    production.wait_for("yard", lambda: production.ask("SELECT count(*) FROM chargers_connection") > 10)

    page = urllib.request.urlopen(f"http://127.0.0.1:{production.ports['8000']}/", timeout=30)
    assert "/sign-in/" in page.url
    assert page.status == 200
    # Uvicorn and Celery end by the signal that they were told to end by, when they have stopped in order.
    ends = production.stop()
    assert set(ends) == set(DEPOT_SERVICES) - {"migrate"}
    assert all(code in (0, -signal.SIGTERM) for code in ends.values()), ends
    broker.close()
