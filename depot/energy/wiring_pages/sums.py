"""Pure: what each circuit carries at most beside its limit: by ratings, by fallbacks, and what else hangs on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from depot.energy.ledger import Node
from depot.energy.worst import Point

# A rounding is no overload.
SLACK = 1e-6
# Of what its chargers could take above their fallbacks: with less than this hardly anybody can be served before others.
LITTLE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One EVSE: at its rating, and what it keeps to without word from us. `holds_fallback`: it has acknowledged it."""

    point: Point
    name: str
    rating_w: float
    fallback_w: float
    holds_fallback: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Of one limit of a circuit: of all its lines together in W, or of the fullest line in A."""

    line: int | None
    limit: float
    other: float
    ratings: float
    fallbacks: float
    unguarded: float  # what those add to the fallbacks who have not acknowledged theirs

    @property
    def unit(self) -> str:
        return "kW" if self.line is None else "A"

    @property
    def fits_at_ratings(self) -> bool:
        return self.other + self.ratings <= self.limit + SLACK

    @property
    def fits_by_fallbacks(self) -> bool:
        return self.other + self.fallbacks <= self.limit + SLACK

    @property
    def is_guaranteed(self) -> bool:
        """With our server dead, whatever becomes of the links."""
        return self.other + self.fallbacks + self.unguarded <= self.limit + SLACK

    @property
    def over(self) -> float:
        return max(0.0, self.other + self.fallbacks + self.unguarded - self.limit)

    @property
    def free(self) -> float:
        return max(0.0, self.limit - self.other - self.fallbacks)

    @property
    def leaves_little(self) -> bool:
        """Fallbacks are kept free for each EVSE whatever is planned: what plans give comes from what is left."""
        return self.fits_by_fallbacks and not self.fits_at_ratings and self.free < LITTLE * self.could_take

    @property
    def could_take(self) -> float:
        return self.ratings - self.fallbacks


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitSums:
    key: int
    sums: tuple[Sum, ...]  # none: nobody told a limit
    unguarded: tuple[Share, ...]  # on it or below, the largest first
    on_it: int  # how many EVSEs

    @property
    def is_guaranteed(self) -> bool:
        return bool(self.sums) and all(each.is_guaranteed for each in self.sums)

    @property
    def fits_at_ratings(self) -> bool:
        return bool(self.sums) and all(each.fits_at_ratings for each in self.sums)

    @property
    def fits_by_fallbacks(self) -> bool:
        return bool(self.sums) and all(each.fits_by_fallbacks for each in self.sums)

    @property
    def leaves_little(self) -> Sum | None:
        return next((each for each in self.sums if each.leaves_little), None)

    @property
    def tightest(self) -> Sum | None:
        return max(
            self.sums,
            key=lambda each: (each.other + each.fallbacks + each.unguarded) / max(each.limit, SLACK),
            default=None,
        )


def sums_of(nodes: Mapping[int, Node], shares: Iterable[Share]) -> dict[int, CircuitSums]:
    shares = list(shares)
    found = {}
    for key, node in nodes.items():
        here = [share for share in shares if key in path(nodes, share.point.circuit)]
        other_w = sum(
            max((load.w for load in below.other), default=0.0)
            for below in nodes.values()
            if key in path(nodes, below.key)
        )
        sums = []
        if node.limit_w is not None:
            limits = [node.limit_w, *(cap.limit_w for cap in node.caps)]
            sums.append(_sum(None, min(limits), other_w, here))
        if node.limit_a is not None:
            lines = [_sum(line, node.limit_a, other_w / 3 / node.voltage_v, here) for line in (1, 2, 3)]
            sums.append(max(lines, key=lambda each: (each.fallbacks + each.unguarded, each.ratings)))
        unguarded = [share for share in here if not share.holds_fallback and share.rating_w > share.fallback_w]
        unguarded.sort(key=lambda share: (-share.rating_w, share.name))
        found[key] = CircuitSums(key=key, sums=tuple(sums), unguarded=tuple(unguarded), on_it=len(here))
    return found


def path(nodes: Mapping[int, Node], key: int) -> list[int]:
    """A circuit and those that feed it."""
    found: list[int] = []
    at: int | None = key
    while at is not None and at in nodes and at not in found:
        found.append(at)
        at = nodes[at].feeds_from
    return found


def _sum(line: int | None, limit: float, other: float, shares: list[Share]) -> Sum:
    def carried(share: Share, watts: float) -> float:
        if line is None:
            return watts
        lines = share.point.lines
        return watts / share.point.voltage_v / len(lines) if line in lines else 0.0

    return Sum(
        line=line,
        limit=limit,
        other=other,
        ratings=sum(carried(share, share.rating_w) for share in shares),
        fallbacks=sum(carried(share, share.fallback_w) for share in shares),
        unguarded=sum(
            carried(share, share.rating_w - share.fallback_w) for share in shares if not share.holds_fallback
        ),
    )
