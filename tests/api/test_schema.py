"""The OpenAPI schema: valid, complete, and true of what is answered, whatever is asked."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker
from schemathesis import Case
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from depot.access.models import Role, Scope
from depot.api import commands
from tests.access import actors
from tests.access.routes import ROWS
from tests.access.routes.row import Row
from tests.access.sample import Sample, make_sample

pytestmark = pytest.mark.django_db

DESCRIBED: dict[str, Any] = SchemaGenerator().get_schema(public=True)
# What the API says of itself is not described.
UNDESCRIBED = {"api/v1/schema/", "api/v1/docs/"}
TO_DESCRIBE = [row for row in ROWS if row.route.startswith("api/") and row.route not in UNDESCRIBED]

schema = schemathesis.openapi.from_dict(DESCRIBED)
schema.app = get_wsgi_application()


def test_it_validates_without_a_warning() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


@pytest.mark.parametrize("row", TO_DESCRIBE, ids=str)
def test_it_describes_every_route(row: Row) -> None:
    path = row.route.replace("<int:", "{").replace("<str:", "{").replace("<slug:", "{").replace(">", "}")
    # A row's key is called its id there.
    paths = {f"/{path}", f"/{path}".replace("{pk}", "{id}")}

    described = [DESCRIBED["paths"][path] for path in paths if path in DESCRIBED["paths"]]

    assert [row.method.lower() in operations for operations in described] == [True]


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in DESCRIBED["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_post_takes_an_idempotency_key() -> None:
    without = [
        path
        for path, method, operation in operations()
        if method == "post" and "Idempotency-Key" not in {one["name"] for one in operation.get("parameters", [])}
    ]

    assert without == []


def test_every_operation_says_what_a_problem_looks_like() -> None:
    without = [path for path, _, operation in operations() if "default" not in operation["responses"]]

    assert without == []


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]

    assert len(names) == len(set(names))


def test_what_is_asked_of_a_charger_may_be_waited_for() -> None:
    waits = {
        path
        for path, _, operation in operations()
        if "wait" in {parameter["name"] for parameter in operation.get("parameters", [])}
    }

    assert "/api/v1/chargers/{identity}/calls/{action}/" in waits
    assert "/api/v1/sessions/start/" in waits


class TestDocs:
    def test_they_come_from_this_server_alone(self) -> None:
        browser = actors.browser_of(actors.person(Role.VIEWER))

        page = browser.get("/api/v1/docs/")
        script = browser.get("/api/v1/docs/?script=")

        shown = page.content.decode() + script.content.decode()
        assert "http://" not in shown.replace("http://www.w3.org", "")
        assert "https://" not in shown
        assert "/static/drf_spectacular_sidecar/" in shown
        assert "/api/v1/schema/" in shown
        assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")

    def test_strangers_are_sent_to_sign_in(self) -> None:
        assert actors.browser_of(None).get("/api/v1/docs/").headers["Location"].startswith("/sign-in/")

    def test_the_schema_is_for_programs_too(self) -> None:
        response = actors.program(Scope.READ).get("/api/v1/schema/?format=json")

        assert response.json()["openapi"].startswith("3.")


def put_what_exists(case: Case, sample: Sample) -> None:
    """Names that somebody makes up name nothing; with these the views go further than to a 404."""
    words = case.path.split("/")
    for name in case.path_parameters or {}:
        word = words[words.index(f"{{{name}}}") - 1]
        case.path_parameters[name] = sample.value_for(name if name != "id" else "pk", word)
    if isinstance(case.body, dict):
        for name, word in (("depot", "depots"), ("bay", "bays"), ("evse", "evses"), ("tariff", "tariffs")):
            if name in case.body and not (name == "evse" and "/chargers/" in case.path):
                case.body[name] = sample.by_word[word]
        if "vehicle" in case.body:
            case.body["vehicle"] = sample.by_name["unit_number"]


@pytest.mark.storage  # what one database takes, the other may refuse
@schema.given(exists=st.booleans())
@schema.parametrize()
@settings(
    max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
def test_whatever_is_asked_is_answered_as_described(
    case: Case, exists: bool, program_secret: str, sample: Sample
) -> None:
    if exists:
        put_what_exists(case, sample)
    with transaction.atomic():
        case.call_and_validate(
            headers={"Authorization": f"Bearer {program_secret}"},
            checks=[
                not_a_server_error,
                status_code_conformance,
                content_type_conformance,
                response_schema_conformance,
            ],
        )
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def made_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Sample]:
    """Each test's own transaction is a savepoint in this one."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_sample()
        transaction.set_rollback(True)


@pytest.fixture
def sample(made_once: Sample, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sample]:
    monkeypatch.setattr(commands, "WAIT_AT_MOST_S", 0.0)
    # Around a real request Django drops a connection that is within a transaction; here that is the test's.
    around = (request_started, request_finished)
    for signal in around:
        signal.disconnect(close_old_connections)
    yield made_once
    for signal in around:
        signal.connect(close_old_connections)


@pytest.fixture
def program_secret() -> str:
    return actors.key(Scope.ADMIN)[1]
