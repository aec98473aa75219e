"""Chargers that take no limit are started and stopped by the plan: nothing or their rating, not too often."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from chargers.choices import CommandState
from chargers.models import IssuedCommand
from depot.energy.delivery.asking import CANNOT
from depot.energy.delivery.books import UNSEEN_START, Station, reference_of
from depot.energy.delivery.looking import something_changed
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.wanted import limit_at, next_step_at
from depot.energy.instance import Control
from depot.energy.queries.visits import visits_of
from depot.energy.worst import Point, Unit
from sessions import services as sessions
from sessions.models import Session

if TYPE_CHECKING:
    from depot.energy.delivery.services.round import Round

logger = logging.getLogger(__name__)

LEAST_RUN = timedelta(minutes=15)
# When others could not make room in time, or a charger refused to stop, they are asked again after this.
TRIED_AGAIN = timedelta(minutes=15)
SEEN_SOON = timedelta(seconds=2)
BETWEEN_TRIES = timedelta(minutes=1)


def expect_start(charger_id: int, number: int | None, *, now: datetime) -> None:
    """A card was accepted: a charger that takes no limit counts with its rating from now on, before anything flows."""
    idle = Target.objects.filter(
        Q(evse__wiring__control=Control.START_STOP.value) | Q(state=State.BY_START_AND_STOP), evse__charger=charger_id
    ).exclude(evse__in=Session.objects.running().filter(charger=charger_id, evse__isnull=False).values("evse"))
    if number:
        idle = idle.filter(evse__number=number)
    if idle.update(starting_since=now):
        something_changed([charger_id], now=now)


def start_or_stop(of: "Round", target: Target, station: Station) -> None:
    """By what is wanted now: a start inside the room there is; a stop after the least run, or at once where a circuit
    is over.

    A charger that holds limits but refuses one of 0 is stopped in this way too, and started again.
    """
    point = next(each for each in station.unit.points if each.key == target.evse_id)
    by_limits = point.control == Control.MANAGED and not point.ignores_limits
    if point.control not in (Control.MANAGED, Control.START_STOP) or (by_limits and station.takes_zero):
        return
    if not station.link.is_online or not station.charger.energy_management_on:
        return
    if target.until is None:
        return
    steps = target.course()
    wanted_w = limit_at(steps, target.until, of.now)
    change = next_step_at(steps, of.now)
    if change is not None:
        of.looks.append(change)
    if wanted_w is None:
        return
    session = station.sessions.get(target.evse_id)
    if session is not None and wanted_w <= 0:
        # What leads for the moment minds the least run itself: silence of a meter waits for none.
        is_led = point.control == Control.START_STOP and target.lead is not None and target.lead.until > of.now
        _stop(of, target, station, session, has_run=is_led or of.now - session.started_at >= LEAST_RUN)
    elif session is None and target.resume_token is not None and not _is_on_its_way(of, station, point):
        _start_again(of, target, station, point, wanted_w)


def _stop(of: "Round", target: Target, station: Station, session: Session, *, has_run: bool) -> None:
    if not has_run and not of.ledger.overloads():
        of.looks.append(session.started_at + LEAST_RUN)
        return
    if not _may_try(of, target):
        return
    if not of.ledger.overloads() and _refused_lately(of, session):
        target.why = "it refuses to end its charge"
        of.looks.append(of.now + TRIED_AGAIN)
        return
    token = session.token
    if token is None and session.vehicle is not None:
        token = sessions.issue_own_token(session.vehicle, of.now)
    if token is None and not of.ledger.overloads():
        target.why = "nobody could start it again: no card, and no vehicle that we know"
        return
    if station.traits.restarts_without_replug is False and not of.ledger.overloads():
        target.why = "stopped, it would not start again until its cable was pulled"
        return
    target.resume_token = token
    _try(target, lambda: sessions.request_stop(session, requested_by=of.actor, now=of.now))


def _start_again(of: "Round", target: Target, station: Station, point: Point, wanted_w: float) -> None:
    """Where it stands there still, stopped by us, and not too often yet; whoever left is not started."""
    visit = visits_of([target.evse_id], of.now).get(target.evse_id)
    if visit is None:
        target.resume_token = None
        return
    if wanted_w <= 0 or not visit.may_start:
        return
    starting = tuple(replace(each, is_starting=True) if each is point else each for each in station.unit.points)
    if not _has_room(of, station, replace(station.unit, points=starting)):
        _ask_for_room(of, target)
        return
    token, evse = target.resume_token, target.evse
    assert token is not None
    if _try(target, lambda: sessions.request_start(token, evse, requested_by=of.actor, now=of.now)):
        of.ledger.put(replace(station.unit, points=starting))
        target.starting_since = None


def _ask_for_room(of: "Round", target: Target) -> None:
    """It counts for some minutes, and the others' plans are cut by what it will draw; in vain, again after a while."""
    since = target.starting_since
    if since is None or of.now - since > TRIED_AGAIN:
        since = target.starting_since = of.now
    target.state, target.why = State.NO_ROOM, "others have to give way before it can be started"
    if of.now - since < UNSEEN_START:
        of.looks.append(of.now + SEEN_SOON)


def _is_on_its_way(of: "Round", station: Station, point: Point) -> bool:
    return (station.charger.pk, point.number) in of.books.asked_to_start


def _has_room(of: "Round", station: Station, starting: Unit) -> bool:
    """Room to its rating for as long as nobody stops it; where it counts already, others have made that room."""
    if starting != station.unit:
        return of.ledger.ask(starting).may_send
    return not any(name == starting.name for over in of.ledger.overloads() for name, _ in over.by)


def _may_try(of: "Round", target: Target) -> bool:
    """Once a minute; where it may, this was the try of this minute."""
    if target.not_before is not None and target.not_before > of.now:
        return False
    target.not_before = of.now + BETWEEN_TRIES
    return True


def _refused_lately(of: "Round", session: Session) -> bool:
    """It knows of no such charge, as one whose end is still to be told, or does not let go of it."""
    stops = IssuedCommand.objects.filter(charger=session.charger_id, kind="stop", reference=reference_of(session))
    last = stops.filter(issued_at__gt=of.now - TRIED_AGAIN).order_by("-pk").first()
    return last is not None and last.state == CommandState.REJECTED


def _try(target: Target, ask: Callable[[], IssuedCommand]) -> bool:
    try:
        with transaction.atomic():
            ask()
    except CANNOT as error:
        logger.info("EVSE %s: %r", target.evse_id, error)
        target.why = f"{error}"[:200]
        return False
    return True
