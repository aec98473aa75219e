"""The charger's page of power: how our limits stand, and the two buttons about them."""

import pytest
from django.test import Client

from chargers.models import IssuedCommand
from depot.access.models import AuditEntry
from depot.energy.delivery.services import carry_on
from depot.energy.delivery.shown import unproven
from depot.models import Bay, Depot
from tests.energy.delivery.talk import bays, charging, settle
from tests.factories import THURSDAY, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def bay(depot: Depot) -> Bay:
    (bay,) = bays(depot)
    settle(depot)
    carry_on(depot, now=THURSDAY)
    return bay


@pytest.fixture
def engineer() -> Client:
    client = Client()
    client.force_login(make_user())
    return client


def address(bay: Bay, last: str) -> str:
    assert bay.evse
    return f"/chargers/{bay.evse.charger_id}/{last}/"


def test_the_page_tells_what_holds_without_us_and_that_no_restart_was_seen(engineer: Client, bay: Bay) -> None:
    page = engineer.get(address(bay, "power")).content.decode()

    assert "4.1\xa0kW" in page.split("Without word from us")[1][:80]
    assert "Nobody has seen yet whether its limits last" in page


def test_a_restart_is_asked_for_with_a_button(engineer: Client, bay: Bay) -> None:
    page = engineer.post(address(bay, "prove-restart"), follow=True).content.decode()

    assert IssuedCommand.objects.filter(kind="reset").count() == 1
    assert "It is being restarted" in page
    assert bay.evse
    assert unproven([bay.evse.charger_id]) == {bay.evse.charger_id}


def test_while_a_vehicle_charges_it_is_not_restarted_and_the_page_says_why(engineer: Client, bay: Bay) -> None:
    charging(bay)

    page = engineer.post(address(bay, "prove-restart"), follow=True).content.decode()

    assert "a vehicle is charging" in page
    assert not IssuedCommand.objects.filter(kind="reset").exists()


def test_limits_of_others_are_cleared_by_whoever_ticks_that_there_are_none_any_more(engineer: Client, bay: Bay) -> None:
    engineer.post(address(bay, "clear-profiles"))
    assert not IssuedCommand.objects.filter(kind="clear_profiles").exists()

    engineer.post(address(bay, "clear-profiles"), {"understood": "1"})

    assert IssuedCommand.objects.filter(kind="clear_profiles").count() == 3
    assert AuditEntry.objects.filter(act="cleared profiles").exists()
