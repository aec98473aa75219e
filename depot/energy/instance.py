"""Pure: everything a plan is made from, as values. Power is in kW at the grid's side, positive into the vehicle.

Time is cut into slots of `slot_h` hours that are numbered since the epoch, in UTC: a daylight-saving night has neither
a missing nor a double slot. A series has one value for each slot of the horizon; slot 0 is the one we are in.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

Series = tuple[float, ...]
NeedKey = tuple[str, str, int]  # EVSE, vehicle, departure
ALL_LINES = (1, 2, 3)


class InstanceInvalid(ValueError):
    """Values that contradict each other; the text names them."""


class Control(StrEnum):
    """What a charger does with a limit."""

    MANAGED = "managed"
    START_STOP = "start_stop"  # nothing, or its rating


class Held(StrEnum):
    """Why an EVSE's power is not ours to plan."""

    OFFLINE = "offline"
    REFUSES = "refuses"
    UNCONTROLLABLE = "uncontrollable"
    BY_HAND = "by_hand"
    UNASKED = "unasked"  # it can only be started and stopped, and may start without asking us


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """A cable with its breaker. What else hangs on it counts against its limits, spread evenly over the lines."""

    key: str
    feeds_from: str | None = None
    limit_kw: Series | None = None
    line_limit_kw: Series | None = None  # for each of L1, L2, L3
    other_load_kw: Series | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evse:
    key: str
    circuit: str
    max_kw: float
    min_kw: float = 0.0  # below it a vehicle takes nothing: 6 A, times its lines
    lines: tuple[int, ...] = ALL_LINES
    control: Control = Control.MANAGED
    efficiency: float = 1.0  # of what the grid gives, this share ends in the battery
    max_discharge_kw: float = 0.0
    discharge_efficiency: float = 1.0
    held_kw: Series | None = None  # reserved whatever we plan: the most it may draw while it is out of our hands
    held: Held | None = None
    # Kept free for it on every circuit whatever we plan: what its charger lets through should it lose its plan.
    fallback_kw: Series | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taper:
    """Above `knee_kwh` in the battery the power that the vehicle takes falls, in a straight line to 0 at `full_kwh`."""

    knee_kw: float
    knee_kwh: float
    full_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """Told only of vehicles whose level matters: those that taper, and those that can give energy back."""

    level_kwh: float
    highest_kwh: float
    lowest_kwh: float = 0.0
    max_discharge_kw: float = 0.0
    wear_per_kwh: float = 0.0
    taper: Taper | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One stay of a vehicle: it may charge in the slots from `arrives` up to, not including, `departs`.

    A stay may end after the horizon; the part of its energy that its time within the horizon is worth is planned.
    """

    vehicle: str
    evse: str
    departs: int
    energy_kwh: float  # still to go into the battery
    had_kwh: float = 0.0  # went into it in this stay already
    could_have_had_kwh: float = 0.0  # would have gone into it by now, had there been no others
    waived_kwh: float = 0.0  # of what it needs, too little to be planned; below 0, planned on top
    grain_kwh: float = 0.0  # the step in which it is known: a level is told in whole percents
    arrives: int = 0
    max_kw: float | None = None  # where the vehicle takes less than the EVSE gives
    min_kw: float | None = None
    priority: int = 1  # 0 is served before all others
    window_kw: Series | None = None  # the most that the rules of the fleet's manager allow
    may_lift_rules: bool = False  # windows and shared caps, never a circuit's limit, for energy otherwise missed
    installed_kw: Series | None = None  # what its charger holds already
    battery: Battery | None = None
    is_charging: bool = False
    must_run_slots: int = 0  # a start/stop charger that has just started
    may_start: bool = True

    @property
    def key(self) -> NeedKey:
        return self.evse, self.vehicle, self.departs


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCap:
    """A manager's rule over several EVSEs together."""

    key: str
    evses: frozenset[str]
    kw: Series


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandWindow:
    """A charge on the highest average of a billing month, in the slots where `applies`, by intervals of whole slots."""

    key: str
    price_per_kw: float
    days_left: float  # of the billing month: the charge is weighed as if each day paid its share
    incurred_kw: float  # paid for already, by a peak of this month, a ratchet or a subscription
    applies: tuple[bool, ...]
    slots_per_interval: int = 1
    used_kwh: float = 0.0  # metered already in the interval we are in
    expected_kw: float = 0.0  # what other days of the month will need anyway, where a timetable tells

    @property
    def free_kw(self) -> float:
        """Up to here a peak adds nothing to the month's bill."""
        return max(self.incurred_kw, self.expected_kw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """So much energy from the grid is cheaper than what comes after it, in the slots where it saves something.

    The import price of these slots is that of their first kilowatt-hour, with the most that can be saved there.
    """

    key: str
    left_kwh: float
    saves_per_kwh: Series  # beside what is beyond all allowances; 0 where it does not hold


def beyond(import_price: Series, allowances: Sequence[Allowance]) -> Series:
    """The prices that hold when these are used up."""
    if not allowances:
        return import_price
    most = [max(saves) for saves in zip(*(one.saves_per_kwh for one in allowances), strict=True)]
    return tuple(price + saved for price, saved in zip(import_price, most, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The grid connection, and what stands behind it besides chargers."""

    building_kw: Series
    solar_kw: Series
    import_limit_kw: Series
    import_price: Series
    export_price: Series
    export_limit_kw: Series | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    first_slot: int
    site: Site
    circuits: tuple[Circuit, ...]  # a tree: exactly one feeds from nothing
    evses: tuple[Evse, ...]
    needs: tuple[Need, ...] = ()
    demand: tuple[DemandWindow, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    caps: tuple[SharedCap, ...] = ()
    slot_h: float = 0.25
    first_slot_share: float = 1.0  # of slot 0, what is still to come
    # The meter's clock is ahead of UTC by so many: where that is 5:45 h, its half hours begin in the midst of ours.
    meter_ahead_slots: int = 0

    @property
    def slots(self) -> int:
        return len(self.site.building_kw)

    @property
    def price_beyond(self) -> Series:
        """Of a kilowatt-hour from the grid when all allowances are used up."""
        return beyond(self.site.import_price, self.allowances)

    @property
    def first_metered_slot(self) -> int:
        """Slot 0 by the meter's clock, from which intervals of demand are counted."""
        return self.first_slot + self.meter_ahead_slots

    def hours(self, slot: int) -> float:
        return self.slot_h * (self.first_slot_share if slot == 0 else 1.0)

    def check(self) -> None:
        """Raises InstanceInvalid with everything that is wrong."""
        wrong = [*self._wrong_in_series(), *self._wrong_in_tree(), *self._wrong_in_needs()]
        if wrong:
            raise InstanceInvalid("; ".join(wrong))

    def _wrong_in_series(self) -> Iterator[str]:
        site = self.site
        series: list[tuple[str, tuple[float, ...] | None]] = [
            ("solar", site.solar_kw),
            ("import limit", site.import_limit_kw),
            ("import price", site.import_price),
            ("export price", site.export_price),
            ("export limit", site.export_limit_kw),
        ]
        for circuit in self.circuits:
            series += [
                (f"limit of circuit {circuit.key}", circuit.limit_kw),
                (f"limit per line of circuit {circuit.key}", circuit.line_limit_kw),
                (f"other load of circuit {circuit.key}", circuit.other_load_kw),
            ]
        series += [(f"power held at {evse.key}", evse.held_kw) for evse in self.evses]
        series += [(f"fallback of {evse.key}", evse.fallback_kw) for evse in self.evses]
        for need in self.needs:
            series += [(f"window of {need.vehicle}", need.window_kw), (f"plan of {need.vehicle}", need.installed_kw)]
        series += [(f"shared cap {cap.key}", cap.kw) for cap in self.caps]
        series += [(f"demand window {window.key}", window.applies) for window in self.demand]
        series += [(f"allowance {one.key}", one.saves_per_kwh) for one in self.allowances]
        for name, values in series:
            if values is not None and len(values) != self.slots:
                yield f"{name}: {len(values)} values for {self.slots} slots"
        for one in self.allowances:
            if one.left_kwh < 0 or min(one.saves_per_kwh, default=0.0) < 0:
                yield f"allowance {one.key}: what is left and what it saves are 0 or more"
        if not 0 < self.first_slot_share <= 1:
            yield f"share of the first slot: {self.first_slot_share}"

    def _wrong_in_tree(self) -> Iterator[str]:
        parents = {circuit.key: circuit.feeds_from for circuit in self.circuits}
        if len(parents) != len(self.circuits):
            yield "two circuits have one name"
        if sum(parent is None for parent in parents.values()) != 1:
            yield "exactly one circuit must feed from nothing"
        for key, parent in parents.items():
            steps = 0
            while parent is not None and steps <= len(parents):
                parent, steps = parents.get(parent), steps + 1
            if steps > len(parents) or parents[key] not in {None, *parents}:
                yield f"circuit {key} does not reach the root"
        for evse in self.evses:
            if evse.circuit not in parents:
                yield f"EVSE {evse.key} is on no circuit"
            if not evse.lines or not set(evse.lines) <= set(ALL_LINES):
                yield f"EVSE {evse.key} is wired to {evse.lines}"
        if len({evse.key for evse in self.evses}) != len(self.evses):
            yield "two EVSEs have one name"

    def _wrong_in_needs(self) -> Iterator[str]:
        known = {evse.key for evse in self.evses}
        stays: dict[str, list[Need]] = {}
        for need in self.needs:
            if need.evse not in known:
                yield f"{need.vehicle} stands at an unknown EVSE {need.evse}"
            if min(need.energy_kwh, need.had_kwh, need.could_have_had_kwh, need.priority, need.arrives) < 0:
                yield f"{need.vehicle}: energy, priority and arrival are 0 or more"
            stays.setdefault(need.evse, []).append(need)
        for evse, there in stays.items():
            there.sort(key=lambda need: need.arrives)
            if any(later.arrives < earlier.departs for earlier, later in pairwise(there)):
                yield f"two vehicles stand at EVSE {evse} at once"
