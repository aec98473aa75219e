"""What may be asked of a charger, and what is kept of it."""

from typing import Any

import orjson
import pytest

from chargers.choices import CommandState, Standing
from chargers.commands import (
    ChangeSettings,
    ChargingProfile,
    ChargingSchedule,
    ClearCache,
    InstallProfile,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    RawCall,
    ReadSettings,
    SchedulePeriod,
    StopCharging,
)
from chargers.credentials import unseal
from chargers.events import Setting
from chargers.models import Capability, Charger, IssuedCommand, SettingValue
from chargers.quirks import quarantine_of
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
from chargers.services.adopt import send_new_password
from tests.factories import THURSDAY, make_charger, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.storage]


def test_a_command_is_a_row_before_it_is_a_frame() -> None:
    charger = make_charger()

    command = issue_command(charger, StopCharging(reference="17"), issued_by=None, now=THURSDAY)

    assert (command.state, command.action, command.request) == (
        CommandState.REQUESTED,
        "RemoteStopTransaction",
        {"transactionId": 17},
    )


def test_an_offline_charger_is_asked_nothing() -> None:
    with pytest.raises(ChargerOffline):
        issue_command(make_charger(online=False), ClearCache(), issued_by=None, now=THURSDAY)

    assert not IssuedCommand.objects.exists()


def test_what_breaks_the_schema_never_becomes_a_row_and_the_text_says_where() -> None:
    raw = RawCall(action="Reset", payload={"type": "Gently"})

    with pytest.raises(CommandInvalid, match="type"):
        issue_command(make_charger(), raw, issued_by=None, now=THURSDAY)


def test_an_action_that_the_version_does_not_have_is_said_to_be_so() -> None:
    with pytest.raises(CommandNotSpoken):
        issue_command(make_charger(), RawCall(action="GetVariables", payload={}), issued_by=None, now=THURSDAY)


def test_a_charger_in_the_waiting_room_is_only_read_from() -> None:
    charger = make_charger(standing=Standing.WAITING)

    issue_command(charger, ReadSettings(settings=(Setting("HeartbeatInterval"),)), issued_by=None, now=THURSDAY)
    with pytest.raises(CommandNotAllowed):
        issue_command(charger, ClearCache(), issued_by=None, now=THURSDAY)


@pytest.mark.parametrize(
    ("protocol", "command"),
    [
        ("ocpp1.6", RawCall(action="ChangeConfiguration", payload={"key": "authorizationKey", "value": "x"})),
        ("ocpp1.6", ChangeSettings(values=((Setting("AuthorizationKey"), "x"),))),
        ("ocpp2.0.1", ChangeSettings(values=((Setting("BasicAuthPassword", component="SecurityCtrlr"), "x" * 16),))),
    ],
)
def test_no_password_is_set_but_by_its_own_operation(protocol: str, command: RawCall | ChangeSettings) -> None:
    with pytest.raises(CommandNotAllowed):
        issue_command(make_charger(protocol=protocol), command, issued_by=None, now=THURSDAY)


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
def test_a_password_is_sealed_until_it_is_sent_and_never_kept_in_plain(protocol: str) -> None:
    charger = make_charger(protocol=protocol)

    command = send_new_password(charger, "23456789abcdef23", sent_by=None, now=THURSDAY)

    command.refresh_from_db()
    assert "23456789abcdef23" not in str((command.wording, command.request))
    assert command.sealed is not None
    assert "23456789abcdef23" in str(orjson.loads(unseal(bytes(command.sealed))))


def told(charger: Charger, component: str, variable: str, value: str) -> None:
    SettingValue.objects.create(
        charger=charger, component=component, variable=variable, value=value, reported_at=THURSDAY
    )


@pytest.mark.parametrize(("slot", "is_sent"), [("0", False), ("2", False), ("1", True)])
def test_a_slot_by_which_a_charger_may_reach_us_is_not_written(slot: str, is_sent: bool) -> None:
    """2.1 B09.FR.21: a wrong value there would lock it out."""
    charger = make_charger(protocol="ocpp2.1")
    told(charger, "OCPPCommCtrlr", "NetworkConfigurationPriority", "0, 2")
    setting = Setting("OcppCsmsUrl", component="NetworkConfiguration", component_instance=slot)
    change = ChangeSettings(values=((setting, "wss://depot.example/ocpp"),))

    if is_sent:
        assert issue_command(charger, change, issued_by=None, now=THURSDAY).action == "SetVariables"
    else:
        with pytest.raises(CommandNotAllowed, match=r"B09\.FR\.21"):
            issue_command(charger, change, issued_by=None, now=THURSDAY)


@pytest.mark.parametrize(("number", "is_sent"), [(100, False), (101, True)])
def test_a_profile_takes_no_number_of_the_chargers_own(number: int, is_sent: bool) -> None:
    """2.1 K01.FR.80, by a raw call as well."""
    charger = make_charger(protocol="ocpp2.1")
    told(charger, "SmartChargingCtrlr", "MaxExternalConstraintsId", "100")
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}]}
    profile = {
        "id": number, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative", "chargingSchedule": [schedule],
    }  # fmt: skip
    raw = RawCall(action="SetChargingProfile", payload={"evseId": 1, "chargingProfile": profile})

    if is_sent:
        assert issue_command(charger, raw, issued_by=None, now=THURSDAY).request is not None
    else:
        with pytest.raises(CommandNotAllowed, match=r"K01\.FR\.80"):
            issue_command(charger, raw, issued_by=None, now=THURSDAY)


