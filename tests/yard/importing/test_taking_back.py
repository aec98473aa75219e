"""What was imported is taken back, but for what has changed or was used since."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from chargers.models import Charger
from depot.models import Bay, Depot
from depot.yard.models import ImportState
from sessions.models import IdToken, Vehicle
from tests.conftest import BusinessTime
from tests.factories import connect, make_session, make_vehicle
from tests.yard.importing.paste import VEHICLES, Paste
from tests.yard.reading import flash

pytestmark = pytest.mark.django_db


def everything() -> list[Any]:
    """The yard's lists, without what an EVSE that was grown leaves behind."""
    return [
        list(Bay.objects.order_by("pk").values()),
        list(Charger.objects.order_by("pk").values()),
        list(IdToken.objects.order_by("pk").values()),
        list(Vehicle.objects.order_by("pk").values()),
    ]


def test_what_was_made_and_changed_is_taken_back(browser: Client, depot: Depot) -> None:
    make_vehicle("Van 132", battery_kwh=Decimal(50))
    paste = Paste(browser, "vehicles", VEHICLES)
    paste.run()

    response = paste.undo()

    van = Vehicle.objects.get()
    assert (van.unit_number, van.battery_kwh) == ("Van 132", Decimal("50.00"))
    assert not IdToken.objects.exists()
    assert "The import is taken back." in flash(response)
    assert paste.batch.state == ImportState.UNDONE


@pytest.mark.parametrize("kind", ["bays", "chargers", "tokens"])
def test_every_list_is_taken_back_as_if_it_had_never_been(browser: Client, bay: Bay, depot: Depot, kind: str) -> None:
    Bay.objects.create(depot=depot, name="B1")
    IdToken.objects.create(value="OLD", key="old", created_at=depot.created_at, depot_key=depot.pk)
    text = {
        "bays": "bay;zone;charger\nA07;New zone;-\nC1;Row C;",
        "chargers": "identity;name;bay\nCP-A07;New name;B1\nCP-NEW;;A07",
        "tokens": "card;driver;valid until\nOLD;New driver;2027-01-01\nNEW;;",
    }[kind]
    before = everything()
    paste = Paste(browser, kind, text, depot)
    if kind == "chargers":
        # A07 is free only once CP-A07 has moved; the second row is done in a paste of its own.
        assert paste.counts == {"changed": 1, "wrong": 1}
    paste.run(only_good=True)
    changed = everything()

    paste.undo()

    assert changed != before
    assert everything() == before


def test_what_somebody_changed_since_stays(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", VEHICLES)
    paste.run()
    Vehicle.objects.filter(unit_number="Van 131").update(cost_centre="4711")

    response = paste.undo()

    assert [van.unit_number for van in Vehicle.objects.all()] == ["Van 131"]
    assert "Van 131: changed since it was imported (cost centre)" in flash(response)


def test_what_charged_since_stays(browser: Client, bay: Bay, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", VEHICLES)
    paste.run()
    make_session(bay, Vehicle.objects.get(unit_number="Van 131"))

    response = paste.undo()

    assert [van.unit_number for van in Vehicle.objects.all()] == ["Van 131"]
    assert "Van 131: it has charged since" in flash(response)


def test_a_charger_that_connected_since_stays(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "chargers", "identity\nCP-1\nCP-2")
    paste.run()
    connect(Charger.objects.get(identity="CP-1"))

    response = paste.undo()

    assert [charger.identity for charger in Charger.objects.all()] == ["CP-1"]
    assert "CP-1: it has connected since" in flash(response)


def test_it_is_taken_back_once_and_within_a_day(browser: Client, depot: Depot, business_time: BusinessTime) -> None:
    paste = Paste(browser, "vehicles", VEHICLES)
    paste.run()

    business_time.move(hours=25)
    too_late = paste.undo()
    business_time.move(hours=-2)
    paste.undo()
    again = paste.undo()

    assert "More than a day has gone by" in flash(too_late)
    assert not Vehicle.objects.exists()
    assert "There is nothing to take back" in flash(again)
