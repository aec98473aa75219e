"""The configuration of a charger."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from chargers.choices import CommandState
from chargers.models import Charger, IssuedCommand, SettingValue
from depot.models import Bay
from depot.yard.queries.configuration import ShownSetting, components_of
from tests.factories import make_charger, make_command
from tests.yard.reading import flash, post, words

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def told(charger: Charger, variable: str, value: str | None, component: str = "", **fields: Any) -> SettingValue:
    return SettingValue.objects.create(
        charger=charger, component=component, variable=variable, value=value, reported_at=NOON, **fields
    )


@pytest.fixture
def station(bay: Bay) -> Charger:
    return make_charger("V201", protocol="ocpp2.0.1")


def page_of(client: Client, charger: Charger, **query: str) -> str:
    return words(client.get(f"/chargers/{charger.pk}/configuration/", query))


@pytest.mark.parametrize(
    ("variable", "fields"),
    [
        ("AuthorizationKey", {}),
        ("authorizationkey", {}),
        ("BasicAuthPassword", {"component": "SecurityCtrlr"}),
        ("Anything", {"mutability": "WriteOnly"}),
    ],
)
def test_a_secret_is_never_shown_nor_set_here(
    browser: Client, bay: Bay, charger: Charger, variable: str, fields: dict[str, str]
) -> None:
    row = told(charger, variable, "hunter2hunter2", **fields)

    page = browser.get(f"/chargers/{charger.pk}/configuration/", {"set": row.pk})
    response = post(browser, f"/chargers/{charger.pk}/configuration/set/", setting=row.pk, value="x")

    assert "hunter2" not in page.content.decode()
    assert "secret, never shown" in words(page)
    assert "secrets are set with “New password”" in flash(response)
    assert not IssuedCommand.objects.exists()


def test_a_secret_is_not_found_by_its_value(browser: Client, bay: Bay, charger: Charger) -> None:
    told(charger, "AuthorizationKey", "hunter2hunter2")

    assert "Nothing fits" in page_of(browser, charger, q="hunter2")


def test_missing_and_empty_values_are_told_apart(browser: Client, bay: Bay, charger: Charger) -> None:
    told(charger, "NoValue", None)
    told(charger, "EmptyValue", "")

    page = page_of(browser, charger)

    assert "NoValue\nno value" in page
    assert "EmptyValue\nempty" in page


def test_a_key_of_1_6_is_set_and_read_back(browser: Client, bay: Bay, charger: Charger) -> None:
    row = told(charger, "HeartbeatInterval", "300")

    post(browser, f"/chargers/{charger.pk}/configuration/set/", setting=row.pk, value="60")

    change, read = IssuedCommand.objects.order_by("pk")
    assert (change.action, change.request) == ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"})
    assert (read.action, read.request) == ("GetConfiguration", {"key": ["HeartbeatInterval"]})
    row.refresh_from_db()
    assert row.value == "300"


def test_a_variable_of_2_x_is_set_where_it_stands(browser: Client, station: Charger) -> None:
    row = told(station, "TxUpdatedInterval", "60", "SampledDataCtrlr", evse_number=1)

    post(browser, f"/chargers/{station.pk}/configuration/set/", setting=row.pk, value="30")

    change = IssuedCommand.objects.order_by("pk").first()
    assert change is not None
    (data,) = change.request["setVariableData"]
    assert data["attributeValue"] == "30"
    assert data["component"] == {"name": "SampledDataCtrlr", "evse": {"id": 1}}
    assert data["variable"] == {"name": "TxUpdatedInterval"}


def test_what_the_charger_lets_nobody_change_is_not_asked(browser: Client, bay: Bay, charger: Charger) -> None:
    row = told(charger, "NumberOfConnectors", "2", is_read_only=True)

    response = post(browser, f"/chargers/{charger.pk}/configuration/set/", setting=row.pk, value="3")

    assert "the charger lets nobody change it" in flash(response)
    assert not IssuedCommand.objects.exists()


def test_a_setting_of_another_charger_is_not_found(browser: Client, bay: Bay, charger: Charger) -> None:
    foreign = told(make_charger("OTHER"), "HeartbeatInterval", "300")

    response = browser.post(f"/chargers/{charger.pk}/configuration/set/", {"setting": foreign.pk, "value": "1"})

    assert response.status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": CommandState.ACCEPTED, "status": "Accepted", "response": {"status": "Accepted"}}, "Accepted"),
        (
            {"state": CommandState.ACCEPTED, "status": "RebootRequired", "response": {"status": "RebootRequired"}},
            "Taken; it holds after the charger's next restart",
        ),
        (
            {"state": CommandState.REJECTED, "status": "NotSupported", "response": {"status": "NotSupported"}},
            "Refused: the charger has no such key",
        ),
        (
            {
                "state": CommandState.ACCEPTED,
                "response": {"setVariableResult": [{"attributeStatus": "RebootRequired"}]},
            },
            "Taken; it holds after the charger's next restart",
        ),
        (
            {
                "state": CommandState.REJECTED,
                "response": {"setVariableResult": [{"attributeStatus": "UnknownVariable"}]},
            },
            "Refused: the component has no such variable",
        ),
        ({"state": CommandState.REQUESTED}, "Asked; not sent yet"),
    ],
)
def test_the_answer_to_a_change_is_said_in_words(
    browser: Client, bay: Bay, charger: Charger, fields: dict[str, Any], said: str
) -> None:
    wording = {"values": [[{"variable": "HeartbeatInterval", "component": ""}, "60"]]}
    make_command(charger, "change_settings", wording=wording, **fields)

    page = page_of(browser, charger)

    assert "HeartbeatInterval = 60" in page
    assert said in page


def test_a_restart_is_offered_where_one_is_needed(browser: Client, bay: Bay, charger: Charger) -> None:
    make_command(
        charger, "change_settings", wording={"values": []}, state=CommandState.ACCEPTED, status="RebootRequired",
        response={"status": "RebootRequired"},
    )  # fmt: skip

    assert "Restart now" in page_of(browser, charger)


def test_the_device_model_is_a_tree_of_components(station: Charger) -> None:
    told(station, "Available", "true", "EVSE", evse_number=1)
    told(station, "Available", "true", "EVSE", evse_number=2)
    told(station, "Available", "true", "Connector", evse_number=2, connector_number=1)
    told(station, "Interval", "60", "SampledDataCtrlr", component_instance="main")
    told(station, "Interval", "900", "SampledDataCtrlr", component_instance="main", attribute="MaxSet")

    tree = components_of(station)

    assert [component.title for component in tree] == [
        "Connector, EVSE 2, connector 1", "EVSE, EVSE 1", "EVSE, EVSE 2", "SampledDataCtrlr “main”",
    ]  # fmt: skip
    (interval,) = tree[-1].settings
    assert interval.value == "60"
    assert [(other.attribute, other.value) for other in interval.others] == [("MaxSet", "900")]


@pytest.mark.parametrize(
    ("fields", "options", "bounds"),
    [
        ({"data_type": "boolean"}, ["true", "false"], ""),
        ({"data_type": "OptionList", "values_list": "A, B"}, ["A", "B"], ""),
        ({"data_type": "SequenceList", "values_list": "A,B"}, [], "any of A,B"),
        ({"data_type": "integer", "min_limit": "1", "max_limit": "9"}, [], "1 to 9"),
        ({"data_type": "integer", "max_limit": "9"}, [], "at most 9"),
    ],
)
def test_what_a_value_may_be_is_offered(
    station: Charger, fields: dict[str, str], options: list[str], bounds: str
) -> None:
    shown = ShownSetting(told(station, "V", "A", "C", **fields))

    assert (shown.options, shown.bounds) == (options, bounds)


def test_everything_is_read_again_in_the_charger_s_version(
    browser: Client, bay: Bay, charger: Charger, station: Charger
) -> None:
    for one in (charger, station):
        post(browser, f"/chargers/{one.pk}/configuration/read/")

    assert list(IssuedCommand.objects.order_by("pk").values_list("action", flat=True)) == [
        "GetConfiguration", "GetBaseReport",
    ]  # fmt: skip


def test_search_finds_in_names_and_values(browser: Client, station: Charger) -> None:
    told(station, "HeartbeatInterval", "300", "OCPPCommCtrlr")
    told(station, "Tariff", "blue", "TariffCostCtrlr")

    assert "HeartbeatInterval" in page_of(browser, station, q="commctrlr")
    assert "Tariff" not in page_of(browser, station, q="300")


def test_a_charger_that_told_nothing_says_what_to_do(browser: Client, bay: Bay, charger: Charger) -> None:
    assert "Nothing told yet" in page_of(browser, charger)


def test_a_charger_without_contact_can_be_read_but_not_asked(browser: Client, bay: Bay) -> None:
    charger = make_charger("OFF-1", online=False)
    row = told(charger, "HeartbeatInterval", "300")

    page = browser.get(f"/chargers/{charger.pk}/configuration/", {"set": row.pk})
    response = post(browser, f"/chargers/{charger.pk}/configuration/set/", setting=row.pk, value="60")

    assert "The charger has never called in." in words(page)
    assert "not sent" in flash(response)
