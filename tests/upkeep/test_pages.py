"""The pages of upkeep: cut-off rules, templates with their drift, oddities."""

import pytest
from django.test import Client

from chargers.models import Capability, Charger, IssuedCommand, Oddity, SettingValue
from chargers.quirks import quarantine_of
from chargers.upkeep.models import LocalList, SettingTemplate
from depot.models import Bay, Depot
from depot.upkeep.models import OfflineRule
from sessions.models import IdToken
from tests.factories import THURSDAY, make_charger

pytestmark = pytest.mark.django_db


def read(browser: Client, path: str) -> str:
    response = browser.get(path)
    assert response.status_code == 200
    return response.content.decode()


def template(**values: str) -> SettingTemplate:
    row = SettingTemplate.objects.create(name="Usual", created_at=THURSDAY)
    for name, value in values.items():
        row.wanted.create(variable=name, value=value)
    return row


def told(charger: Charger, name: str, value: str) -> None:
    SettingValue.objects.create(charger=charger, variable=name, value=value, reported_at=THURSDAY)


def test_a_rule_is_added_once_and_deleted(browser: Client, depot: Depot) -> None:
    said = {"depot": depot.pk, "tokens_of": depot.pk, "group": ""}

    browser.post("/offline/rules/add/", said)
    again = browser.post("/offline/rules/add/", said)

    rule = OfflineRule.objects.get()
    assert "There is such a rule already" in again.content.decode()
    browser.post(f"/offline/rules/{rule.pk}/delete/")
    assert not OfflineRule.objects.exists()


def test_how_far_a_list_is_from_its_rule_is_shown(browser: Client, charger: Charger, bay: Bay) -> None:
    LocalList.objects.create(charger=charger, is_managed=True, missing=3, left_out=2, version=4)

    page = read(browser, "/offline/")

    assert "3 to add or change" in page
    assert "2 left out: no room" in page


def test_a_list_that_was_given_up_says_why_and_is_tried_again(browser: Client, charger: Charger, bay: Bay) -> None:
    row = LocalList.objects.create(
        charger=charger, is_managed=True, gave_up_at=THURSDAY, trouble="It keeps no local list", version=1
    )
    assert "It keeps no local list" in read(browser, "/offline/")

    browser.post(f"/offline/lists/{row.pk}/try-again/")

    row.refresh_from_db()
    assert row.gave_up_at is None


def test_a_blocked_card_tells_which_chargers_still_accept_it(browser: Client, charger: Charger, bay: Bay) -> None:
    IdToken.objects.create(value="LOST", key="lost", standing="blocked", created_at=THURSDAY)
    held = LocalList.objects.create(charger=charger, is_managed=True)
    held.tokens.create(key="lost", token="LOST", status="Accepted")

    assert "still accepted by" in read(browser, "/tokens/")

    held.tokens.update(status="Blocked")
    assert "still accepted by" not in read(browser, "/tokens/")


def test_a_template_is_typed_as_lines(browser: Client) -> None:
    lines = "HeartbeatInterval = 300\nOCPPCommCtrlr.HeartbeatInterval = 600\n"

    browser.post("/setting-templates/add/", {"name": "Usual", "wanted": lines, "is_active": "on"})

    rows = SettingTemplate.objects.get().wanted.values_list("component", "variable", "value")
    assert set(rows) == {("", "HeartbeatInterval", "300"), ("OCPPCommCtrlr", "HeartbeatInterval", "600")}
    assert "Usual" in read(browser, "/setting-templates/")


def test_a_template_names_instances_and_keeps_them_when_it_is_typed_again(browser: Client) -> None:
    lines = "OCPPCommCtrlr.MessageAttempts[TransactionEvent] = 3\nLimiter[outer].Level = 2"
    browser.post("/setting-templates/add/", {"name": "Usual", "wanted": lines, "is_active": "on"})
    address = f"/setting-templates/{SettingTemplate.objects.get().pk}/"

    shown = browser.get(address).context["form"]["wanted"].value()
    browser.post(address, {"name": "Usual", "wanted": shown, "is_active": "on"})

    parts = ("component", "component_instance", "variable", "variable_instance", "value")
    assert set(SettingTemplate.objects.get().wanted.values_list(*parts)) == {
        ("OCPPCommCtrlr", "", "MessageAttempts", "TransactionEvent", "3"), ("Limiter", "outer", "Level", "", "2"),
    }  # fmt: skip


