"""Depots and bays."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from chargers.models import Charger, Evse
from depot.access.models import AuditEntry, Role, User
from depot.models import Access, Bay, Depot
from tests.factories import make_bay, make_charger, make_depot, make_evse, make_session, make_user, make_vehicle
from tests.yard.reading import flash, post, rows, signed_in, words

pytestmark = pytest.mark.django_db


def bay_data(depot: Depot, **changes: Any) -> dict[str, Any]:
    return {"depot": depot.pk, "name": "B12", "zone": "Row B", "access": "known"} | changes


def test_a_bay_is_added_with_the_charger_that_serves_it(browser: Client, depot: Depot, evse: Evse) -> None:
    response = post(browser, "/bays/add/", **bay_data(depot, evse=evse.pk))

    bay = Bay.objects.get()
    assert (bay.name, bay.zone, bay.evse, bay.depot) == ("B12", "Row B", evse, depot)
    assert "Bay B12 is there" in flash(response)
    assert AuditEntry.objects.get().act == "added bay"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"name": "a07"}, "Northgate has a bay a07 already"),
        ({"access": "own_vehicle"}, "Say which vehicle the bay belongs to"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_bay_that_cannot_be_is_refused_in_words(
    browser: Client, bay: Bay, depot: Depot, changed: dict[str, str], why: str
) -> None:
    assert why in words(post(browser, "/bays/add/", **bay_data(depot, **changed)))
    assert Bay.objects.count() == 1


def test_a_charger_that_serves_another_bay_is_not_offered(browser: Client, bay: Bay, depot: Depot) -> None:
    free = make_evse(make_charger("FREE"))

    form = browser.get("/bays/add/").context["form"]
    response = post(browser, "/bays/add/", **bay_data(depot, evse=bay.evse_id))

    assert list(form.fields["evse"].queryset) == [free]
    assert "Select a valid choice" in words(response)


def test_a_bay_keeps_its_charger_when_it_is_changed(browser: Client, bay: Bay, depot: Depot) -> None:
    van = make_vehicle("Van 131")

    post(
        browser, f"/bays/{bay.pk}/edit/",
        **bay_data(depot, name="A07", evse=bay.evse_id, access="own_vehicle", own_vehicle=van.pk),
    )  # fmt: skip

    bay.refresh_from_db()
    assert (bay.evse_id is not None, bay.access, bay.own_vehicle) == (True, Access.OWN_VEHICLE, van)


def test_a_deleted_bay_leaves_its_charger_and_its_sessions(browser: Client, bay: Bay, charger: Charger) -> None:
    session = make_session(bay)

    post(browser, f"/bays/{bay.pk}/delete/")

    session.refresh_from_db()
    assert not Bay.objects.exists()
    assert Charger.objects.filter(pk=charger.pk).exists()
    assert session.bay_name == "A07"


def test_bays_stand_by_zone_in_the_order_that_people_count(browser: Client, depot: Depot) -> None:
    for name, zone in (("A10", "Row A"), ("A2", "Row A"), ("D1", "Fast lane")):
        make_bay(depot, name, zone=zone)

    said = [row.split()[0] for row in rows(browser.get("/bays/"), "bay")]

    assert said == ["D1", "A2", "A10"]


@pytest.mark.parametrize("q", ["a07", "CP-A07", "row a"])
def test_bays_are_found(browser: Client, bay: Bay, depot: Depot, q: str) -> None:
    make_bay(depot, "Z1", zone="Elsewhere")

    assert [row.split()[0] for row in rows(browser.get("/bays/", {"q": q}), "bay")] == ["A07"]


def test_bays_of_another_depot_do_not_exist(bay: Bay) -> None:
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[make_depot("Elsewhere")]))

    assert "A07" not in words(manager.get("/bays/"))
    assert manager.get(f"/bays/{bay.pk}/edit/").status_code == 404
    assert manager.post(f"/bays/{bay.pk}/delete/").status_code == 404


def test_a_bay_is_not_moved_to_a_depot_beyond_reach(depot: Depot, bay: Bay) -> None:
    elsewhere = make_depot("Elsewhere")
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    response = post(manager, f"/bays/{bay.pk}/edit/", **bay_data(elsewhere, name="A07", evse=bay.evse_id))

    bay.refresh_from_db()
    assert "Select a valid choice" in words(response)
    assert bay.depot == depot


def test_the_list_costs_no_more_queries_with_more_bays(
    browser: Client, depot: Depot, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for _ in range(30):
        make_bay(depot)

    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        browser.get("/bays/")


def test_a_depot_without_bays_and_no_depot_at_all_say_what_to_do(browser: Client, admin: User) -> None:
    without_depot = words(browser.get("/bays/"))
    make_depot()

    without_bays = words(browser.get("/bays/"))

    assert "Add a depot" in without_depot
    assert "Paste a list" in without_bays


def depot_data(**changes: Any) -> dict[str, Any]:
    return {"name": "Southgate", "time_zone": "America/Los_Angeles", "currency": "usd"} | changes


def test_a_depot_is_added_with_its_limit_in_kilowatts(browser: Client, admin: User) -> None:
    post(browser, "/depots/add/", **depot_data(site_limit_w="250.5"))

    depot = Depot.objects.get()
    assert (depot.currency, depot.site_limit_w) == ("USD", 250_500)


def test_a_limit_is_shown_as_it_was_typed(browser: Client, depot: Depot) -> None:
    Depot.objects.update(site_limit_w=250_500)

    page = browser.get(f"/depots/{depot.pk}/").content.decode()

    assert 'name="site_limit_w" value="250.5"' in page


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"time_zone": "Moon/Crater"}, "Select a valid choice"),
        ({"currency": "euro"}, "at most 3 characters"),
        ({"currency": "1€2"}, "Three letters"),
        ({"site_limit_w": "-1"}, "greater than or equal to 0"),
        ({"name": "Northgate"}, "already exists"),
    ],
)
def test_a_depot_that_cannot_be_is_refused_in_words(
    browser: Client, depot: Depot, changed: dict[str, str], why: str
) -> None:
    assert why in words(post(browser, "/depots/add/", **depot_data(**changed)))
    assert Depot.objects.count() == 1


def test_a_depot_is_changed_only_by_who_looks_after_it(depot: Depot) -> None:
    elsewhere = make_depot("Elsewhere")
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    assert manager.get(f"/depots/{elsewhere.pk}/").status_code == 404
    assert "Elsewhere" not in words(manager.get("/depots/"))
    post(manager, f"/depots/{depot.pk}/", **depot_data(name="Northgate II"))
    depot.refresh_from_db()
    assert depot.name == "Northgate II"


def test_who_adds_a_depot_without_seeing_all_sees_it(depot: Depot) -> None:
    limited = make_user("ada", Role.ADMIN, depots=[depot])

    post(signed_in(limited), "/depots/add/", **depot_data())

    assert Depot.objects.get(name="Southgate") in limited.depots.all()
