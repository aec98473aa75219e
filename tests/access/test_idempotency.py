"""Idempotency-Key: sent again, a request causes nothing a second time, whenever its answer got lost."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from depot.access import idempotency
from depot.access.models import IdempotencyKey, Scope
from depot.access.retention import prune
from depot.models import Depot
from sessions.models import Vehicle
from tests.access import actors

pytestmark = pytest.mark.django_db

VAN = {"unit_number": "Van 7"}


@pytest.fixture
def client() -> APIClient:
    return actors.program(Scope.ADMIN)


def add(client: APIClient, body: dict[str, Any] = VAN, *, key: str = "k-1", to: str = "vehicles") -> Any:
    return client.post(f"/api/v1/{to}/", body, HTTP_IDEMPOTENCY_KEY=key)


def test_the_same_request_gets_the_same_answer_and_does_it_once(client: APIClient) -> None:
    first = add(client)
    again = add(client)

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert Vehicle.objects.count() == 1


def test_the_order_of_members_makes_no_other_request(client: APIClient) -> None:
    first = add(client, {"unit_number": "Van 7", "vin": "W1"})

    assert add(client, {"vin": "W1", "unit_number": "Van 7"}).content == first.content


def test_another_body_is_refused(client: APIClient) -> None:
    add(client)

    response = add(client, {"unit_number": "Van 8"})

    assert response.status_code == 422
    assert response.json()["type"] == "/api/v1/problems/key-reused/"
    assert Vehicle.objects.count() == 1


def test_another_address_is_refused(client: APIClient) -> None:
    add(client, {"name": "x"}, to="depots")

    assert add(client, {"name": "x"}, to="tariffs").status_code == 422


def test_other_parameters_are_refused(client: APIClient) -> None:
    add(client)

    assert client.post("/api/v1/vehicles/?wait=sent", VAN, HTTP_IDEMPOTENCY_KEY="k-1").status_code == 422


def test_a_key_is_its_users_own(client: APIClient) -> None:
    add(client)

    other = add(actors.program(Scope.ADMIN), {"unit_number": "Van 8"})

    assert other.status_code == 201


def test_another_key_does_it_again(client: APIClient) -> None:
    add(client, {"name": "A"}, to="depots", key="a")
    add(client, {"name": "B"}, to="depots", key="b")

    assert Depot.objects.count() == 2


def test_a_refusal_frees_its_key(client: APIClient) -> None:
    refused = add(client, {"unit_number": ""})

    added = add(client, VAN)

    assert (refused.status_code, added.status_code) == (400, 201)


def test_a_fault_of_ours_does_nothing_and_frees_its_key(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("depot.api.base.note", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            add(client)
    assert not Vehicle.objects.exists()

    assert add(client).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "caf\u00e9", "a\tb"], ids=["empty", "long", "not ASCII", "tab"])
def test_a_key_that_is_none_is_refused(client: APIClient, key: str) -> None:
    response = add(client, key=key)

    assert response.status_code == 400
    assert response.json()["errors"][0]["header"] == "Idempotency-Key"


def left_by_a_try(client: APIClient, **fields: Any) -> IdempotencyKey:
    """What an answered request left behind, as it would be had its process died before."""
    add(client)
    row = IdempotencyKey.objects.get()
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


def test_while_the_first_is_under_way_the_second_waits(client: APIClient) -> None:
    left_by_a_try(client, status=None, finished_at=None, created_at=datetime.now(UTC))

    response = add(client)

    assert response.status_code == 409
    assert response.json()["type"] == "/api/v1/problems/in-flight/"
    assert response.headers["Retry-After"] == "1"


def test_what_died_before_it_was_committed_is_done_now(client: APIClient) -> None:
    long_ago = datetime.now(UTC) - idempotency.LEASE - timedelta(seconds=1)
    left_by_a_try(client, status=None, finished_at=None, created_at=long_ago)
    Vehicle.objects.all().delete()

    assert add(client).status_code == 201
    assert Vehicle.objects.count() == 1


def test_what_died_after_it_was_committed_is_not_done_again(client: APIClient) -> None:
    long_ago = datetime.now(UTC) - idempotency.LEASE - timedelta(seconds=1)
    left_by_a_try(client, finished_at=None, created_at=long_ago)

    assert add(client).headers["Idempotency-Replayed"] == "true"
    assert Vehicle.objects.count() == 1


def test_a_try_that_lost_its_key_commits_nothing(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def somebody_takes_over(*_: object) -> None:
        IdempotencyKey.objects.update(attempt="another")

    monkeypatch.setattr("depot.api.base.note", somebody_takes_over)

    response = add(client)

    assert response.status_code == 409
    assert not Vehicle.objects.exists()


def test_secrets_are_told_once_and_not_kept(client: APIClient) -> None:
    first = add(client, {"identity": "CP-1"}, to="chargers").json()
    again = add(client, {"identity": "CP-1"}, to="chargers").json()

    assert first["password"]
    assert again == first | {"password": None}
    assert first["password"] not in json.dumps(list(IdempotencyKey.objects.values()), default=str)


def test_a_key_is_forgotten_after_a_day(client: APIClient) -> None:
    left_by_a_try(client, created_at=datetime.now(UTC) - idempotency.KEPT_FOR - timedelta(minutes=1))

    response = add(client, {"unit_number": "Van 8"})

    assert response.status_code == 201


def test_keys_over_their_time_are_pruned(client: APIClient) -> None:
    left_by_a_try(client, created_at=datetime.now(UTC) - idempotency.KEPT_FOR - timedelta(minutes=1))

    prune(now=datetime.now(UTC))

    assert not IdempotencyKey.objects.exists()
