"""Bays to look at, and the board that shows them."""

from django.test import Client

from chargers.choices import ConnectorStatus
from depot.models import Depot
from tests.board.pages import Page
from tests.factories import (
    make_bay,
    make_session,
    make_vehicle,
    set_status,
)


def board(browser: Client, query: str = "") -> Page:
    response = browser.get(f"/{query}")
    assert response.status_code == 200
    return Page(response.content.decode())


def charging_bay(depot: Depot, name: str = "A05", unit_number: str = "Van 105") -> str:
    bay = make_bay(depot, name)
    make_session(bay, make_vehicle(unit_number), soc_percent=36.0)
    set_status(bay, ConnectorStatus.CHARGING)
    return f"bay-{bay.pk}"
