"""What a charger does not survive is not asked of it again unbidden (quirks 46 and 48)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargers import greeting
from chargers.greeting import greet_the_newly_connected
from chargers.models import Capability, Charger, Connection, IssuedCommand
from chargers.queries import traits_of_charger
from chargers.quirks import quarantine_of
from chargers.upkeep.broken_links import notice_broken_links
from depot.notices.models import Notice
from depot.upkeep.quarantine import hold_back_what_breaks_links
from tests.factories import THURSDAY, connect, make_charger, make_command

pytestmark = pytest.mark.django_db


@pytest.fixture
def charger(db: None) -> Charger:
    return make_charger(online=False, firmware="1.8.21", booted_at=THURSDAY)


def broke(
    charger: Charger,
    action: str,
    *,
    ago_s: int,
    after_s: int = 1,
    answered: bool = False,
    reason: str = "1006",
    **more: Any,
) -> Connection:
    """A socket that ended `ago_s` seconds ago, `after_s` after we asked `action` on it."""
    closed_at = datetime.now(UTC) - timedelta(seconds=ago_s)
    sent_at = closed_at - timedelta(seconds=after_s)
    make_command(
        charger, "raw", action=action, request=more.get("request", {}), sent_at=sent_at,
        state="accepted" if answered else "unanswered", answered_at=sent_at if answered else None,
    )  # fmt: skip
    return connect(charger, opened_at=sent_at - timedelta(seconds=10), closed_at=closed_at, close_reason=reason)


def held_back(charger: Charger) -> set[str]:
    usual = {"ChangeAvailability", "GetConfiguration of everything", "measurand probing"}
    return set(traits_of_charger(charger).deny_on_connect) - usual


@pytest.mark.parametrize("how", [{"answered": True}, {"after_s": 61}, {}], ids=["after its answer", "hung", "at once"])
def test_an_action_that_broke_the_link_twice_in_two_minutes_is_held_back(charger: Charger, how: dict[str, Any]) -> None:
    broke(charger, "GetConfiguration", ago_s=80, **how)
    broke(charger, "GetConfiguration", ago_s=5, **how)

    notice_broken_links(THURSDAY)

    assert held_back(charger) == {"GetConfiguration"}
    assert Capability.objects.get().firmware == "1.8.21"


def test_once_is_no_proof(charger: Charger) -> None:
    broke(charger, "GetConfiguration", ago_s=5)

    notice_broken_links(THURSDAY)
    notice_broken_links(THURSDAY)

    assert held_back(charger) == set()


def test_two_that_lie_far_apart_are_no_proof(charger: Charger) -> None:
    broke(charger, "GetConfiguration", ago_s=175)
    broke(charger, "GetConfiguration", ago_s=5)

    notice_broken_links(THURSDAY)

    assert held_back(charger) == set()


def test_what_it_has_outlived_as_often_is_not_what_breaks_it(charger: Charger) -> None:
    for ago_s in (7_200, 5_400):
        sent_at = datetime.now(UTC) - timedelta(seconds=ago_s)
        make_command(
            charger, "raw", action="SetChargingProfile", state="accepted", sent_at=sent_at, answered_at=sent_at
        )
        connect(charger, opened_at=sent_at - timedelta(seconds=5), closed_at=sent_at + timedelta(seconds=600))
    broke(charger, "SetChargingProfile", ago_s=80)
    broke(charger, "SetChargingProfile", ago_s=5)

    notice_broken_links(THURSDAY)

    assert held_back(charger) == set()


def test_one_survival_does_not_speak_for_what_broke_it_twice(charger: Charger) -> None:
    sent_at = datetime.now(UTC) - timedelta(hours=2)
    make_command(charger, "raw", action="GetConfiguration", state="accepted", sent_at=sent_at, answered_at=sent_at)
    connect(charger, opened_at=sent_at - timedelta(seconds=5), closed_at=sent_at + timedelta(seconds=600))
    broke(charger, "GetConfiguration", ago_s=80)
    broke(charger, "GetConfiguration", ago_s=5)

    notice_broken_links(THURSDAY)

    assert held_back(charger) == {"GetConfiguration"}


@pytest.mark.parametrize(("has_answered", "held"), [(True, set()), (False, {"SetChargingProfile"})])
def test_who_leaves_with_a_farewell_was_not_broken_by_what_it_has_answered(
    charger: Charger, has_answered: bool, held: set[str]
) -> None:
    """As one does that has waited in vain for our answers on a bad line."""
    if has_answered:
        sent_at = datetime.now(UTC) - timedelta(seconds=100)
        make_command(
            charger, "raw", action="SetChargingProfile", state="accepted", sent_at=sent_at, answered_at=sent_at
        )
    broke(charger, "SetChargingProfile", ago_s=80, reason="1005")
    broke(charger, "SetChargingProfile", ago_s=5, reason="1005")

    notice_broken_links(THURSDAY)

    assert held_back(charger) == held


def test_two_different_actions_are_no_proof(charger: Charger) -> None:
    broke(charger, "GetConfiguration", ago_s=80)
    broke(charger, "TriggerMessage", ago_s=5)

    notice_broken_links(THURSDAY)

    assert held_back(charger) == set()


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("Reset", {}),
        ("UpdateFirmware", {}),
        ("ChangeConfiguration", {"request": {"key": "AuthorizationKey", "value": "***"}}),
        ("GetConfiguration", {"reason": "The server stopped"}),
        ("GetConfiguration", {"reason": "1012 Service Restart"}),
        ("GetConfiguration", {"answered": True, "after_s": 40}),
    ],
)
def test_an_end_that_was_meant_or_was_ours_is_no_proof(charger: Charger, action: str, more: dict[str, Any]) -> None:
    broke(charger, action, ago_s=60, **more)
    broke(charger, action, ago_s=5, **more)

    notice_broken_links(THURSDAY)

    assert held_back(charger) == set()


def test_another_firmware_may_be_asked_again(charger: Charger) -> None:
    broke(charger, "GetConfiguration", ago_s=80)
    broke(charger, "GetConfiguration", ago_s=5)
    notice_broken_links(THURSDAY)

    Charger.objects.update(firmware="1.8.22")

    assert held_back(Charger.objects.get()) == set()


def test_what_is_held_back_is_told_once_and_not_asked_at_the_next_connection(charger: Charger) -> None:
    broke(charger, "GetConfiguration", ago_s=80)
    broke(charger, "GetConfiguration", ago_s=65)
    hold_back_what_breaks_links(THURSDAY)
    hold_back_what_breaks_links(THURSDAY)

    connect(charger, opened_at=datetime.now(UTC) - timedelta(seconds=10), booted=True)
    greet_the_newly_connected(THURSDAY)

    assert Notice.objects.filter(kind="charger.action_quarantined").count() == 1
    assert not IssuedCommand.objects.filter(kind="read_settings").exists()


def test_a_charger_that_keeps_restarting_is_asked_once_and_then_left_in_peace(charger: Charger) -> None:
    for ago_s in (240, 180, 120):
        opened_at = datetime.now(UTC) - timedelta(seconds=ago_s)
        connect(charger, opened_at=opened_at, closed_at=opened_at + timedelta(seconds=40), greeted_at=opened_at)
    connection = connect(charger, opened_at=datetime.now(UTC) - timedelta(seconds=10), booted=True)

    greet_the_newly_connected(THURSDAY)

    assert not IssuedCommand.objects.exists()
    connection.refresh_from_db()
    assert connection.greeted_at is None


def test_one_that_stays_after_its_restarts_is_asked_again(charger: Charger) -> None:
    for ago_s in (900, 800, 700):
        opened_at = datetime.now(UTC) - timedelta(seconds=ago_s)
        connect(charger, opened_at=opened_at, closed_at=opened_at + timedelta(seconds=40), greeted_at=opened_at)
    connect(charger, opened_at=datetime.now(UTC) - timedelta(seconds=650), booted=True)

    greet_the_newly_connected(THURSDAY)

    assert IssuedCommand.objects.filter(kind="read_settings").exists()


def test_a_thousand_that_return_at_once_are_asked_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greeting, "GREETED_AT_ONCE", 5)
    opened_at = datetime.now(UTC) - timedelta(seconds=10)
    for _ in range(6):
        connect(make_charger(online=False, booted_at=THURSDAY), opened_at=opened_at, booted=True)

    rounds = [greet_the_newly_connected(THURSDAY) for _ in range(3)]

    assert rounds == [5, 1, 0]


def alike(identity: str, **fields: Any) -> Charger:
    return make_charger(identity, online=False, **({"vendor": "Acme", "model": "One", "firmware": "1.8.21"} | fields))


def quarantined(charger: Charger, action: str = "GetConfiguration") -> Capability:
    return Capability.objects.create(
        charger=charger, name=quarantine_of(action), value="yes", firmware=charger.firmware, seen_at=THURSDAY
    )


def test_what_two_chargers_did_not_survive_others_of_their_firmware_are_not_asked_either() -> None:
    first, second, third = alike("CP-1"), alike("CP-2"), alike("CP-3")
    newer, other = alike("CP-4", firmware="1.9"), alike("CP-5", model="Two")
    quarantined(first)
    hold_back_what_breaks_links(THURSDAY)
    after_one = held_back(third)

    quarantined(second)
    hold_back_what_breaks_links(THURSDAY)

    assert (after_one, held_back(third)) == (set(), {"GetConfiguration"})
    assert (held_back(newer), held_back(other)) == (set(), set())


def test_that_two_chargers_break_over_limits_keeps_no_other_from_having_its_own() -> None:
    first, second, third = alike("CP-1"), alike("CP-2"), alike("CP-3")
    quarantined(first, "SetChargingProfile")
    quarantined(second, "SetChargingProfile")

    hold_back_what_breaks_links(THURSDAY)

    assert held_back(third) == set()


@pytest.mark.parametrize(("closed_after_s", "lifted"), [(None, True), (10, False)], ids=["held", "broke"])
def test_what_a_person_asked_and_the_link_survived_is_asked_again(
    charger: Charger, closed_after_s: int | None, lifted: bool
) -> None:
    """What a charger shows itself outranks what was known of it, and two others do not bring it back."""
    quarantined(charger)
    sent_at = datetime.now(UTC) - timedelta(seconds=130)
    make_command(
        charger, "raw", action="GetConfiguration", request={}, sent_at=sent_at, state="accepted", answered_at=sent_at
    )
    closed = {} if closed_after_s is None else {"closed_at": sent_at + timedelta(seconds=closed_after_s)}
    connect(charger, opened_at=sent_at - timedelta(seconds=10), **closed)

    hold_back_what_breaks_links(THURSDAY)

    assert (held_back(charger) == set()) is lifted
