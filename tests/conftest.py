"""Where a test run lives: a folder and secrets of its own, its database, its servers, and the fixtures all tests share.

Django's settings are loaded here and not by pytest-django (pyproject names none), so that the environment stands
before they are read: a run never touches the `var/` of the checkout.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import servers

if TYPE_CHECKING:
    from tests.live import LiveDepot, LiveWorker

# Set by the process that started the run, read by its xdist workers.
RUN_FOLDER = "DEPOT_TEST_RUN"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

started: list[servers.Postgres | servers.Valkey] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--servers",
        action="store_true",
        help="Run on a private PostgreSQL and Valkey, unless DATABASE_URL and REDIS_URL name others",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if os.environ.get("CI") == "true" and not chromium_program():
        raise pytest.UsageError("No Chromium: CI runs the browser tests too (install one, or set CHROMIUM)")
    if not worker:
        os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="depot-test-")
        if config.getoption("--servers"):
            start_servers()
    folder = Path(os.environ[RUN_FOLDER], worker or "main")
    folder.mkdir(parents=True)
    # An install's own secrets stand in `var/secret.env`; the settings would read them from the default folder.
    os.environ["DEPOT_VAR"] = str(folder)
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
    os.environ.setdefault("CREDENTIAL_KEY", secrets.token_urlsafe(48))
    # Many tests speak for a charger that has booted long ago, and wait for no boot of it.
    os.environ.setdefault("BOOT_AWAITED_S", "0")
    os.environ["DJANGO_SETTINGS_MODULE"] = "depot.settings"
    load_settings(worker)


def start_servers() -> None:
    if not os.environ.get("DATABASE_URL"):
        postgres = servers.Postgres()
        started.append(postgres)
        os.environ["DATABASE_URL"] = postgres.start().url
    if not os.environ.get("REDIS_URL"):
        valkey = servers.Valkey()
        started.append(valkey)
        os.environ["REDIS_URL"] = valkey.start().url


def load_settings(worker: str) -> None:
    from django.conf import settings

    from tests import flushing

    flushing.hurry()
    if settings.EMBEDDED_DATABASE:
        # Nobody pulls a test's plug: without waiting for the disk the suite is several times as fast.
        options = settings.DATABASES["default"]["OPTIONS"]
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    if settings.REDIS_URL:
        # Runs and workers share one server: each has channel names of its own, and its own queue.
        settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"] = f"test-{worker or 'main'}-{os.getpid()}"
        settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = f"test-{worker or 'main'}-{os.getpid()}-"
    # No test needs the hashed names that `collectstatic` makes.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.WHITENOISE_USE_FINDERS = True
    settings.WHITENOISE_AUTOREFRESH = True
    # A slow hash protects people's passwords from thieves; the tests sign in often and hide nothing.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_unconfigure(config: pytest.Config) -> None:
    for server in reversed(started):
        server.remove()
    started.clear()
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        shutil.rmtree(os.environ.pop(RUN_FOLDER, ""), ignore_errors=True)


def chromium_program() -> str | None:
    """A Chromium that this machine has; `CHROMIUM` names one elsewhere."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    return next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if chromium_program():
        return
    in_browser = [item for item in items if item.get_closest_marker("browser")]
    if in_browser:
        config.hook.pytest_deselected(items=in_browser)
    items[:] = [item for item in items if item not in in_browser]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not chromium_program():
        terminalreporter.write_line(
            "browser tests deselected: no Chromium here (install one, or name it: CHROMIUM=/path/to/it)"
        )


@pytest.fixture(scope="session", autouse=True)
def _no_strangers_in_the_database(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[None]:
    """Ends what the depot's own threads still hold open, for PostgreSQL drops no database that is in use.

    Set up after the database, for then it is over before that is dropped.
    """
    yield
    from django.conf import settings
    from django.db import connection

    if settings.EMBEDDED_DATABASE or not connection.settings_dict["NAME"].startswith("test_"):
        return
    blocker = request.getfixturevalue("django_db_blocker")
    # Whatever state the last test left it in.
    connection.close()
    with blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            # Waits until each has ended: 5000 ms at most.
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


class BusinessTime:
    """What `depot.clock.now()` says in a test: it stands still until it is moved."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def set(self, moment: datetime) -> None:
        self.moment = moment

    def move(self, **how_far: float) -> datetime:
        """`business_time.move(minutes=10)`: as for `timedelta`."""
        self.moment += timedelta(**how_far)
        return self.moment

    def now(self) -> datetime:
        return self.moment


@pytest.fixture(autouse=True)
def _no_clock_of_the_test_before() -> None:
    from depot import clock

    clock.forget()


@pytest.fixture
def business_time(monkeypatch: pytest.MonkeyPatch) -> BusinessTime:
    """A business clock that stands at Thursday 2026-03-05 16:30 UTC."""
    from depot import clock

    time = BusinessTime(datetime(2026, 3, 5, 16, 30, tzinfo=UTC))
    # `now` asks for the pace, so a `from depot.clock import now` somewhere obeys too.
    monkeypatch.setattr(clock, "current_pace", lambda: clock.Pace(time.moment, datetime.now(UTC), 0.0))
    return time


@pytest.fixture
def live_depot(transactional_db: None) -> Iterator["LiveDepot"]:
    """The real application behind a real uvicorn on a free port, on the test's database; `tests/live.py` has more."""
    from chargers import gateway
    from tests.live import LiveDepot

    # The rows of the test before are gone, and this process's lease with them.
    gateway.forget()
    depot = LiveDepot()
    depot.start()
    yield depot
    depot.stop()


@pytest.fixture
def live_worker(transactional_db: None) -> Iterator["LiveWorker"]:
    """A Celery worker in a thread of this process, beside `live_depot`."""
    from tests.live import LiveWorker

    worker = LiveWorker()
    worker.start()
    yield worker
    worker.stop()
