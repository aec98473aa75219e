"""Pages of lists: each row once, whatever happens in between."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from rest_framework.test import APIClient

from depot.access.models import Scope
from tests.access import actors
from tests.factories import THURSDAY, make_bay, make_depot, make_session, make_vehicle

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> APIClient:
    return actors.program(Scope.ADMIN)


def page(client: APIClient, address: str) -> dict[str, Any]:
    response = client.get(address)
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def walk(client: APIClient, address: str | None) -> list[dict[str, Any]]:
    rows = []
    while address:
        body = page(client, address)
        rows += body["results"]
        address = body["next"]
    return rows


def test_every_row_comes_once_and_in_order(client: APIClient) -> None:
    for number in range(7):
        make_vehicle(f"Van {number}")

    rows = walk(client, "/api/v1/vehicles/?limit=3")

    assert [row["unit_number"] for row in rows] == [f"Van {number}" for number in range(7)]


def test_the_last_page_has_no_next_one(client: APIClient) -> None:
    make_vehicle()
    make_vehicle()

    assert page(client, "/api/v1/vehicles/?limit=2")["next"] is None


def test_next_is_an_address_that_keeps_what_was_asked(client: APIClient) -> None:
    depot = make_depot()
    for _ in range(3):
        make_vehicle(depot_key=depot.pk)
    make_vehicle()

    following = page(client, f"/api/v1/vehicles/?depot={depot.pk}&limit=2")["next"]

    assert urlsplit(following).netloc == "testserver"
    assert len(page(client, following)["results"]) == 1


def test_a_row_that_is_added_in_between_shifts_nothing(client: APIClient) -> None:
    for name in "BDF":
        make_vehicle(name)
    first = page(client, "/api/v1/vehicles/?limit=2")

    make_vehicle("A")
    make_vehicle("E")

    assert [row["unit_number"] for row in walk(client, first["next"])] == ["E", "F"]


def test_a_row_that_goes_in_between_shifts_nothing(client: APIClient) -> None:
    vehicles = {name: make_vehicle(name) for name in "ABCD"}
    first = page(client, "/api/v1/vehicles/?limit=2")

    vehicles["B"].delete()

    assert [row["unit_number"] for row in walk(client, first["next"])] == ["C", "D"]


def test_rows_that_are_equal_are_told_apart_by_their_key(client: APIClient) -> None:
    bay = make_bay(make_depot())
    sessions = [
        make_session(bay, started_at=THURSDAY - timedelta(days=1), ended_at=THURSDAY, start_key=str(number))
        for number in range(5)
    ]

    rows = walk(client, "/api/v1/sessions/?limit=2")

    assert [row["id"] for row in rows] == sorted((session.pk for session in sessions), reverse=True)


def test_a_cursor_is_exact_to_the_microsecond(client: APIClient) -> None:
    bay = make_bay(make_depot())
    for number in range(4):
        make_session(bay, started_at=THURSDAY - timedelta(microseconds=number + 1), ended_at=THURSDAY)

    assert len(walk(client, "/api/v1/sessions/?limit=1")) == 4


@pytest.mark.parametrize(("word", "order"), [("ended_at", "ABCD"), ("-ended_at", "BACD")])
def test_what_is_not_known_comes_last_either_way(client: APIClient, word: str, order: str) -> None:
    depot = make_depot()
    for name, ended_at in (("A", THURSDAY), ("B", THURSDAY + timedelta(hours=1)), ("C", None), ("D", None)):
        make_session(make_bay(depot, name), ended_at=ended_at)

    rows = walk(client, f"/api/v1/sessions/?limit=1&ordering={word}")

    names = "".join(row["bay"] for row in rows)
    assert names[:2] == order[:2]
    assert set(names[2:]) == set(order[2:])


def test_several_words_sort_one_after_the_other(client: APIClient) -> None:
    depot = make_depot()
    for name, zone in (("A", "south"), ("B", "north"), ("C", "south")):
        make_bay(depot, name, zone=zone)

    rows = walk(client, "/api/v1/bays/?limit=1&ordering=zone,-name")

    assert [row["name"] for row in rows] == ["B", "C", "A"]


@pytest.mark.parametrize(
    "cursor",
    ["x", "", "e30", "bnVsbA", "eyJvIjoidW5pdF9udW1iZXIsaWQiLCJ2IjpbMSwyLDNdfQ",
     "eyJvIjoidW5pdF9udW1iZXIsaWQiLCJ2IjpbbnVsbCxudWxsXX0", "eyJvIjoidW5pdF9udW1iZXIsaWQiLCJ2IjpbImEiLDFlOTldfQ",
     "\u00e9"],
)  # fmt: skip
def test_a_cursor_that_was_made_up_is_refused_or_begins_anew(client: APIClient, cursor: str) -> None:
    response = client.get("/api/v1/vehicles/", {"cursor": cursor})

    assert response.status_code == (400 if cursor else 200)


def test_a_cursor_of_another_order_is_refused(client: APIClient) -> None:
    for _ in range(2):
        make_vehicle()
    following = page(client, "/api/v1/vehicles/?limit=1&ordering=created_at")["next"]

    response = client.get(following.replace("ordering=created_at", "ordering=-created_at"))

    assert response.status_code == 400
    assert "sorted differently" in response.json()["detail"]
