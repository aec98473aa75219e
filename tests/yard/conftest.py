"""A depot with a charger at a bay, and people who look at it.

Django is imported inside the fixtures: this file is read before the settings of a test run are made.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from chargers.models import Charger, Evse
    from depot.access.models import User
    from depot.models import Bay, Depot

IDENTITY = "CP-A07"


@pytest.fixture(autouse=True)
def _stands_still(request: pytest.FixtureRequest) -> None:
    """Where there is a database, the business clock stands at Thursday 16:30."""
    if request.node.get_closest_marker("django_db") and not request.node.get_closest_marker("browser"):
        request.getfixturevalue("business_time")


@pytest.fixture
def depot(db: None) -> "Depot":
    from tests.factories import make_depot

    return make_depot()


@pytest.fixture
def charger(depot: "Depot") -> "Charger":
    from tests.factories import make_charger

    return make_charger(IDENTITY, vendor="ChargePoint", model="CT4021", firmware="4.2.4")


@pytest.fixture
def evse(charger: "Charger") -> "Evse":
    from tests.factories import make_evse

    return make_evse(charger)


@pytest.fixture
def bay(depot: "Depot", evse: "Evse") -> "Bay":
    from tests.factories import make_bay

    return make_bay(depot, "A07", evse=evse)


@pytest.fixture
def admin(db: None) -> "User":
    from tests.factories import make_user

    return make_user("okafor")


@pytest.fixture
def browser(admin: "User") -> "Client":
    """An administrator's browser."""
    from tests.yard.reading import signed_in

    return signed_in(admin)
