"""Pure: the ledger of who may draw what, and the one rule: nothing is sent that could put a circuit over its limit.

What is asked and not answered counts, as if the charger had taken it and as if it had not. A reduction may always go
out. A raise may go out inside the head-room that the others have acknowledged giving up. Where the worst case is over
a limit already, what would add to it is never sent, and who brings it there is named.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from depot.energy.worst import SECOND, Floats, Flow, Reach, Unit, flow_of

CLOCK_ERROR_S = 30.0
# A rounding is no overload.
SLACK = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """The site takes at most so much from one moment up to another."""

    since: datetime
    until: datetime
    limit_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherLoad:
    """From a moment on (None: always) this much may flow that is not ours."""

    w: float
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A circuit. What else hangs on it, and on those it feeds, counts against its limits, evenly over the lines."""

    key: int
    name: str = ""
    feeds_from: int | None = None
    limit_a: float | None = None  # of each line
    limit_w: float | None = None
    voltage_v: float = 230.0
    other: tuple[OtherLoad, ...] = ()
    caps: tuple[Cap, ...] = ()

    def edges(self) -> list[datetime]:
        moments = [load.since for load in self.other if load.since is not None]
        return moments + [moment for cap in self.caps for moment in (cap.since, cap.until)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """A circuit whose worst case is over its limit: by how much, when it is worst, and because of whom."""

    node: int
    name: str
    line: int | None  # None: all lines together, in W; else A on this one
    worst: float
    limit: float
    at: datetime
    by: tuple[tuple[str, float], ...]  # chargers with their share, in the same unit, the largest first

    @property
    def over_w(self) -> float:
        return (self.worst - self.limit) * (1.0 if self.line is None else 230.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    may_send: bool
    is_reduction: bool  # it raises nothing at any moment
    is_raise: bool  # it lowers nothing at any moment
    stands_in_the_way: tuple[str, ...] = ()  # circuits


class Ledger:
    """Of one depot at one moment. `put` what was sent, so that the next question counts it."""

    def __init__(
        self, nodes: Iterable[Node], units: Iterable[Unit], *, now: datetime, clock_error_s: float = CLOCK_ERROR_S
    ) -> None:
        self.now = now
        self.clock_error_s = clock_error_s
        self.nodes = {node.key: node for node in nodes}
        self.units = {unit.key: unit for unit in units}
        self._reaches = Reach(now)
        for unit in self.units.values():
            self._reaches = self._reaches.and_of(unit)
        self.until = self._reaches.horizon(now)
        self._above = {key: self._path(key) for key in self.nodes}
        self._flows: dict[int, tuple[Unit, Flow]] = {}  # by identity: to hash a night of profiles takes too long
        self._tally()

    def _path(self, key: int) -> tuple[int, ...]:
        """A circuit and all those that feed it."""
        path: list[int] = []
        at: int | None = key
        while at is not None and at not in path:
            path.append(at)
            at = self.nodes[at].feeds_from if at in self.nodes else None
        return tuple(each for each in path if each in self.nodes)

    def _tally(self) -> None:
        flows = [self.flow(unit) for unit in self.units.values()]
        edges = [0.0, *((edge - self.now) / SECOND for node in self.nodes.values() for edge in node.edges())]
        times = np.unique(np.concatenate([np.array(edges), *(flow.times for flow in flows)]))
        self.times: Floats = times[times >= 0]
        self._loads = {key: self._other(node, self.times) for key, node in self.nodes.items()}
        for flow in flows:
            for key, load in self._spread(flow, self.times).items():
                self._loads[key] = self._loads[key] + load

    def flow(self, unit: Unit) -> Flow:
        known = self._flows.get(id(unit))
        if known is None:
            known = (unit, flow_of(unit, now=self.now, until=self.until, clock_error_s=self.clock_error_s))
            self._flows[id(unit)] = known
        return known[1]

    def _spread(self, flow: Flow, times: Floats) -> dict[int, Floats]:
        """A charger's load on every circuit that carries it."""
        at = np.searchsorted(flow.times, times, side="right") - 1
        loads: dict[int, Floats] = {}
        for circuit, load in flow.by_circuit.items():
            for key in self._above.get(circuit, ()):
                loads[key] = loads[key] + load[:, at] if key in loads else load[:, at]
        return loads

    def _other(self, node: Node, times: Floats) -> Floats:
        load = np.zeros((4, len(times)))
        for below in self.nodes.values():
            if node.key not in self._above[below.key]:
                continue
            watts = np.zeros(len(times))
            for other in sorted(below.other, key=lambda each: (each.since is not None, each.since or self.now)):
                since_s = -np.inf if other.since is None else (other.since - self.now) / SECOND
                watts[times >= since_s] = other.w
            load[:3] += watts / 3 / node.voltage_v
            load[3] += watts
        return load

    def _limits(self, node: Node, times: Floats) -> Floats:
        limits = np.full((4, len(times)), np.inf)
        if node.limit_a is not None:
            limits[:3] = node.limit_a
        if node.limit_w is not None:
            limits[3] = node.limit_w
        for cap in node.caps:
            # Chargers' clocks may be wrong, the window is not: what they do is widened instead.
            within = (times >= (cap.since - self.now) / SECOND) & (times < (cap.until - self.now) / SECOND)
            limits[3, within] = np.minimum(limits[3, within], cap.limit_w)
        return limits

    def ask(self, unit: Unit) -> Verdict:
        """May `unit`, with what it would come to hold as one of its candidates, take the place of the one we know?"""
        self._reach(unit)
        new, old = self.flow(unit), self.flow(self.units[unit.key])
        times = np.unique(np.concatenate([self.times, new.times]))
        at = np.searchsorted(self.times, times, side="right") - 1
        new_loads, old_loads = self._spread(new, times), self._spread(old, times)
        blocking, rises, falls = [], False, False
        for key in new_loads:
            change = new_loads[key] - old_loads.get(key, 0.0)
            rises = rises or bool((change > SLACK).any())
            falls = falls or bool((change < -SLACK).any())
            total = self._loads[key][:, at] + change
            over = total > self._limits(self.nodes[key], times) + SLACK
            if (over & (change > SLACK)).any():
                blocking.append(self.nodes[key].name)
        return Verdict(
            may_send=not blocking,
            is_reduction=not rises,
            is_raise=not falls,
            stands_in_the_way=tuple(blocking),
        )

    def stays_over(self, after: Unit, before: Unit) -> bool:
        """With `after` in its place: is a circuit over while it draws something, and no less than `before`?"""
        self._reach(after)
        new, old, known = self.flow(after), self.flow(before), self.flow(self.units[after.key])
        times = np.unique(np.concatenate([self.times, new.times, old.times]))
        at = np.searchsorted(self.times, times, side="right") - 1
        new_loads, old_loads, known_loads = (self._spread(flow, times) for flow in (new, old, known))
        for key, load in new_loads.items():
            total = self._loads[key][:, at] + load - known_loads.get(key, 0.0)
            over = total > self._limits(self.nodes[key], times) + SLACK
            if (over & (load > SLACK) & (load > old_loads.get(key, 0.0) - SLACK)).any():
                return True
        return False

    def _reach(self, unit: Unit) -> None:
        """What is asked for may last longer than anything that is held."""
        self._reaches = self._reaches.and_of(unit)
        until = self._reaches.horizon(self.now)
        if until > self.until:
            self.until = until
            self._flows.clear()
            self._tally()

    def put(self, unit: Unit) -> None:
        """This is what the charger may hold and do from now on."""
        self._reach(unit)
        old, new = self.flow(self.units[unit.key]), self.flow(unit)
        self.units[unit.key] = unit
        times = np.union1d(self.times, new.times)
        at = np.searchsorted(self.times, times, side="right") - 1
        self.times, self._loads = times, {key: load[:, at] for key, load in self._loads.items()}
        for flow, sign in ((old, -1.0), (new, 1.0)):
            for key, load in self._spread(flow, times).items():
                self._loads[key] += sign * load

    def set_other(self, loads: Mapping[int, tuple[OtherLoad, ...]]) -> None:
        for key, other in loads.items():
            self.nodes[key] = replace(self.nodes[key], other=other)
        self._tally()

    def room_w(self, unit_key: int, point_key: int, times_s: Floats) -> Floats:
        """The most that a point may draw from each moment up to the next, all others at their worst."""
        unit = self.units[unit_key]
        point = next(each for each in unit.points if each.key == point_key)
        own = self.flow(unit)
        times = np.unique(np.concatenate([self.times, times_s]))
        at = np.searchsorted(self.times, times, side="right") - 1
        own_at = np.searchsorted(own.times, times, side="right") - 1
        all_lines = point.voltage_v * len(point.lines)
        room = np.full(len(times), np.inf)
        for key in self._above.get(point.circuit, ()):
            free = self._limits(self.nodes[key], times) - self._loads[key][:, at]
            amperes, watts = own.by_point[point_key][:, own_at]
            of_lines = np.min([free[line - 1] for line in point.lines], axis=0) + amperes
            room = np.minimum(room, np.minimum(free[3] + watts, of_lines * all_lines))
        # From one moment up to the next, by a clock that may be wrong: the least of what lies between.
        starts = np.maximum(0, np.searchsorted(times, times_s - self.clock_error_s, side="right") - 1)
        ends = np.append(np.searchsorted(times, times_s[1:] + self.clock_error_s), len(times))
        return np.array([max(0.0, room[low:high].min()) for low, high in zip(starts, ends, strict=True)])

    def held_w(self, unit_key: int, point_key: int, times_s: Floats) -> Floats:
        """What a point may draw anyhow from each moment up to the next: to tell it that is no raise."""
        flow = self.flow(self.units[unit_key])
        watts = flow.by_point[point_key][1]
        starts = np.maximum(0, np.searchsorted(flow.times, times_s - self.clock_error_s, side="right") - 1)
        ends = np.append(np.searchsorted(flow.times, times_s[1:] + self.clock_error_s), len(flow.times))
        return np.array([watts[low : max(high, low + 1)].min() for low, high in zip(starts, ends, strict=True)])

    def overloads(self) -> list[Overload]:
        """Every circuit that is not guaranteed to stay within its limits, at its worst moment."""
        found = []
        for key, node in self.nodes.items():
            over = self._loads[key] - self._limits(node, self.times)
            row, column = np.unravel_index(int(np.argmax(over)), over.shape)
            if over[row, column] <= SLACK:
                continue
            found.append(
                Overload(
                    node=key,
                    name=node.name,
                    line=None if row == 3 else int(row) + 1,
                    worst=float(self._loads[key][row, column]),
                    limit=float(self._limits(node, self.times)[row, column]),
                    at=self.now + float(self.times[column]) * SECOND,
                    by=self._shares(key, int(row), float(self.times[column])),
                )
            )
        return found

    def _shares(self, key: int, row: int, at_s: float) -> tuple[tuple[str, float], ...]:
        moment = np.array([at_s])
        shares = {
            unit.name: float(load[row, 0])
            for unit in self.units.values()
            if (load := self._spread(self.flow(unit), moment).get(key)) is not None
        }
        return tuple(sorted(((name, share) for name, share in shares.items() if share > 0), key=lambda each: -each[1]))

    def worst_w(self, key: int) -> float:
        """The most that all may draw through a circuit, whenever that is."""
        return float(self._loads[key][3].max())


def may_send(ledger: Ledger, unit: Unit) -> Verdict:
    """The invariant of a set that is about to be sent: `unit` holds it as one more candidate."""
    return ledger.ask(unit)
