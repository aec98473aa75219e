"""What finished sessions the ERP is given by now: settling and correcting by business time, each in its own commit."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError

from billing.days import month_began
from billing.models import Transaction, TransactionKind
from billing.services import (
    correct_session,
    sessions_due,
    sessions_to_correct,
    sessions_waiting,
    settle_session,
)
from depot import live
from depot.models import Depot
from depot.notices.models import Notice
from sessions.models import Session

logger = logging.getLogger(__name__)

# One run holds no worker for long; what is left over is due in the next second.
SETTLED_PER_RUN = 200
# One that cannot be settled must not fail every second, nor keep those behind it waiting.
TRY_AGAIN_AFTER = timedelta(minutes=10)


def settle_due(now: datetime) -> int:
    """Settle and correct what is due, the longest waiting first; returns for how many sessions that was done."""
    ids = [*sessions_due(now).values_list("pk", flat=True)[:SETTLED_PER_RUN]]
    ids += _of_a_closed_month(now)[: SETTLED_PER_RUN - len(ids)]
    done = sum(_attempt(session, _settle, now=now) for session in _rows(ids))
    to_correct = sessions_to_correct(now).values_list("pk", flat=True)[: SETTLED_PER_RUN - len(ids)]
    return done + sum(_attempt(session, _correct, now=now) for session in _rows(list(to_correct)))


def _rows(ids: list[int]) -> list[Session]:
    found = Session.objects.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def _of_a_closed_month(now: datetime) -> list[int]:
    """Those that wait for their charger's return while the month in which they ended is over: they wait no longer.

    The books of a month are closed with what is known; what the charger tells later is a correction.
    """
    late = now - timedelta(seconds=settings.SETTLE_AFTER_S)
    # A month begins first on Kiritimati, and 26 hours later everywhere: mostly nobody is left after this.
    begins_last = month_began(now, "Pacific/Kiritimati") + timedelta(hours=26)
    waiting = sessions_waiting(now).filter(ended_at__lt=begins_last, ended_heard_at__lte=late)
    rows = waiting.values_list("pk", "ended_at", "time_zone")
    return [pk for pk, ended_at, zone in rows if ended_at is not None and ended_at < month_began(now, zone)]


def _attempt(session: Session, act: Callable[..., Any], *, now: datetime) -> bool:
    try:
        act(session, now=now)
    except (OperationalError, InterfaceError):
        # Not this session's fault: the database is away, and so it is for the others.
        raise
    except Exception:
        logger.exception("session %s: %s failed", session.pk, act.__name__)
        Session.objects.filter(pk=session.pk).update(settle_after=now + TRY_AGAIN_AFTER)
        return False
    return True


def _settle(session: Session, *, now: datetime) -> None:
    settle_session(session, now=now, tell=lambda rows: _tell(rows, now=now))


def _correct(session: Session, *, now: datetime) -> None:
    correct_session(
        session,
        reason=session.correction_reason or "More became known about it",
        author=session.correction_author or session.charger.identity,
        now=now,
        tell=lambda rows: _tell(rows, now=now),
    )


def _tell(rows: list[Transaction], *, now: datetime) -> None:
    """A notice in the same commit, and the news after it. `rows` have no number yet; the session leads to them."""
    told = rows[-1]
    is_final = told.kind == TransactionKind.FINAL
    # The depot may be gone since, and a notice that points nowhere would take the transaction down with it.
    depot = Depot.objects.filter(pk=told.depot_key).first() if told.depot_key is not None else None
    Notice.objects.create(
        at=now,
        depot=depot,
        kind="transaction.completed" if is_final else "transaction.corrected",
        subject=f"{told.session}"[:120],
        text=_sentence(told)[:400],
        detail={"session": told.session_id},
    )
    live.tell([told.session.charger_id], [told.session_id], what="settled")


def _sentence(row: Transaction) -> str:
    facts = row.facts
    who = facts["vehicle"]["unit_number"] if facts["vehicle"] else facts["id_token"] or "Someone unknown"
    where = facts["bay"] or facts["charger"]
    energy = f"{facts['energy_kwh']} kWh" if facts["energy_kwh"] is not None else "an unknown amount"
    price = f"for {facts['cost']} {facts['currency']}" if facts["cost"] is not None else "without a price"
    corrected = f" Corrected: {row.correction_reason}" if row.kind != TransactionKind.FINAL else ""
    return f"{who} charged {energy} at {where} {price}.{corrected}"
