"""Chargers, EVSEs and connectors over REST."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from chargers.choices import ConnectorStatus, Standing
from chargers.credentials import keyed_hash
from chargers.models import Capability, Charger, Connection, Connector, IssuedCommand
from depot.access.models import AuditEntry, Scope
from depot.models import Bay
from tests.access import actors
from tests.api.yard import Yard
from tests.conftest import BusinessTime
from tests.factories import THURSDAY, make_bay, make_charger, make_depot, make_evse, make_session

pytestmark = pytest.mark.django_db


class TestReading:
    def test_a_charger_says_what_it_is_and_how_it_is(self, client: APIClient, yard: Yard) -> None:
        Capability.objects.create(charger=yard.charger, name="limits", value="obeys", evidence="seen", seen_at=THURSDAY)

        told = client.get("/api/v1/chargers/CP-A07/").json()

        assert (told["identity"], told["protocol"], told["firmware"]) == ("CP-A07", "ocpp1.6", "1.4")
        assert told["is_online"] is True
        assert told["evses"][0]["bay"] == {
            "id": yard.bay.pk, "name": "A07", "depot": yard.depot.pk, "depot_name": "Northgate",
        }  # fmt: skip
        assert told["evses"][0]["connectors"][0]["status"] == "available"
        assert told["capabilities"][0]["value"] == "obeys"

    def test_the_case_of_an_identity_does_not_matter(self, client: APIClient, yard: Yard) -> None:
        assert client.get("/api/v1/chargers/cp-a07/").json()["identity"] == "CP-A07"

    def test_an_identity_may_hold_odd_characters(self, client: APIClient) -> None:
        make_charger("DE*ACM+E 1%2#?")

        assert client.get("/api/v1/chargers/DE*ACM+E%201%252%23%3F/").json()["identity"] == "DE*ACM+E 1%2#?"

    def test_one_that_is_away_says_since_when(self, client: APIClient, yard: Yard) -> None:
        connection = Connection.objects.get()
        Connection.objects.update(closed_at=connection.opened_at + timedelta(hours=1))

        told = client.get("/api/v1/chargers/CP-A07/").json()

        assert told["is_online"] is False
        assert told["link_since"] == (connection.opened_at + timedelta(hours=1)).isoformat().replace("+00:00", "Z")

    def test_one_that_never_came_says_nothing_of_its_link(self, client: APIClient) -> None:
        make_charger("NEW", online=False)

        told = client.get("/api/v1/chargers/NEW/").json()

        assert (told["is_online"], told["link_since"], told["last_heard_at"]) == (False, None, None)

    @pytest.mark.parametrize(
        ("query", "found"),
        [("", "AWAY,CP-A07"), ("online=true", "CP-A07"), ("online=false", "AWAY"), ("standing=waiting", ""),
         ("protocol=ocpp2.1", "AWAY"), ("vendor=maker", "CP-A07"), ("ordering=-identity", "CP-A07,AWAY")],
    )  # fmt: skip
    def test_chargers_are_chosen(self, client: APIClient, yard: Yard, query: str, found: str) -> None:
        make_charger("AWAY", online=False, protocol="ocpp2.1")

        rows = client.get(f"/api/v1/chargers/?{query}").json()["results"]

        assert ",".join(row["identity"] for row in rows) == found

    def test_a_charger_with_two_bays_in_a_depot_is_one_charger(self, client: APIClient, yard: Yard) -> None:
        make_bay(yard.depot, "A08", evse=make_evse(yard.charger, 2))

        assert len(client.get(f"/api/v1/chargers/?depot={yard.depot.pk}").json()["results"]) == 1

    def test_a_longer_list_costs_no_more_statements(
        self, client: APIClient, yard: Yard, django_assert_max_num_queries: object
    ) -> None:
        for number in range(20):
            make_bay(yard.depot, f"B{number}")

        with django_assert_max_num_queries(12):  # type: ignore[operator]
            assert len(client.get("/api/v1/chargers/").json()["results"]) == 21

    def test_a_connector_says_how_old_its_state_is(
        self, client: APIClient, yard: Yard, business_time: BusinessTime
    ) -> None:
        Connector.objects.update(status=ConnectorStatus.CHARGING, heard_at=business_time.now() - timedelta(seconds=90))

        told = client.get("/api/v1/connectors/").json()["results"][0]

        assert (told["status"], told["state_age_s"]) == ("charging", 90)
        assert (told["charger"], told["evse_number"], told["firmware"]) == ("CP-A07", 1, "1.4")
        assert told["is_online"] is True
        assert told["bay"]["name"] == "A07"

    def test_a_connector_that_never_said_anything_has_no_age(self, client: APIClient, yard: Yard) -> None:
        Connector.objects.update(heard_at=None)

        assert client.get("/api/v1/connectors/").json()["results"][0]["state_age_s"] is None

    def test_evses_are_found_by_bay_and_charger(self, client: APIClient, yard: Yard) -> None:
        make_evse()

        by_bay = client.get(f"/api/v1/evses/?bay={yard.bay.pk}").json()["results"]
        by_charger = client.get("/api/v1/evses/?charger=CP-A07").json()["results"]

        assert [row["id"] for row in by_bay] == [row["id"] for row in by_charger] == [yard.evse.pk]


class TestAdding:
    def test_a_new_charger_is_ours_and_its_password_is_told(self, client: APIClient, yard: Yard) -> None:
        bay = Bay.objects.create(depot=yard.depot, name="A08")

        response = client.post("/api/v1/chargers/", {"identity": "CP-A08", "name": "Gate", "bay": bay.pk})

        charger = Charger.objects.get(identity="CP-A08")
        assert response.status_code == 201
        assert response.headers["Location"] == "/api/v1/chargers/CP-A08/"
        assert keyed_hash(response.json()["password"].encode()) == charger.password_hmac
        assert charger.standing == Standing.ADOPTED
        assert charger.evses.get().bay == bay

    def test_the_password_is_told_nowhere_else(self, client: APIClient) -> None:
        password = client.post("/api/v1/chargers/", {"identity": "CP-1"}).json()["password"]

        assert "password" not in client.get("/api/v1/chargers/CP-1/").json()
        assert password not in str(list(AuditEntry.objects.values()))

    def test_an_identity_is_taken_whatever_its_case(self, client: APIClient, yard: Yard) -> None:
        response = client.post("/api/v1/chargers/", {"identity": "cp-a07"})

        assert (response.status_code, response.json()["type"]) == (409, "/api/v1/problems/taken/")

    def test_a_bay_that_another_charger_serves_is_not_taken_from_it(self, client: APIClient, yard: Yard) -> None:
        response = client.post("/api/v1/chargers/", {"identity": "CP-A08", "bay": yard.bay.pk})

        assert response.json()["errors"][0]["pointer"] == "#/bay"
        assert not Charger.objects.filter(identity="CP-A08").exists()

    @pytest.mark.parametrize("identity", ["", "x" * 49, "a/b", "a\tb", ".", ".."])
    def test_what_cannot_be_an_identity_is_refused(self, client: APIClient, identity: str) -> None:
        assert client.post("/api/v1/chargers/", {"identity": identity}).status_code == 400

    def test_who_sees_one_depot_says_where_it_stands(self, yard: Yard) -> None:
        engineer = actors.program(Scope.ENGINEER, depots=[yard.depot])

        response = engineer.post("/api/v1/chargers/", {"identity": "CP-A08"})

        assert response.json()["errors"][0]["pointer"] == "#/bay"

    def test_nobody_places_it_in_a_depot_beyond_reach(self, yard: Yard) -> None:
        far = Bay.objects.create(depot=make_depot("Far"), name="Z1")
        engineer = actors.program(Scope.ENGINEER, depots=[yard.depot])

        assert engineer.post("/api/v1/chargers/", {"identity": "CP-A08", "bay": far.pk}).status_code == 400


class TestChanging:
    def test_what_people_decide_is_changed(self, client: APIClient, yard: Yard) -> None:
        body = {"name": "Gate", "pinned_protocol": "ocpp1.6", "automation_on": False, "energy_management_on": False}

        told = client.patch("/api/v1/chargers/CP-A07/", body).json()

        assert {name: told[name] for name in body} == body
        assert AuditEntry.objects.get().detail["fields"] == body

    def test_what_the_charger_says_of_itself_is_not(self, client: APIClient, yard: Yard) -> None:
        client.patch("/api/v1/chargers/CP-A07/", {"identity": "OTHER", "vendor": "Me", "standing": "refused"})

        yard.charger.refresh_from_db()
        assert (yard.charger.identity, yard.charger.vendor, yard.charger.standing) == ("CP-A07", "Maker", "adopted")

    def test_a_charger_that_was_never_used_is_deleted(self, client: APIClient, yard: Yard) -> None:
        assert client.delete("/api/v1/chargers/CP-A07/").status_code == 204
        assert not Charger.objects.exists()

    def test_a_charger_that_the_books_name_is_kept(self, client: APIClient, yard: Yard) -> None:
        make_session(yard.bay, ended_at=THURSDAY)

        response = client.delete("/api/v1/chargers/CP-A07/")

        assert (response.status_code, response.json()["type"]) == (409, "/api/v1/problems/in-use/")
        assert Charger.objects.exists()
        assert not AuditEntry.objects.exists()


class TestTheWaitingRoom:
    @pytest.fixture
    def waiting(self, db: None) -> Charger:
        return make_charger("CP-NEW", online=False, standing=Standing.WAITING)

    def test_a_charger_is_adopted_with_a_new_password(self, client: APIClient, waiting: Charger, yard: Yard) -> None:
        bay = Bay.objects.create(depot=yard.depot, name="A08")

        told = client.post("/api/v1/chargers/CP-NEW/adopt/", {"name": "Gate", "bays": [{"evse": 2, "bay": bay.pk}]})

        waiting.refresh_from_db()
        bay.refresh_from_db()
        assert told.status_code == 200
        assert keyed_hash(told.json()["password"].encode()) == waiting.next_password_hmac
        assert (waiting.standing, waiting.name) == (Standing.ADOPTED, "Gate")
        assert (bay.evse.charger, bay.evse.number) == (waiting, 2)  # type: ignore[union-attr]

    def test_a_bay_that_another_charger_serves_is_not_taken_from_it(
        self, client: APIClient, waiting: Charger, yard: Yard
    ) -> None:
        response = client.post("/api/v1/chargers/CP-NEW/adopt/", {"bays": [{"evse": 1, "bay": yard.bay.pk}]})

        assert response.json()["errors"][0]["pointer"] == "#/bays/0/bay"

    def test_trusting_nothing_is_an_explicit_choice(self, client: APIClient, waiting: Charger) -> None:
        told = client.post("/api/v1/chargers/CP-NEW/adopt/", {"proof": "nothing"}).json()

        waiting.refresh_from_db()
        assert told["password"] is None
        assert waiting.trust == "nothing"

    def test_a_password_that_never_came_is_not_trusted(self, client: APIClient, waiting: Charger) -> None:
        response = client.post("/api/v1/chargers/CP-NEW/adopt/", {"proof": "presented"})

        assert (response.status_code, response.json()["type"]) == (409, "/api/v1/problems/no-password/")
        waiting.refresh_from_db()
        assert waiting.standing == Standing.WAITING

    def test_one_that_is_ours_is_not_adopted_again(self, client: APIClient, yard: Yard) -> None:
        assert client.post("/api/v1/chargers/CP-A07/adopt/", {}).status_code == 409

    def test_a_charger_is_refused(self, client: APIClient, waiting: Charger) -> None:
        assert client.post("/api/v1/chargers/CP-NEW/refuse/").json()["standing"] == "refused"

    def test_it_is_for_those_who_see_all_depots(self, waiting: Charger, yard: Yard) -> None:
        engineer = actors.program(Scope.ENGINEER, depots=[yard.depot])

        assert engineer.post("/api/v1/chargers/CP-NEW/adopt/", {}).status_code == 404


def test_a_new_password_is_told_and_sent(client: APIClient, yard: Yard) -> None:
    password = client.post("/api/v1/chargers/CP-A07/password/").json()["password"]

    yard.charger.refresh_from_db()
    sent = IssuedCommand.objects.get()
    assert keyed_hash(password.encode()) == yard.charger.next_password_hmac
    assert password not in str(sent.wording) + str(sent.request)


def test_a_new_password_for_one_that_is_away_is_told(client: APIClient) -> None:
    make_charger("AWAY", online=False)

    assert client.post("/api/v1/chargers/AWAY/password/").json()["password"]
    assert not IssuedCommand.objects.exists()
