"""The chargers' own books against ours: nothing lost, nothing twice, the same energy, and a feed without a gap."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from billing.models import Transaction, TransactionKind
from chargers.models import UnreadFact
from sessions import invariants
from sessions.models import Session

Told = dict[str, Any]


def differences(transactions: Iterable[Told], *, now: datetime) -> list[str]:
    """What stands otherwise in the chargers' books than in ours; nothing, when all is well."""
    sessions = {(one.charger.identity, one.reference): one for one in Session.objects.select_related("charger")}
    found = []
    for told in transactions:
        session = sessions.pop((told["charger"], str(told["transaction_id"])), None)
        found += [f"{told['charger']} {told['transaction_id']}: {what}" for what in _compare(told, session)]
    found += [f"{charger} {reference}: no such charge at the charger" for charger, reference in sessions]
    found += [f"unread: {fact.action} of {fact.charger_id}: {fact.why}" for fact in UnreadFact.objects.all()]
    found += [f"session {one.session_id}: {one.rule}" for one in invariants.violations(now)]
    return found


def _compare(told: Told, session: Session | None) -> Iterable[str]:
    if not told["start_acknowledged"] or not told["stop_acknowledged"] or told["abandoned"]:
        yield "not acknowledged to its end"
    if told["refused"]:
        yield "refused, though its token is a good one"
    if session is None:
        yield "lost"
        return
    if session.ended_at is None:
        yield "still open"
        return
    flowed = told["register_stop_wh"] - told["register_start_wh"]
    if session.energy_wh != flowed:
        yield f"{session.energy_wh} Wh instead of {flowed}; {session.quality}"
    for name, theirs, ours in (
        ("start register", told["register_start_wh"], session.meter_start_wh),
        ("stop register", told["register_stop_wh"], session.meter_stop_wh),
        ("start", datetime.fromisoformat(told["started_at"]), session.started_at),
        ("end", datetime.fromisoformat(told["ended_at"]), session.ended_at),
        ("token", told["id_token"], session.token_value),
        ("vehicle", told["vehicle"], session.vehicle.unit_number if session.vehicle else ""),
        ("reason", told["stop_reason"], session.stop_reason),
        ("closed by", "charger", session.closed_by),
    ):
        if theirs != ours:
            yield f"{name} {ours} instead of {theirs}"


def faults_of_the_feed() -> list[str]:
    """What an ERP that pulls the feed would stumble over, and where it differs from the sessions."""
    rows = list(Transaction.objects.order_by("seq"))
    found = [f"seq {row.seq} in place {place}" for place, row in enumerate(rows, 1) if row.seq != place]
    for session in Session.objects.all():
        ours = [row for row in rows if row.session_id == session.pk]
        kinds = [row.kind for row in ours]
        if kinds[:1] != [TransactionKind.FINAL] or kinds.count(TransactionKind.FINAL) != 1:
            found.append(f"session {session.pk} is in the feed as {kinds}")
        net_wh = sum(row.energy_wh or 0 for row in ours)
        if net_wh != session.energy_wh:
            found.append(f"session {session.pk}: {net_wh} Wh in the feed, {session.energy_wh} in the books")
    return found
