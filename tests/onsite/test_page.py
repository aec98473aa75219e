"""The page of what a charger of 2.1 does beside charging, and its forms."""

import pytest
from django.test import Client

from billing.models import Tariff
from billing.onsite.models import Settlement, VatCheck
from chargers.grid.models import GridAlarm, GridRule
from chargers.models import Charger, IssuedCommand
from chargers.streams.models import EventStream
from depot.access.models import Role, User
from sessions.models import IdToken
from tests.factories import THURSDAY, make_charger, make_user
from tests.yard.reading import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def charger() -> Charger:
    return make_charger("CP-A01", protocol="ocpp2.1")


def browser_of(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def client() -> Client:
    return browser_of(make_user())


def test_what_it_holds_stands_there_in_words(charger: Charger, client: Client) -> None:
    GridRule.objects.create(charger=charger, rule_id="cap", kind="LimitMaxDischarge", settings={"priority": 0})
    GridAlarm.objects.create(
        charger=charger, kind="HVMustTrip", fault="OverVoltage", began_at=THURSDAY, heard_at=THURSDAY
    )
    EventStream.objects.create(charger=charger, number=7, monitor_id=3, interval_s=60, opened_at=THURSDAY)
    VatCheck.objects.create(charger=charger, vat_number="DE136695976", verdict="well_formed", at=THURSDAY)
    Settlement.objects.create(
        charger=charger, psp_reference="p", state="Failed", amount="12.35", at=THURSDAY, heard_at=THURSDAY
    )

    shown = words(client.get(f"/chargers/{charger.pk}/onsite/"))

    for text in ("LimitMaxDischarge", "OverVoltage", "of monitor 3", "not looked up", "12.35000"):
        assert text in shown


def test_a_form_asks_for_what_rest_asks_for(charger: Charger, client: Client) -> None:
    tariff = Tariff.objects.create(name="Flat", currency="EUR", price_per_kwh="0.30", created_at=THURSDAY)

    client.post(f"/chargers/{charger.pk}/onsite/ask/", {"operation": "give-default-tariff", "tariff": tariff.pk})

    command = IssuedCommand.objects.get()
    assert (command.action, command.request["tariff"]["currency"]) == ("SetDefaultTariff", "EUR")


def test_numbers_that_are_no_json_are_said_to_be_none(charger: Charger, client: Client) -> None:
    said = {"operation": "set-grid-rule", "rule": "FixedVar", "rule_id": "a", "settings": "{"}

    answer = client.post(f"/chargers/{charger.pk}/onsite/ask/", said, follow=True)

    assert "This is no JSON" in words(answer)
    assert not IssuedCommand.objects.exists()


def test_a_dispatcher_lets_one_charge_first_and_gives_no_grid_rules(charger: Charger) -> None:
    dispatcher = browser_of(make_user("disp", Role.DISPATCHER))

    first = dispatcher.post(
        f"/chargers/{charger.pk}/onsite/ask/", {"operation": "use-priority", "reference": "tx-1", "is_on": "true"}
    )
    rule = dispatcher.post(f"/chargers/{charger.pk}/onsite/ask/", {"operation": "clear-grid-rules"})

    assert (first.status_code, rule.status_code) == (302, 403)
    assert IssuedCommand.objects.get().request == {"transactionId": "tx-1", "activate": True}


@pytest.mark.parametrize(("card", "is_asked"), [("VAN12", True), ("BLOCKED", False), ("STRANGER", False)])
def test_only_who_may_charge_is_let_swap_a_battery(charger: Charger, client: Client, card: str, is_asked: bool) -> None:
    """2.1 S02.FR.03."""
    IdToken.objects.create(value="VAN12", key="van12", created_at=THURSDAY)
    IdToken.objects.create(value="BLOCKED", key="blocked", standing="blocked", created_at=THURSDAY)

    page = client.post(
        f"/chargers/{charger.pk}/onsite/ask/", {"operation": "request-swap", "token": card}, follow=True
    ).content.decode()

    assert IssuedCommand.objects.filter(action="RequestBatterySwap").exists() is is_asked
    assert ("swaps no battery" in page) is not is_asked
