"""By the rules of a yard: whose cards stand on whose list, and how."""

from datetime import timedelta

import pytest

from chargers.models import Charger, IssuedCommand
from depot.models import Access, Depot
from depot.upkeep.lists import keep_lists, lists_that_accept
from tests.factories import (
    THURSDAY,
    make_depot,
    make_vehicle,
)
from tests.upkeep.local_lists.keeper import ListKeeper, card, placed, rule, state

pytestmark = pytest.mark.django_db


def test_the_cards_of_a_depot_come_onto_its_chargers(charger: Charger, depot: Depot) -> None:
    elsewhere = make_depot("Southgate")
    for name in "ABCDE":
        card(name, depot)
    card("FAR", elsewhere)
    rule(depot, tokens_of=depot)
    keeper = ListKeeper(charger)

    keeper.keep_up()

    assert keeper.held == dict.fromkeys("ABCDE", "Accepted")
    assert [len(sent["localAuthorizationList"]) for sent in keeper.sent] == [3, 2]
    assert (state(charger).version, state(charger).missing, state(charger).is_verified) == (keeper.version, 0, True)


def test_a_card_of_a_vehicle_belongs_where_its_vehicle_does(charger: Charger, depot: Depot) -> None:
    card("A", vehicle=make_vehicle(depot_key=depot.pk))
    card("B")
    rule(depot, tokens_of=depot)
    keeper = ListKeeper(charger)

    keeper.keep_up()

    assert keeper.held == {"A": "Accepted"}


def test_a_rule_may_speak_of_a_group_and_of_all(charger: Charger, depot: Depot) -> None:
    card("A", group="drivers")
    card("B")
    one = rule(depot, group="drivers")
    keeper = ListKeeper(charger)

    keeper.keep_up()
    by_group = dict(keeper.held)
    one.delete()
    rule(depot)
    keeper.keep_up(THURSDAY + timedelta(minutes=1))

    assert (set(by_group), set(keeper.held)) == ({"A"}, {"A", "B"})


def test_tokens_of_ours_and_expired_ones_stand_on_no_list(charger: Charger, depot: Depot) -> None:
    card("OURS", is_ours=True, vehicle=make_vehicle())
    card("OLD", expires_at=THURSDAY - timedelta(days=1))
    card("GOOD", expires_at=THURSDAY + timedelta(days=1), group="drivers")
    rule(depot)
    keeper = ListKeeper(charger)

    keeper.keep_up()

    assert keeper.sent[0]["localAuthorizationList"] == [
        {
            "idTag": "GOOD",
            "idTagInfo": {
                "status": "Accepted",
                "expiryDate": "2026-03-06T16:30:00.000Z",
                "parentIdTag": "drivers",
            },
        }
    ]


def test_a_master_pass_stands_on_no_list_for_it_starts_nothing(charger: Charger, depot: Depot) -> None:
    card("BOSS", is_master_pass=True)
    card("A")
    rule(depot)
    keeper = ListKeeper(charger)

    keeper.keep_up()

    assert keeper.held == {"A": "Accepted"}


def test_only_its_own_vehicle_may_charge_at_a_vehicles_bay(depot: Depot) -> None:
    van = make_vehicle()
    charger = placed(depot, access=Access.OWN_VEHICLE, own_vehicle=van)
    card("VAN", vehicle=van)
    card("OTHER", vehicle=make_vehicle())
    rule(depot)
    keeper = ListKeeper(charger)

    keeper.keep_up()

    assert keeper.held == {"VAN": "Accepted"}


def test_a_blocked_card_is_listed_as_blocked_and_shown_until_then(charger: Charger, depot: Depot) -> None:
    token = card("A")
    rule(depot)
    keeper = ListKeeper(charger)
    keeper.keep_up()

    token.standing = "blocked"
    token.save()

    assert [one.charger for one in lists_that_accept("a")] == [charger]
    keeper.keep_up(THURSDAY + timedelta(minutes=1))
    assert keeper.held == {"A": "Blocked"}
    assert not lists_that_accept("a")


def test_without_a_rule_what_we_put_there_is_taken_away(charger: Charger, depot: Depot) -> None:
    card("A")
    one = rule(depot)
    keeper = ListKeeper(charger)
    keeper.keep_up()

    one.delete()
    keeper.keep_up(THURSDAY + timedelta(minutes=1))

    assert keeper.held == {}
    assert keep_lists(THURSDAY + timedelta(days=3)) == 0


def test_a_list_of_which_no_rule_speaks_is_nobodys_business(charger: Charger, depot: Depot) -> None:
    rule(make_depot("Southgate"))
    card("A")

    assert ListKeeper(charger).keep_up() == 0
    assert not IssuedCommand.objects.exists()


def test_a_charger_that_is_to_be_left_alone_is(charger: Charger, depot: Depot) -> None:
    card("A")
    rule(depot)
    Charger.objects.update(automation_on=False)

    assert ListKeeper(charger).keep_up() == 0
    assert not IssuedCommand.objects.exists()
