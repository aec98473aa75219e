"""A depot laid out for a yard of virtual chargers, and the yard as a process."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.chaos.yard import Plan, VirtualYard
    from tests.servers import Postgres

# Its assertions tell what they compared, as a test's do.
pytest.register_assert_rewrite("tests.chaos.striking")

# For hours, and only when asked for: `run.py soak`.
collect_ignore = [] if os.environ.get("SOAK_MINUTES") else ["test_soak.py"]

OpenYard = Callable[..., "VirtualYard"]


@pytest.fixture
def open_yard(transactional_db: None, tmp_path: Path) -> Iterator[OpenYard]:
    """`open_yard(plan, url=..., rate=...)`: its chargers, vans and bays are in the books; it is not started."""
    from depot import clock
    from depot.demo.yard import lay_out
    from tests.chaos.yard import VirtualYard

    opened: list[VirtualYard] = []

    def open_it(plan: "Plan", *, url: str, rate: float = 1.0) -> "VirtualYard":
        folder = tmp_path / f"yard-{len(opened)}"
        folder.mkdir()
        lay_out(plan, folder / "passwords.json", now=clock.now())
        yard = VirtualYard(folder, plan, url=url, rate=rate)
        opened.append(yard)
        return yard

    yield open_it
    for yard in opened:
        yard.stop()


@contextmanager
def database_of(server: "Postgres", name: str) -> Iterator[None]:
    """This database of `server` is the test's, for this thread and for the processes that are started from it."""
    from django.db import connection

    usual = connection.settings_dict
    connection.close()
    own = {"HOST": "127.0.0.1", "PORT": server.port, "NAME": name, "USER": "depot", "PASSWORD": server.password}
    connection.settings_dict = {**usual, **own}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = usual


@pytest.fixture(scope="module")
def _migrated(django_db_setup: None, django_db_blocker: Any) -> Iterator["Postgres"]:
    from django.conf import settings
    from django.core.management import call_command

    from tests.servers import Postgres

    if settings.EMBEDDED_DATABASE:
        pytest.skip("stops a PostgreSQL: run with --servers")
    server = Postgres()
    try:
        server.start()
        with database_of(server, "postgres"), django_db_blocker.unblock():
            call_command("migrate", verbosity=0)
        yield server
    finally:
        server.remove()


@pytest.fixture
def own_postgres(_migrated: "Postgres", transactional_db: None) -> Iterator["Postgres"]:
    """A PostgreSQL that only this test uses and may stop; it is the test's database, migrated and empty."""
    import psycopg

    if _migrated.process is None:
        _migrated.start()
    name = f"depot{secrets.token_hex(4)}"
    with psycopg.connect(_migrated.url.replace("/postgres", "/template1"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE postgres")
    with database_of(_migrated, name):
        yield _migrated
