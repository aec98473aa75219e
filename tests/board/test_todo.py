"""What stands first on the list of what needs somebody."""

import pytest
from django.test import Client

from depot.access.models import User
from tests.factories import THURSDAY, make_bay, make_depot, make_session

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]


def board_of(client: Client, user: User) -> str:
    client.force_login(user)
    return client.get("/").content.decode()


def test_a_site_above_its_limit_is_told_with_what_can_be_done(client: Client, admin: User) -> None:
    bay = make_bay(make_depot(site_limit_w=5_000))
    make_session(bay, power_w=7_200, last_reading_at=THURSDAY)

    page = board_of(client, admin)

    assert "The site draws 2.2\N{NO-BREAK SPACE}kW more than its limit" in page
    assert "Site to minimum" in page


def test_a_site_within_its_limit_is_not_mentioned(client: Client, admin: User) -> None:
    bay = make_bay(make_depot(site_limit_w=50_000))
    make_session(bay, power_w=7_200, last_reading_at=THURSDAY)

    assert "more than its limit" not in board_of(client, admin)


@pytest.fixture
def admin() -> User:
    from tests.factories import make_user

    return make_user()
