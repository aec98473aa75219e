"""The API while the database is away: it says so, and when to come again."""

import pytest
from django.db import InterfaceError, OperationalError
from rest_framework.test import APIClient

from depot.access.models import Scope
from depot.api.chargers import ChargerViews
from tests.access import actors

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("error", [OperationalError("connection refused"), InterfaceError("connection already closed")])
def test_it_answers_503_and_when_to_try_again(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    client: APIClient = actors.program(Scope.READ)

    def lost(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(ChargerViews, "filter_queryset", lost)

    answer = client.get("/api/v1/chargers/")

    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Retry-After"] == "10"
    assert answer.json()["title"] == "Service Unavailable"
