"""What is known of one charger: its link, how often it was lost, how fast it answers, what it can do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from django.db.models import Q

from chargers.choices import Direction, Standing, Trust
from chargers.models import Charger, Connection, TracedCall
from chargers.queries import Link, link_of
from depot.access.models import User
from depot.access.reach import within_reach
from depot.board.rows import BayRow, rows_of
from depot.models import Bay, Depot

LOSSES_WITHIN = timedelta(days=7)
LOSSES_READ = 1000
ANSWERS_READ = 200


@dataclass(frozen=True, slots=True)
class Losses:
    """How often the link was lost in the last week, and how long in all."""

    times: int
    span: timedelta


@dataclass(frozen=True, slots=True)
class Answers:
    """How long it takes to answer us."""

    usual_s: float
    worst_s: float


@dataclass(frozen=True, slots=True)
class LinkFacts:
    link: Link
    losses: Losses
    answers: Answers | None
    signs_in_with: str
    is_weak: bool
    waits_for_new_password: bool
    has_another_way_in: bool


def link_facts(charger: Charger) -> LinkFacts:
    link = link_of(charger.pk)
    connection = Connection.objects.filter(pk=link.connection_id).first() if link.connection_id else None
    is_open = charger.trust == Trust.NOTHING and charger.standing == Standing.ADOPTED
    if is_open:
        signs_in_with = "nothing: whoever uses its name is it"
    elif connection is not None and connection.authenticated:
        signs_in_with = "its password"
    elif charger.standing == Standing.ADOPTED:
        signs_in_with = "a password, not seen yet"
    else:
        signs_in_with = "not asked yet"
    return LinkFacts(
        link=link,
        losses=losses_of(charger, datetime.now(UTC)),
        answers=answers_of(charger),
        signs_in_with=signs_in_with,
        is_weak=is_open,
        waits_for_new_password=charger.standing == Standing.ADOPTED and bool(charger.next_password_hmac),
        has_another_way_in=is_open or bool(charger.password_hmac),
    )


def losses_of(charger: Charger, real_now: datetime) -> Losses:
    """Times without any socket between the first and the last of the week; the present one counts too."""
    since = real_now - LOSSES_WITHIN
    recent = Q(closed_at=None) | Q(closed_at__gt=since)
    sockets = list(
        Connection.objects.filter(recent, charger=charger)
        .order_by("opened_at")
        .values_list("opened_at", "closed_at")[:LOSSES_READ]
    )
    times, span, covered_until = 0, timedelta(0), None
    for opened_at, closed_at in sockets:
        if covered_until is not None and opened_at > covered_until:
            times += 1
            span += opened_at - max(covered_until, since)
        until = closed_at or real_now
        covered_until = until if covered_until is None else max(covered_until, until)
    if covered_until is not None and covered_until < real_now:
        times += 1
        span += real_now - max(covered_until, since)
    return Losses(times, span)


def answers_of(charger: Charger) -> Answers | None:
    delays = list(
        TracedCall.objects.filter(charger=charger, direction=Direction.OUT, delay_ms__isnull=False)
        .order_by("-id")
        .values_list("delay_ms", flat=True)[:ANSWERS_READ]
    )
    known = [delay / 1000 for delay in delays if delay is not None]
    return Answers(median(known), max(known)) if known else None


def clock_words(offset_s: float | None) -> str:
    if offset_s is None:
        return "not known"
    if abs(offset_s) < 1:
        return "in step with ours"
    amount = f"{abs(offset_s):.0f} s" if abs(offset_s) < 120 else f"{abs(offset_s) / 60:.0f} min"
    if abs(offset_s) >= 7200:
        amount = f"{abs(offset_s) / 3600:.0f} h"
    return f"{amount} {'ahead of' if offset_s > 0 else 'behind'} ours"


def clock_is_wrong(offset_s: float | None) -> bool:
    """Far enough that sessions would get a wrong hour, and with it a wrong price, if we believed it."""
    return offset_s is not None and abs(offset_s) > 60


def bays_of(user: User, charger: Charger) -> list[Bay]:
    bays = Bay.objects.filter(evse__charger=charger).select_related("depot", "evse").order_by("evse__number")
    return list(within_reach(user, bays))


def outlets_of(user: User, charger: Charger, bays: Sequence[Bay], *, now: datetime) -> list[BayRow]:
    """Its outlets as the board shows them; those without a bay for who sees all."""
    depots: list[Depot | None] = list({bay.depot_id: bay.depot for bay in bays}.values()) or [None]
    rows = {row.key: row for depot in depots for row in rows_of(user, depot, now=now, charger_ids=[charger.pk])}
    return sorted(rows.values(), key=lambda row: row.evse_number or 0)
