"""Errors of the API: every one a problem document, and none that says too little."""

import json
from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.test import RequestFactory
from rest_framework.test import APIClient

from depot.access import errors, parsing
from depot.access.models import Role, Scope
from depot.access.pages import NotAllowed, NotYours
from depot.access.problem import KINDS, TYPES_AT, field_errors
from tests.access import actors
from tests.factories import PASSWORD, make_bay, make_depot

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> APIClient:
    return actors.program(Scope.ADMIN)


def problem(response: Any) -> dict[str, Any]:
    """The document, which must be one."""
    body: dict[str, Any] = json.loads(response.content)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert body["status"] == response.status_code
    assert body["title"]
    return body


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
def test_an_unknown_address_is_a_problem_in_every_method(client: APIClient, method: str) -> None:
    assert problem(getattr(client, method)("/api/v1/nowhere/"))["status"] == 404


def test_an_unknown_address_is_a_problem_for_everybody() -> None:
    assert problem(APIClient().get("/api/"))["status"] == 404


def test_a_forgotten_slash_is_said(client: APIClient) -> None:
    assert "/api/v1/sessions/start/" in problem(client.post("/api/v1/sessions/start"))["detail"]


def test_a_missing_row_is_a_problem(client: APIClient) -> None:
    assert problem(client.get("/api/v1/vehicles/9999/"))["title"] == "Not Found"


def test_an_id_that_no_database_holds_is_a_missing_row(client: APIClient) -> None:
    assert problem(client.get(f"/api/v1/vehicles/{10**30}/"))["status"] == 404


def test_another_method_is_a_problem(client: APIClient) -> None:
    assert problem(client.put("/api/v1/vehicles/", {}))["status"] == 405


def test_what_is_wrong_is_pointed_at(client: APIClient) -> None:
    body = {"name": "t", "currency": "EUR", "price_per_kwh": "0.3", "periods": [{"price_per_kwh": "x"}]}

    said = problem(client.post("/api/v1/tariffs/", body))

    assert said["type"] == "/api/v1/problems/invalid/"
    assert [error["pointer"] for error in said["errors"]] == ["#/periods/0/price_per_kwh"]


def test_several_things_are_wrong_at_once(client: APIClient) -> None:
    said = problem(client.post("/api/v1/vehicles/", {"battery_kwh": "much"}))

    assert {error["pointer"] for error in said["errors"]} == {"#/unit_number", "#/battery_kwh"}


@pytest.mark.parametrize(
    ("detail", "pointers"),
    [
        (["all of it"], ["#"]),
        ({"non_field_errors": ["all of it"]}, ["#"]),
        ({"a": ["x", "y"]}, ["#/a", "#/a"]),
        ({"a": {"b": ["x"]}}, ["#/a/b"]),
        ({"a": [{}, {"b": ["x"]}]}, ["#/a/1/b"]),
        ({"a/b~c": ["x"]}, ["#/a~1b~0c"]),
        ({"a": {"non_field_errors": ["x"]}}, ["#/a"]),
    ],
)
def test_errors_of_any_shape_are_pointed_at(detail: Any, pointers: list[str]) -> None:
    assert [error["pointer"] for error in field_errors(detail)] == pointers


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"unit_number": NaN}',
        b'{"unit_number": "\\u0000"}',
        b'{"unit_number": "\\ud800"}',
        b'{"\\ud800": 1}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'["van"]',
        b"null",
        b"7",
    ],
    ids=["half", "NaN", "NUL", "surrogate", "surrogate name", "no UTF-8", "deep", "list", "null", "number"],
)
def test_a_body_that_cannot_be_read_is_the_senders_fault(client: APIClient, body: bytes) -> None:
    said = problem(client.generic("POST", "/api/v1/vehicles/", body, content_type="application/json"))

    assert said["status"] == 400


def test_a_body_of_another_kind_is_not_taken(client: APIClient) -> None:
    said = problem(client.generic("POST", "/api/v1/vehicles/", b"a=b", content_type="text/plain"))

    assert said["status"] == 415


def test_a_body_has_its_bounds(client: APIClient) -> None:
    body = b'{"unit_number": "' + b"x" * parsing.MAX_BYTES + b'"}'

    assert problem(client.generic("POST", "/api/v1/vehicles/", body, content_type="application/json"))["status"] == 413


def test_an_unknown_parameter_is_refused_and_the_known_are_named(client: APIClient) -> None:
    said = problem(client.get("/api/v1/sessions/?vehcile=Van+7"))

    assert said["errors"][0]["parameter"] == "vehcile"
    assert "vehicle" in said["detail"]


