"""A vehicle's time at an EVSE over several charges: those that we paused, and those that its charger broke off."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from chargers.choices import ConnectorStatus
from chargers.models import Connector, IssuedCommand
from depot.access.services import the_depot
from depot.energy.delivery.models import Target
from depot.energy.models import ChargeNow
from sessions.models import Session, Vehicle
from sessions.standing import GOES_ON_WITHIN, was_broken_off

# So often in one visit a vehicle is started again: contactors wear, and some vehicles refuse after a few.
MOST_STARTS = 4
LONGEST_VISIT = timedelta(days=3)
FREE = (ConnectorStatus.AVAILABLE, ConnectorStatus.RESERVED)


@dataclass(frozen=True, slots=True)
class Visit:
    """Charges of one vehicle that has not moved, the newest first."""

    sessions: tuple[Session, ...]
    starts: int = 0  # so often we started it again
    is_now: bool = False  # somebody wants it to charge at once, in whichever of them that was said

    @property
    def session(self) -> Session:
        return self.sessions[0]

    @property
    def is_paused(self) -> bool:
        """We stopped it and it stands there still."""
        return self.session.ended_at is not None

    @property
    def may_start(self) -> bool:
        return self.is_now or self.starts < MOST_STARTS

    def energy_wh(self, before: datetime | None = None) -> int:
        """Of the sessions that are over, or were over at a moment before."""
        over = (s for s in self.sessions if s.ended_at is not None and (before is None or s.ended_at <= before))
        return sum(session.energy_wh or 0 for session in over)


def newest_first(evse_ids: Collection[int], now: datetime) -> dict[int, list[Session]]:
    """By EVSE, the charges that can be of the vehicle that stands there."""
    rows: dict[int, list[Session]] = {evse_id: [] for evse_id in evse_ids}
    found = Session.objects.filter(evse__in=rows, started_at__gt=now - LONGEST_VISIT)
    for session in found.select_related("vehicle", "evse").order_by("-started_at", "-pk"):
        if session.evse_id is not None:
            rows[session.evse_id].append(session)
    return rows


def visits_of(evse_ids: Collection[int], now: datetime) -> Mapping[int, Visit]:
    """By EVSE, where we have stopped a charge in order to go on with it later, and the vehicle has not left."""
    targets = Target.objects.filter(evse__in=evse_ids, resume_token__isnull=False).select_related("evse")
    tokens = {target.evse_id: target.resume_token_id for target in targets}
    if not tokens:
        return {}
    free = _free(tokens)
    books = _Books.of(tokens, now)
    chains = {
        evse_id: books.chain(rows)
        for evse_id, rows in newest_first(tokens, now).items()
        if rows and books.holds(rows[0], tokens[evse_id]) and (rows[0].ended_at is None or evse_id not in free)
    }
    at_once = _at_once([session.pk for chain in chains.values() for session in chain])
    return {
        evse_id: Visit(chain, books.starts(chain), is_now=any(session.pk in at_once for session in chain))
        for evse_id, chain in chains.items()
    }


def charges_of(evse_ids: Collection[int], now: datetime) -> dict[int, Visit]:
    """By EVSE, all charges of the vehicle that stands there, where it is more than one: we paused it, or its charger
    broke one off and it went on soon after. What the earlier ones gave, it does not need again."""
    visits = dict(visits_of(evse_ids, now))
    running = {
        evse_id: rows
        for evse_id, rows in newest_first([each for each in evse_ids if each not in visits], now).items()
        if len(rows) > 1 and rows[0].ended_at is None
    }
    return visits | {evse_id: visit for evse_id, visit in stays_of(running, now).items() if len(visit.sessions) > 1}


def stays_of(rows: Mapping[int, Sequence[Session]], now: datetime) -> dict[int, Visit]:
    """By EVSE, the first of its charges, newest first, with those that it goes on with."""
    if not rows:
        return {}
    books = _Books.of(rows, now)
    chains = {evse_id: books.chain(its) for evse_id, its in rows.items() if its}
    return {evse_id: Visit(chain, books.starts(chain)) for evse_id, chain in chains.items()}


def visit_of(session: Session, now: datetime) -> Visit | None:
    """Where that is its newest charge."""
    visit = visits_of([session.evse_id], now).get(session.evse_id) if session.evse_id is not None else None
    return visit if visit is not None and visit.session.pk == session.pk else None


def paused_at(evse_id: int | None, now: datetime) -> Session | None:
    """The last charge of a vehicle that the plan has paused there."""
    visit = visits_of([evse_id], now).get(evse_id) if evse_id is not None else None
    return visit.session if visit is not None and visit.is_paused else None


def paused_charge(vehicle: Vehicle, now: datetime) -> Session | None:
    """The same, wherever the vehicle stands."""
    charges = Session.objects.filter(vehicle=vehicle, evse__isnull=False).select_related("evse")
    last = charges.order_by("-started_at", "-pk").first()
    paused = paused_at(last.evse_id, now) if last is not None and last.ended_at is not None else None
    return paused if paused is not None and paused.vehicle_id == vehicle.pk else None


def _at_once(session_ids: Collection[int]) -> set[int]:
    asked = ChargeNow.objects.filter(session__in=session_ids, taken_back_at=None) if session_ids else None
    return set(asked.values_list("session", flat=True)) if asked is not None else set()


@dataclass(frozen=True, slots=True)
class _Books:
    """What tells whether a vehicle has stood there since its last charge."""

    we: int
    stopped: Collection[tuple[int, str]]  # by us: charger and reference

    @classmethod
    def of(cls, evse_ids: Collection[int], now: datetime) -> "_Books":
        we = the_depot()
        asked = IssuedCommand.objects.filter(
            charger__evses__in=evse_ids, kind="stop", issued_by=we, issued_at__gt=now - LONGEST_VISIT
        )
        return cls(we.pk, set(asked.values_list("charger", "reference")))

    def holds(self, newest: Session, token_id: int | None) -> bool:
        """The charge that we paused with that token, or the one that it goes on with. One that began without a card,
        by plugging in, goes on with the vehicle's own."""
        return newest.token_id in (token_id, None) and (newest.ended_at is None or self._is_paused(newest))

    def chain(self, rows: Sequence[Session]) -> tuple[Session, ...]:
        """The first of them, back to the one with which the vehicle came."""
        chain = list(rows[:1])
        for newer, older in pairwise(rows):
            if not (self._goes_on(newer, older) or _goes_on_after_break(newer, older)):
                break
            chain.append(older)
        return tuple(chain)

    def starts(self, chain: Sequence[Session]) -> int:
        return sum(session.started_by_id == self.we for session in chain[:-1])

    def _goes_on(self, newer: Session, older: Session) -> bool:
        """We stopped it and started it again. Who left while it was paused begins anew when it comes back, with the
        same card."""
        return newer.started_by_id == self.we and older.token_id in (newer.token_id, None) and self._is_paused(older)

    def _is_paused(self, session: Session) -> bool:
        return (session.charger_id, session.reference) in self.stopped


def _goes_on_after_break(newer: Session, older: Session) -> bool:
    return (
        older.vehicle_id is not None
        and older.vehicle_id == newer.vehicle_id
        and older.ended_at is not None
        and was_broken_off(older)
        and newer.started_at - older.ended_at <= GOES_ON_WITHIN
    )


def _free(evse_ids: Collection[int]) -> set[int]:
    """EVSEs all of whose connectors say that nothing is plugged in."""
    shown: dict[int, set[str]] = {}
    for evse_id, status in Connector.objects.filter(evse__in=evse_ids).values_list("evse", "status"):
        shown.setdefault(evse_id, set()).add(status)
    return {evse_id for evse_id, statuses in shown.items() if statuses <= set(FREE)}