def test_what_broke_its_link_twice_is_asked_by_people_only() -> None:
    charger = make_charger(firmware="1.8.21")
    Capability.objects.create(
        charger=charger, name=quarantine_of("ClearCache"), value="yes", firmware="1.8.21", seen_at=THURSDAY
    )

    with pytest.raises(CommandNotAllowed, match="people only"):
        issue_command(charger, ClearCache(), issued_by=None, now=THURSDAY)

    assert issue_command(charger, ClearCache(), issued_by=make_user(), now=THURSDAY).action == "ClearCache"


def test_a_stop_is_never_held_back() -> None:
    charger = make_charger(firmware="1.8.21")
    Capability.objects.create(
        charger=charger, name=quarantine_of("RemoteStopTransaction"), value="yes", firmware="1.8.21", seen_at=THURSDAY
    )

    assert issue_command(charger, StopCharging(reference="17"), issued_by=None, now=THURSDAY).kind == "stop"


@pytest.mark.parametrize(
    ("names", "known", "is_sent"),
    [
        (["Apn"], "", False),
        (["Apn"], "true", True),
        (["ApnUserName", "ApnEnabled"], "", True),
        (["VpnServer"], "", False),
    ],
    ids=["alone", "on already", "with it", "of a VPN"],
)
def test_an_apn_or_vpn_is_written_with_its_switch(names: list[str], known: str, is_sent: bool) -> None:
    """2.1 B09.FR.29."""
    charger = make_charger(protocol="ocpp2.1")
    if known:
        SettingValue.objects.create(
            charger=charger, component="NetworkConfiguration", component_instance="1", variable="ApnEnabled",
            value=known, reported_at=THURSDAY,
        )  # fmt: skip
    slot = {"component": "NetworkConfiguration", "component_instance": "1"}
    change = ChangeSettings(values=tuple((Setting(name, **slot), "true") for name in names))

    if is_sent:
        assert issue_command(charger, change, issued_by=None, now=THURSDAY).action == "SetVariables"
    else:
        with pytest.raises(CommandNotAllowed, match=r"B09\.FR\.29"):
            issue_command(charger, change, issued_by=None, now=THURSDAY)


@pytest.mark.parametrize(
    ("known", "written", "goes_out"),
    [
        ({"ApnEnabled": "true"}, ["OcppCsmsUrl"], {"ApnEnabled": "false"}),
        ({"apnenabled": "True", "VpnEnabled": "true"}, ["OcppCsmsUrl"], {"ApnEnabled": "false", "VpnEnabled": "false"}),
        ({"ApnEnabled": "true", "VpnEnabled": "true"}, ["OcppCsmsUrl", "Apn"], {"VpnEnabled": "false"}),
        ({"ApnEnabled": "false"}, ["OcppCsmsUrl"], {}),
        ({}, ["OcppCsmsUrl"], {}),
    ],
    ids=["on", "both", "an APN is told", "off", "no such switch"],
)
def test_a_slot_that_is_written_without_an_apn_or_vpn_has_it_switched_off(
    known: dict[str, str], written: list[str], goes_out: dict[str, str]
) -> None:
    """2.1 B09.FR.30."""
    charger = make_charger(protocol="ocpp2.1")
    for name, value in known.items():
        SettingValue.objects.create(
            charger=charger, component="NetworkConfiguration", component_instance="1", variable=name, value=value,
            reported_at=THURSDAY,
        )  # fmt: skip

    command = issue_command(charger, write_slot(*written), issued_by=None, now=THURSDAY)

    assert isinstance(command.request, dict)
    data = command.request["setVariableData"]
    assert {one["variable"]["name"]: one["attributeValue"] for one in data[len(written) :]} == goes_out
    assert {one["component"]["instance"] for one in data} == {"1"}


def write_slot(*names: str) -> ChangeSettings:
    slot = {"component": "NetworkConfiguration", "component_instance": "1"}
    return ChangeSettings(values=tuple((Setting(name, **slot), "x") for name in names))


def test_an_apn_that_somebody_here_set_up_is_left_on_while_the_rest_of_its_slot_is_written() -> None:
    """2.1 B09.FR.30: a slot may be written piece by piece."""
    charger = make_charger(protocol="ocpp2.1")
    SettingValue.objects.create(
        charger=charger, component="NetworkConfiguration", component_instance="1", variable="ApnEnabled",
        value="true", reported_at=THURSDAY,
    )  # fmt: skip
    issue_command(charger, write_slot("Apn"), issued_by=None, now=THURSDAY)

    command = issue_command(charger, write_slot("OcppCsmsUrl"), issued_by=None, now=THURSDAY)

    assert isinstance(command.request, dict)
    assert len(command.request["setVariableData"]) == 1


def in_amperes(*periods: SchedulePeriod) -> ChargingSchedule:
    return ChargingSchedule(unit=RateUnit.AMPERE, periods=periods)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"purpose": ProfilePurpose.STATION_MAX}, "for EVSE 0"),
        ({"schedules": (in_amperes(SchedulePeriod(start_s=60, limit=10.0)),)}, "starts at 0"),
    ],
    ids=["a charger's limit at an EVSE", "a first period that starts late"],
)
@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
def test_a_profile_that_every_charger_would_refuse_is_not_sent_and_the_text_says_why(
    protocol: str, changes: dict[str, Any], why: str
) -> None:
    usual: dict[str, Any] = {
        "profile_id": 7, "stack_level": 0, "purpose": ProfilePurpose.TX_DEFAULT, "kind": ProfileKind.RELATIVE,
        "schedules": (in_amperes(SchedulePeriod(start_s=0, limit=10.0)),),
    }  # fmt: skip
    charger = make_charger(protocol=protocol)
    install = InstallProfile(evse=1, profile=ChargingProfile(**(usual | changes)))

    with pytest.raises(CommandInvalid, match=why):
        issue_command(charger, install, issued_by=None, now=THURSDAY)

    assert not IssuedCommand.objects.exists()
