"""Sessions that a charger forgot without a word: the connector says something else, and the register stands still."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from chargers.choices import ConnectorStatus
from chargers.models import Connector
from sessions.lifecycle import Move, Word, next_move
from sessions.models import Session
from sessions.services.closing import close_by_evidence, last_sign_at
from sessions.services.finding import locked, phase_of, take_turn
from sessions.services.outcome import Outcome

# A charger that is well says something about each running session within this time.
SILENT_AFTER = timedelta(minutes=30)
# Beside a connector that no longer charges, a register that stood still this long has ended.
FLAT_AFTER = timedelta(hours=1)
# Where nothing says whether anything is plugged in, a day of silence does.
LOST_AFTER = timedelta(hours=24)
# With one of these a vehicle is there and may charge again: it may stand still for days.
HOLDS_A_VEHICLE = (
    ConnectorStatus.CHARGING, ConnectorStatus.SUSPENDED_EV, ConnectorStatus.SUSPENDED_EVSE, ConnectorStatus.OCCUPIED,
)  # fmt: skip
LOOKED_AT_ONCE = 200


def close_forgotten(online: Collection[int], *, now: datetime) -> list[Outcome]:
    """Close those whose charger is there (`online`: ids) and has long shown no sign of them; each by itself."""
    closed = []
    for pk, charger_id in _suspects(now).values_list("pk", "charger")[:LOOKED_AT_ONCE]:
        if charger_id not in online:
            continue
        with transaction.atomic():
            take_turn(charger_id)
            session = locked().get(pk=pk)
            ended_at = _forgotten_since(session, now=now)
            if ended_at is not None and next_move(phase_of(session), Word.FORGOTTEN) is Move.CLOSE:
                why = "The charger said nothing more about it, and its register stood still; its stop never came."
                close_by_evidence(session, ended_at=ended_at, why=why, heard_at=now)
                closed.append(Outcome(session))
    return closed


def _suspects(now: datetime) -> QuerySet[Session]:
    """Running, without a vehicle at the EVSE by its connectors' word, and silent or flat for long."""
    holding = Connector.objects.filter(evse=OuterRef("evse"), status__in=HOLDS_A_VEHICLE)
    quiet = Q(last_heard_at__lt=now - SILENT_AFTER) | Q(register_at__lt=now - FLAT_AFTER)
    return Session.objects.filter(quiet, ~Exists(holding), ended_at=None).order_by("last_heard_at")


def _forgotten_since(session: Session, *, now: datetime) -> datetime | None:
    """When it ended, by what is known; None where it may still run."""
    last_sign = last_sign_at(session)
    if session.evse is None:
        return last_sign if session.last_heard_at < now - LOST_AFTER else None
    connectors = list(Connector.objects.filter(evse=session.evse))
    if session.connector is not None:
        connectors = [connector for connector in connectors if connector.pk == session.connector_id]
    statuses = {ConnectorStatus(connector.status) for connector in connectors}
    if statuses & set(HOLDS_A_VEHICLE):
        return None
    if statuses == {ConnectorStatus.AVAILABLE}:
        quiet = session.last_heard_at < now - SILENT_AFTER
    elif statuses <= {ConnectorStatus.UNKNOWN}:
        quiet = session.last_heard_at < now - LOST_AFTER
    else:
        quiet = _is_flat(session, now=now)
    if not quiet:
        return None
    told = [connector.status_at for connector in connectors if connector.status_at is not None]
    return max((at for at in told if last_sign <= at <= now), default=last_sign)


def _is_flat(session: Session, *, now: datetime) -> bool:
    draws = bool(session.power_w) and session.last_heard_at >= now - SILENT_AFTER
    return not draws and (session.register_at or session.started_at) < now - FLAT_AFTER
