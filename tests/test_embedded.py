"""The depot in one process: it starts, says where it is, and leaves nothing running behind."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from depot import clock, embedded
from depot.celery import app as celery_app
from tests.live import ROOT, LiveDepot, LiveWorker
from tests.servers import dies_with_parent, is_listening, wait_until

STARTS_WITHIN_S = 60
EVENING = datetime(2026, 3, 5, 16, 30, tzinfo=UTC)

heard: list[str] = []
was_heard = threading.Event()


@celery_app.task(name="tests.note_word")
def note_word(word: str) -> None:
    heard.append(word)
    was_heard.set()


class Install:
    """A folder with a database of its own, and the processes started on it."""

    def __init__(self, var: Path) -> None:
        self.var = var
        keys = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "CREDENTIAL_KEY")}
        own = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
        inherited = {name: value for name, value in os.environ.items() if name not in own}
        self.environment = {**inherited, **keys, "DEPOT_VAR": str(var), "PYTHONUNBUFFERED": "1"}
        self.processes: list[subprocess.Popen[str]] = []
        self.manage("migrate", "-v", "0")

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def start(self, *arguments: str) -> tuple[subprocess.Popen[str], str]:
        """The process, and what it said until it was up (or gave up)."""
        process = subprocess.Popen(
            [sys.executable, "manage.py", "rundepot", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=dies_with_parent(),
        )
        self.processes.append(process)
        said: list[str] = []
        is_up = threading.Event()
        # It goes on reading: a process whose words nobody takes stands still when the pipe is full.
        threading.Thread(target=listen, args=(process, said, is_up), daemon=True).start()
        assert is_up.wait(STARTS_WITHIN_S), "".join(said)
        return process, "".join(said)

    def stop_all(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


def listen(process: subprocess.Popen[str], said: list[str], is_up: threading.Event) -> None:
    assert process.stdout
    for line in process.stdout:
        said.append(line)
        if "Ctrl-C stops it" in line:
            is_up.set()
    is_up.set()


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    install = Install(tmp_path_factory.mktemp("var"))
    yield install
    install.stop_all()


def address_in(said: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+", said)
    assert found, said
    return found.group()


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=10)
    except urllib.error.HTTPError:
        return True
    except urllib.error.URLError:
        return False
    return True


def end(process: subprocess.Popen[str], how: signal.Signals) -> int:
    process.send_signal(how)
    return process.wait(embedded.STOP_WITHIN_S + 1)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_stops_when_asked(install: Install, how: signal.Signals) -> None:
    process, said = install.start()
    url = address_in(said)
    answered = answers(url)

    ended_with = end(process, how)

    assert answered
    assert ended_with == 0
    assert not answers(url)
    assert (install.var / "running").read_text() == ""


def test_a_second_start_tells_the_same_login(install: Install) -> None:
    process, first = install.start()
    end(process, signal.SIGINT)

    process, second = install.start()
    end(process, signal.SIGINT)

    login = re.compile(r"User +(\S+)\s+Password +(\S+)")
    assert login.findall(first) == login.findall(second) != []


def test_the_same_install_runs_once_at_a_time(install: Install) -> None:
    process, said = install.start()

    other, refusal = install.start()

    assert other.wait(10) != 0
    assert f"running already: {address_in(said)}" in refusal
    end(process, signal.SIGINT)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_the_virtual_yard_ends_with_it(install: Install, how: signal.Signals) -> None:
    process, _ = install.start("--demo")
    note = install.var / "demo-control.json"
    wait_until(lambda: note.is_file() and note.read_text(), within_s=STARTS_WITHIN_S, what="the yard's start")
    port = json.loads(note.read_text())["port"]
    was_running = is_listening(port)

    end(process, how)

    assert was_running
    wait_until(lambda: not is_listening(port), within_s=embedded.STOP_WITHIN_S, what="the yard's end")


def test_a_taken_port_gives_way_to_the_next() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        place = embedded.bind("127.0.0.1", port)

        with place:
            assert port < place.getsockname()[1] < port + embedded.PORTS_TO_TRY


def test_no_free_port_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(embedded.NoFreePort, match=str(taken.getsockname()[1])):
            embedded.bind("127.0.0.1", taken.getsockname()[1], tries=1)


@pytest.mark.storage
def test_a_task_runs_in_the_worker_thread(live_worker: LiveWorker) -> None:
    was_heard.clear()

    note_word.delay("hello")

    assert was_heard.wait(10)
    assert heard[-1] == "hello"


@pytest.mark.storage
def test_the_live_depot_answers_again_after_a_restart(live_depot: LiveDepot) -> None:
    assert answers(live_depot.url)

    live_depot.stop()
    answered_while_away = answers(live_depot.url)
    live_depot.start()

    assert not answered_while_away
    assert answers(live_depot.url)


@pytest.mark.storage
@pytest.mark.django_db(transaction=True)
def test_a_clock_cut_off_is_never_set_back() -> None:
    # Noted, and then it ran on at 30 times the pace until the plug was pulled just before the next note.
    noted = clock.set_pace(business_at=EVENING, rate=30)
    shown_last = noted.at(noted.real_at + timedelta(seconds=embedded.SAVE_CLOCK_EVERY_S))

    keeper = embedded.ClockKeeper(was_cut_off=True)
    keeper.start()
    resumed_at = clock.now()
    keeper.stop()

    assert resumed_at >= shown_last


@pytest.mark.storage
@pytest.mark.django_db(transaction=True)
def test_a_clock_stopped_in_order_goes_on_from_there() -> None:
    clock.set_pace(business_at=EVENING, rate=0)

    for _ in range(2):
        keeper = embedded.ClockKeeper(was_cut_off=False)
        keeper.start()
        keeper.stop()

    assert clock.now() == EVENING


@pytest.mark.storage
@pytest.mark.django_db(transaction=True)
def test_the_clock_is_noted_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    from depot.models import BusinessClock

    monkeypatch.setattr(embedded, "SAVE_CLOCK_EVERY_S", 0.05)
    clock.set_pace(business_at=EVENING, rate=300)

    keeper = embedded.ClockKeeper(was_cut_off=False)
    keeper.start()

    def is_noted() -> bool:
        return BusinessClock.objects.get().business_at > EVENING

    try:
        wait_until(is_noted, within_s=30)
    finally:
        keeper.stop()
