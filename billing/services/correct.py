"""Correcting what was settled: a credit takes the row back, a replacement tells it anew."""

from datetime import datetime

from django.db import transaction

from billing.models import Transaction, TransactionKind
from billing.queries import standing_transaction
from billing.services.book import book
from billing.services.facts import make_transaction, negated
from billing.services.price import price_session
from billing.services.settle import NOTHING_TO_CORRECT, Tell, lock_session
from sessions.models import Session


class NotSettledYet(Exception):
    """Nothing has been given to the ERP that could be corrected."""


def correct_session(
    session: Session, *, reason: str, author: str, now: datetime, tell: Tell | None = None
) -> Transaction:
    """Credit what stands for `session` and tell it as it is known now; returns what stands then.

    Where nothing that the ERP was told has changed, nothing is booked. Raises NotSettledYet.
    """
    with transaction.atomic():
        locked = lock_session(session.pk)
        standing = standing_transaction(locked.pk)
        if standing is None or locked.ended_at is None:
            raise NotSettledYet
        replacement = make_transaction(
            locked, price_session(locked, ends=locked.ended_at), kind=TransactionKind.REPLACEMENT
        )
        Session.objects.filter(pk=locked.pk).update(**NOTHING_TO_CORRECT)
        if replacement.facts == standing.facts:
            return standing
        credit = credit_of(standing)
        for row in (credit, replacement):
            row.replaces = standing
            row.correction_reason = reason[:200]
            row.correction_author = author[:150]
        if tell:
            tell([credit, replacement])
        book([credit, replacement], now=now)
    return replacement


def credit_of(standing: Transaction) -> Transaction:
    """The row that takes `standing` back: the same facts, with negative amounts."""
    return Transaction(
        kind=TransactionKind.CREDIT,
        session=standing.session,
        depot_key=standing.depot_key,
        time_zone=standing.time_zone,
        facts=negated(standing.facts),
        vehicle_key=standing.vehicle_key,
        energy_wh=None if standing.energy_wh is None else -standing.energy_wh,
        cost=None if standing.cost is None else -standing.cost,
        currency=standing.currency,
    )
