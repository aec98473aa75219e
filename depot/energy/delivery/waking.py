"""A vehicle that takes nothing of what it is offered: after hours of nothing it may sleep, else it is full.

One that may sleep is woken, step by step: it is offered what is planned and given some minutes; its limit is taken away
for a minute and given back; it is stopped and started again; and at last a person is told, for only unplugging helps.
Nothing is offered before its time: a manager's rule or a price may forbid just that. Where it stands is in its
`Target`, for those who ask if a vehicle will be ready.
"""

from datetime import datetime, timedelta
from itertools import pairwise

from depot.energy.delivery.fullness import (
    PATIENCE,
    draws,
    has_drawn,
    is_of,
    is_seen_idle,
    offered_since,
    says_it_is_full,
)
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.resuming import stop_to_wake
from depot.energy.delivery.standing import Waking
from depot.energy.delivery.wanted import Step, limit_at, merged
from depot.energy.services.marks import want_plan_of_charger
from depot.notices import services as notices
from sessions.models import Session

SLEEPS_AFTER = timedelta(hours=2)
TOGGLE = timedelta(seconds=60)
NEXT = {
    Waking.AWAKE: Waking.RAISED,
    Waking.RAISED: Waking.TOGGLED,
    Waking.TOGGLED: Waking.RESTARTED,
    Waking.RESTARTED: Waking.ASLEEP,
}
# What is wanted there has reached the charger, or nothing of ours ever does.
REACHED = (State.HELD, State.BY_START_AND_STOP, State.OUT_OF_HANDS)


def told_steps(target: Target, course: tuple[Step, ...], now: datetime) -> tuple[Step, ...]:
    """A course of what is wanted, with the steps that wake a vehicle."""
    course = tuple(merged(course))
    if target.waking == Waking.TOGGLED and target.waking_since is not None:
        ends = target.waking_since + TOGGLE
        if now < ends:
            after = limit_at(course, ends + TOGGLE, ends) or 0
            later = [step for step in course if step.starts_at > ends]
            return (Step(now, 0), Step(ends, after), *later)
    return course


def wake(now: datetime) -> int:
    """One step further for each vehicle that is offered power and takes none; how many steps were taken."""
    taken = 0
    targets = Target.objects.filter(until__gt=now, state__in=REACHED).select_related("evse__charger", "depot")
    sessions = {
        session.evse_id: session
        for session in Session.objects.running()
        .select_related("charger", "token", "vehicle", "connector")
        .filter(evse__in=[target.evse_id for target in targets])
    }
    for target in targets:
        session = sessions.get(target.evse_id)
        if session is not None:
            taken += _look(target, session, now)
    return taken


def _look(target: Target, session: Session, now: datetime) -> int:
    since = offered_since(target, now)
    if draws(session):
        if target.waking:
            _set(target, Waking.AWAKE, None)
        return 0
    if since is None or now - since < PATIENCE or not is_seen_idle(session, _later(since, target.waking_since)):
        return 0
    if target.waking == Waking.FULL and is_of(session, target):
        return 0
    if target.state == State.HELD and _may_sleep(target, session, now):
        return _go_on(target, session, now) if _has_waited(target, now) else 0
    if says_it_is_full(session, now):
        _set(target, Waking.FULL, now)
        want_plan_of_charger(session.charger_id, f"{session.vehicle or 'A vehicle'} is full", now=now)
    return 0


def _later(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else max(one, other)


def _may_sleep(target: Target, session: Session, now: datetime) -> bool:
    """Only who was given nothing for long sleeps, and who has not charged since then: that one is full, or waits."""
    if target.waking not in (Waking.AWAKE, Waking.FULL):
        return True
    steps = merged(target.course())
    rested_until = [
        after.starts_at
        for before, after in pairwise(steps)
        if before.limit_w == 0 and after.starts_at <= now and after.starts_at - before.starts_at >= SLEEPS_AFTER
    ]
    return bool(rested_until) and not has_drawn(session, rested_until[-1])


def _has_waited(target: Target, now: datetime) -> bool:
    return target.waking_since is None or now - target.waking_since >= PATIENCE


def _go_on(target: Target, session: Session, now: datetime) -> int:
    if target.waking == Waking.ASLEEP:
        return 0
    following = NEXT.get(Waking(target.waking), Waking.RAISED)
    if following is Waking.RESTARTED and not stop_to_wake(target, session, now):
        following = Waking.ASLEEP
    if following is Waking.ASLEEP:
        vehicle = session.vehicle or "The vehicle"
        notices.write(
            "vehicle.asleep", session.charger, f"{vehicle} takes no power and does not wake: plug it in again", at=now
        )
    _set(target, following, now)
    return 1


def _set(target: Target, waking: Waking, since: datetime | None) -> None:
    target.waking, target.waking_since = waking, since
    target.save(update_fields=["waking", "waking_since", "resume_token"])
