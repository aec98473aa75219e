"""From installed profiles to the schedule a charger follows: the specification's rules of composition. Pure.

Inside a purpose the highest stack level that says something leads. A transaction's own profile leads
before the default for transactions. Across the purposes the lowest limit holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulator.clock import Moment
from simulator.profiles import Period, PerPhase, Profile, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What amperes are worth at an EVSE."""

    voltage_v: float = 230.0
    phases: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Whose limit is asked, and what holds there."""

    evse: int
    tx_start: Moment | None = None  # None: no transaction runs
    transaction: str | None = None
    offline_s: float = 0.0
    is_priority: bool = False
    supply: Supply = Supply()


@dataclass(frozen=True, slots=True)
class Level:
    """What holds at a moment, in one unit. A limit of None is no limit."""

    limit: PerPhase | None = None
    phases: int | None = None
    setpoint: PerPhase | None = None
    discharge_limit: PerPhase | None = None

    @property
    def is_empty(self) -> bool:
        return self.limit is None and self.setpoint is None


NOTHING = Level()


@dataclass(frozen=True, slots=True)
class _Said:
    """A level with the unit its profile speaks."""

    level: Level
    unit: str


def _convert(values: PerPhase | None, unit: str, to: str, supply: Supply, phases: int) -> PerPhase | None:
    if values is None or unit == to:
        return values
    # A total is spread over the phases; a value of one phase is that phase's alone.
    factor = supply.voltage_v * (phases if len(values) == 1 else 1)
    return tuple(value * factor if to == "W" else value / factor for value in values)


def _find_leading(
    profiles: Iterable[Profile], purpose: Purpose, at: Moment, where: Situation
) -> tuple[Period, str] | None:
    """The period that the highest level has for the moment; it leads whole, whatever it leaves unsaid."""
    leading: tuple[int, Period, str] | None = None
    for profile in profiles:
        if profile.purpose is not purpose or profile.evse not in (0, where.evse):
            continue
        if where.offline_s > profile.max_offline_s:
            continue
        if profile.transaction is not None and where.transaction != profile.transaction:
            continue
        period = profile.period_at(at, where.tx_start)
        if period is not None and (leading is None or profile.stack_level > leading[0]):
            leading = (profile.stack_level, period, profile.unit)
    return None if leading is None else leading[1:]


def _say(leading: tuple[Period, str] | None) -> _Said | None:
    if leading is None:
        return None
    period, unit = leading
    level = Level(period.limit, period.phases or 3, period.setpoint, period.discharge_limit)
    return _Said(level, unit)


def _find_transactions_own(profiles: Sequence[Profile], at: Moment, where: Situation) -> _Said | None:
    """TxProfile before TxDefaultProfile; priority charging overrules both."""
    if where.is_priority and (said := _say(_find_leading(profiles, Purpose.PRIORITY, at, where))):
        return said
    if where.tx_start is None:
        return None
    own = _find_leading(profiles, Purpose.TX, at, where)
    return _say(own or _find_leading(profiles, Purpose.TX_DEFAULT, at, where))


def _lowest(values: Sequence[PerPhase], phases: int, unit: str) -> PerPhase:
    """Phase by phase; on fewer than three phases one value bounds them all."""
    if phases < 3 or all(len(value) == 1 for value in values):
        return (min(min(value) for value in values),)
    spread = [value if len(value) == 3 else _spread(value[0], unit) for value in values]
    return tuple(min(value[phase] for value in spread) for phase in range(3))


def _spread(value: float, unit: str) -> PerPhase:
    """Of watts one value is the sum of the phases, of amperes what each of them may have."""
    return (value / 3 if unit == "W" else value,) * 3


def _lower(said: Sequence[_Said], unit: str, where: Situation, *, most_phases: int = 3) -> Level:
    """The lowest of what several purposes say; the fewest phases of any of them."""
    if all(each.level.is_empty for each in said):
        return NOTHING
    phases = min(min(each.level.phases or 3 for each in said), where.supply.phases, most_phases)

    def all_of(word: str) -> list[PerPhase]:
        values = (
            _convert(getattr(each.level, word), each.unit, unit, where.supply, each_phases)
            for each, each_phases in ((each, phases) for each in said)
        )
        return [value for value in values if value is not None]

    limits, setpoints, discharges = all_of("limit"), all_of("setpoint"), all_of("discharge_limit")
    limit = _lowest(limits, phases, unit) if limits else None
    setpoint = _lowest(setpoints, phases, unit) if setpoints else None
    discharge = tuple(max(values) for values in zip(*discharges, strict=False)) if discharges else None
    return Level(limit, phases, setpoint, discharge)


def _cap(level: Level, unit: str) -> Level:
    """Neither way does a setpoint leave the limits that hold in the end."""
    if level.setpoint is None:
        return level
    phases = level.phases or 3
    setpoint = _lowest([level.setpoint, *([level.limit] if level.limit else [])], phases, unit)
    if level.discharge_limit is not None:
        setpoint = tuple(max(value, level.discharge_limit[0]) for value in setpoint)
    return replace(level, setpoint=setpoint)


def find_bound(profiles: Sequence[Profile], at: Moment, where: Situation) -> list[_Said]:
    """What bounds the station as a whole."""
    said = (_say(_find_leading(profiles, purpose, at, where)) for purpose in (Purpose.STATION_MAX, Purpose.EXTERNAL))
    return [each for each in said if each is not None]


def find_level(profiles: Sequence[Profile], at: Moment, where: Situation, unit: str) -> Level:
    """What an EVSE may draw at a moment; `where.evse` 0 asks for the station's own bound alone."""
    said = find_bound(profiles, at, where)
    if where.evse != 0 and (own := _find_transactions_own(profiles, at, where)):
        said.append(own)
    extra = _find_generation(profiles, at, [where])
    return _cap(_add(_lower(said, unit, where, most_phases=_fewest_phases(extra)), extra, unit, where), unit)


