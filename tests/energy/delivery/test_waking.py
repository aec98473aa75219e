"""A vehicle that takes nothing of what it is offered: it sleeps and is woken, or it is full."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chargers.choices import CommandState, ConnectorStatus
from chargers.models import Connector, IssuedCommand
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.resuming import start_again
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.delivery.standing import Waking
from depot.energy.delivery.waking import wake
from depot.energy.models import PlanMark
from depot.models import Bay, Depot
from depot.notices.models import Notice
from sessions.models import IdToken, Session
from tests.energy.delivery.talk import SIX_A, bays, charging, held_w, settle, want
from tests.factories import THURSDAY, make_reading, make_session, make_vehicle, set_status

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.django_db
def test_after_hours_of_nothing_too_nothing_is_given_before_its_time(depot: Depot) -> None:
    """A rule may forbid these minutes, or their price."""
    (bay,) = bays(depot)
    charging(bay)
    deliver(depot, [want(bay, 0, 0, 0, 11_000)], now=THURSDAY)
    settle(depot)

    assert held_w(bay, THURSDAY + 3 * HOUR - timedelta(seconds=1)) == 0
    assert held_w(bay, THURSDAY + 3 * HOUR) > SIX_A


def asleep(depot: Depot) -> tuple[Bay, Session]:
    """At noon it was given power, after hours of nothing, and takes none."""
    (bay,) = bays(depot)
    token = IdToken.objects.create(value="VAN12", key="van12", depot_key=depot.pk, created_at=THURSDAY)
    session = charging(bay, power_w=0, energy_state="suspended_ev", token=token)
    later = THURSDAY + 3 * HOUR
    plan = want(bay, 0, 0, 0, 11_000)
    deliver(depot, [plan], now=THURSDAY)
    settle(depot)
    carry_on(depot, now=later)
    settle(depot, now=later)
    assert Target.objects.get(evse=bay.evse).state == State.HELD
    return bay, session


@pytest.mark.django_db
def test_a_sleeping_vehicle_is_woken_step_by_step(depot: Depot) -> None:
    bay, _ = asleep(depot)
    stages = []
    now = THURSDAY + 3 * HOUR
    for _ in range(5):
        now += timedelta(minutes=6)
        wake(now)
        stages.append(Target.objects.get(evse=bay.evse).waking)
        settle(depot, now=now)

    assert stages[:3] == [Waking.RAISED, Waking.TOGGLED, Waking.RESTARTED]
    assert IssuedCommand.objects.filter(kind="stop").exists()
    assert stages[-1] == Waking.ASLEEP
    assert Notice.objects.filter(kind="vehicle.asleep").count() == 1


@pytest.mark.django_db
def test_a_limit_is_taken_away_for_a_minute_and_given_back(depot: Depot) -> None:
    bay, _ = asleep(depot)
    now = THURSDAY + 3 * HOUR + timedelta(minutes=6)
    wake(now)
    now += timedelta(minutes=6)
    wake(now)

    done = carry_on(depot, now=now)

    assert len(done.sent) == 1
    settle(depot, now=now)
    assert held_w(bay, now + timedelta(minutes=3)) > 10_000


def pausing_by_itself(depot: Depot, **fields: Any) -> tuple[Bay, Session]:
    """Offered 11 kW for a quarter of an hour, of which it takes nothing more for six minutes."""
    (bay,) = bays(depot)
    values = {"power_w": 0, "energy_wh": 20_000, "vehicle": make_vehicle(depot_key=depot.pk)} | fields
    session = charging(bay, **values)
    deliver(depot, [want(bay, 11_000)], now=THURSDAY)
    settle(depot)
    set_status(bay, ConnectorStatus.SUSPENDED_EV, at=THURSDAY + timedelta(minutes=5))
    Session.objects.filter(pk=session.pk).update(connector=Connector.objects.get(evse=bay.evse))
    return bay, session


@pytest.mark.django_db
def test_one_that_takes_no_more_of_what_it_is_offered_is_full(depot: Depot) -> None:
    bay, _ = pausing_by_itself(depot)

    wake(THURSDAY + timedelta(minutes=9))
    assert Target.objects.get(evse=bay.evse).waking == Waking.AWAKE
    wake(THURSDAY + timedelta(minutes=11))

    assert Target.objects.get(evse=bay.evse).waking == Waking.FULL
    assert "is full" in PlanMark.objects.get(depot=depot).why


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"energy_wh": 100}, {"power_w": 6_000}], ids=["not charged yet", "draws"])
def test_one_that_has_not_charged_or_does_charge_is_not_full(depot: Depot, fields: dict[str, Any]) -> None:
    bay, _ = pausing_by_itself(depot, **fields)

    wake(THURSDAY + timedelta(minutes=11))

    assert Target.objects.get(evse=bay.evse).waking == Waking.AWAKE


@pytest.mark.django_db
def test_a_pause_of_ours_is_no_proof_that_it_is_full_whatever_its_charger_calls_it(depot: Depot) -> None:
    bay, _ = pausing_by_itself(depot)
    deliver(depot, [want(bay, 0)], now=THURSDAY + timedelta(minutes=4))
    settle(depot, now=THURSDAY + timedelta(minutes=4))

    wake(THURSDAY + timedelta(minutes=14))

    assert Target.objects.get(evse=bay.evse).waking == Waking.AWAKE


@pytest.mark.django_db
def test_one_that_draws_again_was_not_full(depot: Depot) -> None:
    bay, session = pausing_by_itself(depot)
    wake(THURSDAY + timedelta(minutes=11))
    Session.objects.filter(pk=session.pk).update(power_w=6_000)

    wake(THURSDAY + timedelta(minutes=12))

    assert Target.objects.get(evse=bay.evse).waking == Waking.AWAKE


@pytest.mark.django_db
def test_one_that_wakes_is_awake(depot: Depot) -> None:
    bay, session = asleep(depot)
    now = THURSDAY + 3 * HOUR + timedelta(minutes=6)
    wake(now)
    Session.objects.filter(pk=session.pk).update(power_w=10_000, energy_state="charging")

    wake(now + timedelta(minutes=1))

    assert Target.objects.get(evse=bay.evse).waking == Waking.AWAKE
    assert CommandState.REQUESTED not in IssuedCommand.objects.filter(kind="stop").values_list("state", flat=True)


@pytest.mark.django_db
def test_one_that_charged_after_its_rest_and_takes_no_more_is_full_and_not_woken(depot: Depot) -> None:
    bay, session = asleep(depot)
    now = THURSDAY + 4 * HOUR
    make_reading(session, THURSDAY + 3 * HOUR + 10 * MINUTE, power_w=10_800)
    Session.objects.filter(pk=session.pk).update(energy_wh=9_000, energy_state_at=now - 11 * MINUTE)

    wake(now)

    assert Target.objects.get(evse=bay.evse).waking == Waking.FULL


@pytest.mark.django_db
def test_silence_is_no_sign_that_it_takes_nothing(depot: Depot) -> None:
    bay, session = asleep(depot)
    Session.objects.filter(pk=session.pk).update(energy_state="", last_reading_at=THURSDAY + 3 * HOUR + MINUTE)

    wake(THURSDAY + 3 * HOUR + 6 * MINUTE)
    silent = Target.objects.get(evse=bay.evse).waking
    Session.objects.filter(pk=session.pk).update(last_reading_at=THURSDAY + 3 * HOUR + 5 * MINUTE)
    wake(THURSDAY + 3 * HOUR + 7 * MINUTE)

    assert (silent, Target.objects.get(evse=bay.evse).waking) == (Waking.AWAKE, Waking.RAISED)


def stopped_to_wake(depot: Depot) -> tuple[Bay, Session, datetime]:
    """Its charge was ended a moment ago."""
    bay, session = asleep(depot)
    now = THURSDAY + 3 * HOUR
    for _ in range(3):
        now += 6 * MINUTE
        wake(now)
        settle(depot, now=now)
    assert Target.objects.get(evse=bay.evse).waking == Waking.RESTARTED
    set_status(bay, ConnectorStatus.FINISHING, at=now)
    Session.objects.filter(pk=session.pk).update(ended_at=now, closed_by="charger", power_w=None)
    return bay, session, now


def starts(state: str | None = None) -> int:
    asked = IssuedCommand.objects.filter(kind="start")
    return (asked if state is None else asked.filter(state=state)).count()


@pytest.mark.django_db
@pytest.mark.parametrize("late", [5 * timedelta(seconds=1), 40 * MINUTE], ids=["at once", "we were away"])
def test_who_was_stopped_to_be_woken_is_started_again_however_late(depot: Depot, late: timedelta) -> None:
    _, _, now = stopped_to_wake(depot)

    assert start_again(now + late) == 1
    assert starts() == 1


@pytest.mark.django_db
def test_a_start_that_was_lost_is_asked_again(depot: Depot) -> None:
    _, _, now = stopped_to_wake(depot)
    start_again(now)
    assert start_again(now + 2 * MINUTE) == 0, "its answer may still come"
    IssuedCommand.objects.filter(kind="start").update(state=CommandState.UNANSWERED)

    assert start_again(now + MINUTE) == 0
    assert start_again(now + 2 * MINUTE) == 1


@pytest.mark.django_db
def test_whom_it_does_not_start_again_a_person_hears_of_once(depot: Depot) -> None:
    _, _, now = stopped_to_wake(depot)
    for minute in range(0, 60, 2):
        start_again(now + minute * MINUTE)
        IssuedCommand.objects.filter(kind="start").update(state=CommandState.REJECTED)

    assert [note.kind for note in Notice.objects.filter(text__contains="does not start again")] == ["vehicle.asleep"]
    assert starts() < 14, "after a quarter of an hour it is asked each quarter of an hour"


@pytest.mark.django_db
def test_who_left_while_it_was_stopped_is_not_started(depot: Depot) -> None:
    bay, _, now = stopped_to_wake(depot)
    set_status(bay, ConnectorStatus.AVAILABLE, at=now + MINUTE)

    assert start_again(now + 2 * MINUTE) == 0
    target = Target.objects.get(evse=bay.evse)
    assert (target.waking, target.resume_token) == (Waking.AWAKE, None)


@pytest.mark.django_db
def test_one_that_runs_again_is_not_started_once_more(depot: Depot) -> None:
    bay, session, now = stopped_to_wake(depot)
    start_again(now)
    make_session(bay, token=session.token, started_at=now + MINUTE, reference="again")

    assert start_again(now + 10 * MINUTE) == 0
