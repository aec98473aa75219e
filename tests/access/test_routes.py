"""The table of routes against the application: every route, every method, every role and key."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import SimpleCookie

import pytest
from django.db import transaction
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from depot.access.models import Role, Scope
from tests.access import actors
from tests.access.routes import NO_ROUTE, ROWS
from tests.access.routes.row import Nobody, Row
from tests.access.sample import MARK, Sample, make_sample

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
REFUSED, ALLOWED, SENT_TO_SIGN_IN = "refused", "allowed", "sent to sign in"


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield here
        else:
            yield from routes(pattern, here)


@pytest.fixture(scope="module")
def sample(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Sample]:
    """Made once: each test's own transaction is a savepoint in this one."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_sample()
        transaction.set_rollback(True)


@dataclass(frozen=True, slots=True)
class Askers:
    """One of each kind, made once."""

    people: dict[Role, SimpleCookie]  # what their browsers hold
    elsewhere: SimpleCookie  # of an administrator of another depot
    keys: dict[Scope, str]


@pytest.fixture(scope="module")
def askers(sample: Sample, django_db_blocker: DjangoDbBlocker) -> Askers:
    with django_db_blocker.unblock():
        return Askers(
            people={role: actors.browser_of(actors.person(role)).cookies for role in Role},
            elsewhere=actors.browser_of(actors.person(Role.ADMIN, depots=[sample.elsewhere])).cookies,
            keys={scope: actors.key(scope)[1] for scope in Scope},
        )


def browser_with(cookies: SimpleCookie) -> APIClient:
    """A new one, for who signs out in it is out."""
    client = APIClient()
    client.cookies = SimpleCookie({name: morsel.value for name, morsel in cookies.items()})
    return client


def path_of(route: str, sample: Sample) -> str:
    path = ""
    end = 0
    for parameter in PARAMETER.finditer(route):
        path += route[end : parameter.start()]
        word = path.rstrip("/").rpartition("/")[2]
        path += str(sample.value_for(parameter[1], word))
        end = parameter.end()
    return f"/{path}{route[end:]}"


def ask(client: APIClient, method: str, path: str) -> HttpResponseBase:
    """What is answered; what it did is undone, so that the next one finds the same depot."""
    with transaction.atomic():
        response = client.generic(method, path, b"{}" if "/api/" in path else b"", _content_type(path))
        transaction.set_rollback(True)
    return response


def _content_type(path: str) -> str:
    return "application/json" if "/api/" in path else "application/x-www-form-urlencoded"


def outcome(response: HttpResponseBase) -> str:
    """In one word; a page or a view that is broken has another one, which no row expects."""
    status = response.status_code
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return REFUSED
    if status == HTTPStatus.FOUND and response.headers["Location"].startswith("/sign-in/?next="):
        return SENT_TO_SIGN_IN
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED) or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"answered {status}"
    return ALLOWED


def is_for_programs(row: Row) -> bool:
    return bool(row.scopes) or row.nobody == Nobody.REFUSED


@pytest.mark.parametrize("route", sorted(set(routes()) - NO_ROUTE))
def test_every_method_of_a_route_has_a_row(route: str, sample: Sample, askers: Askers) -> None:
    client = browser_with(askers.people[Role.ADMIN])
    path = path_of(route, sample)

    answered = {method for method in METHODS if ask(client, method, path).status_code != HTTPStatus.METHOD_NOT_ALLOWED}

    assert answered == {row.method for row in ROWS if row.route == route}


def test_every_row_stands_for_a_route() -> None:
    assert {row.route for row in ROWS} <= set(routes())


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_people_may_what_their_role_says(row: Row, sample: Sample, askers: Askers) -> None:
    path = path_of(row.route, sample)

    seen = {role: outcome(ask(browser_with(askers.people[role]), row.method, path)) for role in Role}

    assert seen == {role: ALLOWED if role in row.roles else REFUSED for role in Role}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_keys_may_what_their_scope_says(row: Row, sample: Sample, askers: Askers) -> None:
    path = path_of(row.route, sample)

    seen = {scope: outcome(ask(actors.program_with(askers.keys[scope]), row.method, path)) for scope in Scope}

    without = REFUSED if is_for_programs(row) else SENT_TO_SIGN_IN
    assert seen == {scope: ALLOWED if scope in row.scopes else without for scope in Scope}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_whoever_is_not_known_is_kept_out(row: Row, sample: Sample) -> None:
    response = ask(actors.browser_of(None), row.method, path_of(row.route, sample))

    expected = {
        Nobody.REFUSED: REFUSED,
        Nobody.SENT_TO_SIGN_IN: SENT_TO_SIGN_IN,
        Nobody.LET_IN: ALLOWED,
    }
    assert outcome(response) == expected[row.nobody]


@pytest.mark.parametrize("row", [row for row in ROWS if PARAMETER.search(row.route)], ids=str)
def test_what_belongs_to_another_depot_is_not_found(row: Row, sample: Sample, askers: Askers) -> None:
    client = browser_with(askers.elsewhere)

    response = ask(client, row.method, path_of(row.route, sample))

    if row.shows_all_depots:
        assert outcome(response) == ALLOWED
    else:
        assert response.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.method == "GET" and not PARAMETER.search(row.route)], ids=str
)
def test_no_list_shows_another_depot(row: Row, sample: Sample, askers: Askers) -> None:
    client = browser_with(askers.elsewhere)

    response = ask(client, row.method, path_of(row.route, sample))

    shown = b"".join(response.streaming_content) if response.streaming else response.content
    assert MARK.encode() not in shown
