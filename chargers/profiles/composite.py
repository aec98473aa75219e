"""What a charger will do, from the profiles it holds: the composite schedule of 1.6, 2.0.1 and 2.1. Pure.

Across purposes the lowest value holds, in one unit and on the fewest phases that any of them tells (1.6 §3.13.3,
2.x K 3.6, K08.FR.04); what is generated on site comes on top.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chargers.commands import OperationMode, ProfilePurpose, RateUnit
from chargers.profiles.installed import InstalledProfiles
from chargers.profiles.leading import Circumstances, Said, Stacks
from chargers.profiles.rates import PerPhase, add, cap, convert, least_flow, merge


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What profiles allow at a moment, in the unit that was asked for; None: nothing but the hardware limits it."""

    limit: PerPhase | None = None
    setpoint: PerPhase | None = None
    discharge_limit: PerPhase | None = None
    phases: int | None = None  # None where no profile speaks, and of DC
    phase_to_use: int | None = None


NOTHING = Level()


@dataclass(frozen=True, slots=True)
class Slice:
    start_at: datetime
    level: Level


def compose(
    installed: InstalledProfiles,
    where: Circumstances,
    *,
    evse: int,
    since: datetime,
    until: datetime,
    unit: RateUnit,
    evse_max: float | None = None,
) -> tuple[Slice, ...]:
    """A slice from `since` on and from each moment at which the level changes; EVSE 0 asks for the sum of all.

    `evse_max`: what an EVSE that no profile limits adds to the sum of others, in the unit asked for.
    """
    stacks = Stacks(installed, where)
    edges = {since, *(edge for timeline in stacks.timelines() for edge in timeline.edges(since, until))}
    slices: list[Slice] = []
    for at in sorted(edges):
        level = _level(stacks, evse, at, unit, evse_max)
        if not slices or slices[-1].level != level:
            slices.append(Slice(at, level))
    return tuple(slices)


def level_at(
    installed: InstalledProfiles,
    where: Circumstances,
    *,
    evse: int,
    at: datetime,
    unit: RateUnit,
    evse_max: float | None = None,
) -> Level:
    return _level(Stacks(installed, where), evse, at, unit, evse_max)


def _level(stacks: Stacks, evse: int, at: datetime, unit: RateUnit, evse_max: float | None) -> Level:
    where = stacks.where
    bounds = stacks.bound_station(evse, at)
    extra = stacks.generate((evse,) if evse else where.evses or (0,), at)
    # What generation tells of phases binds like any other period (2.1 K01.FR.140).
    most_phases = min((each.phases for each in extra), default=3)
    if evse == 0:
        said = [stacks.bound_evse(each, at) for each in where.evses]
        level = _total(bounds, said, unit, where, most_phases=most_phases, evse_max=evse_max)
    else:
        level = _lowest([*bounds, *stacks.bound_evse(evse, at)], unit, where, most_phases=most_phases)
    if level.limit is not None:
        # Added to a limit; where nothing limits there is nothing to add it to (2.1 K08.FR.04).
        level = replace(level, limit=add([level.limit, *_told("limit", extra, unit, level.phases, where)], unit))
    if level.setpoint is None:
        return level
    return replace(level, setpoint=cap(level.setpoint, level.limit, level.discharge_limit, unit))


def _told(name: str, said: Sequence[Said], unit: RateUnit, phases: int | None, where: Circumstances) -> list[PerPhase]:
    values = ((getattr(each, name), each.unit) for each in said)
    return [convert(value, its_unit, unit, phases, where.supply) for value, its_unit in values if value is not None]


