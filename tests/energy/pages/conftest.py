"""Who looks at the pages of energy, and on which evening."""

from typing import TYPE_CHECKING

import pytest
from django.test import Client

if TYPE_CHECKING:
    from tests.conftest import BusinessTime
    from tests.energy.pages.scene import Evening


@pytest.fixture
def evening(business_time: "BusinessTime") -> "Evening":
    from tests.energy.pages.scene import EVENING, make_evening

    business_time.set(EVENING)
    return make_evening(needs_wh=20_000)


@pytest.fixture
def manager(client: Client) -> Client:
    from depot.access.models import Role
    from tests.factories import make_user

    client.force_login(make_user("manager", Role.FLEET_MANAGER))
    return client
