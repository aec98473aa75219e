"""Pure: what the fleet manager's rules say of each stay and slot, and which of them says it.

Of those that limit, the first in order that speaks wins, and a rule speaks only where it holds somebody back: a rule of
price is silent while energy is cheap. Rules over several together hold beside it. What is served first may lift all of
them, for energy that it would otherwise miss, and never a circuit's limit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from math import inf

from depot.energy.instance import Series, SharedCap

WEEK = frozenset(range(1, 8))
DAY_MIN = 24 * 60
WEEK_MIN = 7 * DAY_MIN
FIRST_CLASS = 0


class Kind(StrEnum):
    AT_MOST = "at_most"
    TOGETHER = "together"
    NOTHING = "nothing"
    FIRST = "first"
    BELOW_PRICE = "below_price"
    SOLAR_ONLY = "solar_only"


LIMITING = (Kind.AT_MOST, Kind.NOTHING, Kind.BELOW_PRICE, Kind.SOLAR_ONLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A rule with its blanks filled in. It holds at `evses`; one about vehicles holds wherever they stand."""

    key: int
    kind: Kind
    evses: frozenset[str]
    vehicles: frozenset[str] | None = None  # None: all
    weekdays: frozenset[int] = WEEK  # on which the window begins; of FIRST, on which they leave
    from_time: time | None = None  # None: all day
    to_time: time | None = None
    limit_kw: float = 0.0
    price_per_kwh: float = 0.0
    leaves_before: time | None = None
    except_leaves_before: time | None = None

    def is_about(self, stay: "Stay") -> bool:
        return stay.evse in self.evses and (self.vehicles is None or stay.vehicle in self.vehicles)

    def spares(self, stay: "Stay") -> bool:
        return self.except_leaves_before is not None and stay.leaves_wall.time() < self.except_leaves_before

    def holds_at(self, wall: datetime) -> bool:
        if self.from_time is None or self.to_time is None:
            return wall.isoweekday() in self.weekdays
        at = wall.time()
        if self.from_time < self.to_time:
            return self.from_time <= at < self.to_time and wall.isoweekday() in self.weekdays
        if at >= self.from_time:
            return wall.isoweekday() in self.weekdays
        return at < self.to_time and (wall - timedelta(days=1)).isoweekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class Stay:
    evse: str
    vehicle: str
    leaves_wall: datetime  # by the clock on the depot's wall


@dataclass(frozen=True, slots=True)
class Ruling:
    """Of one stay: the most it may draw in each slot, and which rule says so."""

    window_kw: Series | None
    speaks: tuple[int | None, ...]
    is_first: bool
    first_by: int | None = None

    @property
    def may_lift(self) -> bool:
        return self.is_first


@dataclass(frozen=True, slots=True)
class Scene:
    moments: tuple[datetime, ...]  # when each slot begins
    zone: tzinfo
    import_price: Series
    surplus_kw: Series  # what the sun gives beyond the building's load

    @property
    def walls(self) -> list[datetime]:
        return [moment.astimezone(self.zone) for moment in self.moments]


def rule_stay(sentences: Sequence[Sentence], stay: Stay, scene: Scene) -> Ruling:
    """`sentences` in their order."""
    about = [sentence for sentence in sentences if sentence.is_about(stay) and not sentence.spares(stay)]
    limiting = [sentence for sentence in about if sentence.kind in LIMITING]
    window, speaks = [inf] * len(scene.moments), [None] * len(scene.moments)  # type: list[float], list[int | None]
    for slot, wall in enumerate(scene.walls):
        for sentence in limiting:
            if sentence.holds_at(wall) and _holds_back(sentence, scene, slot):
                # Of the sun's power all share what there is: that is a cap over all of them, beside this window.
                window[slot] = sentence.limit_kw if sentence.kind is Kind.AT_MOST else 0.0
                if sentence.kind is Kind.SOLAR_ONLY:
                    window[slot] = scene.surplus_kw[slot]
                speaks[slot] = sentence.key
                break
    first = next((sentence for sentence in about if sentence.kind is Kind.FIRST and _goes_first(sentence, stay)), None)
    return Ruling(
        window_kw=tuple(window) if any(key is not None for key in speaks) else None,
        speaks=tuple(speaks),
        is_first=first is not None,
        first_by=first.key if first is not None else None,
    )


