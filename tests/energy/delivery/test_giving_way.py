"""Where a circuit is over, others give way: as many as it takes, and not for what is set right by itself."""

from datetime import datetime, timedelta

import pytest

from chargers.choices import CommandState
from chargers.held import services as held
from chargers.models import Charger, Evse, IssuedCommand
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.models import Circuit, MeterSource
from depot.models import Bay, Depot
from tests.energy.delivery.talk import SIX_A, answer_all, asked, bays, charging, held_w, settle, want
from tests.energy.rows import make_circuit, make_sample, make_source
from tests.factories import THURSDAY, make_depot

SOON = THURSDAY + timedelta(minutes=5)
AFTER_A_LOOK = SOON + timedelta(seconds=16)
AFTER_A_MINUTE = SOON + timedelta(seconds=61)


@pytest.fixture
def depot(db: None) -> Depot:
    """Of 30 kW the building draws 4 at first, and vehicles the rest."""
    return make_depot()


@pytest.fixture
def meter(depot: Depot) -> MeterSource:
    site = make_circuit(depot, limit_w=30_000, reserved_w=4_000)
    meter = make_source(depot, counts_live=True, circuit=site)
    make_sample(depot, source=meter, at=THURSDAY, value=4_000)
    return meter


def charge_at(depot: Depot, *limits_w: int, at: list[Bay] | None = None) -> list[Bay]:
    """At as many bays, each held to its limit."""
    its = at or bays(depot, len(limits_w))
    for bay in its:
        charging(bay)
    deliver(depot, [want(bay, w) for bay, w in zip(its, limits_w, strict=True)], now=THURSDAY)
    settle(depot)
    assert [round(held_w(bay, THURSDAY)) for bay in its] == [*limits_w]
    return its


def build_more(depot: Depot, meter: MeterSource, watts: int) -> list[IssuedCommand]:
    """The building rises; what is told because of it."""
    make_sample(depot, source=meter, at=SOON, value=watts)
    done = carry_on(depot, now=SOON)
    return list(IssuedCommand.objects.filter(pk__in=done.sent))


def charger_of(bay: Bay) -> Charger:
    assert bay.evse
    return bay.evse.charger


def boot(bay: Bay) -> None:
    """One that is known to lose its limits so."""
    charger = charger_of(bay)
    charger.capabilities.create(
        name=held.KEEPS_THROUGH_BOOT, value="no", firmware=charger.firmware, evidence="seen", seen_at=THURSDAY
    )
    Charger.objects.filter(pk=charger.pk).update(booted_at=SOON)
    held.note_boot(charger, now=SOON)


def leave_unanswered(now: datetime) -> None:
    """What is open now."""
    for command in IssuedCommand.objects.filter(state=CommandState.REQUESTED):
        command.state = CommandState.UNANSWERED
        command.save()
        held.note_settled(command, now=now)


def told(now: datetime) -> set[Charger]:
    return {command.charger for command in IssuedCommand.objects.filter(issued_at=now)}


def test_only_as_many_give_way_as_it_takes(depot: Depot, meter: MeterSource) -> None:
    most, *_ = charge_at(depot, 10_350, SIX_A, SIX_A, SIX_A)

    (command,) = build_more(depot, meter, 10_000)

    assert command.charger == charger_of(most)


def test_who_does_not_answer_is_followed_by_the_next(depot: Depot, meter: MeterSource) -> None:
    most, next_one, *_ = charge_at(depot, 10_350, 6_900, SIX_A)
    build_more(depot, meter, 10_000)

    carry_on(depot, now=AFTER_A_LOOK)

    assert charger_of(most) not in told(AFTER_A_LOOK)
    assert charger_of(next_one) in told(AFTER_A_LOOK)


def test_who_is_waited_for_is_waited_for_until_the_next_look(depot: Depot, meter: MeterSource) -> None:
    charge_at(depot, 10_350, 6_900, SIX_A)
    build_more(depot, meter, 10_000)

    done = carry_on(depot, now=SOON + timedelta(seconds=5))

    assert done.sent == ()
    assert done.overloads


def test_all_give_way_where_it_takes_all(depot: Depot, meter: MeterSource) -> None:
    charge_at(depot, 10_350, SIX_A, SIX_A)

    assert len(build_more(depot, meter, 29_000)) == 3


@pytest.fixture
def feeder(depot: Depot) -> Circuit:
    return make_circuit(depot, limit_w=18_000)


def test_while_one_that_booted_is_told_its_limits_again_nobody_gives_way(depot: Depot, feeder: Circuit) -> None:
    booted, *_ = charge_at(depot, SIX_A, SIX_A, SIX_A)

    boot(booted)
    carry_on(depot, now=SOON)

    assert told(SOON) == {charger_of(booted)}


def test_of_one_with_two_evses_both_are_waited_for(depot: Depot, feeder: Circuit) -> None:
    left, right, *_ = bays(depot, 3)
    Evse.objects.filter(pk=right.evse_id).update(charger=charger_of(left), number=2)
    charge_at(depot, SIX_A, SIX_A, SIX_A, at=list(Bay.objects.order_by("pk")))

    boot(left)
    carry_on(depot, now=SOON)

    assert told(SOON) == {charger_of(left)}


def test_one_that_booted_and_did_not_hear_it_is_told_again_before_others_give_way(
    depot: Depot, feeder: Circuit
) -> None:
    booted, *_ = charge_at(depot, SIX_A, SIX_A, SIX_A)
    boot(booted)
    carry_on(depot, now=SOON)
    leave_unanswered(AFTER_A_LOOK)

    carry_on(depot, now=AFTER_A_LOOK)

    assert told(AFTER_A_LOOK) == {charger_of(booted)}


def test_a_minute_after_a_boot_without_an_answer_others_give_way(depot: Depot, feeder: Circuit) -> None:
    booted, *others = charge_at(depot, SIX_A, SIX_A, SIX_A)
    boot(booted)
    carry_on(depot, now=SOON)
    leave_unanswered(AFTER_A_MINUTE)

    carry_on(depot, now=AFTER_A_MINUTE)

    assert charger_of(booted) in told(AFTER_A_MINUTE)
    assert told(AFTER_A_MINUTE) & {charger_of(one) for one in others}


def test_once_it_has_answered_all_is_as_it_was(depot: Depot, feeder: Circuit) -> None:
    booted, *_ = its = charge_at(depot, SIX_A, SIX_A, SIX_A)
    boot(booted)

    settle(depot, now=SOON)

    assert {asked(command).profile.purpose for command in IssuedCommand.objects.filter(issued_at=SOON)} == {
        "tx_default",
        "tx",
    }
    assert [round(held_w(bay, SOON)) for bay in its] == [SIX_A] * 3
    assert answer_all() == []
