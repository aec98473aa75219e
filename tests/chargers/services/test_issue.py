"""What may be asked of a charger, and what is kept of it."""

import orjson
import pytest

from chargers.choices import CommandState, Standing
from chargers.commands import ChangeSettings, ClearCache, RawCall, ReadSettings, StopCharging
from chargers.credentials import unseal
from chargers.events import Setting
from chargers.models import IssuedCommand
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
from chargers.services.adopt import send_new_password
from tests.factories import THURSDAY, make_charger

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
