"""The depot's circuits from the grid connection down, each with its sums and what hangs on it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from depot.board import figures
from depot.energy.delivery.books import Books, open_books
from depot.energy.delivery.fallback import Asker, share_out
from depot.energy.delivery.models import Fallback, Target
from depot.energy.instance import Control
from depot.energy.ledger import Overload
from depot.energy.models import Circuit, Wiring
from depot.energy.wiring_pages.sums import CircuitSums, Share, sums_of
from depot.models import Depot

WHY_NOT = {
    Control.START_STOP.value: "is only started and stopped",
    "uncontrollable": "takes no limit",
}


class _Undone(Exception):
    """Carries nothing: it takes the change back."""


@dataclass(frozen=True, slots=True)
class Outlet:
    wiring: Wiring
    fallback_w: int | None  # None: it takes its rating
    holds_fallback: bool
    why_not: str

    @property
    def name(self) -> str:
        evse = self.wiring.evse
        bay = getattr(evse, "bay", None)
        outlet = f"{evse.charger}, EVSE {evse.number}"
        return f"{bay.name}: {outlet}" if bay is not None else outlet


@dataclass(frozen=True, slots=True)
class Branch:
    circuit: Circuit
    depth: int
    sums: CircuitSums
    outlets: Sequence[Outlet]
    overload: Overload | None  # by what chargers may hold at this moment
    measured_by: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Tree:
    branches: Sequence[Branch]

    @property
    def not_guaranteed(self) -> list[Branch]:
        return [branch for branch in self.branches if branch.sums.sums and not branch.sums.is_guaranteed]

    @property
    def without_limit(self) -> list[Branch]:
        return [branch for branch in self.branches if not branch.sums.sums]


def tree_of(depot: Depot, now: datetime) -> Tree:
    books = open_books(depot, now)
    outlets = _outlets(depot, books)
    circuits = list(Circuit.objects.filter(depot=depot))
    sums = sums_of(books.ledger.nodes, (_share(outlet, books) for outlet in outlets))
    overloads = {each.node: each for each in books.ledger.overloads()}
    branches = [
        Branch(
            circuit=circuit,
            depth=depth,
            sums=sums[circuit.pk],
            outlets=[outlet for outlet in outlets if outlet.wiring.circuit_id == circuit.pk],
            overload=overloads.get(circuit.pk),
        )
        for circuit, depth in _walk(circuits)
    ]
    return Tree(branches)


def tree_after(depot: Depot, change: Callable[[], object], now: datetime) -> Tree:
    """As if `change` had been kept; nothing of it is."""
    tree: Tree | None = None
    try:
        with transaction.atomic():
            change()
            tree = tree_of(Depot.objects.get(pk=depot.pk), now)
            raise _Undone
    except _Undone:
        assert tree is not None
        return tree


def _walk(circuits: Sequence[Circuit], above: int | None = None, depth: int = 0) -> Iterator[tuple[Circuit, int]]:
    for circuit in circuits:
        if circuit.feeds_from_id == above:
            yield circuit, depth
            yield from _walk(circuits, circuit.pk, depth + 1)


def _outlets(depot: Depot, books: Books) -> list[Outlet]:
    wirings = Wiring.objects.filter(circuit__depot=depot).select_related("evse__charger", "evse__bay", "circuit")
    targets = {target.evse_id: target for target in Target.objects.filter(evse__wiring__circuit__depot=depot)}
    given = share_out(books.ledger.nodes, _askers(books))
    outlets = []
    for wiring in wirings:
        target, fallback_w = targets.get(wiring.evse_id), given.get(wiring.evse_id)
        holds = fallback_w is not None and target is not None and target.fallback_state == Fallback.HELD
        outlets.append(Outlet(wiring, fallback_w, holds, "" if holds else _why_not(books, wiring, fallback_w)))
    return sorted(outlets, key=lambda outlet: figures.natural(outlet.name))


def _askers(books: Books) -> Iterator[Asker]:
    for station in books.stations.values():
        for wiring, point in zip(station.wirings, station.unit.points, strict=True):
            holds = point.control == Control.MANAGED and not point.ignores_limits
            fixed_w = None if holds else point.rating_w
            yield Asker(point=point, rank=wiring.fallback_rank, asked_w=wiring.fallback_w, fixed_w=fixed_w)


def _why_not(books: Books, wiring: Wiring, fallback_w: int | None) -> str:
    station = books.by_evse[wiring.evse_id]
    point = next(each for each in station.unit.points if each.key == wiring.evse_id)
    if fallback_w is not None:
        return "has not confirmed its fallback yet" if station.link.is_online else "is offline, without its fallback"
    if point.ignores_limits:
        return "ignores limits"
    if point.control != wiring.control:
        return "has refused every limit so far"
    return WHY_NOT.get(str(point.control), "takes no limit")


def _share(outlet: Outlet, books: Books) -> Share:
    wiring = outlet.wiring
    point = next(each for each in books.by_evse[wiring.evse_id].unit.points if each.key == wiring.evse_id)
    rating_w = float(wiring.rating_w)
    fallback_w = rating_w if outlet.fallback_w is None else min(rating_w, float(outlet.fallback_w))
    return Share(
        point=point,
        name=outlet.name,
        rating_w=rating_w,
        fallback_w=fallback_w,
        # Counted at its rating anyhow: nothing is left to be confirmed.
        holds_fallback=outlet.holds_fallback or outlet.fallback_w is None,
        why_not=outlet.why_not,
    )
