"""The demo's panel; the yard itself is a stand-in that notes what it is told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from depot.access.models import AuditEntry, User
from depot.board import frame
from depot.demo import services, views
from depot.models import Depot
from tests.board.pages import Page
from tests.factories import make_bay, make_charger, make_evse

SignIn = Callable[[User], Client]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    noted: list[Any] = []
    monkeypatch.setattr(services, "is_running", lambda: True)
    monkeypatch.setattr(frame, "demo_runs", lambda: True)
    monkeypatch.setattr(services, "set_rate", noted.append)
    monkeypatch.setattr(services, "cause_fault", lambda charger, fault, **words: noted.append((charger, fault, words)))
    return noted


@pytest.fixture
def yard(depot: Depot) -> Depot:
    make_bay(depot, evse=make_evse(make_charger("CP-1")))
    return depot


def test_the_panel_stands_on_every_page_while_a_demo_runs(browser: Client, yard: Depot, told: list[Any]) -> None:
    page = Page(browser.get("/sessions/").content.decode())

    assert [button.text for button in page.all("button", name="rate")] == ["Pause", "×1", "×30", "×300"]


def test_without_a_demo_there_is_no_panel(browser: Client, yard: Depot) -> None:
    assert Page(browser.get("/").content.decode()).all("button", name="rate") == []


def test_who_may_not_run_it_sees_no_panel(signed_in: SignIn, viewer: User, yard: Depot, told: list[Any]) -> None:
    assert Page(signed_in(viewer).get("/").content.decode()).all("button", name="rate") == []


def test_the_clock_is_set_and_one_is_back_where_one_was(browser: Client, yard: Depot, told: list[Any]) -> None:
    response = browser.post("/demo/clock/", {"rate": "300", "back": "/sessions/"})

    assert told == [300.0]
    assert response.headers["Location"] == "/sessions/"


@pytest.mark.parametrize("rate", ["", "7", "x", "-1"])
def test_only_the_rates_of_the_panel_are_set(browser: Client, yard: Depot, told: list[Any], rate: str) -> None:
    browser.post("/demo/clock/", {"rate": rate})

    assert told == []


def test_a_fault_is_caused_in_the_yards_own_words(browser: Client, yard: Depot, told: list[Any]) -> None:
    browser.post("/demo/", {"charger": "CP-1", "fault": "power_loss_forgets"})

    assert told == [("CP-1", "power_loss", {"seconds": 20, "memory": False})]
    assert AuditEntry.objects.get().act == "cause demo fault"


def test_all_is_well_again_switches_everything_off(browser: Client, yard: Depot, told: list[Any]) -> None:
    browser.post("/demo/", {"charger": "CP-1", "fault": views.ALL_WELL})

    assert told == [*(("CP-1", name, {"value": False}) for name in views.STANDING), ("CP-1", "recovered", {})]


def test_a_charger_that_is_not_there_is_left_alone(browser: Client, yard: Depot, told: list[Any]) -> None:
    response = browser.post("/demo/", {"charger": "CP-9", "fault": "faulted"})

    assert told == []
    assert "no such charger" in str(next(iter(get_messages(response.wsgi_request))))


def test_a_yard_that_does_not_answer_is_said(
    browser: Client, yard: Depot, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any, **words: Any) -> None:
        raise services.DemoNotRunning

    monkeypatch.setattr(services, "cause_fault", refuse)

    response = browser.post("/demo/", {"charger": "CP-1", "fault": "faulted"})

    assert "does not answer" in str(next(iter(get_messages(response.wsgi_request))))


def test_every_fault_is_one_that_the_yard_knows() -> None:
    from dataclasses import fields

    from simulator.faults import Faults
    from simulator.incidents import INCIDENTS

    known = {*INCIDENTS, *(each.name for each in fields(Faults))}
    assert {fault.name for fault in views.FAULTS.values()} <= known
