"""Charges that have come to their limit: whoever keeps it, in the end it is we who ask them to stop."""

from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from chargers.models import IssuedCommand
from sessions.limits import Reached, SoFar, reached, with_spare
from sessions.models import LimitKeeper, LimitKind, Session
from sessions.services.asking import request_stop
from sessions.services.finding import MAY_SHOW, NOT_SHOWN
from sessions.services.limiting import limit_of_session


def limited_sessions() -> QuerySet[Session]:
    """Those that run and have a limit."""
    return Session.objects.running().exclude(limit_kept_by="")


def stop_at_limit(session: Session, *, cost: Decimal | None, now: datetime) -> IssuedCommand | None:
    """Ask the charger to stop a charge that has come to its limit, unless it keeps it itself or was asked already.

    Raises what `issue_command` raises.
    """
    limit = limit_of_session(session)
    if session.limit_kept_by == LimitKeeper.CHARGER:
        limit = with_spare(limit)
    duration_s = (now - session.started_at).total_seconds()
    so_far = SoFar(cost=cost, energy_wh=session.energy_wh, duration_s=duration_s, soc_percent=session.soc_percent)
    kind = reached(limit, so_far)
    if kind is Reached.NONE or _is_asked_to_stop(session):
        return None
    Session.objects.filter(pk=session.pk).update(limit_reached=LimitKind(kind.value))
    return request_stop(session, requested_by=None, now=now)


def _is_asked_to_stop(session: Session) -> bool:
    asked = IssuedCommand.objects.filter(
        charger=session.charger_id, kind="stop", reference=session.reference, state__in=MAY_SHOW, effect__in=NOT_SHOWN
    )
    return asked.exists()
