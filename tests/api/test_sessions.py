"""Sessions over REST, and what a dispatcher does about them."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from chargers.models import Capability, Connection, Connector, IssuedCommand
from depot.access.models import AuditEntry, Scope
from depot.models import Bay
from sessions.models import IdToken, Session
from tests.access import actors
from tests.api.yard import Yard
from tests.factories import (
    THURSDAY,
    make_bay,
    make_charger,
    make_depot,
    make_evse,
    make_reading,
    make_session,
    make_vehicle,
)

pytestmark = pytest.mark.django_db


class TestStarting:
    def start(self, client: APIClient, **body: Any) -> Any:
        return client.post("/api/v1/sessions/start/", body)

    def test_a_vehicle_is_started_at_a_bay(self, client: APIClient, yard: Yard) -> None:
        response = self.start(client, vehicle="Van 7", bay=yard.bay.pk)

        assert response.status_code == 201, response.content
        assert response.json()["action"] == "RemoteStartTransaction"
        assert response.json()["request"] == {"connectorId": 1, "idTag": yard.token.value}
        assert AuditEntry.objects.get().depot == yard.depot

    def test_a_token_is_started_at_an_evse(self, client: APIClient, yard: Yard) -> None:
        card = IdToken.objects.create(value="CARD1", key="card1", type="ISO14443", created_at=THURSDAY)

        told = self.start(client, id_token=card.value, evse=yard.evse.pk).json()

        assert told["request"]["idTag"] == "CARD1"

    def test_sent_again_it_is_started_once(self, client: APIClient, yard: Yard) -> None:
        body = {"vehicle": "Van 7", "bay": yard.bay.pk}
        first = client.post("/api/v1/sessions/start/", body, HTTP_IDEMPOTENCY_KEY="a")
        again = client.post("/api/v1/sessions/start/", body, HTTP_IDEMPOTENCY_KEY="a")

        assert first.json() == again.json()
        assert IssuedCommand.objects.count() == 1

    @pytest.mark.parametrize(
        "body",
        [{}, {"vehicle": "Van 7"}, {"bay": 1}, {"vehicle": "Van 7", "id_token": "x", "bay": 1},
         {"vehicle": "Van 7", "bay": 1, "evse": 1}, {"vehicle": ["Van 7"], "bay": 1}, {"vehicle": "Van 7", "bay": "1"},
         {"vehicle": "Van 7", "bay": 10**30}, {"vehicle": "Van 7", "bay": True}],
    )  # fmt: skip
    def test_what_does_not_say_who_and_where_is_refused(
        self, client: APIClient, yard: Yard, body: dict[str, Any]
    ) -> None:
        assert self.start(client, **body).status_code == 400
        assert not IssuedCommand.objects.exists()

    def test_where_a_session_runs_no_other_is_started(self, client: APIClient, yard: Yard) -> None:
        session = make_session(yard.bay)
        Connector.objects.update(status="charging")

        told = self.start(client, vehicle="Van 7", bay=yard.bay.pk)

        assert (told.status_code, told.json()["type"]) == (409, "/api/v1/problems/occupied/")
        assert told.json()["session"] == session.pk

    def test_a_vehicle_without_a_token_cannot_be_started(self, client: APIClient, yard: Yard) -> None:
        make_vehicle("Van 8")

        told = self.start(client, vehicle="Van 8", bay=yard.bay.pk)

        assert (told.status_code, told.json()["type"]) == (409, "/api/v1/problems/no-token/")

    def test_a_blocked_token_starts_nothing(self, client: APIClient, yard: Yard) -> None:
        IdToken.objects.update(standing="blocked")

        told = self.start(client, vehicle="Van 7", bay=yard.bay.pk)

        assert (told.status_code, told.json()["type"]) == (409, "/api/v1/problems/token-refused/")

    def test_a_charger_that_needs_a_replug_says_so(self, client: APIClient, yard: Yard) -> None:
        Connector.objects.update(status="finishing")
        Capability.objects.create(
            charger=yard.charger, name="restarts_without_replug", value="no", evidence="tested", seen_at=THURSDAY
        )

        told = self.start(client, vehicle="Van 7", bay=yard.bay.pk)

        assert (told.status_code, told.json()["type"]) == (409, "/api/v1/problems/needs-replug/")

    def test_a_bay_without_a_charger_starts_nobody(self, client: APIClient, yard: Yard) -> None:
        empty = Bay.objects.create(depot=yard.depot, name="A99")

        told = self.start(client, vehicle="Van 7", bay=empty.pk)

        assert told.json()["errors"][0]["pointer"] == "#/bay"

    def test_a_charger_that_is_away_starts_nobody(self, client: APIClient, yard: Yard) -> None:
        Connection.objects.all().delete()

        assert self.start(client, vehicle="Van 7", bay=yard.bay.pk).status_code == 409

    def test_nobody_starts_in_a_depot_beyond_reach(self, yard: Yard) -> None:
        far = make_depot("Far")
        dispatcher = actors.program(Scope.OPERATE, depots=[far])

        told = self.start(dispatcher, vehicle="Van 7", evse=yard.evse.pk)

        assert {error["pointer"] for error in told.json()["errors"]} == {"#/vehicle", "#/evse"}


class TestStopping:
    @pytest.fixture
    def session(self, yard: Yard) -> Session:
        return make_session(yard.bay, yard.van, reference="7001")

    def test_a_session_is_asked_to_stop(self, client: APIClient, session: Session) -> None:
        told = client.post(f"/api/v1/sessions/{session.pk}/stop/").json()

        assert (told["action"], told["request"]) == ("RemoteStopTransaction", {"transactionId": 7001})
        session.refresh_from_db()
        assert session.ended_at is None

    def test_one_that_the_charger_never_named_is_a_conflict(self, client: APIClient, yard: Yard) -> None:
        nameless = make_session(yard.bay, reference="")

        told = client.post(f"/api/v1/sessions/{nameless.pk}/stop/")

        assert (told.status_code, told.json()["type"]) == (409, "/api/v1/problems/not-spoken/")

    def test_one_that_has_ended_is_not(self, client: APIClient, yard: Yard) -> None:
        ended = make_session(yard.bay, ended_at=THURSDAY)

        told = client.post(f"/api/v1/sessions/{ended.pk}/stop/")

        assert (told.status_code, told.json()["type"]) == (409, "/api/v1/problems/session-ended/")


class TestNaming:
    def test_a_dispatcher_says_which_vehicle_it_is(self, client: APIClient, yard: Yard) -> None:
        session = make_session(yard.bay)

        told = client.post(f"/api/v1/sessions/{session.pk}/vehicle/", {"vehicle": "Van 7"}).json()

        assert told["vehicle"] == {"id": yard.van.pk, "unit_number": "Van 7"}
        assert (told["vehicle_source"], told["vehicle_confidence"]) == ("dispatcher", "1.0")

    def test_a_vehicle_beyond_reach_is_none(self, yard: Yard) -> None:
        session = make_session(yard.bay)
        make_vehicle("Far van", depot_key=make_depot("Far").pk)
        dispatcher = actors.program(Scope.OPERATE, depots=[yard.depot])

        assert dispatcher.post(f"/api/v1/sessions/{session.pk}/vehicle/", {"vehicle": "Far van"}).status_code == 400


class TestReading:
    def test_a_session_says_what_is_known_and_null_where_nothing_is(self, client: APIClient, yard: Yard) -> None:
        session = make_session(yard.bay, energy_wh=None, soc_percent=None)

        told = client.get(f"/api/v1/sessions/{session.pk}/").json()

        assert (told["charger"], told["bay"], told["evse_number"], told["is_open"]) == ("CP-A07", "A07", 1, True)
        assert told["started_at"] == "2026-03-05T14:30:00Z"
        assert (told["energy_kwh"], told["vehicle"], told["soc_percent"]) == (None, None, None)

    @pytest.mark.parametrize(
        ("wh", "kwh"), [(0, "0.000"), (7, "0.007"), (12_400, "12.400"), (1_234_567_890, "1234567.890")]
    )
    def test_energy_is_exact(self, client: APIClient, yard: Yard, wh: int, kwh: str) -> None:
        session = make_session(yard.bay, energy_wh=wh)

        assert client.get(f"/api/v1/sessions/{session.pk}/").json()["energy_kwh"] == kwh

    def test_times_are_utc_whatever_zone_is_active(self, client: APIClient, yard: Yard) -> None:
        from django.utils import timezone

        session = make_session(yard.bay)
        with timezone.override("Asia/Tokyo"):
            assert client.get(f"/api/v1/sessions/{session.pk}/").json()["started_at"] == "2026-03-05T14:30:00Z"

    @pytest.fixture
    def several(self, yard: Yard) -> None:
        other = make_evse(make_charger("CP-B01"))
        make_session(yard.bay, yard.van, token=yard.token, token_value=yard.token.value)
        make_session(
            make_bay(make_depot("Far"), "B01", evse=other),
            token_value="Stranger",
            started_at=THURSDAY - timedelta(days=2),
            ended_at=THURSDAY - timedelta(days=1),
        )

    @pytest.mark.parametrize(
        ("query", "bays"),
        [
            ("", "A07,B01"),
            ("ordering=started_at", "B01,A07"),
            ("ordering=energy,-id", "B01,A07"),
            ("open=true", "A07"),
            ("open=false", "B01"),
            ("charger=cp-b01", "B01"),
            ("vehicle=Van+7", "A07"),
            ("vehicle=Van+9", ""),
            ("id_token={token}", "A07"),
            ("id_token=Stranger", "B01"),
            ("evse={evse}", "A07"),
            ("depot={depot}", "A07"),
            ("started_from=2026-03-05T00:00:00Z", "A07"),
            ("started_from=2026-03-05T00:00:00+01:00", "A07"),
            ("started_from=2026-03-05T00:00:00%2B22:03", "A07"),
            ("started_before=2026-03-05T00:00:00Z", "B01"),
        ],
    )
    def test_sessions_are_chosen(self, client: APIClient, yard: Yard, several: None, query: str, bays: str) -> None:
        asked = query.format(token=yard.token.value.lower(), evse=yard.evse.pk, depot=yard.depot.pk)

        rows = client.get(f"/api/v1/sessions/?{asked}").json()["results"]

        assert ",".join(row["bay"] for row in rows) == bays

    def test_cards_are_shown_to_those_who_work_with_them(self, yard: Yard, several: None) -> None:
        def shown_to(scope: Scope) -> Any:
            return actors.program(scope).get("/api/v1/sessions/?vehicle=Van+7").json()["results"][0]["id_token"]

        assert shown_to(Scope.OPERATE) == yard.token.value
        assert shown_to(Scope.ERP) == yard.token.value
        assert shown_to(Scope.READ) is None

    def test_a_longer_list_costs_no_more_statements(
        self, client: APIClient, yard: Yard, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(20):
            make_session(yard.bay, yard.van, started_at=THURSDAY - timedelta(days=1), ended_at=THURSDAY)

        with django_assert_max_num_queries(5):
            assert len(client.get("/api/v1/sessions/").json()["results"]) == 20

    def test_the_curve_of_a_session_is_read_in_its_order(self, client: APIClient, yard: Yard) -> None:
        session = make_session(yard.bay)
        for minute in (10, 0, 5):
            make_reading(session, THURSDAY + timedelta(minutes=minute), energy_wh=minute)

        rows = client.get(f"/api/v1/sessions/{session.pk}/readings/?limit=2").json()

        assert [row["energy_wh"] for row in rows["results"]] == [0, 5]
        assert [row["energy_wh"] for row in client.get(rows["next"]).json()["results"]] == [10]

    def test_a_part_of_the_curve_is_read_by_its_times(self, client: APIClient, yard: Yard) -> None:
        session = make_session(yard.bay)
        for minute in (0, 5, 10):
            make_reading(session, THURSDAY + timedelta(minutes=minute), energy_wh=minute)

        part = client.get(
            f"/api/v1/sessions/{session.pk}/readings/?from=2026-03-05T16:35:00Z&before=2026-03-05T16:40:00Z"
        ).json()

        assert [row["energy_wh"] for row in part["results"]] == [5]
