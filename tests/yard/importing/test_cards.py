"""Vehicles with their tokens, and cards with what holds for them and for their groups."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from depot.access.models import AuditEntry, Role
from depot.models import Bay, Depot
from depot.yard.models import ImportBatch
from sessions.models import IdToken, TokenGroup, TokenStanding, Vehicle
from tests.factories import make_user, make_vehicle
from tests.yard.importing.paste import VEHICLES, Paste
from tests.yard.reading import signed_in, words

pytestmark = pytest.mark.django_db

FULL = (
    "card\tfrom\tcharges at a time\tonly at bays\tenergy limit kWh\tmax minutes\tmax cost\t"
    "charges up to\tcredit\tpriority\tmaster pass\tlanguage\n"
    "CARD7\t2026-04-01\t2\tA07\t20,5\t90\t12,50 €\t80 %\t25\t-3\tno\tDeutsch"
)
GROUPED = "card;group;group charges at a time\nCARD7;night;4\nCARD8;night;4\nCARD9;day;"


def test_vehicles_are_imported_with_a_token_each(browser: Client, depot: Depot) -> None:
    response = Paste(browser, "vehicles", VEHICLES, depot).run()

    van = Vehicle.objects.get(unit_number="Van 131")
    assert (van.vin, van.battery_kwh, van.depot_key) == ("1FTBW9CK6RKA00131", Decimal(89), depot.pk)
    assert IdToken.objects.filter(is_ours=True).count() == 2
    assert "Imported" in words(response)
    entry = AuditEntry.objects.get(act="imported vehicles")
    assert entry.detail == {"new": 2, "changed": 0, "unchanged": 0, "wrong": 0}


def test_cards_are_imported_for_their_vehicles(browser: Client, depot: Depot) -> None:
    van = make_vehicle("Van 131", depot_key=depot.pk)
    text = "ID-Tag,Vehicle,Driver,Valid until,Blocked\n04A2,van 131,R. Diaz,2026-12-31,no\n04A3,,K. Lindqvist,,yes"

    paste = Paste(browser, "tokens", text, depot)
    paste.run()

    first, second = IdToken.objects.order_by("key")
    assert paste.counts == {"new": 2}
    assert (first.vehicle, first.driver, first.depot_key) == (van, "R. Diaz", depot.pk)
    assert first.expires_at == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert second.standing == TokenStanding.BLOCKED
    ImportBatch.objects.all().delete()
    assert Paste(browser, "tokens", text, depot).counts == {"unchanged": 2}


def test_a_card_of_a_vehicle_that_is_not_here_is_wrong(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "tokens", "card;vehicle\n04A2;Van 999")

    assert paste.counts == {"wrong": 1}
    assert "There is no vehicle “Van 999” here; import the vehicles first." in words(paste.page)


def test_a_token_of_ours_is_not_imported_over(browser: Client, depot: Depot) -> None:
    IdToken.objects.create(value="V0001", key="v0001", is_ours=True, created_at=depot.created_at)

    paste = Paste(browser, "tokens", "card;driver\nV0001;Somebody")

    assert paste.counts == {"wrong": 1}


def test_a_dash_takes_a_value_away_and_an_empty_cell_does_not(browser: Client, depot: Depot) -> None:
    IdToken.objects.create(
        value="04A2", key="04a2", driver="R. Diaz", group="night", created_at=depot.created_at, depot_key=depot.pk
    )

    Paste(browser, "tokens", "card;driver;group\n04a2;-;").run()

    token = IdToken.objects.get()
    assert (token.value, token.driver, token.group) == ("04A2", "", "night")


def test_cards_are_imported_with_their_limits_bays_and_credit(browser: Client, bay: Bay) -> None:
    paste = Paste(browser, "tokens", FULL, bay.depot)
    paste.run()

    token = IdToken.objects.get()
    assert paste.counts == {"new": 1}
    assert (token.limit_wh, token.limit_s, token.limit_cost) == (20_500, 5_400, Decimal("12.50"))
    assert (token.limit_soc_percent, token.max_concurrent, token.charging_priority) == (80, 2, -3)
    assert (token.bay_keys, token.language, token.is_master_pass) == ([bay.pk], "de", False)
    assert token.valid_from == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert token.prepaid_balance == Decimal(25)
    assert token.credit_entries.get().note == "Imported with the card"


def test_the_same_cards_pasted_again_change_nothing_and_are_taken_back_whole(browser: Client, bay: Bay) -> None:
    first = Paste(browser, "tokens", FULL, bay.depot)
    first.run()
    undo = f"/import/tokens/{first.batch.pk}/undo/"
    again = browser.post("/import/tokens/", {"text": FULL, "depot": bay.depot_id}, follow=True)

    browser.post(undo, follow=True)

    assert {verdict: count for verdict, count in again.context["counts"].items() if count} == {"unchanged": 1}
    assert not IdToken.objects.exists()


def test_a_list_changes_a_cards_limits_but_not_its_credit(browser: Client, bay: Bay) -> None:
    Paste(browser, "tokens", FULL, bay.depot).run()
    ImportBatch.objects.all().delete()

    Paste(browser, "tokens", "card;energy limit kWh;only at bays\nCARD7;30;-", bay.depot).run()
    ImportBatch.objects.all().delete()
    credit = Paste(browser, "tokens", "card;credit\nCARD7;50", bay.depot)

    token = IdToken.objects.get()
    assert (token.limit_wh, token.bay_keys, token.prepaid_balance) == (30_000, [], Decimal(25))
    assert credit.counts == {"wrong": 1}
    assert "add it on the card&#x27;s own page" in credit.page.content.decode()


def test_a_bay_that_is_not_here_makes_its_row_wrong(browser: Client, bay: Bay) -> None:
    paste = Paste(browser, "tokens", "card;bays\nCARD7;Z99", bay.depot)

    assert paste.counts == {"wrong": 1}
    assert "There is no bay “Z99” here." in words(paste.page)


def test_what_holds_for_a_group_comes_with_its_cards_and_is_taken_back_with_them(browser: Client, depot: Depot) -> None:
    TokenGroup.objects.create(name="night", max_concurrent=2)
    first = Paste(browser, "tokens", GROUPED + "\nCARD1;gate;1", depot)
    first.run()
    limits = dict(TokenGroup.objects.values_list("name", "max_concurrent"))

    again = Paste(browser, "tokens", GROUPED, depot)
    browser.post(f"/import/tokens/{ImportBatch.objects.earliest('pk').pk}/undo/", follow=True)

    assert first.counts == {"new": 4}
    assert limits == {"night": 4, "gate": 1}
    assert again.counts == {"unchanged": 3}
    assert dict(TokenGroup.objects.values_list("name", "max_concurrent")) == {"night": 2}


def test_lines_that_say_other_things_of_one_group_are_wrong(browser: Client, depot: Depot) -> None:
    paste = Paste(
        browser, "tokens", "card;group;group charges at a time\nCARD7;night;4\nCARD8;night;5\nCARD9;;5", depot
    )

    assert paste.counts == {"new": 1, "wrong": 2}
    assert "Another line says 4 of its group." in words(paste.page)
    assert "it is in none" in words(paste.page)


def test_who_sees_one_depot_says_nothing_of_groups(depot: Depot) -> None:
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    paste = Paste(manager, "tokens", GROUPED, depot)

    assert paste.counts == {"new": 1, "wrong": 2}
    assert "Groups hold in every depot" in words(paste.page)
