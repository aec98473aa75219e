"""A charger that draws more than it may is told again, then counted at its rating, then stopped."""

from datetime import timedelta
from typing import Any

import pytest

from chargers.choices import CommandState
from chargers.commands import ReadCompositeSchedule
from chargers.models import Capability, Charger, IssuedCommand
from depot.energy.delivery import hearing
from depot.energy.delivery.duties import keep_limits
from depot.energy.delivery.models import Target
from depot.energy.delivery.obedience import Act, is_over, judge
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.delivery.standing import Obedience
from depot.energy.models import PlanMark
from depot.models import Depot
from depot.notices.models import Notice
from sessions.models import Session
from tests.energy.delivery.talk import SIX_A, answer_all, bays, charging, held_w, settle, want
from tests.factories import THURSDAY

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
@pytest.mark.parametrize(("ahead_s", "judged"), [(0, Obedience.FINE), (120, Obedience.RETRIED)])
def test_samples_that_waited_on_a_bad_line_are_held_against_no_later_limit(
    depot: Depot, ahead_s: int, judged: Obedience
) -> None:
    """Drawn before the limit came, by the charger's own clock; the error of that clock is known."""
    (bay,) = bays(depot)
    session = charging(bay)
    deliver(depot, [want(bay, SIX_A)], now=THURSDAY)
    settle(depot)
    Charger.objects.filter(pk=session.charger_id).update(clock_offset_s=-ahead_s)

    for minute in range(1, 4):
        drawn_at = THURSDAY - timedelta(minutes=1) + timedelta(seconds=minute)
        Session.objects.filter(pk=session.pk).update(power_w=11_000, last_reading_at=drawn_at)
        keep_limits(THURSDAY + timedelta(minutes=minute))

    assert Target.objects.get(evse=bay.evse).obedience == judged


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
