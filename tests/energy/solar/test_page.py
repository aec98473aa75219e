"""The page of the sun says who follows, also who is only started and stopped."""

from datetime import timedelta

import pytest
from django.test import Client

from depot.access.models import Role
from depot.energy.models import MeterSource
from depot.energy.solar.models import SolarCourse
from depot.models import Bay
from tests.conftest import BusinessTime
from tests.energy.solar.scene import NOON, paused, shine
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def page(client: Client) -> str:
    client.force_login(make_user("manager", Role.FLEET_MANAGER))
    return client.get("/energy/sun/").content.decode()


def test_one_that_waits_for_the_sun_stands_there_with_its_rating(
    client: Client, business_time: BusinessTime, bay: Bay, roof: MeterSource
) -> None:
    van = paused(bay).vehicle
    business_time.set(shine(roof, 9_000, lasts=timedelta(minutes=1)))

    said = page(client)

    assert f"<span>{van}</span>" in said
    assert "only on or off, at 11&nbsp;kW" in said


def test_one_that_left_stands_there_no_more(
    client: Client, business_time: BusinessTime, bay: Bay, roof: MeterSource
) -> None:
    session = paused(bay)
    shine(roof, 9_000, lasts=timedelta(minutes=1))
    business_time.set(NOON + timedelta(minutes=2))

    session.evse.connectors.update(status="available")  # type: ignore[union-attr]

    assert "only on or off" not in page(client)


@pytest.mark.parametrize(
    ("roof_w", "left", "why"),
    [
        (15_000, "there are <b>13.0&nbsp;kW</b> left for those who follow", "waits for it to last"),
        (0, "The building and everyone else who charges take all of it.", "too little is left for it"),
    ],
)
def test_it_says_what_is_left_for_those_who_follow_and_why_one_gets_nothing(
    client: Client, business_time: BusinessTime, bay: Bay, roof: MeterSource, roof_w: int, left: str, why: str
) -> None:
    paused(bay)
    business_time.set(shine(roof, roof_w, lasts=timedelta(minutes=1)))

    said = page(client)

    assert left in said
    assert why in said


def test_one_that_has_turned_as_often_as_may_be_starts_no_more(
    client: Client, business_time: BusinessTime, bay: Bay, roof: MeterSource
) -> None:
    paused(bay)
    business_time.set(shine(roof, 15_000, lasts=timedelta(minutes=1)))
    SolarCourse.objects.update(turns=5)

    assert "starts no more today" in page(client)
