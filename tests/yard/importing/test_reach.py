"""Who imports into which depot, and who sees a paste."""

import pytest
from django.test import Client

from depot.access.models import Role
from depot.models import Bay, Depot
from depot.yard.models import ImportBatch
from tests.factories import make_depot, make_user, make_vehicle
from tests.yard.importing.paste import VEHICLES, Paste
from tests.yard.reading import signed_in, words

pytestmark = pytest.mark.django_db


def test_a_bay_that_several_depots_have_is_meant_by_the_chosen_depot(browser: Client, depot: Depot) -> None:
    for place in (depot, make_depot("Elsewhere")):
        Bay.objects.create(depot=place, name="A1")

    unclear = Paste(browser, "chargers", "identity;bay\nCP-1;A1")
    unclear_counts, unclear_words = unclear.counts, words(unclear.page)
    ImportBatch.objects.all().delete()

    assert unclear_counts == {"wrong": 1}
    assert "Several depots have a bay “A1”; choose the depot above." in unclear_words
    assert Paste(browser, "chargers", "identity;bay\nCP-1;A1", depot).counts == {"new": 1}


def test_who_sees_one_depot_imports_only_there(depot: Depot) -> None:
    elsewhere = make_depot("Elsewhere")
    make_vehicle("Van 1", depot_key=elsewhere.pk)
    make_vehicle("Van 2", depot_key=None)
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    paste = Paste(manager, "vehicles", "unit;depot\nVan 1;\nVan 2;\nVan 3;Elsewhere\nVan 4;-\nVan 5;", depot)

    assert paste.counts == {"new": 1, "wrong": 4}
    assert words(paste.page).count("known already, and not only to your depots") == 2


def test_a_charger_without_a_bay_would_be_seen_by_nobody_of_one_depot(depot: Depot) -> None:
    engineer = signed_in(make_user("eva", Role.ENGINEER, depots=[depot]))

    paste = Paste(engineer, "chargers", "identity\nCP-1", depot)

    assert "Name the bay that it serves" in words(paste.page)


def test_a_paste_is_not_seen_by_who_sees_less(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", VEHICLES)
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    assert manager.get(f"/import/vehicles/{paste.batch.pk}/").status_code == 404
    assert "looked at" not in words(manager.get("/import/vehicles/"))
    assert browser.get(f"/import/bays/{paste.batch.pk}/").status_code == 404
