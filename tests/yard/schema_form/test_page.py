"""Any call as a form on the charger's page."""

import json
from typing import Any

import pytest
from django.test import Client

from chargers.models import Charger, IssuedCommand
from depot.access.models import Role
from tests.access import actors
from tests.factories import make_bay, make_charger, make_depot, make_evse
from tests.yard.reading import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def charger() -> Charger:
    return make_charger("CP-1", protocol="ocpp2.0.1")


@pytest.fixture
def engineer(client: Client) -> Client:
    client.force_login(actors.person(Role.ENGINEER))
    return client


def post(client: Client, charger: Charger, action: str, **typed: str) -> Any:
    said = {name.replace("__", "."): value for name, value in typed.items()}
    return client.post(f"/chargers/{charger.pk}/call/{action}/", said)


def test_what_is_typed_is_sent(engineer: Client, charger: Charger) -> None:
    post(engineer, charger, "Reset", type="OnIdle", evseId="2", send="1")

    assert IssuedCommand.objects.get().request == {"type": "OnIdle", "evseId": 2}


def test_what_is_missing_is_said_and_nothing_is_sent(engineer: Client, charger: Charger) -> None:
    page = post(engineer, charger, "Reset", evseId="2", send="1")

    assert "This is needed." in words(page)
    assert not IssuedCommand.objects.exists()


def test_a_row_more_keeps_what_was_typed(engineer: Client, charger: Charger) -> None:
    page = post(engineer, charger, "GetVariables", getVariableData__0__component__name="EVSE", add="getVariableData.1")

    assert b'value="EVSE"' in page.content
    assert b'name="getVariableData.1.component.name"' in page.content


def test_a_row_taken_away_moves_the_others_up(engineer: Client, charger: Charger) -> None:
    page = post(
        engineer, charger, "GetVariables", drop="getVariableData.0",
        getVariableData__0__component__name="First", getVariableData__1__component__name="Second",
    )  # fmt: skip

    assert b'name="getVariableData.0.component.name" value="Second"' in page.content
    assert b"First" not in page.content


def test_the_form_is_shown_as_json_and_as_curl(engineer: Client, charger: Charger) -> None:
    page = post(engineer, charger, "Reset", type="OnIdle", look="1")

    assert page.context["json"] == json.dumps({"type": "OnIdle"}, indent=2)
    assert "/api/v1/chargers/CP-1/calls/Reset/" in page.context["curl"]


def test_a_moment_stands_in_the_depots_time_where_it_is_typed_and_in_utc_where_it_goes_out(
    engineer: Client, charger: Charger
) -> None:
    make_bay(make_depot(time_zone="Europe/Berlin"), "A01", evse=make_evse(charger))

    page = post(
        engineer, charger, "ReserveNow", id="1", expiryDateTime="2027-07-01 22:00", idToken__idToken="A",
        idToken__type="Local", look="1",
    )  # fmt: skip

    assert json.loads(page.context["json"])["expiryDateTime"] == "2027-07-01T20:00:00Z"
    assert b'value="2027-07-01 22:00"' in page.content
    assert "2027-07-01T20:00:00Z" in words(page)


def test_json_fills_the_form(engineer: Client, charger: Charger) -> None:
    page = post(engineer, charger, "Reset", from_json='{"type": "Immediate", "evseId": 3}')

    assert b"<option selected>Immediate" in page.content
    assert b'name="evseId" value="3"' in page.content


def test_a_call_that_only_chargers_make_has_no_form(engineer: Client, charger: Charger) -> None:
    assert engineer.get(f"/chargers/{charger.pk}/call/BootNotification/").status_code == 404
