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
    """What holds at a moment, in the unit that was asked for; no limit is None."""

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
    unlimited: float | None = None,
) -> tuple[Slice, ...]:
    """A slice from `since` on and from each moment at which the level changes; EVSE 0 asks for the sum of all.

    `unlimited`: what an EVSE counts with where no profile limits it, in the unit asked for.
    """
    stacks = Stacks(installed, where)
    edges = {since, *(edge for timeline in stacks.timelines() for edge in timeline.edges(since, until))}
    slices: list[Slice] = []
    for at in sorted(edges):
        level = _level(stacks, evse, at, unit, unlimited)
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
    unlimited: float | None = None,
) -> Level:
    return _level(Stacks(installed, where), evse, at, unit, unlimited)


def _level(stacks: Stacks, evse: int, at: datetime, unit: RateUnit, unlimited: float | None) -> Level:
    bounds = stacks.bound_station(at)
    if evse == 0:
        said = [stacks.bound_evse(each, at) for each in stacks.where.evses]
        level = _total(bounds, said, unit, stacks.where, unlimited)
        extra = stacks.generate((0, *stacks.where.evses), at)
    else:
        level = _lowest([*bounds, *stacks.bound_evse(evse, at)], unit, stacks.where)
        extra = stacks.generate((0, evse), at)
    level = _with_generation(level, extra, unit, stacks.where)
    if level.limit is None and unlimited is not None:
        level = replace(level, limit=(unlimited,))
    if level.setpoint is None:
        return level
    return replace(level, setpoint=cap(level.setpoint, level.limit, level.discharge_limit, unit))


def _lowest(said: Sequence[Said], unit: RateUnit, where: Circumstances, *, most_phases: int = 3) -> Level:
    """Of what several purposes say, the least flow either way; which purposes those are is settled before."""
    phases = _fewest_phases(said, where, most_phases)

    def told(name: str, by: Sequence[Said]) -> list[PerPhase]:
        values = ((getattr(each, name), each.unit) for each in by)
        return [convert(value, its_unit, unit, phases, where.supply) for value, its_unit in values if value is not None]

    limits, discharges = told("limit", said), told("discharge_limit", said)
    setpoints = told("setpoint", _whose_setpoint_counts(said, where))
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
    unlimited: float | None,
) -> Level:
    """All EVSEs together, within the bound of the charger as a whole (1.6 §3.13.3, 2.x K 3.6, K08.FR.03)."""
    most_phases = _fewest_phases(bounds, where, 3) or 1
    own = [_lowest(said, unit, where, most_phases=most_phases) for said in said_by_evse]
    if all(level == NOTHING for level in own):
        return _lowest(bounds, unit, where)
    phases = max((level.phases or most_phases for level in own), default=most_phases)
    bound = _lowest(bounds, unit, where, most_phases=phases)
    limits = [level.limit or (None if unlimited is None else (unlimited,)) for level in own]
    known = [limit for limit in limits if limit is not None]
    # One that nothing limits makes the sum endless.
    bounding = [add(known, unit)] if len(known) == len(limits) else []
    if bound.limit is not None:
        bounding.append(bound.limit)
    setpoints = [level.setpoint for level in own if level.setpoint is not None]
    setpoint = add(setpoints, unit) if len(setpoints) == len(own) else None
    return Level(
        limit=merge(bounding, unit, phases, min) if bounding else None,
        setpoint=setpoint if bound.setpoint is None else bound.setpoint,
        discharge_limit=_total_discharge(own, unit),
        phases=None if where.supply.phases is None else phases,
        phase_to_use=bound.phase_to_use,
    )


def _total_discharge(own: Sequence[Level], unit: RateUnit) -> PerPhase | None:
    """What does not discharge adds nothing; what does without a limit leaves the sum without one."""
    told = [level.discharge_limit for level in own if level.discharge_limit is not None]
    is_endless = any(level.discharge_limit is None and min(level.setpoint or (0,)) < 0 for level in own)
    return add(told, unit) if told and not is_endless else None


def _with_generation(level: Level, extra: Sequence[Said], unit: RateUnit, where: Circumstances) -> Level:
    """Added to a limit; where nothing limits there is nothing to add it to (2.1 K08.FR.04)."""
    limits = [each for each in extra if each.limit is not None]
    if level.limit is None or not limits:
        return level
    phases = None if level.phases is None else min([level.phases, *(each.phases for each in limits)])
    more = [convert(each.limit, each.unit, unit, phases, where.supply) for each in limits if each.limit is not None]
    return replace(level, limit=add([level.limit, *more], unit), phases=phases)
