"""Depots, bays, vehicles, tokens and tariffs over REST."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from billing.models import Tariff
from depot.access.models import AuditEntry, Role, Scope
from depot.models import Bay, Depot
from sessions.models import IdToken, Vehicle
from tests.access import actors
from tests.api.yard import Yard
from tests.factories import THURSDAY, make_bay, make_depot, make_evse, make_session, make_vehicle

pytestmark = pytest.mark.django_db

ROWS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "depots": ({"name": "Southgate", "time_zone": "Europe/Berlin", "currency": "EUR"}, {"site_limit_w": 100_000}),
    "vehicles": ({"unit_number": "Van 99", "battery_kwh": "77.40", "depot": None}, {"battery_kwh": "80.00"}),
    "id-tokens": ({"value": "04AA11", "type": "ISO14443", "vehicle": None}, {"driver": "Kim"}),
    "tariffs": ({"name": "Night", "currency": "EUR", "price_per_kwh": "0.21000"}, {"price_per_kwh": "0.22000"}),
}


@pytest.mark.parametrize("resource", ROWS)
def test_a_row_is_added_read_changed_and_deleted(client: APIClient, resource: str) -> None:
    body, change = ROWS[resource]

    added = client.post(f"/api/v1/{resource}/", body)
    assert added.status_code == 201, added.content
    assert body.items() <= added.json().items()
    address = added.headers["Location"]
    assert client.get(address).json() == added.json()

    changed = client.patch(address, change)
    assert changed.status_code == 200, changed.content
    assert change.items() <= changed.json().items()

    if resource != "tariffs":  # whose version that was replaced is kept
        assert client.delete(address).status_code == 204
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("resource", ROWS)
def test_every_change_is_noted(client: APIClient, resource: str) -> None:
    body, change = ROWS[resource]

    address = client.post(f"/api/v1/{resource}/", body).headers["Location"]
    client.patch(address, change)

    acts = [entry.act.partition(" ")[0] for entry in AuditEntry.objects.order_by("pk")]
    assert acts == ["added", "changed"]


class TestBays:
    def test_a_bay_gets_its_charger(self, client: APIClient, yard: Yard) -> None:
        spare = make_evse(yard.charger, 2)

        told = client.post(
            "/api/v1/bays/", {"depot": yard.depot.pk, "name": "A08", "zone": "Row A", "evse": spare.pk}
        ).json()

        assert Bay.objects.get(pk=told["id"]).evse == spare
        assert told["access"] == "known"

    def test_two_bays_of_a_depot_have_two_names(self, client: APIClient, yard: Yard) -> None:
        response = client.post("/api/v1/bays/", {"depot": yard.depot.pk, "name": "A07"})

        assert "has a bay of this name" in response.json()["detail"]

    def test_two_depots_may_name_their_bays_alike(self, client: APIClient, yard: Yard) -> None:
        assert client.post("/api/v1/bays/", {"depot": make_depot("Far").pk, "name": "A07"}).status_code == 201

    def test_an_evse_serves_one_bay(self, client: APIClient, yard: Yard) -> None:
        response = client.post("/api/v1/bays/", {"depot": yard.depot.pk, "name": "A08", "evse": yard.evse.pk})

        assert response.json()["errors"][0]["pointer"] == "#/evse"

    def test_a_bay_keeps_its_own_evse(self, client: APIClient, yard: Yard) -> None:
        body = {"evse": yard.evse.pk, "zone": "Row B"}

        assert client.patch(f"/api/v1/bays/{yard.bay.pk}/", body).json()["zone"] == "Row B"

    def test_a_bay_for_one_vehicle_names_it(self, client: APIClient, yard: Yard) -> None:
        refused = client.patch(f"/api/v1/bays/{yard.bay.pk}/", {"access": "own_vehicle"})
        done = client.patch(f"/api/v1/bays/{yard.bay.pk}/", {"access": "own_vehicle", "own_vehicle": "Van 7"})

        assert refused.json()["errors"][0]["pointer"] == "#/own_vehicle"
        assert done.json()["own_vehicle"] == "Van 7"

    def test_a_bay_is_not_moved_beyond_reach(self, yard: Yard) -> None:
        manager = actors.program(Scope.ADMIN, depots=[yard.depot])

        response = manager.patch(f"/api/v1/bays/{yard.bay.pk}/", {"depot": make_depot("Far").pk})

        assert response.json()["errors"][0]["pointer"] == "#/depot"

    def test_a_bay_is_deleted_and_its_charger_stays(self, client: APIClient, yard: Yard) -> None:
        assert client.delete(f"/api/v1/bays/{yard.bay.pk}/").status_code == 204
        assert client.get("/api/v1/chargers/CP-A07/").json()["evses"][0]["bay"] is None


class TestDepots:
    @pytest.mark.parametrize(
        ("body", "pointer"),
        [({"time_zone": "Mars/Olympus"}, "#/time_zone"), ({"time_zone": "../etc"}, "#/time_zone"),
         ({"currency": "euro"}, "#/currency"), ({"site_limit_w": -1}, "#/site_limit_w"), ({"name": ""}, "#/name")],
    )  # fmt: skip
    def test_what_cannot_be_is_refused(self, client: APIClient, yard: Yard, body: dict[str, Any], pointer: str) -> None:
        response = client.patch(f"/api/v1/depots/{yard.depot.pk}/", body)

        assert [error["pointer"] for error in response.json()["errors"]] == [pointer]

    def test_its_tariff_is_in_its_currency(self, client: APIClient, yard: Yard) -> None:
        tariff = Tariff.objects.create(name="US", currency="USD", price_per_kwh="0.1", created_at=THURSDAY)

        response = client.patch(f"/api/v1/depots/{yard.depot.pk}/", {"tariff": tariff.pk})

        assert response.json()["errors"][0]["pointer"] == "#/tariff"

    def test_a_depot_with_anything_in_it_is_kept(self, client: APIClient, yard: Yard) -> None:
        assert client.delete(f"/api/v1/depots/{yard.depot.pk}/").status_code == 409
        assert Depot.objects.exists()


class TestVehicles:
    def test_a_new_vehicle_can_be_started_by_its_name(self, client: APIClient, yard: Yard) -> None:
        client.post("/api/v1/vehicles/", {"unit_number": "Van 8"})

        started = client.post("/api/v1/sessions/start/", {"vehicle": "Van 8", "bay": yard.bay.pk})

        assert started.status_code == 201

    def test_a_unit_number_is_taken_once(self, client: APIClient, yard: Yard) -> None:
        response = client.post("/api/v1/vehicles/", {"unit_number": "Van 7"})

        assert response.json()["errors"][0]["pointer"] == "#/unit_number"

    def test_who_sees_one_depot_adds_to_that_one(self, yard: Yard) -> None:
        manager = actors.program(Scope.ADMIN, depots=[yard.depot])

        assert manager.post("/api/v1/vehicles/", {"unit_number": "Van 8"}).json()["depot"] == yard.depot.pk

    def test_who_sees_two_depots_names_one(self, yard: Yard) -> None:
        manager = actors.program(Scope.ADMIN, depots=[yard.depot, make_depot("Second")])

        response = manager.post("/api/v1/vehicles/", {"unit_number": "Van 8"})

        assert response.json()["errors"][0]["pointer"] == "#/depot"

    @pytest.mark.parametrize("depot", [None, 10**6, 10**30, "1", True, [1]])
    def test_who_sees_one_depot_gives_it_to_no_other(self, yard: Yard, depot: Any) -> None:
        manager = actors.program(Scope.ADMIN, depots=[yard.depot])

        response = manager.patch(f"/api/v1/vehicles/{yard.van.pk}/", {"depot": depot})

        assert response.status_code == 400
        yard.van.refresh_from_db()
        assert yard.van.depot_key == yard.depot.pk

    def test_what_depots_share_is_changed_by_who_sees_all(self, client: APIClient, yard: Yard) -> None:
        pool = make_vehicle("Pool car")
        manager = actors.program(Scope.ADMIN, depots=[yard.depot])

        refused = manager.patch(f"/api/v1/vehicles/{pool.pk}/", {"vin": "W1"})

        assert (refused.status_code, refused.json()["type"]) == (403, "/api/v1/problems/shared/")
        assert client.patch(f"/api/v1/vehicles/{pool.pk}/", {"vin": "W1"}).status_code == 200

    def test_a_vehicle_that_charged_is_kept(self, client: APIClient, yard: Yard) -> None:
        make_session(yard.bay, yard.van)

        assert client.delete(f"/api/v1/vehicles/{yard.van.pk}/").status_code == 409
        assert Vehicle.objects.exists()

    @pytest.mark.parametrize("query", ["unit_number=Van+7", "is_active=true&vin=", "depot={depot}"])
    def test_vehicles_are_chosen(self, client: APIClient, yard: Yard, query: str) -> None:
        make_vehicle("Van 8", is_active=False)

        rows = client.get(f"/api/v1/vehicles/?{query.format(depot=yard.depot.pk)}").json()["results"]

        assert [row["unit_number"] for row in rows] == ["Van 7"]


class TestTokens:
    def test_chargers_differ_in_case_and_so_do_not_we(self, client: APIClient) -> None:
        client.post("/api/v1/id-tokens/", {"value": "04aa11"})

        response = client.post("/api/v1/id-tokens/", {"value": "04AA11"})

        assert response.json()["errors"][0]["pointer"] == "#/value"
        assert len(client.get("/api/v1/id-tokens/?value=04Aa11").json()["results"]) == 1

    def test_a_token_keeps_its_value(self, client: APIClient, yard: Yard) -> None:
        response = client.patch(f"/api/v1/id-tokens/{yard.token.pk}/", {"value": "OTHER"})

        assert response.json()["errors"][0]["pointer"] == "#/value"

    def test_a_token_is_blocked(self, client: APIClient, yard: Yard) -> None:
        client.patch(f"/api/v1/id-tokens/{yard.token.pk}/", {"standing": "blocked"})

        assert IdToken.objects.get().standing == "blocked"

    def test_it_does_not_expire_before_it_is_valid(self, client: APIClient, yard: Yard) -> None:
        body = {"valid_from": "2026-03-05T00:00:00Z", "expires_at": "2026-03-04T00:00:00Z"}

        response = client.patch(f"/api/v1/id-tokens/{yard.token.pk}/", body)

        assert response.json()["errors"][0]["pointer"] == "#/expires_at"

    def test_a_token_of_ours_stays_with_its_vehicle(self, client: APIClient, yard: Yard) -> None:
        response = client.patch(f"/api/v1/id-tokens/{yard.token.pk}/", {"vehicle": None})

        assert response.json()["errors"][0]["pointer"] == "#/vehicle"

    def test_nobody_makes_one_of_ours(self, client: APIClient) -> None:
        assert client.post("/api/v1/id-tokens/", {"value": "X1", "is_ours": True}).json()["is_ours"] is False


class TestTariffs:
    def test_a_change_makes_a_new_version(self, client: APIClient) -> None:
        first = client.post("/api/v1/tariffs/", ROWS["tariffs"][0]).json()

        second = client.patch(f"/api/v1/tariffs/{first['id']}/", {"price_per_kwh": "0.30000"}).json()

        assert (second["version"], second["price_per_kwh"]) == (2, "0.30000")
        assert client.get(f"/api/v1/tariffs/{first['id']}/").json()["price_per_kwh"] == "0.21000"
        assert [row["id"] for row in client.get("/api/v1/tariffs/?current=true").json()["results"]] == [second["id"]]

    def test_an_old_version_is_not_changed_again(self, client: APIClient) -> None:
        first = client.post("/api/v1/tariffs/", ROWS["tariffs"][0]).json()
        client.patch(f"/api/v1/tariffs/{first['id']}/", {"price_per_kwh": "0.30000"})

        response = client.patch(f"/api/v1/tariffs/{first['id']}/", {"price_per_kwh": "0.40000"})

        assert (response.status_code, response.json()["type"]) == (409, "/api/v1/problems/too-late/")

    def test_a_new_price_does_not_hold_in_the_past(self, client: APIClient) -> None:
        first = client.post("/api/v1/tariffs/", ROWS["tariffs"][0]).json()

        response = client.patch(f"/api/v1/tariffs/{first['id']}/", {"valid_from": "2001-01-01T00:00:00Z"})

        assert response.json()["errors"][0]["pointer"] == "#/valid_from"

    def test_periods_are_kept_as_they_were_said(self, client: APIClient) -> None:
        peak = {"price_per_kwh": "0.41522", "weekdays": [1, 2], "from": "16:00", "to": "21:00", "label": "Peak"}

        told = client.post("/api/v1/tariffs/", ROWS["tariffs"][0] | {"periods": [peak]}).json()

        assert told["periods"] == [peak]

    def test_who_sees_one_depot_does_not_change_the_prices_of_all(self, client: APIClient, yard: Yard) -> None:
        tariff = client.post("/api/v1/tariffs/", ROWS["tariffs"][0]).json()
        manager = actors.program(Scope.ADMIN, depots=[yard.depot])

        assert manager.patch(f"/api/v1/tariffs/{tariff['id']}/", {"price_per_kwh": "9"}).status_code == 403

    def test_a_tariff_that_a_depot_has_is_kept(self, client: APIClient, yard: Yard) -> None:
        tariff = client.post("/api/v1/tariffs/", ROWS["tariffs"][0]).json()
        client.patch(f"/api/v1/depots/{yard.depot.pk}/", {"tariff": tariff["id"]})

        response = client.delete(f"/api/v1/tariffs/{tariff['id']}/")

        assert (response.status_code, response.json()["type"]) == (409, "/api/v1/problems/in-use/")


def test_a_browser_uses_the_same_api(yard: Yard) -> None:
    browser = actors.browser_of(actors.person(Role.FLEET_MANAGER, depots=[yard.depot]))
    make_bay(make_depot("Far"))

    assert [row["name"] for row in browser.get("/api/v1/bays/").json()["results"]] == ["A07"]
