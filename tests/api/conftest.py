"""A depot, and a program that talks to the API about it. Imports wait until the settings of the run stand."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from tests.api.yard import Yard


@pytest.fixture
def yard(db: None) -> "Yard":
    from tests.api.yard import make_yard

    return make_yard()


@pytest.fixture
def client(db: None) -> "APIClient":
    """May do everything, everywhere."""
    from depot.access.models import Scope
    from tests.access import actors

    return actors.program(Scope.ADMIN)
