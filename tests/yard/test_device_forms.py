"""The forms by which a charger is asked, and what stands where its answers show."""

from typing import Any

import pytest
from django.test import Client

from chargers.device_model.models import VariableMonitor
from chargers.models import Charger, IssuedCommand, SettingValue
from depot.models import Bay
from tests.factories import THURSDAY, make_charger, make_command
from tests.yard.reading import flash, post, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def station(bay: Bay) -> Charger:
    return make_charger("V201", protocol="ocpp2.0.1")


@pytest.mark.parametrize(
    ("name", "told", "action", "asked"),
    [
        ("monitor", {"component": "EVSE", "variable": "Temperature", "evse": "1", "kind": "UpperThreshold",
                     "value": "60", "severity": "4"}, "SetVariableMonitoring", None),
        ("clear-monitor", {"number": "7"}, "ClearVariableMonitoring", {"id": [7]}),
        ("report-monitors", {}, "GetMonitoringReport", None),
        ("monitoring-base", {"base": "All"}, "SetMonitoringBase", {"monitoringBase": "All"}),
        ("monitoring-level", {"severity": "5"}, "SetMonitoringLevel", {"severity": 5}),
        ("message", {"number": "4", "text": "Ready", "priority": "InFront"}, "SetDisplayMessage", None),
        ("clear-message", {"number": "4"}, "ClearDisplayMessage", {"id": 4}),
        ("report-messages", {}, "GetDisplayMessages", None),
        ("customer", {"token": "VAN12", "what": "report"}, "CustomerInformation", None),
        ("profiles", {"purpose": "tx_default"}, "GetChargingProfiles", None),
        ("composite-schedule", {"evse": "0", "hours": "2"}, "GetCompositeSchedule", {"evseId": 0, "duration": 7200}),
        ("transaction", {"reference": "tx-1"}, "GetTransactionStatus", {"transactionId": "tx-1"}),
        ("data", {"vendor_id": "Acme", "content": "on"}, "DataTransfer", {"vendorId": "Acme", "data": "on"}),
        ("network-profile", {"slot": "1", "url": "wss://depot.example/ocpp", "security_profile": "2",
                             "interface": "Wired0", "timeout_s": "30"}, "SetNetworkProfile", None),
        ("variables", {"component": "EVSE"}, "GetReport", None),
        ("cost", {"reference": "tx-1", "total": "12.50"}, "CostUpdated", {"transactionId": "tx-1", "totalCost": 12.5}),
    ],
)  # fmt: skip
def test_each_form_asks_its_call(
    browser: Client, station: Charger, name: str, told: dict[str, str], action: str, asked: dict[str, Any] | None
) -> None:
    response = post(browser, f"/chargers/{station.pk}/ask/{name}/", **told)

    command = IssuedCommand.objects.get()
    assert "asked" in flash(response)
    assert command.action == action
    assert asked is None or command.request == asked


@pytest.mark.parametrize(
    ("name", "told", "says"),
    [
        ("customer", {"what": "report"}, "by one of the two"),
        ("monitor", {"component": "EVSE", "variable": "T", "kind": "Delta", "value": "-1", "severity": "4"}, "no sign"),
        ("network-profile", {"slot": "1", "url": "http://x"}, "begins with ws:// or wss://"),
        ("message", {"number": "1", "text": "x", "priority": "InFront", "since": "2026-03-06", "until": "2026-03-05"},
         "end before it begins"),
        ("variables", {}, "Say a component or a state"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_at_the_form(
    browser: Client, station: Charger, name: str, told: dict[str, str], says: str
) -> None:
    response = post(browser, f"/chargers/{station.pk}/ask/{name}/", **told)

    assert says in words(response)
    assert not IssuedCommand.objects.exists()


def test_a_charger_of_1_6_is_offered_only_what_it_understands(browser: Client, bay: Bay, charger: Charger) -> None:
    page = words(browser.get(f"/chargers/{charger.pk}/commands/"))

    assert "Ask what it means to do" in page
    assert "Show a message" not in page


def test_a_setting_to_watch_stands_in_the_form_already(browser: Client, station: Charger) -> None:
    row = SettingValue.objects.create(
        charger=station, component="EVSE", evse_number=2, variable="Temperature", value="40", reported_at=THURSDAY
    )

    page = browser.get(f"/chargers/{station.pk}/ask/monitor/", {"setting": row.pk}).content.decode()

    assert 'value="Temperature"' in page
    assert 'value="2"' in page


def test_a_setting_that_waits_for_a_restart_offers_one(browser: Client, station: Charger) -> None:
    make_command(
        station, "change_settings", state="accepted",
        wording={"values": [[{"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}, "60"]]},
        response={"setVariableResult": [{"attributeStatus": "RebootRequired"}]},
    )  # fmt: skip

    before = words(browser.get(f"/chargers/{station.pk}/configuration/"))
    Charger.objects.filter(pk=station.pk).update(booted_at=THURSDAY.replace(hour=23))
    after = words(browser.get(f"/chargers/{station.pk}/configuration/"))

    assert "OCPPCommCtrlr.HeartbeatInterval = 60 and will use it only after a restart" in before
    assert "Restart now" in before
    assert "only after a restart" not in after


def test_how_grave_what_a_monitor_sees_is_stands_in_words(browser: Client, station: Charger) -> None:
    VariableMonitor.objects.create(
        charger=station, number=1, component="EVSE", variable="Power", kind="Delta", value=500, severity=6,
        told_at=THURSDAY,
    )  # fmt: skip

    assert "6, warning" in words(browser.get(f"/chargers/{station.pk}/monitoring/"))
