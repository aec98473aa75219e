"""A vehicle that takes nothing of what it is offered: after hours of nothing it may sleep, else it is full.

One that may sleep is offered power early, then woken, step by step.

Offered the least some minutes early; its limit taken away for a minute and given back; stopped and started again; and
at last a person is told, for only unplugging helps. Where it stands is in its `Target`, for those who ask if a vehicle
will be ready.
"""

import logging
from datetime import datetime, timedelta
from itertools import pairwise

from django.db import transaction

from chargers.choices import ConnectorStatus
from chargers.models import IssuedCommand
from depot.access.services import the_depot
from depot.energy.delivery.asking import CANNOT
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.schedule import Shape
from depot.energy.delivery.standing import Waking
from depot.energy.delivery.wanted import Step, limit_at, merged
from depot.energy.services.marks import want_plan_of_charger
from depot.notices import services as notices
from sessions import services as sessions
from sessions.models import EnergyState, IdToken, Session

logger = logging.getLogger(__name__)

SLEEPS_AFTER = timedelta(hours=2)
EARLY = timedelta(minutes=10)
PATIENCE = timedelta(minutes=5)
TOGGLE = timedelta(seconds=60)
RESTARTS_WITHIN = timedelta(minutes=3)
NEXT = {
    Waking.AWAKE: Waking.RAISED,
    Waking.RAISED: Waking.TOGGLED,
    Waking.TOGGLED: Waking.RESTARTED,
    Waking.RESTARTED: Waking.ASLEEP,
}
DRAWS_FROM_W = 100
# Who took less has not charged at all: it may be meant to begin later.
CHARGED_FROM_WH = 500


def told_steps(target: Target, course: tuple[Step, ...], shape: Shape, now: datetime) -> tuple[Step, ...]:
    """A course of what is wanted, with the steps that wake a vehicle."""
    steps = wake_early(course, int(shape.least_w))
    if target.waking == Waking.TOGGLED and target.waking_since is not None:
        ends = target.waking_since + TOGGLE
        if now < ends:
            after = limit_at(steps, ends + TOGGLE, ends) or 0
            later = [step for step in steps if step.starts_at > ends]
            return (Step(now, 0), Step(ends, after), *later)
    return steps


def wake_early(steps: tuple[Step, ...], least_w: int) -> tuple[Step, ...]:
    """After hours of nothing a vehicle needs some minutes: the least power comes before the rest does."""
    found = list(merged(steps))
    for before, after in pairwise(found):
        rests = before.limit_w == 0 and after.starts_at - before.starts_at >= SLEEPS_AFTER
        if rests and after.limit_w > 0 and least_w > 0:
            found.append(Step(after.starts_at - EARLY, min(least_w, after.limit_w)))
    return tuple(sorted(found))


def wake(now: datetime) -> int:
    """One step further for each vehicle that is offered power and takes none; how many steps were taken."""
    taken = 0
    targets = Target.objects.filter(until__gt=now, state=State.HELD).select_related("evse__charger", "depot")
    sessions_ = {
        session.evse_id: session
        for session in Session.objects.running()
        .select_related("charger", "token", "vehicle", "connector")
        .filter(evse__in=[target.evse_id for target in targets])
    }
    for target in targets:
        session = sessions_.get(target.evse_id)
        if session is None:
            continue
        if not _is_offered(target, now) or _draws(session):
            if target.waking and _draws(session):
                _set(target, Waking.AWAKE, None)
            continue
        if target.waking == Waking.FULL and _is_of(session, target):
            continue
        if _had_rested(target, now):
            if _has_waited(target, now):
                taken += _go_on(target, session, now)
        elif _says_it_takes_nothing(session, now):
            _set(target, Waking.FULL, now)
            want_plan_of_charger(session.charger_id, f"{session.vehicle or 'A vehicle'} is full", now=now)
    return taken


def _is_of(session: Session, target: Target) -> bool:
    """Was this seen in the charge that runs, and not in one before?"""
    return target.waking_since is not None and target.waking_since >= session.started_at


def _says_it_takes_nothing(session: Session, now: datetime) -> bool:
    """By its charger: told of the charge in 2.x, of the connector in 1.6; some say so of any pause, even of ours."""
    cable = session.connector
    since = session.energy_state_at if session.energy_state == EnergyState.SUSPENDED_EV else None
    if not session.energy_state and cable is not None and cable.status == ConnectorStatus.SUSPENDED_EV:
        since = cable.heard_at
    return since is not None and now - since >= PATIENCE and (session.energy_wh or 0) >= CHARGED_FROM_WH


def _is_offered(target: Target, now: datetime) -> bool:
    assert target.until is not None
    steps = target.course()
    since = limit_at(steps, target.until, now - PATIENCE)
    return bool(since) and bool(limit_at(steps, target.until, now))


def _had_rested(target: Target, now: datetime) -> bool:
    """Only who was given nothing for long sleeps; one that takes nothing at once is full, or means not to charge."""
    if target.waking not in (Waking.AWAKE, Waking.FULL):
        return True
    steps = merged(target.course())
    rested = [
        after.starts_at
        for before, after in pairwise(steps)
        if before.limit_w == 0 and after.starts_at <= now and after.starts_at - before.starts_at >= SLEEPS_AFTER
    ]
    return bool(rested)


def _draws(session: Session) -> bool:
    return (session.power_w or 0) >= DRAWS_FROM_W or session.energy_state == EnergyState.CHARGING


def _has_waited(target: Target, now: datetime) -> bool:
    return target.waking_since is None or now - target.waking_since >= PATIENCE


def _go_on(target: Target, session: Session, now: datetime) -> int:
    if target.waking == Waking.ASLEEP:
        return 0
    following = NEXT.get(Waking(target.waking), Waking.RAISED)
    charger = session.charger
    if following is Waking.RESTARTED and not _restart(target, session, now):
        following = Waking.ASLEEP
    if following is Waking.ASLEEP:
        vehicle = session.vehicle or "The vehicle"
        notices.write(
            "vehicle.asleep", charger, f"{vehicle} takes no power and does not wake: plug it in again", at=now
        )
    _set(target, following, now)
    return 1


def _restart(target: Target, session: Session, now: datetime) -> bool:
    if session.token is None:
        return False
    target.resume_token = session.token
    try:
        with transaction.atomic():
            sessions.request_stop(session, requested_by=the_depot(), now=now)
    except CANNOT as error:
        logger.info("session %s: not restarted: %r", session.pk, error)
        return False
    return True


def start_again(now: datetime) -> int:
    """Those that were stopped in order to wake them are started as soon as their charge has ended."""
    started = 0
    stopped = Target.objects.filter(
        waking=Waking.RESTARTED, resume_token__isnull=False, waking_since__gt=now - RESTARTS_WITHIN
    ).select_related("evse__charger", "resume_token")
    for target in stopped:
        token = target.resume_token
        if token is None or Session.objects.running().filter(evse=target.evse).exists():
            continue
        if _start(target, token, now) is not None:
            target.resume_token = None
            target.save(update_fields=["resume_token"])
            started += 1
    return started


def _start(target: Target, token: IdToken, now: datetime) -> IssuedCommand | None:
    try:
        with transaction.atomic():
            return sessions.request_start(token, target.evse, requested_by=the_depot(), now=now)
    except CANNOT as error:
        logger.info("EVSE %s: not started again: %r", target.evse_id, error)
        return None


def _set(target: Target, waking: Waking, since: datetime | None) -> None:
    target.waking, target.waking_since = waking, since
    target.save(update_fields=["waking", "waking_since", "resume_token"])
