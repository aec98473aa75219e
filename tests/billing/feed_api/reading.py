"""Books with rows, and who reads them over the feed."""

import csv
import io
from typing import Any

from rest_framework.test import APIClient

from billing.models import Transaction
from billing.services import correct_session, settle_session
from depot.access.models import User
from sessions.models import Session
from tests.billing.yard import NOW, PEAK, ended_session, readings, tariff, van

FEED = "/api/v1/transactions/"


def client_of(user: User) -> APIClient:
    client = APIClient(raise_request_exception=True)
    client.force_authenticate(user)
    return client


def book(count: int = 1, **facts: Any) -> list[Transaction]:
    return [settle_session(ended_session(**facts), now=NOW) for _ in range(count)]


def rich_rows() -> None:
    """A row of every kind, with everything known and with nothing known."""
    session = ended_session(vehicle=van(), tariff_key=tariff(periods=[PEAK], tax_percent="19").pk, soc_percent=80.0)
    readings(session, (10, 52_000), (30, 60_000))
    settle_session(session, now=NOW)
    Session.objects.filter(pk=session.pk).update(driver="Ada")
    correct_session(session, reason="It was Ada", author="mara", now=NOW)
    book(evse=None, depot_key=None, energy_wh=None, meter_start_wh=None, meter_stop_wh=None, token_value="")


def seqs(answer: Any) -> list[int]:
    return [row["seq"] for row in answer.json()["results"]]


def table(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