def test_of_two_instances_that_differ_the_one_that_was_chosen_is_put_right(browser: Client, bay: Bay) -> None:
    charger = make_charger("CP-B01", protocol="ocpp2.0.1")
    usual = SettingTemplate.objects.create(name="Usual", created_at=THURSDAY)
    for instance in ("BootNotification", "TransactionEvent"):
        names = {"component": "OCPPCommCtrlr", "variable": "MessageAttempts", "variable_instance": instance}
        usual.wanted.create(**names, value="3")
        SettingValue.objects.create(charger=charger, **names, value="9", reported_at=THURSDAY)

    browser.post(f"/chargers/{charger.pk}/configuration/fix/", names)

    (change,) = IssuedCommand.objects.filter(kind="change_settings").values_list("wording", flat=True)
    assert change["values"][0][0]["variable_instance"] == "TransactionEvent"


@pytest.mark.parametrize(
    ("lines", "words"),
    [("HeartbeatInterval", "Line 1 does not read"), ("A = 1\na = 2", "stands there twice"), (" = 1", "Line 1")],
)
def test_what_is_no_line_of_a_template_is_said(browser: Client, lines: str, words: str) -> None:
    response = browser.post("/setting-templates/add/", {"name": "Usual", "wanted": lines})

    assert words in response.content.decode()
    assert not SettingTemplate.objects.exists()


def test_a_difference_is_shown_on_the_charger_and_put_right(browser: Client, charger: Charger, bay: Bay) -> None:
    template(HeartbeatInterval="300", MeterValueSampleInterval="60")
    told(charger, "HeartbeatInterval", "900")
    told(charger, "MeterValueSampleInterval", "60")
    page = read(browser, f"/chargers/{charger.pk}/configuration/")
    assert "1 of 2 differs" in page

    browser.post(f"/chargers/{charger.pk}/configuration/fix/", {"component": "", "variable": "HeartbeatInterval"})

    assert [command.action for command in IssuedCommand.objects.order_by("pk")] == [
        "ChangeConfiguration",
        "GetConfiguration",
    ]


def test_that_a_value_holds_after_a_restart_is_said_and_none_is_asked(
    browser: Client, charger: Charger, bay: Bay
) -> None:
    template(HeartbeatInterval="300")
    told(charger, "HeartbeatInterval", "900")
    browser.post(f"/chargers/{charger.pk}/configuration/fix/", {"variable": "HeartbeatInterval"})
    IssuedCommand.objects.filter(kind="change_settings").update(
        state="accepted", status="RebootRequired", response={"status": "RebootRequired"}
    )

    page = read(browser, f"/chargers/{charger.pk}/configuration/")

    assert "it holds after the charger" in page
    assert not IssuedCommand.objects.filter(kind="reset").exists()


def test_a_charger_with_automation_off_is_not_put_right(browser: Client, charger: Charger, bay: Bay) -> None:
    template(HeartbeatInterval="300")
    told(charger, "HeartbeatInterval", "900")
    Charger.objects.update(automation_on=False)

    response = browser.post(
        f"/chargers/{charger.pk}/configuration/fix/", {"variable": "HeartbeatInterval"}, follow=True
    )

    assert "automation is off" in response.content.decode()
    assert not IssuedCommand.objects.exists()


def test_oddities_are_counted_by_model_and_firmware(browser: Client, charger: Charger) -> None:
    for firmware, count in (("1.0", 3), ("2.0", 5)):
        Oddity.objects.create(
            charger=charger, firmware=firmware, kind="MeterValues.meterValue: type", count=count,
            first_at=THURSDAY, last_at=THURSDAY,
        )  # fmt: skip
    Capability.objects.create(
        charger=charger, name=quarantine_of("GetConfiguration"), value="yes", evidence="twice", firmware="2.0",
        seen_at=THURSDAY,
    )  # fmt: skip

    page = read(browser, "/oddities/")

    assert page.index("firmware 2.0 · 5 in all") < page.index("firmware 1.0 · 3 in all")
    assert "GetConfiguration" in page
