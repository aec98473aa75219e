"""Rows of the field's list about links: who knocks how, what is sent, what is counted."""

import logging
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from django.test import Client

from chargers.choices import Direction
from chargers.commands import UpdateFirmware, UploadDiagnostics, UploadLog
from chargers.commands.local_list import ListEntry, SendLocalList
from chargers.commands.uploads import LogKind
from chargers.models import Capability
from chargers.ocpp import frames, schemas
from chargers.ocpp.dialects import DIALECTS
from chargers.queries import CLOUD_PATIENCE, patience_with, traits_of_charger
from chargers.trace import CHAT_KEPT_PER_MINUTE, Recorder
from chargers.upkeep.learned import learn_from
from depot import settings as depot_settings
from depot.access.models import Role
from tests.factories import THURSDAY, make_charger, make_command, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/ocpp/CP-A01", "/ocpp/1.6/CP-A01"])
def test_a_handshake_without_upgrade_is_refused_with_a_line_that_says_so(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Row 2."""
    with caplog.at_level(logging.WARNING, logger="depot.upkeep.door"):
        response = Client().get(address)

    assert response.status_code == 426
    assert response.headers["Upgrade"] == "websocket"
    assert "Connection: Upgrade" in response.content.decode()
    assert address in caplog.text


def test_a_charger_behind_its_makers_cloud_is_waited_for_longer() -> None:
    """Row 14."""
    charger = make_charger(online=False)
    assert patience_with(charger) == 1

    client = Client()
    client.force_login(make_user(role=Role.ENGINEER))
    client.post(f"/chargers/{charger.pk}/via-cloud/", {"on": "1"})

    assert patience_with(charger) == CLOUD_PATIENCE
    assert traits_of_charger(charger).is_behind_cloud
    assert "its address is not the charger" in client.get(f"/chargers/{charger.pk}/").content.decode()


def chat(recorder: Recorder, charger_id: int, times: int) -> None:
    for number in range(times):
        recorder.keep_call(
            charger_id,
            Direction.IN,
            "DataTransfer",
            f"m{number}",
            at=THURSDAY,
            request={"vendorId": "SUNGROW"},
            answer={},
        )


def test_a_vendors_chatter_is_kept_a_few_times_a_minute_and_counted_beyond() -> None:
    """Row 28."""
    recorder = Recorder()

    chat(recorder, 1, 100)
    recorder.keep_call(1, Direction.IN, "Heartbeat", "h", at=THURSDAY, request={}, answer={})
    chat(recorder, 2, 1)

    rows, counted = recorder.take()
    kept = [row for row in rows if row[0] == 1 and row[3] == "DataTransfer"]
    assert CHAT_KEPT_PER_MINUTE <= len(kept) <= 2 * CHAT_KEPT_PER_MINUTE  # a minute may have passed meanwhile
    assert sum(count.times for count in counted.values()) == 100 - len(kept)
    assert len(rows) == len(kept) + 2


@pytest.mark.parametrize(
    ("state", "status", "shown"), [("rejected", "Rejected", False), ("accepted", "Accepted", True)]
)
def test_one_that_refuses_to_be_triggered_for_meter_values_is_left_to_its_interval(
    state: str, status: str, shown: bool
) -> None:
    """Row 52."""
    charger = make_charger(online=False)
    command = make_command(
        charger,
        "trigger",
        action="TriggerMessage",
        request={"requestedMessage": "MeterValues"},
        state=state,
        status=status,
    )

    learn_from(command, now=THURSDAY)

    assert traits_of_charger(charger).triggers_meter_values is shown


def test_a_refused_trigger_of_something_else_says_nothing_of_meter_values() -> None:
    """Row 52."""
    charger = make_charger(online=False)
    command = make_command(
        charger, "trigger", action="TriggerMessage", request={"requestedMessage": "Heartbeat"}, state="rejected",
        status="Rejected",
    )  # fmt: skip

    learn_from(command, now=THURSDAY)

    assert not Capability.objects.exists()


def test_no_switch_bends_an_answer_for_a_test_tool() -> None:
    """Row 70: what a test tool expects beyond the text is not done, and nothing here switches it on."""
    assert [name for name in dir(depot_settings) if "octt" in name.casefold()] == []


# What independent programs do on the wire


@pytest.mark.parametrize(
    ("protocol", "members", "first"),
    [
        ("ocpp1.6", ["listVersion", "localAuthorizationList", "updateType"], "idTag"),
        ("ocpp2.0.1", ["versionNumber", "updateType", "localAuthorizationList"], "idToken"),
        ("ocpp2.1", ["versionNumber", "updateType", "localAuthorizationList"], "idToken"),
    ],
)
def test_a_local_list_has_its_members_in_the_order_of_the_specifications_table(
    protocol: str, members: list[str], first: str
) -> None:
    command = SendLocalList(version=1, is_full=True, entries=(ListEntry(token="VAN12"),))

    payload = DIALECTS[protocol].say(command).payload

    assert list(payload) == members
    assert next(iter(payload["localAuthorizationList"][0])) == first


def test_frames_have_no_blanks_around_their_signs() -> None:
    sent = frames.call("m1", "Reset", {"type": "Soft", "more": [1, 2]})

    assert sent == '[2,"m1","Reset",{"type":"Soft","more":[1,2]}]'
    assert frames.result("m1", {"a": 1, "b": 2}) == '[3,"m1",{"a":1,"b":2}]'


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
@pytest.mark.parametrize(
    "command",
    [
        UpdateFirmware(request_id=1, location="http://app:9/fw.bin", retrieve_at=datetime(2026, 3, 5, tzinfo=UTC)),
        UploadDiagnostics(location="http://app:9/upload"),
        UploadLog(log=LogKind.DIAGNOSTICS, request_id=1, location="http://app:9/upload"),
    ],
    ids=["firmware", "diagnostics", "log"],
)
def test_an_address_may_name_a_host_without_a_dot(protocol: str, command: Any) -> None:
    if protocol != "ocpp1.6" and isinstance(command, UploadDiagnostics):
        pytest.skip("2.x asks for logs in another way")

    call = DIALECTS[protocol].say(command)

    assert schemas.check(protocol, call.action, call.payload) is None
    assert b"http://app:9/" in orjson.dumps(call.payload)


def test_half_a_minute_of_a_thousand_returning_is_within_what_one_address_may_do() -> None:
    """A proxy or one router may stand before all of them: they share an address."""
    from django.conf import settings

    assert settings.HANDSHAKES_PER_MINUTE_PER_ADDRESS >= 1_000
    assert settings.CHARGER_SOCKETS_MAX >= 1_000