def _lowest(said: Sequence[Said], unit: RateUnit, where: Circumstances, *, most_phases: int) -> Level:
    """Of what several purposes say, the least flow either way; which purposes those are is settled before."""
    phases = _fewest_phases(said, where, most_phases)
    limits = _told("limit", said, unit, phases, where)
    discharges = _told("discharge_limit", said, unit, phases, where)
    setpoints = _told("setpoint", _whose_setpoint_counts(said, where), unit, phases, where)
    if not limits and not discharges and not setpoints:
        return NOTHING
    return Level(
        limit=merge(limits, unit, phases, min) if limits else None,
        setpoint=merge(setpoints, unit, phases, least_flow) if setpoints else None,
        discharge_limit=merge(discharges, unit, phases, max) if discharges else None,
        phases=phases,
        # Two that contradict each other are refused when they are set (2.1 K01.FR.141).
        phase_to_use=next((each.phase_to_use for each in said if each.phase_to_use), None) if phases == 1 else None,
    )


def _fewest_phases(said: Sequence[Said], where: Circumstances, most: int) -> int | None:
    if where.supply.phases is None:
        return None
    return min([where.supply.phases, most, *(each.phases for each in said)])


def _whose_setpoint_counts(said: Sequence[Said], where: Circumstances) -> list[Said]:
    """An energy manager's setpoint and ours do not mix: one of them has precedence (2.1 SetpointPriority)."""
    setters = [each for each in said if each.setpoint is not None]
    theirs = [each for each in setters if each.mode is OperationMode.EXTERNAL_SETPOINT and _is_external(each)]
    ours = [each for each in setters if not _is_external(each)]
    if theirs and ours:
        return ours if where.csms_setpoint_first else theirs
    return setters


def _is_external(said: Said) -> bool:
    return said.purpose is ProfilePurpose.EXTERNAL_CONSTRAINTS


def _total(
    bounds: Sequence[Said],
    said_by_evse: Sequence[Sequence[Said]],
    unit: RateUnit,
    where: Circumstances,
    *,
    most_phases: int,
    evse_max: float | None,
) -> Level:
    """All EVSEs together, within the bound of the charger as a whole (1.6 §3.13.3, 2.x K 3.6, K08.FR.03)."""
    widest, most_phases = most_phases, _fewest_phases(bounds, where, most_phases) or 1
    own = [_lowest(said, unit, where, most_phases=most_phases) for said in said_by_evse]
    if all(level == NOTHING for level in own):
        return _lowest(bounds, unit, where, most_phases=widest)
    phases = max((level.phases or most_phases for level in own), default=most_phases)
    # Several vehicles on one phase each may sit on different ones: together they draw from all that the bound knows.
    may_differ = len(own) > 1 and unit is RateUnit.WATT
    bound = _lowest(bounds, unit, where, most_phases=widest if may_differ else phases)
    bounding = []
    if any(level.limit is not None for level in own):
        limits = [level.limit or (None if evse_max is None else (evse_max,)) for level in own]
        known = [limit for limit in limits if limit is not None]
        # One that nothing limits makes the sum endless.
        bounding = [add(known, unit)] if len(known) == len(limits) else []
    if bound.limit is not None:
        bounding.append(bound.limit)
    setpoints = [level.setpoint for level in own if level.setpoint is not None]
    setpoint = add(setpoints, unit) if len(setpoints) == len(own) else None
    discharges = [each for each in (_total_discharge(own, unit), bound.discharge_limit) if each is not None]
    return Level(
        limit=merge(bounding, unit, phases, min) if bounding else None,
        setpoint=setpoint if bound.setpoint is None else bound.setpoint,
        discharge_limit=merge(discharges, unit, phases, max) if discharges else None,
        phases=None if where.supply.phases is None else phases,
        phase_to_use=bound.phase_to_use,
    )


def _total_discharge(own: Sequence[Level], unit: RateUnit) -> PerPhase | None:
    """What does not discharge adds nothing; what does without a limit leaves the sum without one."""
    told = [level.discharge_limit for level in own if level.discharge_limit is not None]
    is_endless = any(level.discharge_limit is None and min(level.setpoint or (0,)) < 0 for level in own)
    return add(told, unit) if told and not is_endless else None
