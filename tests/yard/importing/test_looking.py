"""A paste is looked at before anything is changed: what is new, what would change, and what is wrong."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from depot import duties
from depot.models import Depot
from depot.yard.models import ImportBatch
from sessions.models import Vehicle
from tests.conftest import BusinessTime
from tests.factories import make_vehicle
from tests.yard.importing.paste import VEHICLES, Paste
from tests.yard.reading import flash, post, words

pytestmark = pytest.mark.django_db


def test_a_paste_is_looked_at_before_anything_is_changed(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", VEHICLES)

    assert paste.counts == {"new": 2}
    assert "77.5" in words(paste.page)
    assert not Vehicle.objects.exists()


def test_a_change_shows_the_old_and_the_new_and_leaves_the_rest(browser: Client, depot: Depot) -> None:
    make_vehicle("Van 131", vin="1FTBW9CK6RKA00131", battery_kwh=Decimal(77), cost_centre="4711")

    paste = Paste(browser, "vehicles", "unit;battery\nvan 131;89")
    html = paste.page.content.decode()
    paste.run()

    van = Vehicle.objects.get()
    assert paste.counts == {"changed": 1}
    assert '<s class="muted">77</s> <b>89</b>' in html
    assert (van.unit_number, van.battery_kwh, van.cost_centre) == ("Van 131", Decimal(89), "4711")


def test_the_same_paste_twice_changes_nothing_the_second_time(browser: Client, depot: Depot) -> None:
    Paste(browser, "vehicles", VEHICLES, depot).run()
    ImportBatch.objects.all().delete()

    again = Paste(browser, "vehicles", VEHICLES, depot)

    assert again.counts == {"unchanged": 2}
    assert "All of this is known already" in words(again.page)


def test_good_rows_are_imported_and_wrong_ones_left_out(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", "unit;vin\nVan 1;\nVan 2;nonsense\n;1FTBW9CK6RKA00131")

    refused = paste.run()
    paste.run(only_good=True)

    assert paste.counts == {"new": 1, "wrong": 2}
    assert "“nonsense” is not a VIN" in words(paste.page)
    assert "Some rows are wrong" in flash(refused)
    assert [van.unit_number for van in Vehicle.objects.all()] == ["Van 1"]


def test_a_yard_that_changed_since_the_look_is_looked_at_again(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", "unit;battery\nVan 1;89")
    make_vehicle("Van 1", battery_kwh=Decimal(50))

    response = paste.run()

    assert "The yard changed since you looked" in flash(response)
    assert response.context["counts"]["changed"] == 1
    assert Vehicle.objects.get().battery_kwh == Decimal(50)


def test_a_paste_is_imported_once(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", VEHICLES)
    paste.run()

    again = paste.run()

    assert "imported already" in flash(again)
    assert Vehicle.objects.count() == 2


def test_columns_can_be_said_where_no_title_says_them(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", "Van 131;89\nVan 132;89")
    unread = paste.counts

    response = post(browser, f"/import/vehicles/{paste.batch.pk}/", column_0="unit_number", column_1="battery_kwh")

    assert unread == {"wrong": 2}
    assert response.context["counts"]["new"] == 2


def test_one_column_is_not_taken_for_two(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", "Van 131;89")

    response = post(browser, f"/import/vehicles/{paste.batch.pk}/", column_0="vin", column_1="vin")

    assert "Two columns cannot be the same" in words(response)


@pytest.mark.parametrize(("text", "why"), [("", "This field is required"), ("\n \n", "Nothing was pasted")])
def test_what_is_no_table_is_refused_in_words(browser: Client, depot: Depot, text: str, why: str) -> None:
    assert why in words(browser.post("/import/vehicles/", {"text": text}))
    assert not ImportBatch.objects.exists()


def test_every_kind_of_list_says_its_columns(browser: Client, depot: Depot) -> None:
    for kind, column in (("chargers", "Identity"), ("bays", "Zone"), ("vehicles", "VIN"), ("tokens", "Driver")):
        assert column in words(browser.get(f"/import/{kind}/"))


def test_many_rows_cost_no_more_questions_than_few_to_look_at(
    browser: Client, depot: Depot, django_assert_max_num_queries: Any
) -> None:
    rows = "\n".join(f"CARD{number}\tVan {number}" for number in range(400))
    for number in range(400):
        Vehicle.objects.create(unit_number=f"Van {number}", created_at=depot.created_at)
    paste = Paste(browser, "tokens", f"card\tvehicle\n{rows}")

    with django_assert_max_num_queries(20):
        page = browser.get(f"/import/tokens/{paste.batch.pk}/")

    assert page.context["counts"]["new"] == 400


def test_pastes_go_after_thirty_days(browser: Client, depot: Depot, business_time: BusinessTime) -> None:
    Paste(browser, "vehicles", VEHICLES)
    business_time.move(days=29)
    duties.prune(business_time.now())
    kept = ImportBatch.objects.count()

    business_time.move(days=2)
    duties.prune(business_time.now())

    assert (kept, ImportBatch.objects.count()) == (1, 0)
