"""What a refusal teaches, and when it teaches nothing."""

from datetime import datetime, timedelta

import pytest

from chargers.models import Capability, IssuedCommand
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.delivery.wanted import Step, Wanted
from depot.models import Depot
from sessions.models import Session
from tests.energy.delivery.test_deliver import HOUR, LATER, answer_all, bays, charging, settle, want
from tests.energy.rows import make_circuit
from tests.factories import THURSDAY, make_depot

pytestmark = pytest.mark.django_db


@pytest.fixture
def depot() -> Depot:
    depot = make_depot()
    make_circuit(depot, limit_w=20_000)
    return depot


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
