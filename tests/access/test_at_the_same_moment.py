"""What must hold when several ask at the same moment, on each database that we run on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from depot.access import services, signin
from depot.access.models import Role, Scope, User
from sessions.models import Vehicle
from tests.access import actors

pytestmark = [pytest.mark.storage, pytest.mark.django_db(transaction=True)]


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each came to, or the exception it ended with; all begin when the last one is ready."""
    ready = Barrier(len(acts))

    def act(do: Callable[[], Any]) -> Any:
        ready.wait(10)
        try:
            return do()
        except Exception as error:  # noqa: BLE001  handed on to the test
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(act, acts))


def test_one_key_sent_six_times_does_it_once() -> None:
    _, secret = actors.key(Scope.ADMIN)

    def add() -> tuple[int, bytes]:
        client = actors.program_with(secret)
        response = client.post("/api/v1/vehicles/", {"unit_number": "Van 7"}, HTTP_IDEMPOTENCY_KEY="k-1")
        return response.status_code, response.content

    answers = at_once(*[add] * 6)

    assert Vehicle.objects.count() == 1
    done = {content for status, content in answers if status == 201}
    assert len(done) == 1
    assert {status for status, _ in answers} <= {201, 409}


def test_two_who_choose_the_same_name_get_it_once() -> None:
    _, secret = actors.key(Scope.ADMIN)

    def add() -> int:
        return actors.program_with(secret).post("/api/v1/vehicles/", {"unit_number": "Van 7"}).status_code

    statuses = at_once(*[add] * 4)

    assert sorted(set(statuses) - {400}) in ([201], [201, 409])
    assert statuses.count(201) == 1


def test_two_administrators_who_remove_each_other_leave_one() -> None:
    first, second = actors.person(Role.ADMIN), actors.person(Role.ADMIN)

    outcomes = at_once(lambda: services.deactivate(first), lambda: services.deactivate(second))

    assert [type(outcome) for outcome in outcomes].count(services.LastAdmin) == 1
    assert User.objects.filter(role=Role.ADMIN, is_active=True).count() == 1


def test_guesses_at_the_same_moment_are_counted_too() -> None:
    def guess() -> str:
        signin.begin_try("anna", address="a", now=datetime(2026, 3, 5, tzinfo=UTC))
        return "let through"

    outcomes = at_once(*[guess] * 12)

    assert outcomes.count("let through") <= signin.TRIES_PER_PERSON


def test_the_depot_itself_is_made_once() -> None:
    outcomes = at_once(*[services.the_depot] * 4)

    assert len({user.pk for user in outcomes}) == 1
