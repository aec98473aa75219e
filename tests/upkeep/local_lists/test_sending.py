"""A list is sent as far as its charger takes it, told of where it does not, and put right when it has changed."""

from datetime import timedelta

import pytest

from chargers.commands import RawCall, SendLocalList, command_from_row
from chargers.models import Charger, IssuedCommand
from chargers.services import issue_command
from chargers.upkeep.list_facts import TRIES_MAX, try_again
from chargers.upkeep.models import ListedToken
from depot.models import Bay, Depot
from depot.notices.models import Notice
from depot.upkeep.lists import LOOKED_AT_ONCE, keep_lists
from tests.factories import (
    THURSDAY,
    make_bay,
    make_charger,
    make_evse,
)
from tests.upkeep.local_lists.keeper import ListKeeper, card, placed, rule, state

pytestmark = pytest.mark.django_db


def test_a_list_that_another_changed_is_sent_whole_again(charger: Charger, depot: Depot) -> None:
    card("A")
    rule(depot)
    keeper = ListKeeper(charger)
    keeper.keep_up()

    keeper.version, keeper.held = 77, {"STRANGER": "Accepted"}
    keeper.keep_up(THURSDAY + timedelta(hours=13))

    assert keeper.held == {"A": "Accepted"}
    assert keeper.version == 78
    assert keeper.sent[-1]["updateType"] == "Full"


def test_a_version_that_does_not_fit_is_learned_and_all_is_sent(charger: Charger, depot: Depot) -> None:
    card("A")
    rule(depot)
    keeper = ListKeeper(charger)
    keeper.keep_up()
    card("B")

    keeper.version = 90
    keeper.keep_up(THURSDAY + timedelta(minutes=1))

    assert set(keeper.held) == {"A", "B"}
    assert keeper.version == 91


def test_one_that_refuses_is_tried_with_pauses_and_then_told_of(charger: Charger, depot: Depot) -> None:
    card("A")
    rule(depot)
    keeper = ListKeeper(charger)
    keeper.refuses = "Failed"

    keeper.keep_up()
    tried_at_once = len(keeper.sent)
    for hours in range(3, 30, 3):
        keeper.keep_up(THURSDAY + timedelta(hours=hours))

    assert tried_at_once == 1
    assert len(keeper.sent) == TRIES_MAX
    assert state(charger).trouble == "It refused the list: Failed"
    assert Notice.objects.filter(kind="local_list.given_up").count() == 1


def test_one_that_keeps_no_list_is_not_asked_again_until_a_person_says_so(charger: Charger, depot: Depot) -> None:
    card("A")
    rule(depot)
    keeper = ListKeeper(charger)
    keeper.refuses = "NotSupported"
    keeper.keep_up()
    keeper.keep_up(THURSDAY + timedelta(days=2))
    assert len(keeper.sent) == 1

    keeper.refuses = ""
    try_again(state(charger))
    keeper.keep_up(THURSDAY + timedelta(days=2, minutes=1))

    assert keeper.held == {"A": "Accepted"}


def test_one_that_takes_lists_and_then_has_none_is_given_up(charger: Charger, depot: Depot) -> None:
    card("A")
    rule(depot)
    keeper = ListKeeper(charger)

    for hours in range(0, 60, 3):
        for _ in range(6):
            keeper.version, keeper.held = 0, {}
            keep_lists(THURSDAY + timedelta(hours=hours))
            keeper.answer(THURSDAY + timedelta(hours=hours))

    assert state(charger).gave_up_at is not None
    assert len(keeper.sent) <= 2 * TRIES_MAX


def test_a_raw_list_changes_the_known_one_and_is_put_right(charger: Charger, depot: Depot) -> None:
    card("A")
    rule(depot)
    keeper = ListKeeper(charger)
    keeper.keep_up()

    raw = {"listVersion": 50, "localAuthorizationList": [{"idTag": "X", "idTagInfo": {"status": "Accepted"}}]}
    issue_command(
        charger,
        RawCall(action="SendLocalList", payload=raw | {"updateType": "Full"}),
        issued_by=None,
        now=THURSDAY,
    )
    keeper.answer()

    assert state(charger).version == 50
    assert [token.token for token in ListedToken.objects.all()] == ["X"]
    keeper.keep_up(THURSDAY + timedelta(minutes=1))
    assert keeper.held == {"A": "Accepted"}
    assert keeper.version == 51


def test_what_a_charger_has_no_room_for_is_counted(charger: Charger, depot: Depot) -> None:
    for n in range(12):
        card(f"C{n:02}")
    rule(depot)
    keeper = ListKeeper(charger)

    keeper.keep_up()

    assert (len(keeper.held), state(charger).left_out) == (10, 2)


def test_how_much_it_takes_is_asked_first(depot: Depot) -> None:
    charger = make_charger()
    make_bay(depot, evse=make_evse(charger))
    card("A")
    rule(depot)

    keep_lists(THURSDAY)

    command = IssuedCommand.objects.get()
    assert command.action == "GetConfiguration"
    assert command.request is not None
    assert "SendLocalListMaxLength" in command.request["key"]


def test_no_tick_floods_the_yard(depot: Depot) -> None:
    card("A")
    rule(depot)
    for _ in range(LOOKED_AT_ONCE + 5):
        placed(depot)

    assert keep_lists(THURSDAY) == LOOKED_AT_ONCE
    assert keep_lists(THURSDAY) == 5
    assert Bay.objects.count() == IssuedCommand.objects.count()


def test_a_restart_of_the_charger_has_its_list_looked_at(charger: Charger, depot: Depot) -> None:
    card("A")
    rule(depot)
    keeper = ListKeeper(charger)
    keeper.keep_up()

    keeper.version, keeper.held = 0, {}
    Charger.objects.update(booted_at=THURSDAY + timedelta(minutes=5))
    keeper.keep_up(THURSDAY + timedelta(minutes=6))

    assert keeper.held == {"A": "Accepted"}


def test_what_was_sent_is_kept_in_our_words(charger: Charger, depot: Depot) -> None:
    card("A")
    rule(depot)

    ListKeeper(charger).keep_up()

    sent = IssuedCommand.objects.get(action="SendLocalList")
    command = command_from_row(sent.kind, sent.wording)
    assert isinstance(command, SendLocalList)
    assert [entry.token for entry in command.entries] == ["A"]
