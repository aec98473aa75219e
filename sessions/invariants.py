"""What must hold of every session, for a nightly task: the database enforces most of it, and still it is looked at.

A restored backup, a hand in the database or a mistake of ours would show here first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q

from sessions.lifecycle import AHEAD_AT_MOST
from sessions.models import Session

# Of each rule so many are named: enough to see what is wrong, and never the whole table.
NAMED_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Violation:
    session_id: int
    rule: str


def violations(now: datetime) -> list[Violation]:
    """Every session that breaks a rule, with the rule."""
    found = [
        Violation(pk, rule)
        for rule, broken in rules(now).items()
        for pk in Session.objects.filter(broken).order_by("pk").values_list("pk", flat=True)[:NAMED_AT_MOST]
    ]
    return [*found, *_several_at_one_evse()]


def rules(now: datetime) -> dict[str, Q]:
    """The rules, each with how a session breaks it."""
    ended, running = Q(ended_at__isnull=False), Q(ended_at=None)
    return {
        "A session ends after it starts": ended & Q(ended_at__lt=F("started_at")),
        "A session starts in the past": Q(started_at__gt=now + AHEAD_AT_MOST),
        "Energy is never negative": Q(energy_wh__lt=0),
        "An ended session says who closed it": ended & Q(closed_by=""),
        "A running session was closed by nobody": running & ~Q(closed_by=""),
        "A running session has a name to stop it by": running & Q(reference=""),
        "An ended session will be settled": ended & Q(settled_at=None, settle_after=None),
        "Only an ended session is settled": running & (Q(settled_at__isnull=False) | Q(settle_after__isnull=False)),
        "Only a settled session needs a correction": Q(needs_correction=True, settled_at=None),
        "Unknown energy is explained": ended & Q(energy_wh=None, quality=[]),
    }


def _several_at_one_evse() -> Iterator[Violation]:
    crowded = Session.objects.running().exclude(evse=None).values("evse").annotate(n=Count("pk")).filter(n__gt=1)
    evses = list(crowded.order_by("evse").values_list("evse", flat=True)[:NAMED_AT_MOST])
    for pk in Session.objects.running().filter(evse__in=evses).order_by("pk").values_list("pk", flat=True):
        yield Violation(pk, "One session runs at an EVSE")