def _holds_back(sentence: Sentence, scene: Scene, slot: int) -> bool:
    return sentence.kind is not Kind.BELOW_PRICE or scene.import_price[slot] >= sentence.price_per_kwh


def _goes_first(sentence: Sentence, stay: Stay) -> bool:
    if stay.leaves_wall.isoweekday() not in sentence.weekdays:
        return False
    return sentence.leaves_before is None or stay.leaves_wall.time() < sentence.leaves_before


def shared_caps(sentences: Sequence[Sentence], rulings: dict[Stay, Ruling], scene: Scene) -> tuple[SharedCap, ...]:
    """Rules over several EVSEs together, and the sun that those share who may charge from nothing else."""
    walls = scene.walls
    caps = []
    for sentence in sentences:
        if sentence.kind is Kind.TOGETHER:
            spared = {stay.evse for stay in rulings if sentence.spares(stay)}
            evses = sentence.evses - spared
            if sentence.vehicles is not None:
                evses &= {stay.evse for stay in rulings if stay.vehicle in sentence.vehicles}
            kw = tuple(sentence.limit_kw if sentence.holds_at(wall) else inf for wall in walls)
        elif sentence.kind is Kind.SOLAR_ONLY:
            ruled = {stay: ruling for stay, ruling in rulings.items() if sentence.key in ruling.speaks}
            evses = frozenset(stay.evse for stay in ruled)
            spoken = [
                any(ruling.speaks[slot] == sentence.key for ruling in ruled.values()) for slot in range(len(walls))
            ]
            kw = tuple(surplus if on else inf for surplus, on in zip(scene.surplus_kw, spoken, strict=True))
        else:
            continue
        if evses and any(limit < inf for limit in kw):
            caps.append(SharedCap(key=f"rule {sentence.key}", evses=evses, kw=kw))
    return tuple(caps)


@dataclass(frozen=True, slots=True)
class Clash:
    """Two rules that would both speak of some EVSE or vehicle; the winner stands first."""

    winner: int
    loser: int
    weekdays: frozenset[int]  # on which the overlap begins
    from_time: time
    to_time: time  # 00:00: the end of the day


def clashes(sentences: Sequence[Sentence]) -> Iterator[Clash]:
    """`sentences` in their order. Of two that overlap at several times of day the first time is told."""
    limiting = [sentence for sentence in sentences if sentence.kind in LIMITING]
    for number, loser in enumerate(limiting):
        for winner in limiting[:number]:
            if not winner.evses & loser.evses:
                continue
            if winner.vehicles is not None and loser.vehicles is not None and not winner.vehicles & loser.vehicles:
                continue
            overlap = _minutes(winner) & _minutes(loser)
            if overlap:
                yield _clash(winner, loser, overlap)


def _minutes(sentence: Sentence) -> set[int]:
    """Of the week, those at which the sentence holds."""
    if sentence.from_time is None or sentence.to_time is None:
        begins, length = 0, DAY_MIN
    else:
        begins = _minute(sentence.from_time)
        length = (_minute(sentence.to_time) - begins) % DAY_MIN or DAY_MIN
    starts = [(weekday - 1) * DAY_MIN + begins for weekday in sentence.weekdays]
    return {(start + minute) % WEEK_MIN for start in starts for minute in range(length)}


def _clash(winner: Sentence, loser: Sentence, overlap: set[int]) -> Clash:
    begins = sorted(minute for minute in overlap if (minute - 1) % WEEK_MIN not in overlap) or [0]
    first = begins[0]
    last = first
    while (last + 1) % WEEK_MIN in overlap and last + 1 < first + WEEK_MIN:
        last += 1
    same = {start for start in begins if start % DAY_MIN == first % DAY_MIN}
    return Clash(
        winner=winner.key,
        loser=loser.key,
        weekdays=frozenset(start // DAY_MIN + 1 for start in same),
        from_time=_time(first),
        to_time=_time(last + 1),
    )


def _minute(wall: time) -> int:
    return wall.hour * 60 + wall.minute


def _time(minute: int) -> time:
    return time(minute % DAY_MIN // 60, minute % 60)
