"""Control totals: what was booked on one day, to check a mirror of the feed against."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet, Sum

from billing.bill import decimals_of
from billing.days import day_ends, day_ends_everywhere, day_ends_somewhere
from billing.models import FeedCounter, Transaction
from billing.services.book import feed_head, take

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class DepotTotal:
    """What was booked of one depot in one currency."""

    depot_key: int | None
    currency: str
    depot_name: str = ""
    count: int = 0
    without_cost: int = 0
    energy_wh: int = 0
    cost: Decimal = Decimal(0)
    day_ends: datetime = NEVER  # in the depot's zone; if that was changed on this day, in the later one
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotals:
    day: date
    through_seq: int
    epoch: str
    is_final: bool  # the day is over everywhere: no depot can be added
    depots: list[DepotTotal] = field(default_factory=list)


def control_totals(rows: QuerySet[Transaction], day: date, *, now: datetime) -> DayTotals:
    """`rows` booked on `day`, summed up by depot. What is called final does not change any more."""
    head = _head_after_closing(day, now=now)
    booked_until = head.booked_until or NEVER
    depots = _by_depot(rows.filter(booked_on=day, seq__lte=head.last_seq), day)
    for total in depots:
        total.is_final = total.day_ends <= booked_until
    return DayTotals(
        day=day,
        through_seq=head.last_seq,
        epoch=head.epoch,
        is_final=day_ends_everywhere(day) <= booked_until,
        depots=depots,
    )


def _head_after_closing(day: date, *, now: datetime) -> FeedCounter:
    """Where the feed stands; a day that is over by the clock is closed, so that nobody books into it any more.

    Someone may have read the clock before midnight and not have committed yet: closing waits for him, or has him
    book under the next day.
    """
    head = feed_head()
    if day_ends_somewhere(day) <= now and (head.booked_until or NEVER) < min(now, day_ends_everywhere(day)):
        with transaction.atomic():
            head = take(0, now=now)
    return head


def _by_depot(rows: QuerySet[Transaction], day: date) -> list[DepotTotal]:
    grouped = rows.order_by().values("depot_key", "currency", "time_zone")
    groups = list(
        grouped.annotate(
            rows_booked=Count("pk"),
            without_cost=Count("pk", filter=Q(cost=None)),
            wh=Sum("energy_wh"),
            money=Sum("cost"),
            newest=Max("seq"),
        ).order_by("depot_key", "currency", "newest")
    )
    newest = Transaction.objects.in_bulk([group["newest"] for group in groups], field_name="seq")
    totals: dict[tuple[int | None, str], DepotTotal] = {}
    for group in groups:
        key = (group["depot_key"], group["currency"])
        total = totals.setdefault(key, DepotTotal(depot_key=key[0], currency=key[1]))
        depot = newest[group["newest"]].facts["depot"]
        total.depot_name = depot["name"] if depot else ""
        total.count += group["rows_booked"]
        total.without_cost += group["without_cost"]
        total.energy_wh += group["wh"] or 0
        total.cost += group["money"] or 0
        total.day_ends = max(total.day_ends, day_ends(day, group["time_zone"]))
    for total in totals.values():
        total.cost = total.cost.quantize(Decimal(1).scaleb(-decimals_of(total.currency)))
    return list(totals.values())
