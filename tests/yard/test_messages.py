"""The messages of a charger."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from chargers.choices import Direction
from chargers.models import Charger, TracedCall
from depot.access.models import AuditEntry
from depot.models import Bay
from depot.yard.queries import trace
from tests.factories import make_charger
from tests.yard.reading import words

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
OUT, IN = Direction.OUT, Direction.IN


def call(charger: Charger, action: str, request: Any = None, answer: Any = None, **fields: Any) -> TracedCall:
    values = {
        "at": NOON + timedelta(seconds=TracedCall.objects.count()),
        "direction": IN,
        "message_id": str(TracedCall.objects.count()),
        "request": request if isinstance(request, str) else json.dumps(request or {}, separators=(",", ":")),
        "answer": "" if answer is None else json.dumps(answer, separators=(",", ":")),
        "delay_ms": 12.0,
    } | fields
    return TracedCall.objects.create(charger=charger, action=action, **values)


@pytest.fixture
def calls(charger: Charger, bay: Bay) -> dict[str, TracedCall]:
    return {
        "boot": call(charger, "BootNotification", {"chargePointVendor": "ABB"}, {"status": "Accepted"}),
        "beat": call(charger, "Heartbeat", {}, {}),
        "fault": call(
            charger, "StatusNotification", {"connectorId": 2, "status": "Faulted"}, {}, evse_number=2,
            repairs="time without zone",
        ),
        "profile": call(
            charger, "SetChargingProfile", {"connectorId": 1}, {"status": "Rejected"}, direction=OUT, evse_number=1
        ),
        "schedule": call(charger, "GetCompositeSchedule", {}, ["NotImplemented", "", {}], direction=OUT, is_error=True),
        "reset": call(charger, "Reset", {"type": "Soft"}, {"status": "Accepted"}, direction=OUT, delay_ms=1234.0),
    }  # fmt: skip


def shown(client: Client, charger: Charger, **query: str) -> list[str]:
    page = client.get(f"/chargers/{charger.pk}/messages/", query)
    return [line.call.action for line in page.context["lines"]]


def test_messages_stand_newest_first_without_heartbeats(browser: Client, charger: Charger, calls: object) -> None:
    assert shown(browser, charger) == [
        "Reset", "GetCompositeSchedule", "SetChargingProfile", "StatusNotification", "BootNotification",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ({"direction": "in"}, ["StatusNotification", "BootNotification"]),
        ({"action": "Heartbeat"}, ["Heartbeat"]),
        ({"outlet": "2"}, ["StatusNotification"]),
        ({"q": "faulted"}, ["StatusNotification"]),
        ({"q": "abb"}, ["BootNotification"]),
        ({"odd": "1"}, ["GetCompositeSchedule", "SetChargingProfile", "StatusNotification"]),
        ({"odd": "1", "direction": "out"}, ["GetCompositeSchedule", "SetChargingProfile"]),
        ({"direction": "sideways", "outlet": "x"}, [
            "Reset", "GetCompositeSchedule", "SetChargingProfile", "StatusNotification", "BootNotification",
        ]),
    ],
)  # fmt: skip
def test_filters_show_what_fits(
    browser: Client, charger: Charger, calls: object, query: dict[str, str], actions: list[str]
) -> None:
    assert shown(browser, charger, **query) == actions


def test_a_row_tells_the_answer_and_how_long_it_took(browser: Client, charger: Charger, calls: object) -> None:
    page = words(browser.get(f"/chargers/{charger.pk}/messages/"))

    assert "Accepted, 1.2 s" in page
    assert "NotImplemented, 12 ms" in page
    assert "repaired" in page


def test_a_message_opens_beside_the_list(browser: Client, charger: Charger, calls: dict[str, TracedCall]) -> None:
    page = browser.get(f"/chargers/{charger.pk}/messages/", {"message": calls["reset"].pk})
    alone = browser.get(f"/chargers/{charger.pk}/messages/{calls['reset'].pk}/")

    assert "We ask Reset: Soft. It answered Accepted." in words(page)
    assert '"type": "Soft"' in words(page)
    assert alone.content.strip() in page.content


def test_a_message_of_another_charger_is_not_shown(browser: Client, charger: Charger, bay: Bay) -> None:
    foreign = call(make_charger("OTHER"), "Reset")

    assert browser.get(f"/chargers/{charger.pk}/messages/{foreign.pk}/").status_code == 404
    page = browser.get(f"/chargers/{charger.pk}/messages/", {"message": foreign.pk})
    assert page.context["picked"] is None


def test_older_messages_follow_by_cursor_without_repeating(browser: Client, charger: Charger, bay: Bay) -> None:
    for number in range(trace.ROWS_SHOWN + 7):
        call(charger, f"Action{number}")
    first = browser.get(f"/chargers/{charger.pk}/messages/")

    call(charger, "CameMeanwhile")
    second = browser.get(f"/chargers/{charger.pk}/messages/{first.context['older']}")

    of_first = [line.call.action for line in first.context["lines"]]
    of_second = [line.call.action for line in second.context["lines"]]
    assert of_first + of_second == [f"Action{number}" for number in reversed(range(trace.ROWS_SHOWN + 7))]
    assert second.context["older"] == ""


def test_while_following_the_list_is_live_and_while_paused_it_is_not(
    browser: Client, charger: Charger, calls: object
) -> None:
    following = browser.get(f"/chargers/{charger.pk}/messages/").content.decode()
    paused = browser.get(f"/chargers/{charger.pk}/messages/", {"paused": "1"}).content.decode()

    assert f'data-live="trace:{charger.pk}"' in following
    assert "data-live" not in paused


def test_the_export_can_be_played_again(browser: Client, charger: Charger, calls: object) -> None:
    response = browser.get(f"/chargers/{charger.pk}/messages.jsonl", {"action": "BootNotification"})

    (line,) = [json.loads(line) for line in b"".join(response.streaming_content).decode().splitlines()]  # type: ignore[attr-defined]
    assert line == {
        "at": "2026-03-05T12:00:00Z",
        "charger": "CP-A07",
        "version": "1.6",
        "direction": "in",
        "frame": [2, "0", "BootNotification", {"chargePointVendor": "ABB"}],
        "answer": [3, "0", {"status": "Accepted"}],
    }
    assert 'filename="CP-A07-messages.jsonl"' in response["Content-Disposition"]
    assert AuditEntry.objects.filter(act="exported messages").exists()


def test_the_export_goes_on_in_the_order_of_time_with_errors_as_errors(
    browser: Client, charger: Charger, calls: object
) -> None:
    response = browser.get(f"/chargers/{charger.pk}/messages.jsonl")

    lines = [json.loads(line) for line in b"".join(response.streaming_content).decode().splitlines()]  # type: ignore[attr-defined]
    assert lines[0]["frame"][2] == "BootNotification"
    error = next(line["answer"] for line in lines if line["frame"][2] == "GetCompositeSchedule")
    assert error == [4, "4", "NotImplemented", "", {}]


def test_a_message_that_was_cut_when_it_was_kept_is_shown_and_marked(
    browser: Client, charger: Charger, bay: Bay
) -> None:
    cut = call(charger, "NotifyReport", request='{"reportData":[{"comp')

    page = browser.get(f"/chargers/{charger.pk}/messages/", {"message": cut.pk})
    response = browser.get(f"/chargers/{charger.pk}/messages.jsonl")

    assert '{"reportData":[{"comp' in words(page)
    (line,) = [json.loads(line) for line in b"".join(response.streaming_content).decode().splitlines()]  # type: ignore[attr-defined]
    assert line["cut"] == '{"reportData":[{"comp'


def test_a_charger_that_said_nothing_says_what_will_be_here(browser: Client, charger: Charger, bay: Bay) -> None:
    assert "Nothing said yet" in words(browser.get(f"/chargers/{charger.pk}/messages/"))


@pytest.mark.parametrize(
    "query", [{"before": "x"}, {"before": "9" * 30}, {"message": "-1"}, {"q": "\x00"}, {"outlet": "²"}]
)
def test_a_made_up_address_shows_the_list(
    browser: Client, charger: Charger, calls: object, query: dict[str, str]
) -> None:
    assert browser.get(f"/chargers/{charger.pk}/messages/", query).status_code == 200
