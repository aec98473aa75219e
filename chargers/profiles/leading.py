"""Which period leads for each purpose at an EVSE: the stacks of a charger's profiles in its circumstances. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from chargers.commands import OperationMode, ProfilePurpose, RateUnit, SchedulePeriod
from chargers.profiles.installed import OCPP_16, HeldProfile, InstalledProfiles
from chargers.profiles.rates import PerPhase, Supply, spread, tell_phases
from chargers.profiles.timing import Anchors, Timeline

# 2.x K01.FR.49: three, where a period does not say; none is no number of phases that a vehicle charges on.
UNTOLD_PHASES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningTransaction:
    reference: str
    charging_since: datetime | None
    is_priority: bool = False  # priority charging is on (2.1 K21, K22)
    soc_percent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What beside the profiles decides what a charger does."""

    evses: tuple[int, ...]
    transactions: dict[int, RunningTransaction] = field(default_factory=dict)  # by EVSE
    # With a moment: an EVSE without a transaction is seen as if one ran on the default since then (2.x K08.FR.06).
    assumed_since: datetime | None = None
    supply: Supply = field(default_factory=Supply)
    offline_since: datetime | None = None
    zone: tzinfo = UTC  # of the charger's own clock
    csms_setpoint_first: bool = False  # SetpointPriority; without it an energy manager's setpoint comes first
    chosen_schedule: int = 0  # of up to three that ISO 15118 lets a vehicle choose from (2.x K15.FR.22)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the leading period of a purpose says, in its own unit."""

    purpose: ProfilePurpose
    unit: RateUnit
    phases: int
    limit: PerPhase | None
    setpoint: PerPhase | None
    discharge_limit: PerPhase | None
    phase_to_use: int | None
    mode: OperationMode


class _Layer:
    """A profile on the clock of one EVSE."""

    def __init__(self, timeline: Timeline, soc_percent: float | None) -> None:
        self.timeline = timeline
        self._soc_percent = soc_percent
        self._said: dict[int, Said] = {}  # by period

    def say(self, at: datetime) -> Said | None:
        period = self.timeline.period_at(at)
        if period is None:
            return None
        said = self._said.get(id(period))
        if said is None:
            said = self._said[id(period)] = self._read(period)
        return said

    def _read(self, period: SchedulePeriod) -> Said:
        schedule = self.timeline.schedule
        limit = tell_phases(period.limit, period.limit_l2, period.limit_l3)
        setpoint = discharge_limit = None
        if period.operation_mode is not OperationMode.CHARGING_ONLY:  # which uses neither (2.1 Q 2.2)
            setpoint = tell_phases(period.setpoint, period.setpoint_l2, period.setpoint_l3)
            discharge_limit = tell_phases(period.discharge_limit, period.discharge_limit_l2, period.discharge_limit_l3)
        at_soc = schedule.limit_at_soc
        if at_soc is not None and self._soc_percent is not None and self._soc_percent >= at_soc.soc_percent:
            limit, setpoint = _cap_both(limit, setpoint, at_soc.limit, schedule.unit)
        return Said(
            purpose=self.timeline.profile.purpose,
            unit=schedule.unit,
            phases=period.phases or UNTOLD_PHASES,
            limit=limit,
            setpoint=setpoint,
            discharge_limit=discharge_limit,
            phase_to_use=period.phase_to_use,
            mode=period.operation_mode,
        )


def _cap_both(
    limit: PerPhase | None, setpoint: PerPhase | None, most: float, unit: RateUnit
) -> tuple[PerPhase | None, PerPhase | None]:
    """The limit from a state of charge on caps the limit or the setpoint, whichever is told (2.1 K01.FR.100)."""

    def lower(values: PerPhase) -> PerPhase:
        shares = spread((most,), unit, len(values))
        return tuple(min(pair) for pair in zip(values, shares, strict=True))

    if limit is None and setpoint is None:
        return (most,), None
    return (None if limit is None else lower(limit)), (None if setpoint is None else lower(setpoint))


Stack = Sequence[_Layer]


def _lead(stack: Stack, at: datetime) -> Said | None:
    """The highest level that has a period for the moment; a gap falls through to the next (2.x K 3.6)."""
    return next((said for layer in stack if (said := layer.say(at)) is not None), None)


def _leads(stacks: Iterable[Stack], at: datetime) -> list[Said]:
    return [said for stack in stacks if (said := _lead(stack, at)) is not None]