@pytest.mark.parametrize(
    "query",
    ["open=perhaps", "evse=seven", "started_from=yesterday", "started_from=2026-01-01T00:00:00", "charger=%00",
     "started_from=9999-12-31T23:59:59-10:00",
     "limit=0", "limit=9999", "limit=x", "cursor=x", "ordering=colour", "evse=99999999999999999999999"],
)  # fmt: skip
def test_a_parameter_that_cannot_be_read_is_named(client: APIClient, query: str) -> None:
    said = problem(client.get(f"/api/v1/sessions/?{query}"))

    assert said["errors"][0]["parameter"] == query.partition("=")[0]


def test_whoever_may_not_is_told_so() -> None:
    said = problem(actors.program(Scope.READ).post("/api/v1/vehicles/", {}))

    assert said["status"] == 403


def test_a_post_of_a_browser_takes_its_csrf_token() -> None:
    actors.person(Role.ADMIN, name="anna")
    browser = APIClient(enforce_csrf_checks=True)
    browser.login(username="anna", password=PASSWORD)

    said = problem(browser.post("/api/v1/vehicles/", {"unit_number": "Van 1"}))

    assert said["status"] == 403
    assert "CSRF" in said["detail"]


def test_a_post_with_a_key_takes_none() -> None:
    _, secret = actors.key(Scope.ADMIN)
    program = actors.program_with(secret, enforce_csrf_checks=True)

    assert program.post("/api/v1/vehicles/", {"unit_number": "Van 1"}).status_code == 201


def test_what_others_refer_to_is_kept_and_named(client: APIClient) -> None:
    depot = make_depot()
    make_bay(depot)

    said = problem(client.delete(f"/api/v1/depots/{depot.pk}/"))

    assert (said["status"], said["type"]) == (409, "/api/v1/problems/in-use/")


@pytest.mark.parametrize("slug", KINDS)
def test_every_kind_of_problem_is_explained_at_its_own_address(client: APIClient, slug: str) -> None:
    said = client.get(f"{TYPES_AT}{slug}/").json()

    assert said["title"] == KINDS[slug].title
    assert said["remedy"]


def test_there_is_no_kind_that_was_not_named(client: APIClient) -> None:
    assert problem(client.get(f"{TYPES_AT}unheard-of/"))["status"] == 404


def asked(path: str, user: Any = None) -> HttpRequest:
    from django.contrib.auth.models import AnonymousUser
    from django.contrib.sessions.backends.db import SessionStore

    request = RequestFactory().get(path)
    request.user = user or AnonymousUser()
    request.session = SessionStore()
    return request


class TestBelowTheViews:
    """What Django answers where no view was reached."""

    @pytest.mark.parametrize(
        ("handler", "status"), [(errors.bad_request, 400), (errors.refused, 403), (errors.not_found, 404)]
    )
    def test_programs_get_a_problem(self, handler: Any, status: int) -> None:
        assert problem(handler(asked("/api/v1/x/"), SuspiciousOperation("no")))["status"] == status

    def test_programs_get_a_problem_for_a_fault_of_ours(self) -> None:
        assert problem(errors.server_error(asked("/api/v1/x/")))["status"] == 500

    def test_people_get_a_page_for_a_fault_of_ours_without_the_database(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            response = errors.server_error(asked("/board/"))

        assert "It was logged" in response.content.decode()

    def test_people_get_a_page_where_nothing_is(self) -> None:
        client = actors.browser_of(actors.person())

        response = client.get("/nowhere/")

        assert response.status_code == 404
        assert "Not here" in response.content.decode()

    def test_people_are_told_which_role_may_and_whom_to_ask(self) -> None:
        actors.person(Role.ADMIN, name="chief", first_name="Jana", last_name="Okafor")
        viewer = actors.person(Role.VIEWER)

        page = errors.refused(asked("/board/", viewer), NotAllowed("chargers.call_raw")).content.decode()

        assert "Engineer, Administrator" in page
        assert "Jana Okafor" in page

    def test_people_are_told_when_all_depots_share_it(self) -> None:
        page = errors.refused(asked("/board/", actors.person()), NotYours("x")).content.decode()

        assert "All depots share it" in page

    def test_strangers_are_not_told_who_works_here(self) -> None:
        actors.person(Role.ADMIN, first_name="Jana", last_name="Okafor")

        page = errors.refused(asked("/board/"), NotAllowed("chargers.call_raw")).content.decode()

        assert "Okafor" not in page

    def test_a_page_that_was_open_for_too_long_says_so(self) -> None:
        browser = APIClient(enforce_csrf_checks=True)

        response = browser.post("/sign-in/", {"username": "a", "password": "b"}, format="multipart")

        assert response.status_code == 403
        assert "open for too long" in response.content.decode()
