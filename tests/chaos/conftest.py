"""A depot laid out for a yard of virtual chargers, and the yard as a process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.chaos.yard import Plan, VirtualYard
    from tests.servers import Postgres

OpenYard = Callable[..., "VirtualYard"]


@pytest.fixture
def open_yard(transactional_db: None, tmp_path: Path) -> Iterator[OpenYard]:
    """`open_yard(plan, url=..., rate=...)`: its chargers, vans and bays are in the books; it is not started."""
    from depot import clock
    from depot.demo.yard import lay_out
    from tests.chaos.yard import VirtualYard

    opened: list[VirtualYard] = []

    def open_it(plan: "Plan", *, url: str, rate: float = 1.0) -> "VirtualYard":
        lay_out(plan, tmp_path / "passwords.json", now=clock.now())
        yard = VirtualYard(tmp_path, plan, url=url, rate=rate)
        opened.append(yard)
        return yard

    yield open_it
    for yard in opened:
        yard.stop()


@pytest.fixture
def own_postgres(transactional_db: None) -> Iterator["Postgres"]:
    """A PostgreSQL that only this test uses and may stop; meanwhile it is the test's database, migrated and empty."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from tests.servers import Postgres

    if settings.EMBEDDED_DATABASE:
        pytest.skip("stops a PostgreSQL: run with --servers")
    server = Postgres()
    usual = connection.settings_dict
    try:
        server.start()
        connection.close()
        own = {"HOST": "127.0.0.1", "PORT": server.port, "NAME": "postgres", "USER": "depot"}
        connection.settings_dict = {**usual, **own, "PASSWORD": server.password}
        call_command("migrate", verbosity=0)
        yield server
    finally:
        connection.close()
        connection.settings_dict = usual
        server.remove()
