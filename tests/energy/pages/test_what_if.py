"""What if: a question is planned beside the night as it is, and nothing is left of it."""

from decimal import Decimal

import pytest
from django.test import Client

from depot.access.models import Role
from depot.energy.models import ManualLimit, Timetable
from depot.models import Depot
from sessions.models import Vehicle
from tests.conftest import BusinessTime
from tests.energy.pages.scene import EVENING, Evening, make_evening
from tests.energy.rows import wired_bay
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def evening(business_time: BusinessTime) -> Evening:
    business_time.set(EVENING)
    evening = make_evening(needs_wh=20_000)
    evening.plan()
    return evening


@pytest.fixture
def reader(client: Client, evening: Evening) -> Client:
    client.force_login(make_user("reader", Role.VIEWER))
    return client


def test_the_page_asks_with_the_limit_that_holds(reader: Client) -> None:
    page = reader.get("/energy/what-if/")

    assert page.context["form"]["limit_kw"].value() == Decimal(30)
    assert "Ask a question" in page.content.decode()


def test_a_lower_limit_shows_who_would_miss_and_stays_a_question(reader: Client, evening: Evening) -> None:
    page = reader.get("/energy/what-if/", {"limit_kw": "5"})

    result = page.context["result"]
    assert (result.old.ready, result.new.ready) == (3, result.new.vehicles - len(result.new.missing))
    assert result.new.missing
    assert result.new.peak_kw < result.old.peak_kw
    assert "Would miss" in page.content.decode()
    assert Depot.objects.get(pk=evening.depot.pk).site_limit_w == 30_000


def test_more_vehicles_take_free_bays_and_are_gone_again(reader: Client, evening: Evening) -> None:
    wired_bay(evening.depot, "A4")
    evening.plan()

    result = reader.get("/energy/what-if/", {"more": "5", "kwh": "10", "leaves": "06:00"}).context["result"]

    assert result.new.vehicles == result.old.vehicles + 1, "one bay is free"
    assert result.new.energy_kwh > result.old.energy_kwh + 9
    assert not Vehicle.objects.filter(unit_number__startswith="Extra").exists()
    assert Timetable.objects.count() == 3


def test_who_stands_at_a_charger_that_fails_would_miss(reader: Client, evening: Evening) -> None:
    charger = evening.bays[0].evse.charger  # type: ignore[union-attr]

    result = reader.get("/energy/what-if/", {"fails": str(charger.pk)}).context["result"]

    assert [stay.name for stay in result.new.missing] == ["Van 1"]
    assert not ManualLimit.objects.exists()


def test_more_vehicles_without_their_hour_are_asked_for_it(reader: Client) -> None:
    page = reader.get("/energy/what-if/", {"more": "2"}).content.decode()

    assert "When do they leave?" in page
