"""One running depot for all cases of a module; a yard of its own for each.

What needs Django is imported inside: this file may be read before the settings stand.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.certification.yard import Yard
    from tests.live import LiveDepot


def pytest_itemcollected(item: pytest.Item) -> None:
    """`pytest -k TC_E_03` finds the test of a case."""
    for mark in item.iter_markers("case"):
        item.extra_keyword_matches.update(mark.args[1:])


@pytest.fixture(scope="module")
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """In place of pytest-django's, which empties every table after each test: here after each module."""
    from django.core.management import call_command

    with django_db_blocker.unblock():
        yield
        call_command("flush", verbosity=0, interactive=False, allow_cascade=True, inhibit_post_migrate=True)


@pytest.fixture(scope="module")
def running(transactional_db: None) -> Iterator["LiveDepot"]:
    from chargers import gateway
    from tests.live import LiveDepot

    gateway.forget()
    depot = LiveDepot()
    depot.start()
    yield depot
    depot.stop()


@pytest.fixture(scope="module")
def operator(running: "LiveDepot") -> tuple[Any, Any]:
    """Somebody who may do everything, and the browser of theirs."""
    from tests.access.actors import browser_of
    from tests.factories import make_user

    user = make_user("operator")
    return browser_of(user), user


@pytest.fixture
def yard(running: "LiveDepot", operator: tuple[Any, Any], business_time: Any) -> "Yard":
    from tests.certification.yard import make_yard

    return make_yard(running.socket_url, *operator)
