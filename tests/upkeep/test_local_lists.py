"""Rules of the yard become local lists of chargers, are kept, and are shown where they are not."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from chargers.choices import CommandState
from chargers.commands import ListEntry, RawCall, SendLocalList, command_from_row
from chargers.models import Charger, IssuedCommand, SettingValue
from chargers.services import issue_command
from chargers.upkeep.list_facts import TRIES_MAX, try_again
from chargers.upkeep.models import ListedToken, LocalList
from depot import effects
from depot.access.models import Role
from depot.models import Access, Bay, Depot
from depot.notices.models import Notice
from depot.upkeep.lists import LOOKED_AT_ONCE, keep_lists, lists_that_accept
from depot.upkeep.models import OfflineRule
from sessions.models import IdToken
from tests.factories import (
    THURSDAY,
    make_bay,
    make_charger,
    make_command,
    make_depot,
    make_evse,
    make_user,
    make_vehicle,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def depot(db: None) -> Depot:
    return make_depot()


@pytest.fixture
def charger(depot: Depot) -> Charger:
    return placed(depot)


def placed(depot: Depot, protocol: str = "ocpp1.6", **bay: Any) -> Charger:
    charger = make_charger(protocol=protocol)
    SettingValue.objects.create(charger=charger, variable="LocalAuthListMaxLength", value="10", reported_at=THURSDAY)
    SettingValue.objects.create(charger=charger, variable="SendLocalListMaxLength", value="3", reported_at=THURSDAY)
    make_bay(depot, evse=make_evse(charger), **bay)
    return charger


def card(value: str, depot: Depot | None = None, **fields: Any) -> IdToken:
    return IdToken.objects.create(
        value=value, key=value.casefold(), depot_key=depot.pk if depot else None, created_at=THURSDAY, **fields
    )


def rule(depot: Depot, **fields: Any) -> OfflineRule:
    return OfflineRule.objects.create(depot=depot, created_at=THURSDAY, **fields)


class ListKeeper:
    """A charger that keeps a local list as the specification says, asked through rows and not through a socket."""

    def __init__(self, charger: Charger) -> None:
        self.charger = charger
        self.version = 0
        self.held: dict[str, str] = {}
        self.refuses: str = ""
        self.sent: list[dict[str, Any]] = []

    def answer(self, now: Any = THURSDAY) -> bool:
        """Answer the one open command; False when nothing is asked."""
        command = IssuedCommand.objects.filter(charger=self.charger, state=CommandState.REQUESTED).first()
        if command is None:
            return False
        assert command.request is not None
        if command.action == "GetLocalListVersion":
            response: dict[str, Any] = {"listVersion": self.version}
        else:
            self.sent.append(command.request)
            response = {"status": self.refuses or self._take(command.request)}
        command.response = response
        command.status = response.get("status", f"Version {self.version}")
        command.state = CommandState.ACCEPTED if command.status[:7] in ("Accepte", "Version") else CommandState.REJECTED
        command.status = "VersionMismatch" if response.get("status") == "VersionMismatch" else command.status
        if response.get("status", "Accepted") != "Accepted":
            command.state = CommandState.REJECTED
        command.save()
        effects.command_settled(command, now=now)
        return True

    def _take(self, request: dict[str, Any]) -> str:
        if request["updateType"] == "Full":
            self.held = {}
        elif request["listVersion"] <= self.version:
            return "VersionMismatch"
        for entry in request.get("localAuthorizationList", []):
            if "idTagInfo" in entry:
                self.held[entry["idTag"]] = entry["idTagInfo"]["status"]
            else:
                self.held.pop(entry["idTag"], None)
        self.version = request["listVersion"]
        return "Accepted"

    def keep_up(self, now: Any = THURSDAY) -> int:
        """Tick and answer until nothing is asked any more; how many ticks it took."""
        for ticks in range(40):
            keep_lists(now)
            if not self.answer(now):
                return ticks
        raise AssertionError("it is asked for ever")


def state(charger: Charger) -> LocalList:
    return LocalList.objects.get(charger=charger)


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
