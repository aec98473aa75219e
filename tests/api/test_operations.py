"""What is asked of a charger over REST, typed and raw, and waiting for what comes of it."""

import threading
import time
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from chargers.choices import CommandState
from chargers.models import IssuedCommand
from depot.access.models import AuditEntry, Scope
from depot.api import commands
from tests.access import actors
from tests.api.yard import Yard
from tests.factories import make_charger

pytestmark = pytest.mark.django_db

PROFILE = {
    "profile_id": 1,
    "stack_level": 0,
    "purpose": "tx_default",
    "kind": "Absolute",
    "schedules": [{"unit": "A", "periods": [{"start_s": 0, "limit": 16}], "start_at": "2026-03-05T18:00:00+01:00"}],
}


@pytest.mark.parametrize(
    ("operation", "body", "action", "request_"),
    [
        ("reset", {}, "Reset", {"type": "Soft"}),
        ("reset", {"immediately": True}, "Reset", {"type": "Hard"}),
        ("unlock", {"evse": 1}, "UnlockConnector", {"connectorId": 1}),
        ("trigger", {"message": "StatusNotification", "evse": 1}, "TriggerMessage",
         {"requestedMessage": "StatusNotification", "connectorId": 1}),
        ("availability", {"operative": False}, "ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}),
        ("clear-cache", {}, "ClearCache", {}),
        ("read-settings", {"settings": [{"variable": "HeartbeatInterval"}]}, "GetConfiguration",
         {"key": ["HeartbeatInterval"]}),
        ("change-settings", {"settings": [{"variable": "HeartbeatInterval", "value": "60"}]}, "ChangeConfiguration",
         {"key": "HeartbeatInterval", "value": "60"}),
        ("report-settings", {}, "GetConfiguration", {}),
        ("clear-profiles", {"purpose": "tx_default"}, "ClearChargingProfile",
         {"chargingProfilePurpose": "TxDefaultProfile"}),
    ],
)  # fmt: skip
def test_an_operation_becomes_a_call(
    client: APIClient, yard: Yard, operation: str, body: dict[str, Any], action: str, request_: dict[str, Any]
) -> None:
    response = client.post(f"/api/v1/chargers/CP-A07/{operation}/", body)

    told = response.json()
    assert response.status_code == 201, told
    assert (told["action"], told["request"], told["state"]) == (action, request_, "requested")
    assert response.headers["Location"] == f"/api/v1/commands/{told['id']}/"
    assert AuditEntry.objects.get().detail["command"] == told["id"]


def test_a_profile_is_installed(client: APIClient, yard: Yard) -> None:
    told = client.post("/api/v1/chargers/CP-A07/install-profile/", {"evse": 0, "profile": PROFILE}).json()

    schedule = told["request"]["csChargingProfiles"]["chargingSchedule"]
    assert schedule["chargingRateUnit"] == "A"
    assert schedule["chargingSchedulePeriod"][0]["limit"] == 16
    assert schedule["startSchedule"].startswith("2026-03-05T17:00:00")


@pytest.mark.parametrize(
    ("operation", "body", "pointer"),
    [
        ("unlock", {}, "#/evse"),
        ("unlock", {"evse": 40_000}, "#/evse"),
        ("availability", {}, "#/operative"),
        ("read-settings", {"settings": []}, "#/settings"),
        ("change-settings", {"settings": [{"variable": "x"}]}, "#/settings/0/value"),
        ("install-profile", {"evse": 0, "profile": {**PROFILE, "kind": "Odd"}}, "#/profile/kind"),
    ],
)
def test_what_an_operation_lacks_is_pointed_at(
    client: APIClient, yard: Yard, operation: str, body: dict[str, Any], pointer: str
) -> None:
    response = client.post(f"/api/v1/chargers/CP-A07/{operation}/", body)

    assert response.status_code == 400
    assert pointer in {error["pointer"] for error in response.json()["errors"]}
    assert not IssuedCommand.objects.exists()


def test_what_the_version_cannot_say_is_a_conflict(client: APIClient, yard: Yard) -> None:
    settings = [{"variable": name, "value": "1"} for name in "AB"]

    response = client.post("/api/v1/chargers/CP-A07/change-settings/", {"settings": settings})

    assert (response.status_code, response.json()["type"]) == (409, "/api/v1/problems/not-spoken/")


def test_a_transaction_that_has_no_number_is_none_to_1_6(client: APIClient, yard: Yard) -> None:
    profile = {**PROFILE, "purpose": "tx", "reference": "a-name"}

    response = client.post("/api/v1/chargers/CP-A07/install-profile/", {"evse": 1, "profile": profile})

    assert (response.status_code, response.json()["type"]) == (409, "/api/v1/problems/not-spoken/")


def test_a_charger_that_is_away_is_asked_nothing(client: APIClient) -> None:
    make_charger("AWAY", online=False)

    response = client.post("/api/v1/chargers/AWAY/reset/", {})

    assert (response.status_code, response.json()["type"]) == (409, "/api/v1/problems/charger-offline/")
    assert "never connected" in response.json()["detail"]
    assert not IssuedCommand.objects.exists()


def test_a_charger_that_waits_is_only_read_from(client: APIClient) -> None:
    make_charger("NEW", standing="waiting")

    response = client.post("/api/v1/chargers/NEW/reset/", {})

    assert (response.status_code, response.json()["type"]) == (409, "/api/v1/problems/not-adopted/")


def test_what_would_lock_a_charger_out_is_left_alone_with_the_reason(client: APIClient) -> None:
    make_charger("CP-B01")
    lower = {"key": "SecurityProfile", "value": "0"}

    response = client.post("/api/v1/chargers/CP-B01/calls/ChangeConfiguration/", lower, format="json")

    assert (response.status_code, response.json()["type"]) == (409, "/api/v1/problems/left-alone/")
    assert "never lowered" in response.json()["detail"]


class TestRawCalls:
    def test_any_action_of_the_version_is_sent_as_it_is(self, client: APIClient, yard: Yard) -> None:
        response = client.post("/api/v1/chargers/CP-A07/calls/GetLocalListVersion/", {})

        assert response.status_code == 201
        assert response.json()["action"] == "GetLocalListVersion"

    def test_a_payload_that_breaks_the_schema_is_told_where(self, client: APIClient, yard: Yard) -> None:
        response = client.post("/api/v1/chargers/CP-A07/calls/Reset/", {"type": "Sideways"})

        assert (response.status_code, response.json()["type"]) == (400, "/api/v1/problems/schema/")
        assert "Sideways" in response.json()["detail"]

    def test_an_action_of_another_version_is_a_conflict(self, client: APIClient, yard: Yard) -> None:
        response = client.post("/api/v1/chargers/CP-A07/calls/GetVariables/", {})

        assert response.status_code == 409

    @pytest.mark.parametrize("body", [[], "x", 7, None])
    def test_a_payload_is_an_object(self, client: APIClient, yard: Yard, body: Any) -> None:
        assert client.post("/api/v1/chargers/CP-A07/calls/Reset/", body).status_code == 400

    def test_a_charger_that_is_away_is_a_conflict(self, client: APIClient) -> None:
        make_charger("AWAY", online=False)

        assert client.post("/api/v1/chargers/AWAY/calls/Reset/", {"type": "Soft"}).status_code == 409

    def test_a_dispatcher_sends_none(self, yard: Yard) -> None:
        dispatcher = actors.program(Scope.OPERATE)

        assert dispatcher.post("/api/v1/chargers/CP-A07/calls/Reset/", {"type": "Soft"}).status_code == 403


class TestCommands:
    def test_a_command_says_what_came_of_it(self, client: APIClient, yard: Yard) -> None:
        told = client.post("/api/v1/chargers/CP-A07/reset/", {}).json()
        IssuedCommand.objects.update(state=CommandState.REJECTED, status="Rejected", response={"status": "Rejected"})

        later = client.get(f"/api/v1/commands/{told['id']}/").json()

        assert (later["state"], later["status"]) == ("rejected", "Rejected")
        assert later["response"] == {"status": "Rejected"}
        assert later["issued_by"].startswith("key ")

    def test_commands_are_chosen(self, client: APIClient, yard: Yard) -> None:
        client.post("/api/v1/chargers/CP-A07/reset/", {})
        unlock = client.post("/api/v1/chargers/CP-A07/unlock/", {"evse": 1}).json()

        rows = client.get("/api/v1/commands/?charger=cp-a07&kind=unlock&state=requested").json()["results"]

        assert [row["id"] for row in rows] == [unlock["id"]]

    def test_what_was_not_sent_is_taken_back(self, client: APIClient, yard: Yard) -> None:
        told = client.post("/api/v1/chargers/CP-A07/reset/", {}).json()

        assert client.post(f"/api/v1/commands/{told['id']}/cancel/").json()["state"] == "cancelled"

    def test_what_was_sent_is_not(self, client: APIClient, yard: Yard) -> None:
        told = client.post("/api/v1/chargers/CP-A07/reset/", {}).json()
        IssuedCommand.objects.update(state=CommandState.SENT)

        response = client.post(f"/api/v1/commands/{told['id']}/cancel/")

        assert (response.status_code, response.json()["type"]) == (409, "/api/v1/problems/too-late/")

    def test_whoever_may_not_see_cards_sees_none_in_a_command(self, client: APIClient, yard: Yard) -> None:
        client.post("/api/v1/sessions/start/", {"vehicle": "Van 7", "bay": yard.bay.pk})

        told = actors.program(Scope.READ).get("/api/v1/commands/")

        assert yard.token.value not in told.content.decode()
        assert told.json()["results"][0]["request"] is None


class TestWaiting:
    def test_a_word_that_is_no_wait_is_refused_before_anything_happens(self, client: APIClient, yard: Yard) -> None:
        response = client.post("/api/v1/chargers/CP-A07/reset/?wait=forever", {})

        assert response.status_code == 400
        assert not IssuedCommand.objects.exists()

    def test_it_ends_when_the_time_is_up(self, client: APIClient, yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
        naps: list[float] = []
        ticks = iter(range(100))
        monkeypatch.setattr(commands.time, "sleep", naps.append)
        monkeypatch.setattr(commands.time, "monotonic", lambda: 5.0 * next(ticks))

        response = client.post("/api/v1/chargers/CP-A07/reset/?wait=answered", {})

        assert response.status_code == 201
        assert response.json()["state"] == "requested"
        assert len(naps) == 5

    @pytest.mark.parametrize(
        ("wait", "state", "told"),
        [("sent", CommandState.SENT, "sent"), ("answered", CommandState.ACCEPTED, "accepted"),
         ("answered", CommandState.EXPIRED, "expired"), ("sent", CommandState.CANCELLED, "cancelled")],
    )  # fmt: skip
    def test_it_ends_when_it_came_about(
        self, client: APIClient, yard: Yard, monkeypatch: pytest.MonkeyPatch, wait: str, state: str, told: str
    ) -> None:
        monkeypatch.setattr(commands.time, "sleep", lambda _: IssuedCommand.objects.update(state=state))

        assert client.post(f"/api/v1/chargers/CP-A07/reset/?wait={wait}", {}).json()["state"] == told

    def test_sent_is_not_answered(self, client: APIClient, yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
        states = iter([CommandState.SENT, CommandState.ACCEPTED])
        monkeypatch.setattr(commands.time, "sleep", lambda _: IssuedCommand.objects.update(state=next(states)))

        assert client.post("/api/v1/chargers/CP-A07/reset/?wait=answered", {}).json()["state"] == "accepted"

    def test_an_answer_that_was_waited_for_is_told_again(
        self, client: APIClient, yard: Yard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(commands.time, "sleep", lambda _: IssuedCommand.objects.update(state="accepted"))

        def ask() -> Any:
            return client.post("/api/v1/chargers/CP-A07/reset/?wait=answered", {}, HTTP_IDEMPOTENCY_KEY="k")

        assert ask().content == ask().content
        assert IssuedCommand.objects.count() == 1

    def test_when_many_wait_the_next_one_is_answered_at_once(
        self, client: APIClient, yard: Yard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(commands, "waiters", threading.BoundedSemaphore(1))
        commands.waiters.acquire()

        assert client.post("/api/v1/chargers/CP-A07/reset/?wait=answered", {}).json()["state"] == "requested"

    def test_a_place_is_free_again_after_a_wait(
        self, client: APIClient, yard: Yard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(commands, "waiters", threading.BoundedSemaphore(1))
        monkeypatch.setattr(commands.time, "sleep", lambda _: IssuedCommand.objects.update(state="accepted"))

        for _ in range(2):
            assert client.post("/api/v1/chargers/CP-A07/reset/?wait=answered", {}).json()["state"] == "accepted"


@pytest.mark.storage
@pytest.mark.django_db(transaction=True)
def test_whoever_waits_sees_what_another_process_writes(yard: Yard) -> None:
    client = actors.program(Scope.ADMIN)

    def answer_it() -> None:
        deadline = time.monotonic() + 10
        while not IssuedCommand.objects.filter(state="requested").update(state="accepted"):
            assert time.monotonic() < deadline
        connection.close()

    charger = threading.Thread(target=answer_it)
    charger.start()
    told = client.post("/api/v1/chargers/CP-A07/reset/?wait=answered", {}).json()
    charger.join()

    assert told["state"] == "accepted"
