"""Vehicles and cards."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from depot.access.models import AuditEntry, Role
from depot.models import Bay, Depot
from sessions.models import IdToken, TokenStanding, Vehicle
from tests.factories import THURSDAY, make_depot, make_session, make_user, make_vehicle
from tests.yard.reading import flash, post, rows, signed_in, words

pytestmark = pytest.mark.django_db
GOOD = {"unit_number": "Van 131", "target_soc_percent": "80", "is_active": "on"}


def make_token(value: str = "04A2B3C4", **fields: Any) -> IdToken:
    return IdToken.objects.create(value=value, key=value.casefold(), created_at=THURSDAY, **fields)


# Vehicles


def test_a_new_vehicle_has_a_token_of_its_own_at_once(browser: Client, depot: Depot) -> None:
    response = post(
        browser, "/vehicles/add/", **GOOD, depot=depot.pk, vin="1ftbw9ck6rka 00131", battery_kwh="89", max_ac_kw="11.3"
    )

    vehicle = Vehicle.objects.get()
    token = IdToken.objects.get()
    assert (vehicle.vin, vehicle.battery_kwh, vehicle.depot_key) == ("1FTBW9CK6RKA00131", Decimal(89), depot.pk)
    assert (token.vehicle, token.is_ours, token.depot_key) == (vehicle, True, None)
    assert len(token.value) <= 18
    assert "it can be started from the board" in flash(response)
    assert AuditEntry.objects.get().act == "added vehicle"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"unit_number": "van 130"}, "There is a vehicle Van 130 already"),
        ({"vin": "TOO-SHORT"}, "is not a VIN"),
        ({"target_soc_percent": "0"}, "From 1 to 100"),
        ({"battery_kwh": "many"}, "Enter a number"),
        ({"depot": "999"}, "Select a valid choice"),
    ],
)
def test_a_vehicle_that_cannot_be_is_refused_in_words(
    browser: Client, depot: Depot, changed: dict[str, str], why: str
) -> None:
    make_vehicle("Van 130")

    response = post(browser, "/vehicles/add/", **GOOD | changed)

    assert why in words(response)
    assert Vehicle.objects.count() == 1


def test_a_vehicle_moves_to_another_depot(browser: Client, depot: Depot) -> None:
    elsewhere = make_depot("Elsewhere")
    vehicle = make_vehicle("Van 131", depot_key=depot.pk)

    post(browser, f"/vehicles/{vehicle.pk}/edit/", **GOOD, depot=elsewhere.pk)

    vehicle.refresh_from_db()
    assert vehicle.depot_key == elsewhere.pk


def test_the_token_of_a_vehicle_beyond_reach_is_not_seen(depot: Depot) -> None:
    foreign = make_vehicle("Van 1", depot_key=make_depot("Elsewhere").pk)
    make_token("V0001", vehicle=foreign, is_ours=True)
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    assert "V0001" not in words(manager.get("/tokens/", {"show": "ours"}))


def test_a_card_that_depots_share_has_no_button_for_who_sees_one(depot: Depot) -> None:
    shared = make_token("SHARED")
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    page = manager.get("/tokens/")

    assert "SHARED" in words(page)
    assert f"/tokens/{shared.pk}/" not in page.content.decode()


def test_a_vehicle_without_its_own_token_gets_one(browser: Client, depot: Depot) -> None:
    vehicle = make_vehicle(depot_key=depot.pk)

    post(browser, f"/vehicles/{vehicle.pk}/token/")
    post(browser, f"/vehicles/{vehicle.pk}/token/")

    assert IdToken.objects.filter(vehicle=vehicle, is_ours=True).count() == 1


def test_the_list_says_where_a_vehicle_was_last_and_how_it_was_known(browser: Client, bay: Bay) -> None:
    charging, home, unseen = (make_vehicle(name, depot_key=bay.depot_id) for name in ("Van 1", "Van 2", "Van 3"))
    make_session(bay, home, started_at=THURSDAY - timedelta(hours=9), ended_at=THURSDAY - timedelta(hours=4))
    make_session(bay, charging)
    make_token(vehicle=charging)

    said = rows(browser.get("/vehicles/"), "vehicle")

    assert [row.split(" – ")[0] for row in said] == ["Van 1", "Van 2", "Van 3"]
    assert said[0].endswith("1 A07 Its card")
    assert said[1].endswith("A07, 13:30 Its card")
    assert said[2].endswith("never")
    assert unseen.pk


@pytest.mark.parametrize(
    ("query", "units"),
    [
        ({}, ["Van 1", "Van 2"]),
        ({"q": "van 2"}, ["Van 2"]),
        ({"q": "4711"}, ["Van 1"]),
        ({"show": "retired"}, ["Old 9"]),
        ({"q": "zzz"}, []),
    ],
)
def test_vehicles_are_found(browser: Client, depot: Depot, query: dict[str, str], units: list[str]) -> None:
    make_vehicle("Van 1", cost_centre="4711")
    make_vehicle("Van 2")
    make_vehicle("Old 9", is_active=False)

    page = browser.get("/vehicles/", query)

    assert [vehicle.unit_number for vehicle, _ in page.context["vehicles"]] == units


def test_a_vehicle_of_another_depot_is_neither_listed_nor_changed(depot: Depot) -> None:
    foreign = make_vehicle("Van 1", depot_key=make_depot("Elsewhere").pk)
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    assert "Van 1" not in words(manager.get("/vehicles/"))
    assert manager.get(f"/vehicles/{foreign.pk}/").status_code == 404
    assert manager.post(f"/vehicles/{foreign.pk}/edit/", GOOD).status_code == 404


def test_a_vehicle_that_depots_share_is_seen_and_not_changed_by_who_sees_one(depot: Depot) -> None:
    shared = make_vehicle("Van 1", depot_key=None)
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    assert "Van 1" in words(manager.get("/vehicles/"))
    assert manager.get(f"/vehicles/{shared.pk}/").status_code == 200
    assert manager.get(f"/vehicles/{shared.pk}/edit/").status_code == 403
    assert "Change" not in words(manager.get(f"/vehicles/{shared.pk}/"))


def test_who_sees_one_depot_adds_vehicles_only_there(depot: Depot) -> None:
    elsewhere = make_depot("Elsewhere")
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    foreign = post(manager, "/vehicles/add/", **GOOD, depot=elsewhere.pk)
    nowhere = post(manager, "/vehicles/add/", **GOOD)
    post(manager, "/vehicles/add/", **GOOD, depot=depot.pk)

    assert "Select a valid choice" in words(foreign)
    assert "This field is required" in words(nowhere)
    assert Vehicle.objects.get().depot_key == depot.pk


def test_a_viewer_sees_no_card_number(depot: Depot) -> None:
    vehicle = make_vehicle("Van 1")
    make_token("CARDNUMBER", vehicle=vehicle)
    viewer = signed_in(make_user("vera", Role.VIEWER))

    assert "CARDNUMBER" not in viewer.get(f"/vehicles/{vehicle.pk}/").content.decode()
    assert "Cards" not in words(viewer.get("/vehicles/"))


def test_the_list_costs_no_more_queries_with_more_vehicles(
    browser: Client, bay: Bay, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for _ in range(30):
        make_session(bay, make_vehicle(), ended_at=THURSDAY)

    with django_assert_max_num_queries(14):  # type: ignore[attr-defined]
        page = browser.get("/vehicles/")

    assert len(page.context["vehicles"]) == 30


def test_no_vehicles_yet_says_what_to_do(browser: Client, depot: Depot) -> None:
    assert "Paste a list" in words(browser.get("/vehicles/"))


# Cards


def test_a_card_is_added_for_a_vehicle_until_the_end_of_a_day(browser: Client, depot: Depot) -> None:
    vehicle = make_vehicle("Van 1")

    response = post(
        browser, "/tokens/add/", value="04A2-B3c4", vehicle=vehicle.pk, driver="R. Diaz", depot=depot.pk,
        expires_at="2026-12-31",
    )  # fmt: skip

    token = IdToken.objects.get()
    assert (token.key, token.vehicle, token.depot_key) == ("04a2-b3c4", vehicle, depot.pk)
    # The end of New Year's Eve on the depot's wall, Berlin.
    assert token.expires_at == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert "may charge from now on" in flash(response)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"value": "04a2b3c4"}, "This card is known already"),
        ({"value": " "}, "This field is required"),
        ({"value": "NEW", "expires_at": "03/04/2026"}, "two ways"),
        ({"value": "NEW", "expires_at": "someday"}, "is not a day"),
    ],
)
def test_a_card_that_cannot_be_is_refused_in_words(
    browser: Client, depot: Depot, data: dict[str, str], why: str
) -> None:
    make_token("04A2B3C4")

    assert why in words(post(browser, "/tokens/add/", **data))
    assert IdToken.objects.count() == 1


def test_a_card_is_changed_but_not_its_value(browser: Client, depot: Depot) -> None:
    token = make_token("04A2B3C4", depot_key=depot.pk)

    post(browser, f"/tokens/{token.pk}/", value="OTHER", driver="K. Lindqvist", depot=depot.pk)

    token.refresh_from_db()
    assert (token.value, token.driver) == ("04A2B3C4", "K. Lindqvist")


def test_an_end_that_was_not_touched_stays_to_the_second(browser: Client, depot: Depot) -> None:
    ends = datetime(2026, 12, 31, 23, tzinfo=UTC)
    token = make_token(depot_key=depot.pk, expires_at=ends)
    form = browser.get(f"/tokens/{token.pk}/").context["form"]

    post(browser, f"/tokens/{token.pk}/", expires_at=form["expires_at"].value(), depot=depot.pk)

    token.refresh_from_db()
    assert token.expires_at == ends


def test_a_blocked_card_says_what_that_does_and_what_it_does_not(browser: Client, bay: Bay) -> None:
    token = make_token(vehicle=make_vehicle("Van 1"))
    make_session(bay, token.vehicle, token=token)

    response = post(browser, f"/tokens/{token.pk}/block/")

    token.refresh_from_db()
    assert token.standing == TokenStanding.BLOCKED
    assert "every charger that asks us says no" in flash(response)
    assert "It is charging at A07, and goes on until it is stopped there." in flash(response)


def test_a_blocked_card_is_unblocked(browser: Client, depot: Depot) -> None:
    token = make_token(standing=TokenStanding.BLOCKED)

    post(browser, f"/tokens/{token.pk}/unblock/")

    token.refresh_from_db()
    assert token.standing == TokenStanding.ACTIVE
    assert [entry.act for entry in AuditEntry.objects.all()] == ["unblocked card"]


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ({}, ["AAA", "BBB", "CCC"]),
        ({"show": "blocked"}, ["BBB"]),
        ({"show": "expired"}, ["CCC"]),
        ({"show": "ours"}, ["V0001"]),
        ({"q": "diaz"}, ["AAA"]),
        ({"q": "van 7"}, ["BBB"]),
        ({"q": "aA"}, ["AAA"]),
    ],
)
def test_cards_are_found(browser: Client, depot: Depot, query: dict[str, str], values: list[str]) -> None:
    make_token("AAA", driver="R. Diaz")
    make_token("BBB", standing=TokenStanding.BLOCKED, vehicle=make_vehicle("Van 7"))
    make_token("CCC", expires_at=THURSDAY - timedelta(days=1))
    make_token("V0001", is_ours=True, vehicle=make_vehicle("Van 8"))

    page = browser.get("/tokens/", query)

    assert [token.value for token in page.context["page"].rows] == values


def test_a_token_of_ours_is_not_changed_by_hand(browser: Client, depot: Depot) -> None:
    token = make_token("V0001", is_ours=True)

    assert browser.get(f"/tokens/{token.pk}/").status_code == 404


def test_a_card_of_another_depot_is_neither_listed_nor_blocked(depot: Depot) -> None:
    foreign = make_token("FOREIGN", depot_key=make_depot("Elsewhere").pk)
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    assert "FOREIGN" not in words(manager.get("/tokens/"))
    assert manager.post(f"/tokens/{foreign.pk}/block/").status_code == 404


def test_no_cards_yet_says_what_to_do(browser: Client, depot: Depot) -> None:
    page = words(browser.get("/tokens/"))

    assert "No cards yet" in page
    assert "Vehicles that are started from the board need none." in page
