"""What a boot left is asked of a charger before it is told its limits again, until it has shown that."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chargers.choices import CommandState
from chargers.held import services as held
from chargers.models import Capability, Charger, IssuedCommand
from depot.effects import command_settled
from depot.energy.delivery.services import carry_on, deliver
from depot.models import Bay, Depot
from tests.energy.delivery.talk import SIX_A, bays, charging, held_w, settle, want
from tests.energy.rows import make_circuit
from tests.factories import THURSDAY, make_depot

SOON = THURSDAY + timedelta(minutes=5)
LATER = SOON + timedelta(seconds=31)


@pytest.fixture
def depot(db: None) -> Depot:
    depot = make_depot()
    make_circuit(depot, limit_w=18_000)
    return depot


@pytest.fixture
def yard(depot: Depot) -> list[Bay]:
    """Three vehicles charge at the least current; one more kilowatt-hungry charger would be too much."""
    its = bays(depot, 3)
    for bay in its:
        charging(bay)
    deliver(depot, [want(bay, SIX_A) for bay in its], now=THURSDAY)
    settle(depot)
    return its


@pytest.fixture
def booted(yard: list[Bay]) -> Bay:
    boot(yard[0], SOON)
    return yard[0]


def charger_of(bay: Bay) -> Charger:
    assert bay.evse
    return Charger.objects.get(pk=bay.evse.charger_id)


def boot(bay: Bay, now: datetime) -> None:
    Charger.objects.filter(pk=charger_of(bay).pk).update(booted_at=now)
    held.note_boot(charger_of(bay), now=now)


def said_since(now: datetime) -> list[tuple[Charger, str]]:
    return [(each.charger, each.kind) for each in IssuedCommand.objects.filter(issued_at__gte=now).order_by("pk")]


def answer_schedule(amperes: float | None, now: datetime) -> None:
    """What it means to do; None: it does not say."""
    command = IssuedCommand.objects.filter(kind="read_composite_schedule").latest("pk")
    command.state = CommandState.UNANSWERED
    if amperes is not None:
        schedule: dict[str, Any] = {
            "duration": 6 * 3600,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amperes}],
        }
        command.state = CommandState.ACCEPTED
        command.response = {"status": "Accepted", "connectorId": 1, "chargingSchedule": schedule}
    command.save()
    command_settled(command, now=now)


def keeps() -> str:
    return Capability.objects.get(name=held.KEEPS_THROUGH_BOOT).value


def test_it_is_asked_and_told_nothing_and_nobody_gives_way(depot: Depot, booted: Bay) -> None:
    carry_on(depot, now=SOON)

    assert said_since(SOON) == [(charger_of(booted), "read_composite_schedule")]


def test_who_kept_its_limits_is_known_for_it_and_told_nothing(depot: Depot, booted: Bay) -> None:
    carry_on(depot, now=SOON)
    answer_schedule(6.0, SOON)

    done = carry_on(depot, now=SOON)

    assert keeps() == "yes"
    assert done.sent == ()
    assert not done.overloads


def test_at_its_next_boot_it_is_neither_asked_nor_doubted(depot: Depot, booted: Bay) -> None:
    carry_on(depot, now=SOON)
    answer_schedule(6.0, SOON)
    boot(booted, LATER)

    done = carry_on(depot, now=LATER)

    assert said_since(LATER) == []
    assert not done.overloads


def test_who_does_not_say_is_told_its_limits_again(depot: Depot, booted: Bay) -> None:
    carry_on(depot, now=SOON)
    answer_schedule(None, SOON)

    carry_on(depot, now=SOON)

    assert (charger_of(booted), "install_profile") in said_since(SOON)


def test_whose_word_takes_too_long_is_told_its_limits_again(depot: Depot, booted: Bay) -> None:
    carry_on(depot, now=SOON)

    carry_on(depot, now=LATER)

    assert (charger_of(booted), "install_profile") in said_since(LATER)


def test_who_lost_them_is_told_its_limits_again(depot: Depot, booted: Bay) -> None:
    carry_on(depot, now=SOON)
    answer_schedule(15.9, SOON)

    settle(depot, now=SOON)

    assert (charger_of(booted), "install_profile") in said_since(SOON)
    assert round(held_w(booted, SOON)) == SIX_A


def test_who_was_thought_to_keep_them_and_lost_them_is_thought_so_no_more(depot: Depot, booted: Bay) -> None:
    carry_on(depot, now=SOON)
    answer_schedule(6.0, SOON)
    boot(booted, LATER)
    IssuedCommand.objects.filter(kind="read_composite_schedule").update(state=CommandState.SENT)

    answer_schedule(15.9, LATER)
    carry_on(depot, now=LATER)

    assert keeps() == "no"
    assert (charger_of(booted), "install_profile") in said_since(LATER)


def test_who_is_known_to_lose_them_is_told_at_once(depot: Depot, booted: Bay) -> None:
    charger = charger_of(booted)
    charger.capabilities.create(
        name=held.KEEPS_THROUGH_BOOT, value="no", firmware=charger.firmware, evidence="seen", seen_at=THURSDAY
    )

    carry_on(depot, now=SOON)

    assert said_since(SOON) == [(charger, "install_profile")]


def test_who_cannot_tell_is_told_at_once(depot: Depot, booted: Bay) -> None:
    charger = charger_of(booted)
    charger.capabilities.create(
        name="reads_composite", value="no", firmware=charger.firmware, evidence="seen", seen_at=THURSDAY
    )

    carry_on(depot, now=SOON)

    assert said_since(SOON) == [(charger, "install_profile")]
