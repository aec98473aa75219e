"""Groups of cards, what a card may come to, and its credit."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing.models import Tariff
from billing.services import settle_session
from depot.access.models import AuditEntry, Role
from depot.limits import pay_from_credit
from depot.models import Bay, Depot
from sessions.models import CreditEntry, IdToken, TokenGroup
from sessions.services import add_credit, end_credit
from tests.factories import THURSDAY, make_depot, make_session, make_user
from tests.yard.reading import flash, post, rows, signed_in, words

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def make_token(value: str, **fields: Any) -> IdToken:
    return IdToken.objects.create(value=value, key=value.casefold(), created_at=THURSDAY, **fields)


def test_a_card_is_given_limits_bays_a_priority_and_a_language(browser: Client, bay: Bay) -> None:
    token = make_token("CARD7", depot_key=bay.depot_id)
    limits = {"limit_kwh": "20.5", "limit_minutes": "90", "limit_cost": "12", "limit_soc_percent": "80"}

    post(
        browser, f"/tokens/{token.pk}/", depot=bay.depot_id, bays=[bay.pk], charging_priority="-3", language="de",
        valid_from="2026-04-01", max_concurrent="2", **limits,
    )  # fmt: skip

    token.refresh_from_db()
    assert (token.limit_wh, token.limit_s, token.limit_cost) == (20_500, 5_400, Decimal(12))
    assert (token.limit_soc_percent, token.max_concurrent) == (80, 2)
    assert (token.bay_keys, token.charging_priority, token.language) == ([bay.pk], -3, "de")
    assert f"{token.valid_from:%Y-%m-%d %H:%M}" == "2026-03-31 22:00"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"charging_priority": "10"}, "From -9 to 9"),
        ({"valid_from": "2026-04-02", "expires_at": "2026-04-01"}, "end before it begins"),
        ({"limit_soc_percent": "0"}, "From 1 to 100"),
    ],
)
def test_limits_that_cannot_be_are_refused_in_words(
    browser: Client, depot: Depot, said: dict[str, str], why: str
) -> None:
    token = make_token("CARD7", depot_key=depot.pk)

    assert why in words(post(browser, f"/tokens/{token.pk}/", depot=depot.pk, **said))


def test_bays_beyond_ones_depots_stay_with_a_card_that_is_changed(bay: Bay) -> None:
    token = make_token("CARD7", depot_key=bay.depot_id, bay_keys=[bay.pk, 99_999])
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[bay.depot]))

    post(manager, f"/tokens/{token.pk}/", depot=bay.depot_id, driver="R. Diaz")

    token.refresh_from_db()
    assert (token.driver, token.bay_keys) == ("R. Diaz", [99_999])


def test_groups_that_cards_name_stand_there_with_what_they_draw(browser: Client, bay: Bay) -> None:
    TokenGroup.objects.create(name="night", max_concurrent=1)
    make_session(bay, token=make_token("CARD7", group="night"))
    make_token("CARD8", group="day")

    listed = rows(browser.get("/token-groups/"), "group")

    assert listed[0].startswith("day 1 card 0 charging as many as there are")
    assert listed[1].startswith("night 1 card 1 charging full 1 at most")


def test_a_group_is_limited_changed_and_let_go(browser: Client, depot: Depot) -> None:
    added = post(browser, "/token-groups/add/", name="night", max_concurrent="3")
    group = TokenGroup.objects.get()
    post(browser, f"/token-groups/{group.pk}/", max_concurrent="2")
    group.refresh_from_db()
    gone = post(browser, f"/token-groups/{group.pk}/delete/")

    assert "no more than 3 places at a time" in flash(added)
    assert group.max_concurrent == 2
    assert "Nothing holds for night any more" in flash(gone)
    acts = ["added card group", "changed card group", "deleted card group"]
    assert sorted(AuditEntry.objects.values_list("act", flat=True)) == acts


def test_who_sees_one_depot_reads_groups_and_changes_none(depot: Depot) -> None:
    group = TokenGroup.objects.create(name="night", max_concurrent=3)
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    assert "Change night" not in words(manager.get("/token-groups/"))
    assert manager.post(f"/token-groups/{group.pk}/", {"max_concurrent": "9"}).status_code == 403
    assert manager.post("/token-groups/add/", {"name": "day"}).status_code == 403


def test_credit_is_added_with_its_author_and_read_in_the_audit(browser: Client, depot: Depot) -> None:
    token = make_token("CARD7", depot_key=depot.pk)

    response = post(browser, f"/tokens/{token.pk}/credit/", amount="25.00", note="Paid at the desk", seen="0")

    entry = CreditEntry.objects.get()
    assert (entry.amount, entry.balance, entry.note) == (Decimal(25), Decimal(25), "Paid at the desk")
    assert entry.author is not None
    assert AuditEntry.objects.get().act == "added credit"
    assert "25.00 EUR" in words(response)


def test_a_press_told_twice_adds_credit_once(browser: Client, depot: Depot) -> None:
    token = make_token("CARD7", depot_key=depot.pk)

    for _ in range(2):
        response = post(browser, f"/tokens/{token.pk}/credit/", amount="25", seen="0")

    assert CreditEntry.objects.count() == 1
    assert "has changed since you saw it" in words(response)


def test_a_card_that_became_prepaid_by_mistake_charges_without_credit_again(browser: Client, depot: Depot) -> None:
    token = make_token("CARD7", depot_key=depot.pk)
    post(browser, f"/tokens/{token.pk}/credit/", amount="25", seen="0")

    response = post(browser, f"/tokens/{token.pk}/credit/end/")

    token.refresh_from_db()
    assert token.prepaid_balance is None
    assert "charges without credit" in flash(response)
    assert list(CreditEntry.objects.values_list("amount", "is_end")) == [(Decimal(-25), True), (Decimal(25), False)]


def test_what_was_charged_while_a_card_was_not_prepaid_is_paid_by_no_later_credit(bay: Bay) -> None:
    tariff = Tariff.objects.create(
        name="Site", currency="EUR", time_zone="Europe/Berlin", price_per_kwh="0.30", created_at=THURSDAY
    )
    token = make_token("CARD7")
    add_credit(token, Decimal(10), now=THURSDAY - 9 * HOUR)
    end_credit(token, now=THURSDAY - 8 * HOUR)
    session = make_session(
        bay, token=token, tariff_key=tariff.pk, started_at=THURSDAY - 5 * HOUR, ended_at=THURSDAY - 4 * HOUR,
        meter_stop_wh=1_010_000,
    )  # fmt: skip
    settle_session(session, now=THURSDAY)
    add_credit(token, Decimal(10), now=THURSDAY)

    assert pay_from_credit(THURSDAY) == 0


def test_a_dispatcher_reads_credit_and_adds_none(depot: Depot) -> None:
    token = make_token("CARD7", depot_key=depot.pk, prepaid_balance=Decimal(5))
    dispatcher = signed_in(make_user("dan", Role.DISPATCHER, depots=[depot]))

    assert "5.00 EUR" in words(dispatcher.get(f"/tokens/{token.pk}/credit/"))
    assert dispatcher.post(f"/tokens/{token.pk}/credit/", {"amount": "5", "seen": "0"}).status_code == 403


def test_the_credit_of_a_card_of_another_depot_does_not_exist(depot: Depot) -> None:
    foreign = make_token("FOREIGN", depot_key=make_depot("Elsewhere").pk)
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    assert manager.get(f"/tokens/{foreign.pk}/credit/").status_code == 404
