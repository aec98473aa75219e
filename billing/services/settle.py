"""Settling: a session that has ended becomes a numbered row that is never edited."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from billing.models import Transaction, TransactionKind
from billing.services.book import book
from billing.services.facts import make_transaction
from billing.services.price import price_session
from sessions.models import Session, SessionQuerySet

# What the caller writes in the same commit. It is given the rows before they are numbered, for between the number
# and the commit there is nothing.
Tell = Callable[[list[Transaction]], None]

NOTHING_TO_CORRECT: dict[str, Any] = {"needs_correction": False, "correction_reason": "", "correction_author": ""}


class StillCharging(Exception):
    """A session is settled when it has ended."""


def sessions_due(now: datetime) -> SessionQuerySet:
    """Those that have ended and waited long enough for late facts, the longest waiting first."""
    due = Session.objects.filter(settled_at=None, ended_at__isnull=False, settle_after__lte=now)
    return due.order_by("settle_after", "pk")


def sessions_waiting(now: datetime) -> SessionQuerySet:
    """Those that have ended and are not due yet."""
    return Session.objects.filter(settled_at=None, ended_at__isnull=False, settle_after__gt=now).order_by("pk")


def sessions_to_correct(now: datetime) -> SessionQuerySet:
    """Those of which more became known after they were settled."""
    changed = Session.objects.filter(needs_correction=True, settled_at__isnull=False, ended_at__isnull=False)
    # One that could not be corrected is put off, as one that could not be settled is.
    return changed.filter(Q(settle_after=None) | Q(settle_after__lte=now)).order_by("pk")


def settle_session(session: Session, *, now: datetime, tell: Tell | None = None) -> Transaction:
    """Price `session` and put it into the feed, once. Raises StillCharging."""
    with transaction.atomic():
        locked = lock_session(session.pk)
        booked = Transaction.objects.filter(session=locked, kind=TransactionKind.FINAL).first()
        if booked is not None:
            Session.objects.filter(pk=locked.pk, settled_at=None).update(settled_at=booked.recorded_at)
            return booked
        if locked.ended_at is None:
            raise StillCharging
        row = make_transaction(locked, price_session(locked, ends=locked.ended_at), kind=TransactionKind.FINAL)
        Session.objects.filter(pk=locked.pk).update(settled_at=now, **NOTHING_TO_CORRECT)
        if tell:
            tell([row])
        book([row], now=now)
    return row


def lock_session(session_id: int) -> Session:
    """The session as it stands now, and stands still until the commit."""
    rows = Session.objects.select_related("charger", "evse", "connector", "vehicle")
    # The joined rows may be missing, and PostgreSQL locks no row that is not there.
    return rows.select_for_update(of=("self",)).get(pk=session_id)
