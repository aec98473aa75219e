"""Pure: which column and which row of the programme stands for what.

Columns stand ready for every EVSE, occupied or not, so an arrival changes bounds and no matrix. Slots lie in a ring:
the slot of number n always has position n modulo the ring's length, so the passing of time moves bounds only, and the
basis of the last solution stays the right one to start from.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from depot.energy.instance import ALL_LINES, Circuit, Evse, Instance, Need, Taper

Indices = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Lane:
    """The columns of one stay at an EVSE; an EVSE has a second lane where two stays fall into one horizon."""

    evse: str
    number: int
    bucket: int
    efficiency: float
    gives_back: bool = False
    discharge_efficiency: float = 1.0
    lifts: bool = False
    has_level: bool = False
    taper: Taper | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """The power of a circuit's EVSEs that are wired to the same lines."""

    circuit: str
    lines: tuple[int, ...]
    parent: int | None  # the bucket of the circuit above that it flows into


@dataclass(frozen=True, slots=True)
class Shape:
    """What the matrix is made from. Two instances of one shape differ in bounds and costs only."""

    slots: int
    slot_h: float
    circuits: tuple[str, ...]
    lined: tuple[str, ...]  # circuits with a limit per line
    buckets: tuple[Bucket, ...]
    lanes: tuple[Lane, ...]
    windows: tuple[int, ...]  # slots per interval of each demand window
    caps: tuple[tuple[int, ...], ...]  # lanes under each shared cap
    free_caps: tuple[tuple[int, ...], ...]  # of these, the lanes that may not lift it

    @property
    def ring(self) -> int:
        longest = max(self.windows, default=1)
        # An interval must not hold a slot of now and one of a day later; nor a level its own successor.
        needed = self.slots + max(longest - 1, 1 if any(lane.has_level for lane in self.lanes) else 0)
        whole = int(np.lcm.reduce(self.windows)) if self.windows else 1
        return -(-needed // whole) * whole


def shape_of(instance: Instance, lanes_before: dict[str, int]) -> tuple[Shape, dict[tuple[str, str, int], int]]:
    """The shape, and the lane of each need. An EVSE keeps the number of lanes that it once needed."""
    buckets, bucket_of = _buckets(instance)
    stays: dict[str, list[Need]] = {evse.key: [] for evse in instance.evses}
    for need in instance.needs:
        stays[need.evse].append(need)
    lanes: list[Lane] = []
    lane_of: dict[tuple[str, str, int], int] = {}
    for evse in sorted(instance.evses, key=lambda evse: evse.key):
        there = sorted(stays[evse.key], key=lambda need: (need.arrives, need.key))
        count = max(len(there), lanes_before.get(evse.key, 1), 1)
        lanes_before[evse.key] = count
        for number in range(count):
            need = there[number] if number < len(there) else None
            if need is not None:
                lane_of[need.key] = len(lanes)
            lanes.append(_lane(evse, number, bucket_of[evse.key], need))
    caps = sorted(instance.caps, key=lambda cap: cap.key)
    members = tuple(tuple(i for i, lane in enumerate(lanes) if lane.evse in cap.evses) for cap in caps)
    shape = Shape(
        slots=instance.slots,
        slot_h=instance.slot_h,
        circuits=tuple(sorted(circuit.key for circuit in instance.circuits)),
        lined=tuple(sorted(circuit.key for circuit in instance.circuits if circuit.line_limit_kw is not None)),
        buckets=tuple(buckets),
        lanes=tuple(lanes),
        windows=tuple(window.slots_per_interval for window in instance.demand),
        caps=members,
        free_caps=tuple(tuple(i for i in group if not lanes[i].lifts) for group in members),
    )
    return shape, lane_of


def _lane(evse: Evse, number: int, bucket: int, need: Need | None) -> Lane:
    battery = need.battery if need is not None else None
    gives_back = battery is not None and evse.max_discharge_kw > 0 and battery.max_discharge_kw > 0
    taper = battery.taper if battery is not None else None
    return Lane(
        evse=evse.key,
        number=number,
        bucket=bucket,
        efficiency=evse.efficiency,
        gives_back=gives_back,
        discharge_efficiency=evse.discharge_efficiency,
        lifts=need is not None and need.may_lift_rules,
        has_level=gives_back or taper is not None,
        taper=taper,
    )


def _buckets(instance: Instance) -> tuple[list[Bucket], dict[str, int]]:
    """Lines are kept apart only where a circuit above has a limit per line."""
    circuits = {circuit.key: circuit for circuit in instance.circuits}
    numbers: dict[tuple[str, tuple[int, ...]], int] = {}
    buckets: list[Bucket] = []

    def number(circuit: Circuit, lines: tuple[int, ...]) -> int:
        kept = lines if _lines_matter(circuit, circuits) else ALL_LINES
        if (circuit.key, kept) not in numbers:
            parent = number(circuits[circuit.feeds_from], kept) if circuit.feeds_from is not None else None
            numbers[circuit.key, kept] = len(buckets)
            buckets.append(Bucket(circuit.key, kept, parent))
        return numbers[circuit.key, kept]

    for circuit in sorted(instance.circuits, key=lambda circuit: circuit.key):
        number(circuit, ALL_LINES)
    of_evse = {
        evse.key: number(circuits[evse.circuit], tuple(sorted(evse.lines)))
        for evse in sorted(instance.evses, key=lambda evse: evse.key)
    }
    return buckets, of_evse


def _lines_matter(circuit: Circuit, circuits: dict[str, Circuit]) -> bool:
    at: Circuit | None = circuit
    while at is not None:
        if at.line_limit_kw is not None:
            return True
        at = circuits[at.feeds_from] if at.feeds_from is not None else None
    return False


class Layout:
    """Index blocks, each an array of indices: [lane, position], [bucket, position] and so on."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.ring = ring = shape.ring
        self.giving = [i for i, lane in enumerate(shape.lanes) if lane.gives_back]
        self.lifting = [i for i, lane in enumerate(shape.lanes) if lane.lifts]
        self.levelled = [i for i, lane in enumerate(shape.lanes) if lane.has_level]
        self.tapering = [i for i, lane in enumerate(shape.lanes) if lane.taper is not None]
        self.intervals = [ring // slots for slots in shape.windows]
        lanes, buckets = len(shape.lanes), len(shape.buckets)

        self.columns = 0
        # Power up to what is installed, power above it, and power that lifts a rule: together what a lane draws.
        self.kept = self._columns(lanes, ring)
        self.raised = self._columns(lanes, ring)
        self.lifted = self._columns(len(self.lifting), ring)
        self.given = self._columns(len(self.giving), ring)
        self.level = self._columns(len(self.levelled), ring)
        self.unmet = self._columns(lanes)
        self.flow = self._columns(buckets, ring)
        self.imported = self._columns(ring)
        self.exported = self._columns(ring)
        self.spilled = self._columns(ring)
        self.peak = self._columns(len(shape.windows))
        self.over = self._columns(len(shape.caps), ring)

        self.rows = 0
        self.energy = self._rows(lanes)
        self.bucket = self._rows(buckets, ring)
        self.total = self._rows(len(shape.circuits), ring)
        self.line = self._rows(len(shape.lined), 3, ring)
        self.balance = self._rows(ring)
        self.demand = [self._rows(count) for count in self.intervals]
        self.link = self._rows(len(self.levelled), ring)
        self.taper = self._rows(len(self.tapering), ring)
        self.capped = self._rows(len(shape.caps), ring)
        self.capped_free = self._rows(len(shape.caps), ring)

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
