"""What is wanted of a depot's EVSEs is written down, and one round is made with the pen in hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from chargers.prepared import insert_row, update_row
from depot import live
from depot.board.emergency import active_in
from depot.energy.delivery.books import open_books
from depot.energy.delivery.models import Target, Writer
from depot.energy.delivery.services.fitting import give_way, send_what_fits
from depot.energy.delivery.services.proposing import propose, share_out_fallbacks
from depot.energy.delivery.services.round import Round
from depot.energy.delivery.services.sending import send_raises, send_reductions
from depot.energy.delivery.starting import start_or_stop
from depot.energy.delivery.wanted import Wanted, Window, kept_steps
from depot.energy.ledger import Overload
from depot.energy.models import Wiring
from depot.models import Depot


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of it at once; the rest follows with the chargers' answers."""

    sent: tuple[int, ...]  # commands
    states: dict[int, str]  # by EVSE
    overloads: tuple[Overload, ...]  # circuits that are not guaranteed, and because of whom


def deliver(depot: Depot, wanted: Sequence[Wanted], *, now: datetime) -> Delivery:
    """Told the same thing twice, it sends nothing the second time. EVSEs that are not told of keep what they have."""
    with transaction.atomic():
        writer = _take_the_pen(depot)
        ours = set(Wiring.objects.filter(circuit__depot=depot).values_list("evse", flat=True))
        Target.objects.bulk_create(
            [_target(depot, each, now) for each in wanted if each.evse_id in ours],
            update_conflicts=True,
            unique_fields=["evse"],
            update_fields=["depot", "steps", "until", "wanted_at", "lead_w", "lead_until"],
        )
        return _work(depot, writer, now)


def _target(depot: Depot, wanted: Wanted, now: datetime) -> Target:
    lead = wanted.lead
    return Target(
        evse_id=wanted.evse_id,
        depot=depot,
        steps=kept_steps(wanted.steps),
        until=wanted.ends_at,
        wanted_at=now,
        lead_w=None if lead is None else lead.limit_w,
        lead_until=None if lead is None else lead.until,
    )


def carry_on(depot: Depot, *, now: datetime) -> Delivery:
    """Something changed: an answer came, a charge began, a charger is back, a meter moved, a minute is over."""
    with transaction.atomic():
        return _work(depot, _take_the_pen(depot), now)


def set_windows(depot: Depot, windows: dict[int, Sequence[Window]], *, now: datetime) -> Delivery:
    """A manager's windows by EVSE, kept by the chargers themselves with us or without us, up to their fallback."""
    with transaction.atomic():
        writer = _take_the_pen(depot)
        for evse_id, its in windows.items():
            rows = [[each.from_s, each.to_s, each.limit_w] for each in its]
            Target.objects.update_or_create(evse_id=evse_id, defaults={"depot": depot, "windows": rows})
        return _work(depot, writer, now)


def _take_the_pen(depot: Depot) -> Writer:
    Writer.objects.get_or_create(depot=depot)
    return Writer.objects.select_for_update().get(depot=depot)


def _work(depot: Depot, writer: Writer, now: datetime) -> Delivery:
    books = open_books(depot, now)
    round_ = Round(depot, books, now)
    if active_in(depot) is None:
        _go_round(round_)
    overloads = tuple(books.ledger.overloads())
    writer.overloads = [
        {"name": each.name, "line": each.line, "over_w": round(each.over_w), "by": [name for name, _ in each.by][:8]}
        for each in overloads
    ]
    writer.looked_at, writer.next_look_at = now, round_.next_look_at()
    writer.save()
    if round_.sent:
        live.tell({round_.books.by_evse[evse_id].charger.pk for evse_id in round_.sent}, what="limits")
    states = {target.evse_id: target.state for target in round_.targets.values()}
    return Delivery(tuple(each.pk for each in round_.sent.values()), states, overloads)


def _go_round(round_: Round) -> None:
    before = {evse_id: _digest(target) for evse_id, target in round_.targets.items()}
    share_out_fallbacks(round_)
    proposals = [
        proposal
        for evse_id, station in round_.books.by_evse.items()
        if (proposal := propose(round_, round_.targets[evse_id], station)) is not None
    ]
    held_back = send_reductions(round_, proposals)
    held_back = send_raises(round_, held_back)
    for proposal in held_back:
        send_what_fits(round_, proposal)
    give_way(round_)
    for evse_id, station in round_.books.by_evse.items():
        start_or_stop(round_, round_.targets[evse_id], station)
    for evse_id, target in round_.targets.items():
        if target.pk is None:
            insert_row(target)
        elif _digest(target) != before[evse_id]:
            update_row(target)


def _digest(target: Target) -> tuple[object, ...]:
    return (
        target.state, target.why, target.command_id, target.rung, target.not_before, target.fallback_w,
        target.fallback_state, target.obedience, target.waking, target.resume_token_id, target.starting_since,
    )  # fmt: skip
