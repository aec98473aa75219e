"""What a charger is asked after it connects, and what not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargers.choices import Standing
from chargers.device_model.models import VariableMonitor
from chargers.greeting import greet_the_newly_connected
from chargers.models import Capability, Charger, Connection, IssuedCommand, SettingValue
from chargers.quirks import quarantine_of
from tests.factories import THURSDAY, connect, make_charger, make_evse

pytestmark = pytest.mark.django_db


def make_connected(protocol: str = "ocpp1.6", *, booted: bool = True, age_s: int = 10, **fields: Any) -> Charger:
    charger = make_charger(protocol=protocol, online=False, **({"booted_at": THURSDAY} | fields))
    connect(charger, opened_at=datetime.now(UTC) - timedelta(seconds=age_s), booted=booted)
    return charger


def told(charger: Charger, variable: str, value: str) -> None:
    SettingValue.objects.create(charger=charger, variable=variable, value=value, reported_at=THURSDAY)


def asked(charger: Charger) -> list[str]:
    return [command.kind for command in IssuedCommand.objects.filter(charger=charger).order_by("pk")]


def wordings(charger: Charger) -> list[dict[str, Any]]:
    return [command.wording for command in IssuedCommand.objects.filter(charger=charger).order_by("pk")]


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
def test_settings_are_asked_for_by_small_lists_of_names(protocol: str) -> None:
    charger = make_connected(protocol)

    greet_the_newly_connected(THURSDAY)

    assert set(asked(charger)) == {"read_settings"}
    assert all(1 <= len(wording["settings"]) <= 5 for wording in wordings(charger))


def test_nothing_is_asked_in_the_first_seconds() -> None:
    charger = make_connected(age_s=1)

    assert greet_the_newly_connected(THURSDAY) == 0
    assert asked(charger) == []


def test_a_charger_is_greeted_once_a_socket() -> None:
    charger = make_connected()

    greet_the_newly_connected(THURSDAY)
    before = asked(charger)
    greet_the_newly_connected(THURSDAY)

    assert asked(charger) == before


@pytest.mark.parametrize("fields", [{"automation_on": False}, {"standing": Standing.WAITING}])
def test_a_charger_that_is_not_to_be_asked_is_not(fields: dict[str, Any]) -> None:
    charger = make_connected(**fields)

    greet_the_newly_connected(THURSDAY)

    assert asked(charger) == []


def test_what_is_known_of_its_settings_is_not_asked_again() -> None:
    charger = make_connected()
    told(charger, "HeartbeatInterval", "300")

    greet_the_newly_connected(THURSDAY)

    assert asked(charger) == []


@pytest.mark.parametrize("booted", [True, False])
def test_monitors_are_read_again_after_a_restart(booted: bool) -> None:
    """2.x N04.FR.19: their numbers may be others now."""
    charger = make_connected("ocpp2.0.1", booted=booted)
    told(charger, "HeartbeatInterval", "300")
    VariableMonitor.objects.create(
        charger=charger, number=1, component="EVSE", variable="Power", kind="UpperThreshold", value=1, severity=5,
        told_at=THURSDAY,
    )  # fmt: skip

    greet_the_newly_connected(THURSDAY)

    assert ("report_monitors" in asked(charger)) is booted


def test_one_that_does_not_boot_is_asked_for_its_statuses_where_it_can_be() -> None:
    charger = make_connected(booted=False)
    make_evse(charger, 1)
    make_evse(charger, 2)
    told(charger, "supportedfeatureprofiles", "Core, RemoteTrigger")

    greet_the_newly_connected(THURSDAY)

    assert [(wording["message"], wording["evse"]) for wording in wordings(charger)] == [
        ("StatusNotification", 1),
        ("StatusNotification", 2),
    ]


@pytest.mark.parametrize("features", [None, "Core,SmartCharging"])
def test_in_1_6_one_that_is_not_known_to_be_triggered_is_not(features: str | None) -> None:
    charger = make_connected(booted=False)
    make_evse(charger, 1)
    if features:
        told(charger, "SupportedFeatureProfiles", features)

    greet_the_newly_connected(THURSDAY)

    assert "trigger" not in asked(charger)


def test_one_that_never_booted_is_asked_to_where_it_can_be() -> None:
    charger = make_connected("ocpp2.0.1", booted=False, booted_at=None)

    greet_the_newly_connected(THURSDAY)

    assert wordings(charger)[0]["message"] == "BootNotification"


def test_an_action_in_quarantine_is_not_asked() -> None:
    charger = make_connected(firmware="1.8.21")
    Capability.objects.create(
        charger=charger,
        name=quarantine_of("GetConfiguration"),
        value="yes",
        evidence="the link broke after it, twice",
        firmware="1.8.21",
        seen_at=THURSDAY,
    )

    greet_the_newly_connected(THURSDAY)

    assert asked(charger) == []
    assert Connection.objects.get(charger=charger).greeted_at is not None


@pytest.mark.parametrize(
    ("vendor", "model"), [("", ""), ("ABB", "CDT_TACW22::NET_WIFI"), ("Anker", "Anker"), ("Sungrow", "AC22E-01")]
)
def test_availability_is_never_changed_unasked(vendor: str, model: str) -> None:
    charger = make_connected(booted=False, booted_at=None, vendor=vendor, model=model)
    make_evse(charger, 1)

    greet_the_newly_connected(THURSDAY)

    assert set(asked(charger)) == {"read_settings"}