class Stacks:
    """A charger's profiles by purpose and EVSE, each stack with its highest level first."""

    def __init__(self, installed: InstalledProfiles, where: Circumstances) -> None:
        self.where = where
        self._is_16 = installed.protocol == OCPP_16
        # The later of two on one level first, though no version lets there be two.
        newest_first = tuple(reversed(installed.held))
        self._held = sorted(newest_first, key=lambda held: -held.profile.stack_level)
        of = ProfilePurpose
        places = (0, *where.evses)
        # On EVSE 0 a limit from outside bounds the charger, on another that one alone: both hold at once.
        self._station_max = {evse: self._stack(evse, {0}, of.STATION_MAX) for evse in places}
        self._station_external = {evse: self._stack(evse, {0}, of.EXTERNAL_CONSTRAINTS) for evse in places}
        self._external = {evse: self._stack(evse, {evse}, of.EXTERNAL_CONSTRAINTS) for evse in where.evses}
        self._generation = {evse: self._stack(evse, {0, evse}, of.LOCAL_GENERATION) for evse in places}
        self._of_transaction = {evse: self._stack(evse, {evse}, of.TX) for evse in where.evses}
        self._default = {evse: self._defaults(evse) for evse in where.evses}
        self._priority = {evse: self._stack(evse, {0, evse}, of.PRIORITY) for evse in where.evses}

    def timelines(self) -> Iterator[Timeline]:
        kinds = (
            self._station_max,
            self._station_external,
            self._external,
            self._generation,
            self._of_transaction,
            self._default,
            self._priority,
        )
        return (layer.timeline for by_evse in kinds for stack in by_evse.values() for layer in stack)

    def bound_station(self, evse: int, at: datetime) -> list[Said]:
        """What bounds the charger as a whole, seen from one EVSE: a relative schedule runs since that one charges."""
        return _leads((self._station_max[evse], self._station_external[evse]), at)

    def bound_evse(self, evse: int, at: datetime) -> list[Said]:
        """What bounds one EVSE beside that: a limit from outside, and the profile of what it does."""
        return _leads((self._external[evse],), at) + self._guide(evse, at)

    def generate(self, evses: Iterable[int], at: datetime) -> list[Said]:
        """What generation on site adds for some EVSEs (2.1 K27); one profile for all of them adds once."""
        leading: dict[int, Said] = {}
        for evse in evses:
            for layer in self._generation[evse]:
                if (said := layer.say(at)) is not None:
                    leading.setdefault(id(layer.timeline.profile), said)
                    break
        return list(leading.values())

    def _guide(self, evse: int, at: datetime) -> list[Said]:
        """Priority charging overrules both profiles of a transaction, its own profile the default (2.1 K 3.6)."""
        transaction = self.where.transactions.get(evse)
        if transaction is None and self.where.assumed_since is None:
            return []
        stacks = [self._of_transaction[evse], self._default[evse]]
        if transaction is not None and transaction.is_priority:
            stacks.insert(0, self._priority[evse])
        return _leads(stacks, at)[:1]

    def _stack(self, evse: int, held_at: set[int], purpose: ProfilePurpose) -> Stack:
        return [
            self._layer(held, evse)
            for held in self._held
            if held.profile.purpose is purpose and held.evse in held_at and self._is_of_this_transaction(held, evse)
        ]

    def _is_of_this_transaction(self, held: HeldProfile, evse: int) -> bool:
        if held.profile.purpose is not ProfilePurpose.TX:
            return True
        transaction = self.where.transactions.get(evse)
        return transaction is not None and held.profile.reference in (None, transaction.reference)

    def _defaults(self, evse: int) -> Stack:
        held_here = [held for held in self._held if held.profile.purpose is ProfilePurpose.TX_DEFAULT]
        # 1.6 §3.13.1: one for this connector replaces, here only, the one for all of them on its level.
        own_levels = {held.profile.stack_level for held in held_here if held.evse == evse}
        replaced = own_levels if self._is_16 else set()
        return [
            self._layer(held, evse)
            for held in held_here
            if held.evse == evse or (held.evse == 0 and held.profile.stack_level not in replaced)
        ]

    def _layer(self, held: HeldProfile, evse: int) -> _Layer:
        where, transaction = self.where, self.where.transactions.get(evse)
        anchors = Anchors(
            charging_since=self._charging_since(evse),
            installed_at=held.installed_at,
            offline_since=where.offline_since,
            zone=where.zone,
        )
        schedules = held.profile.schedules
        schedule = schedules[min(where.chosen_schedule, len(schedules) - 1)]
        return _Layer(
            Timeline(held.profile, schedule, anchors), None if transaction is None else transaction.soc_percent
        )

    def _charging_since(self, evse: int) -> datetime | None:
        """Of EVSE 0: since any of them charges."""
        running = self.where.transactions
        if evse in running:
            return running[evse].charging_since
        begun = [each.charging_since for each in running.values() if each.charging_since is not None]
        return min(begun) if evse == 0 and begun else self.where.assumed_since
