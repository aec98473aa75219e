"""Charges that have come to their limit are ended, and prepaid credit pays for what they came to."""

import logging
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery

from billing.models import Transaction, TransactionKind
from billing.services import cost_so_far
from chargers.queries import online_charger_ids
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken
from depot import live
from sessions.models import CreditEntry, Session
from sessions.services import add_credit, limited_sessions, stop_at_limit

logger = logging.getLogger(__name__)

PAID_AT_ONCE = 200
CENT = Decimal("0.01")
WORDS = {
    TransactionKind.FINAL: "Charge",
    TransactionKind.CREDIT: "Paid back: charge",
    TransactionKind.REPLACEMENT: "Charge, corrected:",
}


def stop_those_at_their_limit(now: datetime) -> int:
    """Where the charger does not keep a limit itself, or not well, we ask it to stop (2.1 E16 in every version)."""
    asked = 0
    online = online_charger_ids()
    for session in limited_sessions().select_related("charger", "evse"):
        if session.charger_id in online and _stop(session, now):
            live.tell([session.charger_id], [session.pk], what="limit")
            asked += 1
    return asked


def _stop(session: Session, now: datetime) -> bool:
    bill = cost_so_far(session, now) if session.limit_cost is not None else None
    try:
        with transaction.atomic():
            return stop_at_limit(session, cost=None if bill is None else bill.total, now=now) is not None
    except (ChargerOffline, CommandNotSpoken, CommandInvalid, CommandNotAllowed) as error:
        logger.info("session %s: at its limit, not stopped: %r", session.pk, error)
        return False


def pay_from_credit(now: datetime) -> int:
    """Each transaction of a prepaid token is taken off its credit once; what is credited comes back.

    A token is prepaid from the moment at which credit was given to it, first or again after it was ended: what it
    charged before is not paid so.
    """
    paid = CreditEntry.objects.filter(transaction_seq=OuterRef("seq"))
    ended_since = CreditEntry.objects.filter(token=OuterRef("token"), is_end=True, pk__gte=OuterRef("pk"))
    first = CreditEntry.objects.filter(~Exists(ended_since), token=OuterRef("session__token"))
    unpaid = Transaction.objects.filter(~Exists(paid), session__token__prepaid_balance__isnull=False)
    unpaid = unpaid.filter(cost__isnull=False, session__started_at__gte=Subquery(first.order_by("pk").values("at")[:1]))
    rows = list(unpaid.select_related("session__token").order_by("seq")[:PAID_AT_ONCE])
    for row in rows:
        assert row.session.token is not None, "the query asks for it"
        assert row.cost is not None, "the query asks for it"
        with transaction.atomic():
            note = f"{WORDS[TransactionKind(row.kind)]} {row.session_id}"
            add_credit(row.session.token, -row.cost.quantize(CENT), now=now, note=note, transaction_seq=row.seq)
    return len(rows)
