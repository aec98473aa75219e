"""Pure: which column and which row of the programme stands for what.

Columns stand ready for every EVSE, occupied or not, so an arrival changes bounds and no matrix. Slots lie in a ring:
the slot of number n always has position n modulo the ring's length, so the passing of time moves bounds only, and the
basis of the last solution stays the right one to start from.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from depot.energy.instance import Circuit, Evse, Instance, Need, NeedKey, Taper

Indices = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Lane:
    """The columns of one stay at an EVSE; an EVSE has a second lane where two stays fall into one horizon."""

    evse: str
    number: int
    circuit: int
    groups: tuple[int, ...]
    efficiency: float
    gives_back: bool = False
    discharge_efficiency: float = 1.0
    lifts: bool = False
    has_level: bool = False
    taper: Taper | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The EVSEs under a circuit with a limit per line that are wired to the same lines."""

    lined: int  # which circuit with a limit per line
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """What the matrix is made from. Two instances of one shape differ in bounds and costs only."""

    slots: int
    slot_h: float
    circuits: tuple[str, ...]
    parents: tuple[int | None, ...]  # of each circuit, the one it feeds from
    lined: tuple[str, ...]  # circuits with a limit per line
    groups: tuple[Group, ...]
    lanes: tuple[Lane, ...]
    windows: tuple[int, ...]  # slots per interval of each demand window
    caps: tuple[tuple[int, ...], ...]  # lanes under each shared cap
    free_caps: tuple[tuple[int, ...], ...]  # of these, the lanes that may not lift it
    fallbacks: tuple[tuple[int, ...], ...] = ()  # the lanes of each EVSE for which something is kept free
    allowances: int = 0

    @property
    def ring(self) -> int:
        longest = max(self.windows, default=1)
        # An interval must not hold a slot of now and one of a day later; nor a level its own successor.
        needed = self.slots + max(longest - 1, 1 if any(lane.has_level for lane in self.lanes) else 0)
        whole = int(np.lcm.reduce(self.windows)) if self.windows else 1
        return -(-needed // whole) * whole


def shape_of(instance: Instance, seats: dict[str, list[str]]) -> tuple[Shape, dict[NeedKey, int]]:
    """The shape, and the lane of each need.

    `seats` remembers which vehicle had which lane of an EVSE, and is brought up to date: who stays keeps the lane, and
    with it the basis; an EVSE keeps as many lanes as it ever needed.
    """
    circuits = {circuit.key: circuit for circuit in instance.circuits}
    names = tuple(sorted(circuits))
    lined = tuple(key for key in names if circuits[key].line_limit_kw is not None)
    groups: dict[Group, int] = {}
    stays: dict[str, list[Need]] = {evse.key: [] for evse in instance.evses}
    for need in instance.needs:
        stays[need.evse].append(need)
    lanes: list[Lane] = []
    lane_of: dict[NeedKey, int] = {}
    for evse in sorted(instance.evses, key=lambda evse: evse.key):
        seated = _seat(stays[evse.key], seats.get(evse.key, []))
        seats[evse.key] = [need.vehicle if need is not None else "" for need in seated]
        for number, sits in enumerate(seated):
            if sits is not None:
                lane_of[sits.key] = len(lanes)
            above = [lined.index(key) for key in path_up(evse.circuit, circuits) if key in lined]
            wired = [Group(at, tuple(sorted(set(evse.lines)))) for at in above]
            for group in wired:
                groups.setdefault(group, len(groups))
            place = (names.index(evse.circuit), tuple(groups[group] for group in wired))
            lanes.append(_lane(evse, number, place, sits))
    caps = sorted(instance.caps, key=lambda cap: cap.key)
    members = tuple(tuple(i for i, lane in enumerate(lanes) if lane.evse in cap.evses) for cap in caps)
    shape = Shape(
        slots=instance.slots,
        slot_h=instance.slot_h,
        circuits=names,
        parents=tuple(None if (up := circuits[key].feeds_from) is None else names.index(up) for key in names),
        lined=lined,
        groups=tuple(groups),
        lanes=tuple(lanes),
        windows=tuple(window.slots_per_interval for window in instance.demand),
        caps=members,
        free_caps=tuple(tuple(i for i in group if not lanes[i].lifts) for group in members),
        fallbacks=tuple(
            tuple(i for i, lane in enumerate(lanes) if lane.evse == evse.key) for evse in with_fallback(instance)
        ),
        allowances=len(instance.allowances),
    )
    return shape, lane_of


def with_fallback(instance: Instance) -> list[Evse]:
    return sorted((evse for evse in instance.evses if evse.fallback_kw is not None), key=lambda evse: evse.key)


def _seat(there: list[Need], before: list[str]) -> list[Need | None]:
    there = sorted(there, key=lambda need: (need.arrives, need.key))
    seated: list[Need | None] = [None] * max(len(before), len(there), 1)
    for need in list(there):
        if need.vehicle in before and seated[before.index(need.vehicle)] is None:
            seated[before.index(need.vehicle)] = need
            there.remove(need)
    for need in there:
        seated[seated.index(None)] = need
    return seated


def _lane(evse: Evse, number: int, place: tuple[int, tuple[int, ...]], need: Need | None) -> Lane:
    battery = need.battery if need is not None else None
    gives_back = battery is not None and evse.max_discharge_kw > 0 and battery.max_discharge_kw > 0
    taper = battery.taper if battery is not None else None
    return Lane(
        evse=evse.key,
        number=number,
        circuit=place[0],
        groups=place[1],
        efficiency=evse.efficiency,
        gives_back=gives_back,
        discharge_efficiency=evse.discharge_efficiency,
        lifts=need is not None and need.may_lift_rules,
        has_level=gives_back or taper is not None,
        taper=taper,
    )


def path_up(circuit: str, circuits: Mapping[str, Circuit]) -> Iterator[str]:
    """The circuit and all it feeds from, up to the root."""
    key: str | None = circuit
    while key is not None:
        yield key
        key = circuits[key].feeds_from


class Layout:
    """Index blocks, each an array of indices: [lane, position], [circuit, position] and so on."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.ring = ring = shape.ring
        self.giving = [i for i, lane in enumerate(shape.lanes) if lane.gives_back]
        self.lifting = [i for i, lane in enumerate(shape.lanes) if lane.lifts]
        self.levelled = [i for i, lane in enumerate(shape.lanes) if lane.has_level]
        self.tapering = [i for i, lane in enumerate(shape.lanes) if lane.taper is not None]
        self.intervals = [ring // slots for slots in shape.windows]
        lanes, circuits = len(shape.lanes), len(shape.circuits)

        self.columns = 0
        # Power up to what is installed, power above it, and power that lifts a rule: together what a lane draws.
        self.kept = self._columns(lanes, ring)
        self.raised = self._columns(lanes, ring)
        self.lifted = self._columns(len(self.lifting), ring)
        self.given = self._columns(len(self.giving), ring)
        self.level = self._columns(len(self.levelled), ring)
        self.unmet = self._columns(lanes)
        self.flow = self._columns(circuits, ring)  # of all EVSEs under a circuit
        self.wired = self._columns(len(shape.groups), ring)
        self.imported = self._columns(ring)
        self.exported = self._columns(ring)
        self.spilled = self._columns(ring)
        self.peak = self._columns(len(shape.windows))
        self.over = self._columns(len(shape.caps), ring)
        self.idle = self._columns(len(shape.fallbacks), ring)  # kept free for an EVSE beyond what it draws

        self.allowed = self._columns(shape.allowances, ring)  # of what is imported, by which allowance

        self.rows = 0
        self.energy = self._rows(lanes)
        self.circuit = self._rows(circuits, ring)
        self.group = self._rows(len(shape.groups), ring)
        self.line = self._rows(len(shape.lined), 3, ring)
        self.balance = self._rows(ring)
        self.demand = [self._rows(count) for count in self.intervals]
        self.link = self._rows(len(self.levelled), ring)
        self.taper = self._rows(len(self.tapering), ring)
        self.capped = self._rows(len(shape.caps), ring)
        self.capped_free = self._rows(len(shape.caps), ring)
        self.fallback = self._rows(len(shape.fallbacks), ring)
        self.allowance = self._rows(shape.allowances)
        self.within_import = self._rows(ring if shape.allowances else 0)

    def positions(self, first_slot: int) -> Indices:
        """The position of each slot of the horizon."""
        return ((first_slot + np.arange(self.shape.slots)) % self.ring).astype(np.int32)

    def _columns(self, *size: int) -> Indices:
        block = self.columns + np.arange(int(np.prod(size)), dtype=np.int32).reshape(size)
        self.columns += block.size
        return block.astype(np.int32)

    def _rows(self, *size: int) -> Indices:
        block = self.rows + np.arange(int(np.prod(size)), dtype=np.int32).reshape(size)
        self.rows += block.size
        return block.astype(np.int32)
