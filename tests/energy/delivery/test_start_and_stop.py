"""A charger that keeps no limit is stopped for the plan, and started again when its hour comes."""

from datetime import timedelta

import pytest

from chargers.choices import ConnectorStatus
from chargers.models import Capability, IssuedCommand
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.services import carry_on, deliver
from depot.models import Bay, Depot
from sessions.models import Session
from tests.energy.delivery.talk import (
    HOUR,
    answer_all,
    bays,
    charging,
    end,
    starts,
    want,
)
from tests.factories import THURSDAY, make_session, make_vehicle, set_status

pytestmark = pytest.mark.django_db


def test_who_supports_no_profile_is_started_and_stopped(depot: Depot) -> None:
    (bay,) = bays(depot)
    session = charging(bay, make_vehicle(), started_at=THURSDAY - HOUR)
    for _ in range(4):
        carry_on(depot, now=THURSDAY)
        answer_all(accepted=False, error="NotSupported")

    deliver(depot, [want(bay, 11_000)], now=THURSDAY)
    for _ in range(4):
        carry_on(depot, now=THURSDAY)
        answer_all(accepted=False, error="NotSupported")
    done = deliver(depot, [want(bay, 0)], now=THURSDAY)

    assert done.states[bay.evse_id or 0] == State.BY_START_AND_STOP
    stop = IssuedCommand.objects.get(kind="stop")
    assert stop.reference == session.reference


def test_a_start_stop_charger_runs_for_a_quarter_of_an_hour_at_least(depot: Depot) -> None:
    (bay,) = bays(depot, wiring={"control": "start_stop"})
    charging(bay, make_vehicle(), started_at=THURSDAY - timedelta(minutes=5))

    deliver(depot, [want(bay, 0)], now=THURSDAY)
    assert not IssuedCommand.objects.filter(kind="stop").exists()
    carry_on(depot, now=THURSDAY + timedelta(minutes=11))

    assert IssuedCommand.objects.filter(kind="stop").exists()


def stopped_for_later(depot: Depot) -> tuple[Bay, Session]:
    """A charge that the plan has stopped, and that its charger has ended; the vehicle stands there."""
    (bay,) = bays(depot, wiring={"control": "start_stop"})
    set_status(bay, ConnectorStatus.CHARGING)
    session = charging(bay, make_vehicle())
    deliver(depot, [want(bay, 0, 11_000)], now=THURSDAY)
    answer_all()
    set_status(bay, ConnectorStatus.FINISHING)
    end(session)
    return bay, session


def test_a_charge_that_was_stopped_is_started_when_its_hour_comes(depot: Depot) -> None:
    stopped_for_later(depot)
    carry_on(depot, now=THURSDAY + HOUR / 2)
    assert starts() == 0

    carry_on(depot, now=THURSDAY + HOUR)

    assert starts() == 1


def test_a_vehicle_that_left_is_not_started(depot: Depot) -> None:
    bay, _ = stopped_for_later(depot)
    set_status(bay, ConnectorStatus.AVAILABLE)

    carry_on(depot, now=THURSDAY + HOUR)

    assert starts() == 0
    assert Target.objects.get(evse=bay.evse).resume_token is None


def test_what_somebody_else_stopped_stays_stopped(depot: Depot) -> None:
    bay, before = stopped_for_later(depot)
    end(make_session(bay, before.vehicle, token=Target.objects.get(evse=bay.evse).resume_token, reference="own end"))

    carry_on(depot, now=THURSDAY + HOUR)

    assert starts() == 0


def test_a_charge_that_nobody_could_start_again_is_not_stopped(depot: Depot) -> None:
    (bay,) = bays(depot, wiring={"control": "start_stop"})
    charging(bay)

    deliver(depot, [want(bay, 0)], now=THURSDAY)

    assert not IssuedCommand.objects.filter(kind="stop").exists()


def test_a_charge_that_would_not_start_again_before_its_cable_was_pulled_is_not_stopped(depot: Depot) -> None:
    (bay,) = bays(depot, wiring={"control": "start_stop"})
    charging(bay, vehicle=make_vehicle())
    assert bay.evse
    Capability.objects.create(
        charger=bay.evse.charger, name="restarts_without_replug", value="no", evidence="seen", seen_at=THURSDAY
    )

    deliver(depot, [want(bay, 0)], now=THURSDAY)

    assert not IssuedCommand.objects.filter(kind="stop").exists()
    assert "until its cable was pulled" in Target.objects.get(evse=bay.evse).why
