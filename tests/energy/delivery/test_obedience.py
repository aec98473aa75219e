"""A charger that draws more than it may is told again, then counted at its rating, then stopped."""

from datetime import timedelta
from typing import Any

import pytest

from chargers.choices import CommandState, ConnectorStatus
from chargers.commands import ReadCompositeSchedule
from chargers.models import Capability, Connector, IssuedCommand
from depot.energy.delivery import hearing
from depot.energy.delivery.duties import keep_limits
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.obedience import Act, is_over, judge
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.delivery.standing import Obedience, Waking
from depot.energy.delivery.waking import wake, wake_early
from depot.energy.delivery.wanted import Step
from depot.energy.models import PlanMark
from depot.models import Bay, Depot
from depot.notices.models import Notice
from sessions.models import IdToken, Session
from tests.energy.delivery.test_deliver import SIX_A, answer_all, bays, charging, held_w, settle, want
from tests.energy.rows import make_circuit
from tests.factories import THURSDAY, make_depot, make_vehicle, set_status

HOUR = timedelta(hours=1)


def test_a_ramp_is_no_disobedience() -> None:
    assert not is_over(7_000, 6_900)
    assert is_over(11_000, 6_900)


def test_three_samples_in_a_row_are_needed() -> None:
    state: tuple[Obedience, int] = (Obedience.FINE, 0)
    acts = []
    for over in (True, True, False, True, True, True):
        after, count, act = judge(*state, over=over)
        state = (after, count)
        acts.append(act)

    assert acts == [*[Act.NOTHING] * 5, Act.TELL_AGAIN]


def test_it_is_told_again_then_counted_then_stopped() -> None:
    state: tuple[Obedience, int] = (Obedience.FINE, 0)
    acts = []
    for _ in range(12):
        after, count, act = judge(*state, over=True)
        state = (after, count)
        acts.append(act)

    assert [act for act in acts if act is not Act.NOTHING] == [Act.TELL_AGAIN, Act.COUNT_FULL, Act.STOP, Act.STOP]


def test_who_came_back_to_its_limit_after_being_told_again_is_fine() -> None:
    assert judge(Obedience.RETRIED, 2, over=False) == (Obedience.FINE, 0, Act.NOTHING)
    assert judge(Obedience.COUNTED, 2, over=False) == (Obedience.COUNTED, 0, Act.NOTHING)


@pytest.fixture
def depot() -> Depot:
    depot = make_depot()
    make_circuit(depot, limit_w=20_000)
    return depot


def sample(session: Session, w: int, at: Any) -> None:
    Session.objects.filter(pk=session.pk).update(power_w=w, last_reading_at=at)
    keep_limits(at)


def draw(session: Session, w: int, since: Any, samples: int) -> Any:
    """One sample a minute; what is asked meanwhile is answered at once."""
    at = since
    for _ in range(samples):
        at += timedelta(minutes=1)
        sample(session, w, at)
        carry_on(Depot.objects.get(), now=at)
        answer_all(now=at)
    return at


@pytest.mark.django_db
def test_who_ignores_its_limit_is_named_and_others_give_way(depot: Depot) -> None:
    bad, good = bays(depot, 2)
    ignoring, obedient = charging(bad), charging(good)
    deliver(depot, [want(bad, SIX_A), want(good, 11_000)], now=THURSDAY)
    settle(depot)
    assert bad.evse

    at = draw(ignoring, 11_000, THURSDAY, 3)
    assert Target.objects.get(evse=bad.evse).obedience == Obedience.RETRIED
    at = draw(ignoring, 11_000, at, 3)
    settle(depot, now=at)

    assert Target.objects.get(evse=bad.evse).obedience == Obedience.COUNTED
    assert Capability.objects.get(charger=bad.evse.charger, name="obeys 1").value == "no"
    assert str(bad.evse.charger) in Notice.objects.get(kind="limits.ignored").text
    assert PlanMark.objects.get(depot=depot).wanted_at is not None
    assert held_w(good, at) <= 20_000 - 11_000

    draw(ignoring, 11_000, at, 3)

    assert IssuedCommand.objects.filter(kind="stop", charger=bad.evse.charger).exists()
    assert Notice.objects.filter(kind="limits.stopped").exists()
    assert not IssuedCommand.objects.filter(kind="stop", charger=obedient.charger).exists()


@pytest.mark.django_db
def test_who_keeps_its_limit_is_left_alone(depot: Depot) -> None:
    (bay,) = bays(depot)
    session = charging(bay)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    settle(depot)
    before = IssuedCommand.objects.filter(kind="install_profile").count()

    draw(session, 6_850, THURSDAY, 9)

    assert IssuedCommand.objects.filter(kind="install_profile").count() == before
    assert Target.objects.get(evse=bay.evse).obedience == Obedience.FINE


@pytest.mark.django_db
def test_what_it_means_to_do_is_read_back_once(depot: Depot) -> None:
    (bay,) = bays(depot)
    session = charging(bay)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    settle(depot)

    draw(session, 6_850, THURSDAY, 4)

    assert IssuedCommand.objects.filter(kind=ReadCompositeSchedule.kind).count() == 1


@pytest.mark.django_db
def test_what_it_means_to_do_is_read_back_again_when_its_link_was_broken(depot: Depot) -> None:
    """Quirk 62: some lose their limits with the link, and nothing but this tells before the meter does."""
    (bay,) = bays(depot)
    assert bay.evse
    session = charging(bay)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    settle(depot)
    at = draw(session, 6_850, THURSDAY, 4)
    IssuedCommand.objects.filter(kind=ReadCompositeSchedule.kind).update(state=CommandState.ACCEPTED)

    hearing.links_changed([bay.evse.charger_id], is_back=True, now=at)
    draw(session, 6_850, at, 2)

    assert IssuedCommand.objects.filter(kind=ReadCompositeSchedule.kind).count() == 2


def test_after_hours_of_nothing_the_least_comes_first() -> None:
    steps = (Step(THURSDAY, 0), Step(THURSDAY + 3 * HOUR, 11_000))

    assert wake_early(steps, SIX_A) == (
        Step(THURSDAY, 0),
        Step(THURSDAY + 3 * HOUR - timedelta(minutes=10), SIX_A),
        Step(THURSDAY + 3 * HOUR, 11_000),
    )
    assert wake_early((Step(THURSDAY, 0), Step(THURSDAY + HOUR, 11_000)), SIX_A)[1].limit_w == 11_000


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
