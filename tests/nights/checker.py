"""Pure: the yard's own power log against the circuits: where and for how long more flowed than was left to vehicles."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# Rounding of amperes and of the log is no overload.
SLACK_W, SLACK_A = 2.0, 0.02

Place = tuple[str, int]  # charger, EVSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """From this moment on an EVSE draws so much."""

    at: datetime
    place: Place
    w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Which of the site's lines an EVSE draws from, and through which circuits, up to the grid."""

    circuits: tuple[str, ...]
    lines: tuple[int, ...] = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a circuit leaves to vehicles from a moment on: its limit without what is reserved for the building."""

    since: datetime | None = None
    w: float | None = None  # all lines together
    a: float | None = None  # each line
    voltage_v: float = 230.0


@dataclass(frozen=True, slots=True)
class Excess:
    circuit: str
    line: int | None  # None: all together, in W; else A
    since: datetime
    until: datetime
    most: float
    bound: float
    by: tuple[tuple[Place, float], ...] = ()

    @property
    def lasted(self) -> timedelta:
        return self.until - self.since

    def __str__(self) -> str:
        what = f"{self.most:.0f} of {self.bound:.0f} W" if self.line is None else f"{self.most:.1f} A on L{self.line}"
        drew = ", ".join(f"{place[0]}/{place[1]} {w:.0f}" for place, w in self.by)
        return f"{self.circuit}: {what} for {self.lasted} from {self.since:%H:%M:%S} ({drew})"


def read_log(rows: Iterable[Sequence[object]]) -> list[Flow]:
    """As the simulator's control port tells it."""
    return [
        Flow(at=datetime.fromisoformat(str(at)), place=(str(charger), int(str(evse))), w=float(str(w)))
        for at, charger, evse, w in rows
    ]


def excesses(
    log: Sequence[Flow],
    points: Mapping[Place, Point],
    bounds: Mapping[str, Sequence[Bound]],
    *,
    until: datetime,
) -> list[Excess]:
    """Every stretch of time in which a circuit carried more than its bound, each with its highest."""
    moments = sorted({flow.at for flow in log} | {b.since for its in bounds.values() for b in its if b.since})
    by_moment: dict[datetime, list[Flow]] = {}
    for flow in log:
        by_moment.setdefault(flow.at, []).append(flow)
    drawn: dict[Place, float] = {}
    open_: dict[tuple[str, int | None], Excess] = {}
    found: list[Excess] = []
    for at in moments:
        if at > until:
            break
        drawn |= {flow.place: flow.w for flow in by_moment.get(at, ())}
        over = {(one.circuit, one.line): one for one in _over_now(drawn, points, bounds, at)}
        for key in list(open_):
            if key not in over:
                found.append(_ended(open_.pop(key), at))
        for key, now in over.items():
            before = open_.get(key)
            if before is None or now.most > before.most:
                open_[key] = now if before is None else _raised(before, now)
    return found + [_ended(one, until) for one in open_.values()]


def _over_now(
    drawn: Mapping[Place, float], points: Mapping[Place, Point], bounds: Mapping[str, Sequence[Bound]], at: datetime
) -> Iterable[Excess]:
    for circuit, its in bounds.items():
        bound = [each for each in its if each.since is None or each.since <= at][-1]
        below = {place: w for place, w in drawn.items() if circuit in points[place].circuits and w > 0}
        by = tuple(below.items())
        total_w = sum(below.values())
        if bound.w is not None and total_w > bound.w + SLACK_W:
            yield Excess(circuit, None, at, at, total_w, bound.w, by)
        for line in (1, 2, 3) if bound.a is not None else ():
            amperes = sum(
                w / len(points[place].lines) / bound.voltage_v
                for place, w in below.items()
                if line in points[place].lines
            )
            if bound.a is not None and amperes > bound.a + SLACK_A:
                yield Excess(circuit, line, at, at, amperes, bound.a, by)


def _ended(one: Excess, at: datetime) -> Excess:
    return Excess(one.circuit, one.line, one.since, at, one.most, one.bound, one.by)


def _raised(before: Excess, now: Excess) -> Excess:
    return Excess(now.circuit, now.line, before.since, now.until, now.most, now.bound, now.by)


def energy_wh(log: Sequence[Flow], place: Place, since: datetime, until: datetime) -> float:
    """What an EVSE gave in a stretch of time."""
    edges = [flow for flow in log if flow.place == place]
    total = 0.0
    for flow, ends in _until_the_next(edges, until):
        within = min(ends, until) - max(flow.at, since)
        if within > timedelta(0):
            total += flow.w * (within / timedelta(hours=1))
    return total


def highest_w(log: Sequence[Flow], place: Place, since: datetime, until: datetime) -> float:
    """The most that an EVSE gave at any moment of a stretch of time."""
    edges = [flow for flow in log if flow.place == place]
    return max(
        (flow.w for flow, ends in _until_the_next(edges, until) if min(ends, until) > max(flow.at, since)), default=0.0
    )


def _until_the_next(edges: Sequence[Flow], until: datetime) -> Iterable[tuple[Flow, datetime]]:
    return zip(edges, [*(each.at for each in edges), until][1:], strict=True)
