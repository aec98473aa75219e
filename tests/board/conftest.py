# Models are imported inside: this file is loaded before Django is set up.
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from depot.access.models import User
    from depot.models import Depot
    from tests.conftest import BusinessTime


@pytest.fixture
def depot(db: None) -> "Depot":
    from tests.factories import make_depot

    return make_depot()


@pytest.fixture(autouse=True)
def _thursday(business_time: "BusinessTime") -> None:
    """`tests.factories.THURSDAY` is where the business clock of the fixture stands already."""


@pytest.fixture
def admin(depot: "Depot") -> "User":
    from tests.factories import make_user

    return make_user("okafor", first_name="M.", last_name="Okafor")


@pytest.fixture
def viewer(depot: "Depot") -> "User":
    from tests.factories import make_user

    return make_user("viewer", "viewer", depots=[depot])


@pytest.fixture
def signed_in(client: "Client") -> "Callable[[User], Client]":
    def sign_in(user: "User") -> "Client":
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def browser(client: "Client", admin: "User") -> "Client":
    """The administrator's."""
    client.force_login(admin)
    return client
