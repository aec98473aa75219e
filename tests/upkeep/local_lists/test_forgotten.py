"""Who was forgotten by a charger goes off its list."""

import pytest
from django.test import Client

from chargers.commands import ListEntry, SendLocalList
from chargers.models import Charger
from chargers.services import issue_command
from depot import effects
from depot.access.models import Role
from depot.models import Depot
from tests.factories import (
    THURSDAY,
    make_command,
    make_user,
)
from tests.upkeep.local_lists.keeper import ListKeeper, card, rule, state

pytestmark = pytest.mark.django_db


def have_forgotten(charger: Charger, token: str, *, accepted: bool = True) -> None:
    command = make_command(
        charger, "customer_information", action="CustomerInformation", state="accepted" if accepted else "rejected",
        request={"requestId": 1, "report": False, "clear": True, "idToken": {"idToken": token, "type": "ISO14443"}},
    )  # fmt: skip
    effects.command_settled(command, now=THURSDAY)


@pytest.mark.parametrize(("accepted", "left"), [(True, {"B"}), (False, {"A", "B"})])
def test_who_is_forgotten_by_a_charger_goes_off_its_list_and_stays_off(
    charger: Charger, depot: Depot, accepted: bool, left: set[str]
) -> None:
    """2.x N10.FR.02: the charger never does so by itself."""
    card("A", depot), card("B", depot)
    rule(depot)
    keeper = ListKeeper(charger)
    keeper.keep_up()

    have_forgotten(charger, "a", accepted=accepted)
    keeper.keep_up()

    assert set(keeper.held) == left
    assert (state(charger).missing, state(charger).surplus) == (0, 0)


def test_off_a_list_of_which_no_rule_speaks_only_the_forgotten_go(charger: Charger, depot: Depot) -> None:
    keeper = ListKeeper(charger)
    entries = (ListEntry(token="A"), ListEntry(token="B"))
    issue_command(charger, SendLocalList(version=4, is_full=True, entries=entries), issued_by=None, now=THURSDAY)
    keeper.answer()

    have_forgotten(charger, "A")
    keeper.answer()

    assert set(keeper.held) == {"B"}


def test_a_person_may_put_the_forgotten_back(charger: Charger, depot: Depot) -> None:
    card("A", depot)
    rule(depot)
    keeper = ListKeeper(charger)
    keeper.keep_up()
    have_forgotten(charger, "A")
    keeper.keep_up()
    client = Client()
    client.force_login(make_user(role=Role.ENGINEER))

    page = client.get("/offline/").content.decode()
    client.post(f"/offline/lists/{state(charger).pk}/put-back/")
    keeper.keep_up()

    assert "1 kept off" in page
    assert set(keeper.held) == {"A"}
