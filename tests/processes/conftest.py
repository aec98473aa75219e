"""Two gateways and two web processes on one PostgreSQL and one Valkey, shared by the tests of a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.live import DepotProcess
    from tests.processes.programs import Production


@dataclass(frozen=True)
class TwoOfEach:
    production: "Production"
    gateways: "tuple[DepotProcess, DepotProcess]"
    webs: "tuple[DepotProcess, DepotProcess]"


@pytest.fixture
def production(transactional_db: None, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Production]":
    from tests.processes import programs

    with programs.production(tmp_path_factory.mktemp("var")) as install:
        yield install


@pytest.fixture(scope="module")
def two_of_each(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TwoOfEach]:
    """Their tests make rows of their own, and the database is emptied when these processes have ended.

    Emptying it between two tests, as the marker `django_db` does, would meet what the processes write just then.
    """
    from django.core.management import call_command

    from tests.processes import programs

    with django_db_blocker.unblock():
        with programs.production(tmp_path_factory.mktemp("var")) as install:
            found = TwoOfEach(install, (install.gateway(), install.gateway()), (install.web(), install.web()))
            install.start(*found.gateways, *found.webs)
            yield found
        call_command("flush", interactive=False, verbosity=0)
