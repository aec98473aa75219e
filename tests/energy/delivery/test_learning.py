"""What a refusal teaches, and when it teaches nothing."""

from datetime import datetime, timedelta

import pytest

from chargers.choices import CommandState
from chargers.models import Capability, IssuedCommand
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.delivery.wanted import Step, Wanted
from depot.models import Depot
from sessions.models import Session
from tests.energy.delivery.talk import HOUR, LATER, answer_all, asked, bays, charging, limits, settle, want
from tests.factories import THURSDAY

pytestmark = pytest.mark.django_db


def test_a_refusal_teaches_and_the_next_way_is_tried(depot: Depot) -> None:
    (bay,) = bays(depot)
    charging(bay)
    settle(depot)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)

    for _ in range(2):
        answer_all(accepted=False)
        carry_on(depot, now=THURSDAY)
    (command,) = IssuedCommand.objects.filter(state=CommandState.REQUESTED)

    assert (asked(command).profile.purpose, limits(command)) == ("tx_default", [10.0, 6.0])
    refused = Capability.objects.filter(name__startswith="refuses").order_by("name")
    assert [each.name for each in refused] == ["refuses tx 0", "refuses tx 1"]
    assert "Rejected" in refused[0].evidence
    answer_all()
    assert Capability.objects.get(name="purpose").value == "tx_default"


def test_who_refuses_a_limit_of_nothing_is_told_the_least(depot: Depot) -> None:
    (bay,) = bays(depot)
    charging(bay)
    settle(depot)
    deliver(depot, [want(bay, 6_900, 0)], now=THURSDAY)

    answer_all(accepted=False)
    carry_on(depot, now=THURSDAY)

    install = IssuedCommand.objects.filter(state=CommandState.REQUESTED, kind="install_profile").get()
    assert limits(install) == [10.0, 6.0]
    assert Capability.objects.get(name="pause").value == "remote_stop"


def test_what_a_charger_took_before_is_not_forgotten_for_one_refusal(depot: Depot) -> None:
    session, now = takes_a_plan(depot)
    Session.objects.filter(pk=session.pk).update(last_reading_at=now + HOUR)

    assert refuse_each(session, depot, now) == [False, False, True]


def test_a_charger_that_lost_its_charge_and_has_not_said_so_yet_is_not_taken_for_one_that_refuses(depot: Depot) -> None:
    """After a power cut: its word of the end waits in a queue, and there is no sign of life of the charge."""
    session, now = takes_a_plan(depot)
    Session.objects.filter(pk=session.pk).update(last_reading_at=now)

    assert refuse_each(session, depot, now) == [False, False, False]


def takes_a_plan(depot: Depot) -> tuple[Session, datetime]:
    (bay,) = bays(depot)
    session = charging(bay)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    settle(depot)
    return session, THURSDAY


def refuse_each(session: Session, depot: Depot, now: datetime) -> list[bool]:
    """Three plans more; was something learnt from each refusal?"""
    refused = []
    for n in range(3):
        now += timedelta(minutes=5)
        steps = (Step(THURSDAY, 4_500 + 300 * n),)
        deliver(depot, [Wanted(session.evse_id or 0, steps, LATER + HOUR)], now=now)
        answer_all(accepted=False, now=now)
        refused.append(Capability.objects.filter(name__startswith="refuses").exists())
    return refused


def test_one_that_refuses_whatever_it_is_told_is_asked_less_often(depot: Depot) -> None:
    session, now = takes_a_plan(depot)
    refuse_each(session, depot, now)
    before, now = IssuedCommand.objects.count(), now + timedelta(minutes=15)

    for quarter in range(16):
        carry_on(depot, now=now + quarter * timedelta(seconds=15))
        answer_all(accepted=False, now=now + quarter * timedelta(seconds=15))

    assert 1 <= IssuedCommand.objects.count() - before <= 3
