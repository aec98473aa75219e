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
) -> dict[str, tuple[Period, str]]:
    """For limit and for setpoint, the period of the highest level that speaks of it."""
    leading: dict[str, tuple[int, Period, str]] = {}
    for profile in profiles:
        if profile.purpose is not purpose or profile.evse not in (0, where.evse):
            continue
        if where.offline_s > profile.max_offline_s:
            continue
        if profile.transaction is not None and where.transaction not in (None, profile.transaction):
            continue
        period = profile.period_at(at, where.tx_start)
        if period is None:
            continue
        for word in ("limit", "setpoint"):
            if getattr(period, word) is not None and (word not in leading or profile.stack_level > leading[word][0]):
                leading[word] = (profile.stack_level, period, profile.unit)
    return {word: (period, unit) for word, (_, period, unit) in leading.items()}


def _say(leading: dict[str, tuple[Period, str]], where: Situation) -> _Said | None:
    if not leading:
        return None
    first, unit = leading.get("limit") or leading["setpoint"]
    phases = min(period.phases or 3 for period, _ in leading.values())
    setter, setter_unit = leading.get("setpoint", (None, unit))
    level = Level(limit=first.limit if "limit" in leading else None, phases=phases)
    if setter is not None:
        level = replace(
            level,
            setpoint=_convert(setter.setpoint, setter_unit, unit, where.supply, phases),
            discharge_limit=_convert(setter.discharge_limit, setter_unit, unit, where.supply, phases),
        )
    return _Said(level, unit)


def _find_transactions_own(profiles: Sequence[Profile], at: Moment, where: Situation) -> _Said | None:
    """TxProfile before TxDefaultProfile; priority charging overrules both."""
    if where.is_priority and (said := _say(_find_leading(profiles, Purpose.PRIORITY, at, where), where)):
        return said
    if where.tx_start is None:
        return None
    default = _find_leading(profiles, Purpose.TX_DEFAULT, at, where)
    return _say({**default, **_find_leading(profiles, Purpose.TX, at, where)}, where)


def _lowest(values: Sequence[PerPhase], phases: int) -> PerPhase:
    """Phase by phase; on fewer than three phases one value bounds them all."""
    if phases < 3 or all(len(value) == 1 for value in values):
        return (min(min(value) for value in values),)
    spread = [value if len(value) == 3 else value * 3 for value in values]
    return tuple(min(value[phase] for value in spread) for phase in range(3))


def _lower(said: Sequence[_Said], unit: str, where: Situation) -> Level:
    """The lowest of what several purposes say; the fewest phases of any of them."""
    if not said:
        return NOTHING
    phases = min(min(each.level.phases or 3 for each in said), where.supply.phases)

    def all_of(word: str) -> list[PerPhase]:
        values = (
            _convert(getattr(each.level, word), each.unit, unit, where.supply, each_phases)
            for each, each_phases in ((each, phases) for each in said)
        )
        return [value for value in values if value is not None]

    limits, setpoints, discharges = all_of("limit"), all_of("setpoint"), all_of("discharge_limit")
    limit = _lowest(limits, phases) if limits else None
    setpoint = _lowest([*setpoints, *([limit] if limit else [])], phases) if setpoints else None
    discharge = tuple(max(values) for values in zip(*discharges, strict=False)) if discharges else None
    return Level(limit, phases, setpoint, discharge)


def find_level(profiles: Sequence[Profile], at: Moment, where: Situation, unit: str) -> Level:
    """What an EVSE may draw at a moment; `where.evse` 0 asks for the station's own bound alone."""
    said = [
        _say(_find_leading(profiles, purpose, at, where), where) for purpose in (Purpose.STATION_MAX, Purpose.EXTERNAL)
    ]
    if where.evse != 0:
        said.append(_find_transactions_own(profiles, at, where))
    level = _lower([each for each in said if each is not None], unit, where)
    return _add_local_generation(level, profiles, at, where, unit)


def _add_local_generation(level: Level, profiles: Sequence[Profile], at: Moment, where: Situation, unit: str) -> Level:
    """What the site itself generates comes on top of what the grid may give."""
    extra = _say(_find_leading(profiles, Purpose.LOCAL_GENERATION, at, where), where)
    if extra is None or level.limit is None or extra.level.limit is None:
        return level
    phases = level.phases or where.supply.phases
    more = _convert(extra.level.limit, extra.unit, unit, where.supply, phases)
    if more is None:
        return level
    length = max(len(more), len(level.limit))
    spread = (level.limit * length)[:length], (more * length)[:length]
    return replace(level, limit=tuple(sum(pair) for pair in zip(*spread, strict=True)))


def find_own_level(profiles: Sequence[Profile], at: Moment, where: Situation, unit: str) -> Level:
    """Without the station's bound: what an EVSE's own profiles allow it."""
    said = _find_transactions_own(profiles, at, where)
    return _lower([said] if said else [], unit, where)


def find_total(
    profiles: Sequence[Profile], at: Moment, evses: Sequence[Situation], unit: str, default: float | None
) -> Level:
    """What the whole station may draw from the grid: its EVSEs together, within the station's own bound."""
    bound = find_level(profiles, at, replace(evses[0], evse=0), unit)
    own = [find_own_level(profiles, at, each, unit) for each in evses]
    if all(level.limit is None for level in own) or default is None:
        return bound
    total = sum(default if level.limit is None else sum(level.limit) / len(level.limit) for level in own)
    phases = max(level.phases for level in own if level.phases is not None)
    if bound.limit is not None:
        total, phases = min(total, bound.limit[0]), min(phases, bound.phases or phases)
    return Level((total,), phases)


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