def _find_generation(profiles: Sequence[Profile], at: Moment, places: Sequence[Situation]) -> list[tuple[Period, str]]:
    """What the site itself generates for some EVSEs; a profile for several of them counts once."""
    leading = (_find_leading(profiles, Purpose.LOCAL_GENERATION, at, where) for where in places)
    return list({id(each[0]): each for each in leading if each is not None}.values())


def _fewest_phases(extra: Sequence[tuple[Period, str]]) -> int:
    return min((period.phases or 3 for period, _ in extra), default=3)


def _add(level: Level, extra: Sequence[tuple[Period, str]], unit: str, where: Situation) -> Level:
    """What is generated comes on top of what the grid may give."""
    for period, its_unit in extra:
        if level.limit is None or period.limit is None:
            continue
        more = _convert(period.limit, its_unit, unit, where.supply, level.phases or where.supply.phases) or ()
        length = max(len(more), len(level.limit))
        spread = (each if len(each) == length else _spread(each[0], unit) for each in (level.limit, more))
        level = replace(level, limit=tuple(sum(pair) for pair in zip(*spread, strict=True)))
    return level


def find_own_level(
    profiles: Sequence[Profile], at: Moment, where: Situation, unit: str, *, most_phases: int = 3
) -> Level:
    """Without the station's bound: what an EVSE's own profiles allow it, on the phases that the bound leaves."""
    said = _find_transactions_own(profiles, at, where)
    return _lower([said] if said else [], unit, where, most_phases=most_phases)


def find_total(
    profiles: Sequence[Profile], at: Moment, evses: Sequence[Situation], unit: str, default: float | None
) -> Level:
    """What the whole station may draw from the grid: its EVSEs together, within the station's own bound."""
    if len(evses) == 1:
        return find_level(profiles, at, evses[0], unit)
    station = replace(evses[0], evse=0)
    extra = _find_generation(profiles, at, evses)
    bounds, most_phases = find_bound(profiles, at, station), _fewest_phases(extra)
    bound = _lower(bounds, unit, station, most_phases=most_phases)
    own = [find_own_level(profiles, at, each, unit, most_phases=bound.phases or most_phases) for each in evses]
    if all(level.limit is None for level in own) or default is None:
        return _add(bound, extra, unit, station)

    def together(limit: PerPhase) -> float:
        return sum(limit) if unit == "W" else max(limit)

    total = sum(default if level.limit is None else together(level.limit) for level in own)
    phases = max(level.phases or min(station.supply.phases, most_phases) for level in own)
    # Vehicles on one phase each may sit on different ones: of watts they share all that the bound allows.
    bound = bound if unit == "W" else _lower(bounds, unit, station, most_phases=phases)
    if bound.limit is not None:
        total, phases = min(total, together(bound.limit)), min(phases, bound.phases or phases)
    return _add(Level((total,), phases), extra, unit, station)


def find_edges(profiles: Iterable[Profile], evses: Iterable[Situation], since: Moment, until: Moment) -> list[Moment]:
    """All moments in the window at which a limit may change."""
    places = list(evses)
    edges = {
        edge
        for profile in profiles
        for place in places
        if profile.evse in (0, place.evse)
        for edge in profile.edges(since, until, place.tx_start)
    }
    return sorted(edges)


@dataclass(frozen=True, slots=True)
class Slice:
    start_s: int
    level: Level


def compose(
    profiles: Sequence[Profile],
    evses: Sequence[Situation],
    *,
    is_total: bool,
    since: Moment,
    until: Moment,
    unit: str,
    default: float | None,
) -> list[Slice]:
    """The composite schedule: one slice from each moment at which the level changes."""
    slices: list[Slice] = []
    for at in [since, *find_edges(profiles, evses, since, until)]:
        level = find_total(profiles, at, evses, unit, default) if is_total else find_level(profiles, at, evses[0], unit)
        if level.limit is None and default is not None:
            level = replace(level, limit=(default,))
        if level.limit is None and level.setpoint is None:
            continue
        if not slices or slices[-1].level != level:
            slices.append(Slice(round(at - since), level))
    return slices


def write_slices(slices: Iterable[Slice]) -> list[dict[str, Any]]:
    """As the periods of a composite schedule, in the words of the version that has most of them."""
    periods = []
    for each in slices:
        level = each.level
        period: dict[str, Any] = {"startPeriod": each.start_s}
        for name, values in (
            ("limit", level.limit),
            ("setpoint", level.setpoint),
            ("dischargeLimit", level.discharge_limit),
        ):
            for suffix, value in zip(("", "_L2", "_L3"), values or (), strict=False):
                period[name + suffix] = round(value, 1)
        if level.phases is not None:
            period["numberPhases"] = level.phases
        periods.append(period)
    return periods
