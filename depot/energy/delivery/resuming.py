"""A charge that is ended in order to wake its vehicle, and started again until it runs or the vehicle has left."""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from chargers.choices import CommandState
from chargers.models import IssuedCommand
from depot.access.services import the_depot
from depot.energy.delivery.asking import CANNOT
from depot.energy.delivery.models import Target
from depot.energy.delivery.standing import Waking
from depot.energy.queries.visits import visits_of
from depot.notices import services as notices
from sessions import services as sessions
from sessions.models import IdToken, Session

logger = logging.getLogger(__name__)

# An answer that was lost is no answer for so long; then it is asked again, at first often.
BETWEEN_TRIES = timedelta(seconds=90)
LATER_TRIES = timedelta(minutes=15)
TOLD_AFTER = timedelta(minutes=15)
ON_ITS_WAY = (CommandState.REQUESTED, CommandState.SENT)


def stop_to_wake(target: Target, session: Session, now: datetime) -> bool:
    """False where it cannot be stopped, or nobody could start it again."""
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
    """Those that were stopped in order to wake them; how many were asked to start."""
    stopped = list(
        Target.objects.filter(waking=Waking.RESTARTED, resume_token__isnull=False).select_related(
            "evse__charger", "resume_token"
        )
    )
    running = set(Session.objects.running().filter(evse__in=[each.evse_id for each in stopped]).values_list("evse"))
    stopped = [target for target in stopped if (target.evse_id,) not in running]
    visits = visits_of([target.evse_id for target in stopped], now)
    return sum(_go_on(target, now, is_there=target.evse_id in visits) for target in stopped)


def _go_on(target: Target, now: datetime, *, is_there: bool) -> bool:
    token = target.resume_token
    since = target.waking_since
    if token is None or since is None:
        return False
    if not is_there:
        target.waking, target.waking_since, target.resume_token = Waking.AWAKE, None, None
        target.save(update_fields=["waking", "waking_since", "resume_token"])
        return False
    starts = IssuedCommand.objects.filter(
        charger=target.evse.charger_id, evse_number=target.evse.number, kind="start", issued_at__gte=since
    )
    last = starts.order_by("-pk").first()
    is_late = now - since >= TOLD_AFTER
    if last is not None and (
        last.state in ON_ITS_WAY or now - last.issued_at < (LATER_TRIES if is_late else BETWEEN_TRIES)
    ):
        return False
    if is_late and last is not None and last.issued_at < since + TOLD_AFTER:
        told = f"{target.evse} was stopped in order to wake its vehicle and does not start again: plug it in again"
        notices.write("vehicle.asleep", target.evse.charger, told, at=now)
    return _start(target, token, now)


def _start(target: Target, token: IdToken, now: datetime) -> bool:
    try:
        with transaction.atomic():
            sessions.request_start(token, target.evse, requested_by=the_depot(), now=now)
    except CANNOT as error:
        logger.info("EVSE %s: not started again: %r", target.evse_id, error)
        return False
    return True
