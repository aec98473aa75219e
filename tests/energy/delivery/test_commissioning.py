"""What a person asks of a charger before its limits are relied on: away with others' limits, and do ours last?"""

from datetime import timedelta
from typing import Any

import pytest

from chargers.commands import ClearProfiles, command_from_row
from chargers.device_model.models import ReportedProfile
from chargers.held import services as held
from chargers.models import Capability, Charger, IssuedCommand
from depot.effects import command_settled
from depot.energy.delivery.clearing import NoRoomMeanwhile, clear_foreign_profiles
from depot.energy.delivery.duties import keep_limits
from depot.energy.delivery.restarting import NothingToKeep, StillCharging, prove_restart
from depot.energy.delivery.services import carry_on, deliver
from depot.models import Bay, Depot
from tests.energy.delivery.talk import answer_all, bays, charging, settle, want
from tests.factories import THURSDAY, make_user

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def charger_of(bay: Bay) -> Charger:
    assert bay.evse
    return Charger.objects.get(pk=bay.evse.charger_id)


def clears() -> list[Any]:
    rows = IssuedCommand.objects.filter(kind="clear_profiles").order_by("pk")
    return [command_from_row(row.kind, row.wording) for row in rows]


def test_nothing_is_ever_cleared_unasked(depot: Depot) -> None:
    """Row 59."""
    (bay,) = bays(depot)
    charging(bay)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    settle(depot)
    keep_limits(THURSDAY + 5 * MINUTE)

    assert clears() == []


def test_limits_of_another_system_go_when_a_person_says_so_and_ours_come_again(depot: Depot) -> None:
    """Row 59: what a charger of 1.6 holds nobody can read, so that all go, by purpose."""
    (bay,) = bays(depot)
    settle(depot)

    clear_foreign_profiles(charger_of(bay), asked_by=make_user(), now=THURSDAY)
    settle(depot)

    assert [each.purpose for each in clears()] == ["tx", "tx_default", "station_max"]
    (holds,) = held.held_by([charger_of(bay).pk]).values()
    assert [[each.profile.purpose for each in one.held] for one in holds.candidates] == [["tx_default"]]


def test_what_it_reported_and_is_not_ours_goes_by_its_number(depot: Depot) -> None:
    """Row 59."""
    (bay,) = bays(depot, charger={"protocol": "ocpp2.0.1"})
    settle(depot)
    charger = charger_of(bay)
    for number in (7, 1001):
        ReportedProfile.objects.create(
            charger=charger, evse_number=1, number=number, stack_level=0, purpose="tx_default", profile={},
            told_at=THURSDAY,
        )  # fmt: skip

    clear_foreign_profiles(charger, asked_by=make_user(), now=THURSDAY)

    assert clears() == [ClearProfiles(profile_id=7)]


def test_a_charger_is_not_left_without_a_limit_that_the_site_needs(depot: Depot) -> None:
    """Row 59: two of 11 kW on a site of 20, of which the other may draw all that is left."""
    first, second = bays(depot, 2)
    charging(second)
    settle(depot)
    deliver(depot, [want(second, 11_000)], now=THURSDAY)
    settle(depot)

    with pytest.raises(NoRoomMeanwhile):
        clear_foreign_profiles(charger_of(first), asked_by=make_user(), now=THURSDAY)


def boot(charger: Charger, now: Any) -> None:
    Charger.objects.filter(pk=charger.pk).update(booted_at=now)
    charger.refresh_from_db()
    held.note_boot(charger, now=now)


def tell(amperes: float, now: Any) -> None:
    """It answers what it means to do in the next hours."""
    command = IssuedCommand.objects.filter(kind="read_composite_schedule").latest("pk")
    schedule = {
        "duration": 6 * 3600,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amperes}],
    }
    command.state = "accepted"
    command.response = {"status": "Accepted", "connectorId": 1, "chargingSchedule": schedule}
    command.save()
    command_settled(command, now=now)


def proof() -> str:
    return Capability.objects.get(name=held.KEEPS_THROUGH_BOOT).value


@pytest.fixture
def restarted(depot: Depot) -> Bay:
    """It held its fallback, was restarted on purpose, and is back."""
    (bay,) = bays(depot)
    settle(depot)
    prove_restart(charger_of(bay), asked_by=make_user(), now=THURSDAY)
    answer_all()
    boot(charger_of(bay), THURSDAY + MINUTE)
    return bay


def test_limits_that_are_there_after_a_restart_are_proven(restarted: Bay, depot: Depot) -> None:
    keep_limits(THURSDAY + MINUTE)
    tell(6, THURSDAY + MINUTE)

    assert proof() == "yes"
    carry_on(depot, now=THURSDAY + 2 * MINUTE)
    assert IssuedCommand.objects.filter(kind="install_profile").count() == 1
    boot(charger_of(restarted), THURSDAY + 9 * MINUTE)
    (holds,) = held.held_by([charger_of(restarted).pk]).values()
    assert all(each.held for each in holds.candidates)


def test_it_is_told_its_limits_again_only_after_it_was_read(restarted: Bay, depot: Depot) -> None:
    carry_on(depot, now=THURSDAY + MINUTE)
    before = IssuedCommand.objects.filter(kind="install_profile").count()

    keep_limits(THURSDAY + MINUTE)
    tell(32, THURSDAY + MINUTE)
    carry_on(depot, now=THURSDAY + MINUTE)

    assert (before, proof()) == (1, "no")
    assert IssuedCommand.objects.filter(kind="install_profile").count() == 2


def test_a_charge_that_begins_meanwhile_gets_its_limit_first(restarted: Bay, depot: Depot) -> None:
    charging(restarted)

    carry_on(depot, now=THURSDAY + MINUTE)

    assert IssuedCommand.objects.filter(kind="install_profile", state="requested").exists()


def test_one_that_does_not_come_back_has_proven_nothing(depot: Depot) -> None:
    (bay,) = bays(depot)
    settle(depot)
    prove_restart(charger_of(bay), asked_by=make_user(), now=THURSDAY)

    keep_limits(THURSDAY + 11 * MINUTE)

    assert proof() == "no"
    assert "not back" in Capability.objects.get(name=held.KEEPS_THROUGH_BOOT).evidence


def test_a_charge_is_not_ended_for_a_proof(depot: Depot) -> None:
    (bay,) = bays(depot)
    settle(depot)
    charging(bay)

    with pytest.raises(StillCharging):
        prove_restart(charger_of(bay), asked_by=make_user(), now=THURSDAY)


def test_one_that_holds_no_limit_has_none_to_keep(depot: Depot) -> None:
    (bay,) = bays(depot)
    carry_on(depot, now=THURSDAY)

    with pytest.raises(NothingToKeep):
        prove_restart(charger_of(bay), asked_by=make_user(), now=THURSDAY)


def test_a_proof_holds_for_its_firmware_only(depot: Depot) -> None:
    (bay,) = bays(depot)
    settle(depot)
    Capability.objects.create(
        charger=charger_of(bay), name=held.KEEPS_THROUGH_BOOT, value="yes", firmware="older", seen_at=THURSDAY
    )

    boot(charger_of(bay), THURSDAY)

    (holds,) = held.held_by([charger_of(bay).pk]).values()
    assert any(not each.held for each in holds.candidates)
