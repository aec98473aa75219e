"""Reading the books: what stands for a session, pages of the feed, who has pulled how far."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from billing.models import FeedCounter, FeedReader, Tariff, Transaction, TransactionKind

STANDING_KINDS = (TransactionKind.FINAL, TransactionKind.REPLACEMENT)


def tariff_in_force(tariff_key: int | None, *, at: datetime) -> Tariff | None:
    """The version in force at a moment of the tariff of which `tariff_key` is some version; the first before all."""
    if tariff_key is None:
        return None
    named = Tariff.objects.filter(pk=tariff_key).values("name")
    versions = list(Tariff.objects.filter(name__in=named).order_by("-version"))
    in_force = (tariff for tariff in versions if (tariff.valid_from or tariff.created_at) <= at)
    return next(in_force, versions[-1] if versions else None)


def standing_transaction(session_id: int) -> Transaction | None:
    """The row that stands for a session: its newest that is not a credit."""
    return standing_transactions([session_id]).get(session_id)


def standing_transactions(session_ids: Iterable[int]) -> dict[int, Transaction]:
    rows = Transaction.objects.filter(session__in=list(session_ids), kind__in=STANDING_KINDS).order_by("seq")
    return {row.session_id: row for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """A stretch of the feed. Who asks next for what comes after `next_after` misses nothing and reads nothing twice."""

    rows: list[Transaction]
    next_after: int
    has_more: bool
    epoch: str


def feed_page(rows: QuerySet[Transaction], head: FeedCounter, *, after: int, limit: int) -> FeedPage:
    """The next `limit` of `rows`, which may be filtered; `head` was read before `rows` are.

    A row that is committed while we read has a number above `head` and belongs to the next page.
    """
    rows = rows.filter(seq__gt=after, seq__lte=head.last_seq).order_by("seq")
    # Of the row that a correction is about, only the number is told.
    rows = rows.select_related("replaces").defer("replaces__facts")
    found = list(rows[: limit + 1])
    page = found[:limit]
    has_more = len(found) > limit
    looked_at = page[-1].seq if has_more else head.last_seq
    return FeedPage(rows=page, next_after=max(after, looked_at), has_more=has_more, epoch=head.epoch)


@dataclass(frozen=True, slots=True)
class Pulled:
    """How far a reader of the feed has come, and how many rows it has not asked for yet."""

    reader: FeedReader
    behind: int
    has_to_start_over: bool  # a backup was restored since


def readers() -> list[Pulled]:
    """Who has pulled the feed, the latest first."""
    head = FeedCounter.objects.first()
    if head is None:
        return []
    pulled = []
    for reader in FeedReader.objects.select_related("user"):
        starts_over = reader.epoch != head.epoch
        missing = Transaction.objects.filter(seq__gt=0 if starts_over else reader.through_seq)
        pulled.append(Pulled(reader, behind=missing.count(), has_to_start_over=starts_over))
    return pulled
