"""Commands from a charger's page."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from chargers.choices import CommandState, EffectState
from chargers.models import Charger, Evse, IssuedCommand
from depot.access.models import AuditEntry, Role
from depot.models import Bay
from tests.factories import make_charger, make_command, make_evse, make_session, make_user
from tests.yard.reading import flash, post, signed_in, words

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 5, 16, 30, tzinfo=UTC)


def ask(client: Client, charger: Charger, what: str, **data: str) -> tuple[IssuedCommand | None, str]:
    response = post(client, f"/chargers/{charger.pk}/ask/{what}/", **data)
    return IssuedCommand.objects.filter(charger=charger).order_by("-pk").first(), flash(response)


@pytest.mark.parametrize(
    ("what", "data", "action", "request_"),
    [
        ("reset", {"when": "idle"}, "Reset", {"type": "Soft"}),
        ("reset", {"when": "now"}, "Reset", {"type": "Hard"}),
        ("availability", {"operative": "0"}, "ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}),
        ("availability", {"operative": "1"}, "ChangeAvailability", {"connectorId": 0, "type": "Operative"}),
        ("trigger", {"message": "Heartbeat"}, "TriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("clear-cache", {}, "ClearCache", {}),
        ("call", {"action": "GetLocalListVersion", "payload": "{}"}, "GetLocalListVersion", {}),
    ],
)
def test_a_button_asks_the_charger_and_is_noted(
    browser: Client, bay: Bay, charger: Charger, what: str, data: dict[str, str], action: str, request_: object
) -> None:
    command, said = ask(browser, charger, what, **data)

    assert command is not None
    assert (command.action, command.request, command.state) == (action, request_, CommandState.REQUESTED)
    assert command.issued_by is not None
    assert command.issued_by.username == "okafor"
    assert "asked" in said
    assert AuditEntry.objects.get(act__startswith="asked").detail == {"command": command.pk}


def test_an_outlet_is_unlocked_and_taken_out_of_service(
    browser: Client, bay: Bay, charger: Charger, evse: Evse
) -> None:
    unlock, _ = ask(browser, charger, "unlock", evse=str(evse.pk))
    out, _ = ask(browser, charger, "availability", evse=str(evse.pk), operative="0")

    assert unlock is not None
    assert unlock.request == {"connectorId": 1}
    assert out is not None
    assert out.request == {"connectorId": 1, "type": "Inoperative"}


def test_an_outlet_of_another_charger_is_not_found(browser: Client, bay: Bay, charger: Charger) -> None:
    foreign = make_evse(make_charger("OTHER"))

    response = browser.post(f"/chargers/{charger.pk}/ask/unlock/", {"evse": foreign.pk})

    assert response.status_code == 404
    assert not IssuedCommand.objects.exists()


def test_a_vehicle_can_be_started_at_a_free_outlet_and_not_where_one_charges(
    browser: Client, bay: Bay, charger: Charger, evse: Evse
) -> None:
    free = browser.get(f"/chargers/{charger.pk}/commands/").content.decode()
    make_session(bay)

    taken = browser.get(f"/chargers/{charger.pk}/commands/").content.decode()

    assert f'href="/evses/{evse.pk}/start/"' in free
    assert f'href="/evses/{evse.pk}/start/"' not in taken


def test_to_unlock_an_outlet_must_be_said(browser: Client, bay: Bay, charger: Charger) -> None:
    command, said = ask(browser, charger, "unlock")

    assert command is None
    assert "Say which outlet" in said


def test_an_offline_charger_is_not_asked_and_the_page_says_since_when(browser: Client, bay: Bay) -> None:
    charger = make_charger("OFF-1", online=False)

    command, said = ask(browser, charger, "reset", when="idle")
    page = browser.get(f"/chargers/{charger.pk}/commands/")

    assert command is None
    assert "not sent. The charger has never called in." in said
    assert "The charger has never called in." in words(page)
    assert b'name="when" value="idle" disabled' in page.content
    assert not AuditEntry.objects.filter(act__startswith="asked").exists()


def test_what_the_version_has_no_call_for_is_said(browser: Client, bay: Bay, charger: Charger) -> None:
    _, said = ask(browser, charger, "call", action="GetBaseReport", payload="{}")

    assert not IssuedCommand.objects.exists()
    assert "asked" not in said


# Any OCPP call


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ('{"type": ', "This is not JSON in line 1, column 10"),
        ("[]", "A call&#x27;s JSON is an object"),
        ("[" * 60_000, "not JSON"),
    ],
)
def test_a_call_that_is_no_json_object_is_refused_where_it_was_typed(
    browser: Client, bay: Bay, charger: Charger, payload: str, why: str
) -> None:
    response = browser.post(f"/chargers/{charger.pk}/ask/call/", {"action": "Reset", "payload": payload})

    assert why in response.content.decode()
    assert not IssuedCommand.objects.exists()


def test_a_call_that_breaks_its_schema_is_not_sent_and_the_text_stays(
    browser: Client, bay: Bay, charger: Charger
) -> None:
    payload = '{"type": "Firmly"}'

    response = browser.post(f"/chargers/{charger.pk}/ask/call/", {"action": "Reset", "payload": payload})

    assert "It breaks the schema of the charger's version" in flash(response)
    assert "&quot;Firmly&quot;" in response.content.decode()
    assert not IssuedCommand.objects.exists()


def test_the_form_fills_in_what_a_call_needs_and_sends_nothing(browser: Client, bay: Bay, charger: Charger) -> None:
    response = browser.post(f"/chargers/{charger.pk}/ask/call/", {"fill": "1", "action": "RemoteStartTransaction"})

    assert json.loads(response.context["raw"].initial["payload"]) == {"idTag": ""}
    assert "It may also have connectorId, chargingProfile." in words(response)
    assert not IssuedCommand.objects.exists()


def test_the_calls_offered_are_those_of_the_charger_s_version(browser: Client, bay: Bay) -> None:
    charger = make_charger("V201", protocol="ocpp2.0.1")

    page = browser.get(f"/chargers/{charger.pk}/commands/")

    offered = [value for value, _ in page.context["raw"].fields["action"].choices]
    assert "GetBaseReport" in offered
    assert "RemoteStartTransaction" not in offered


def test_a_dispatcher_unlocks_and_is_not_offered_to_reset(bay: Bay, charger: Charger, evse: Evse) -> None:
    dispatcher = signed_in(make_user("diaz", Role.DISPATCHER))

    page = words(dispatcher.get(f"/chargers/{charger.pk}/commands/"))
    command, _ = ask(dispatcher, charger, "unlock", evse=str(evse.pk))

    assert "Unlock cable" in page
    assert "Reset now" not in page
    assert "Any OCPP call" not in page
    assert command is not None


# What was asked


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": CommandState.REQUESTED}, "Asked; not sent yet"),
        ({"state": CommandState.SENT}, "Sent; the charger has not answered yet"),
        ({"state": CommandState.ACCEPTED, "effect": EffectState.AWAITED}, "Accepted; waiting to see it happen"),
        ({"state": CommandState.ACCEPTED, "effect": EffectState.SEEN}, "Seen: "),
        ({"state": CommandState.ACCEPTED, "effect": EffectState.NOT_SEEN}, "Accepted, but nothing happened"),
        ({"state": CommandState.REJECTED}, "Refused by the charger"),
        ({"state": CommandState.UNANSWERED}, "No answer from the charger"),
        ({"state": CommandState.EXPIRED}, "Never sent"),
    ],
)
def test_a_command_says_how_far_it_came_and_no_more(
    browser: Client, bay: Bay, charger: Charger, fields: dict[str, str], said: str
) -> None:
    make_command(charger, "stop", **fields)

    assert said in words(browser.get(f"/chargers/{charger.pk}/commands/"))


def test_one_command_shows_each_step_and_the_wire(browser: Client, bay: Bay, charger: Charger) -> None:
    command = make_command(
        charger,
        "reset",
        state=CommandState.ACCEPTED,
        status="Accepted",
        action="Reset",
        request={"type": "Soft"},
        response={"status": "Accepted"},
        sent_at=NOW,
        answered_at=NOW + timedelta(seconds=1),
        effect=EffectState.SEEN,
        effect_note="it booted",
        effect_at=NOW + timedelta(minutes=1),
    )

    page = words(browser.get(f"/chargers/{charger.pk}/commands/{command.pk}/"))

    for said in ("Asked", "Sent as Reset", "Accepted by the charger: Accepted", "Seen: it booted", '"type": "Soft"'):
        assert said in page


def test_a_dispatcher_sees_the_steps_but_not_the_wire(bay: Bay, charger: Charger) -> None:
    command = make_command(charger, "start", action="RemoteStartTransaction", request={"idTag": "SECRETCARD"})
    viewer = signed_in(make_user("vera", Role.VIEWER))

    page = words(viewer.get(f"/chargers/{charger.pk}/commands/{command.pk}/"))

    assert "Waits to be sent" in page
    assert "SECRETCARD" not in page
