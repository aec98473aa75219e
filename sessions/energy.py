"""How much a vehicle took: a difference of like registers, never negative, with the reasons for any doubt. Pure.

A register that goes on from another one (not lower, and not further than the EVSE can give in that time) is *like* it.
Like registers in the order of time make a *run*. One run from start to stop is the normal case; a charger that mixes
its lifetime register with one of the session, or restarts its register, makes several.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from itertools import pairwise

from sessions.quality import Code, Note

# A register read a moment late, or rounded, may stand this much below an earlier one and still be the same.
LAG_WH = 100
# Some registers count in whole kWh, and clocks jitter: this much may appear from one moment to the next.
SLACK_WH = 1000
# Meters and ratings are not exact.
MARGIN = 1.1
# What an EVSE of unknown rating may give, and the most that is believed of a measured power.
ANY_CHARGER_W = 400_000
ANY_POWER_W = 1_000_000
# Where the times of a session cannot be trusted, a session is at most this much.
ANY_SESSION_WH = 1_000_000
# A value stamped later than this after the end belongs to something else.
AFTER_THE_END = timedelta(minutes=15)
# A register that jumps with every reading makes as many runs: the longest are looked at for the next reading.
RUNS_LOOKED_AT = 8
# Power times time proves a register only where power was told often enough, for long enough.
POWER_HOLDS_FOR = timedelta(minutes=15)
PROOF_WH = 200
PROOF_SHARE = 0.5
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Point:
    """What the meter said at a moment; None is missing, not zero."""

    at: datetime
    wh: int | None = None
    power_w: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of a session's energy. `points` in any order, told any number of times."""

    started_at: datetime
    start_wh: int | None
    ended_at: datetime | None = None
    stop_wh: int | None = None
    points: Sequence[Point] = ()
    max_w: int | None = None
    times_hold: bool = True


@dataclass(frozen=True, slots=True)
class Tally:
    """Where the count of a running session stands, so that the next reading needs no look at the whole curve."""

    base_wh: int
    register_wh: int
    rose_at: datetime

    @property
    def energy_wh(self) -> int:
        return self.register_wh - self.base_wh


@dataclass(frozen=True, slots=True)
class Count:
    """`wh` None: it cannot be told. `course`: energy so far at moments in order; it never falls and ends at `wh`."""

    wh: int | None
    notes: tuple[Note, ...] = ()
    course: tuple[tuple[datetime, int], ...] = ()
    tally: Tally | None = None


class Kind(IntEnum):
    START = 0
    CURVE = 1
    STOP = 2


@dataclass(frozen=True, slots=True)
class Mark:
    """A register at a moment, and where it comes from."""

    at: datetime
    kind: Kind
    wh: int


@dataclass(slots=True)
class Run:
    """Like registers in the order of time."""

    marks: list[Mark]
    top_wh: int = field(init=False)
    rose_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.top_wh, self.rose_at = self.first.wh, self.first.at

    @property
    def first(self) -> Mark:
        return self.marks[0]

    @property
    def last(self) -> Mark:
        return self.marks[-1]

    @property
    def has_start(self) -> bool:
        return self.first.kind is Kind.START

    @property
    def has_stop(self) -> bool:
        return self.last.kind is Kind.STOP

    def add(self, mark: Mark) -> None:
        self.marks.append(mark)
        if mark.wh > self.top_wh:
            self.top_wh, self.rose_at = mark.wh, mark.at


@dataclass(frozen=True, slots=True)
class Limits:
    """How much energy can pass in how much time."""

    max_w: float
    times_hold: bool

    def room_wh(self, since: datetime, until: datetime) -> float:
        if not self.times_hold:
            return ANY_SESSION_WH
        hours = max(0.0, (until - since).total_seconds()) / HOUR_S
        return self.max_w * hours * MARGIN + SLACK_WH

    def fits(self, run: Run, mark: Mark) -> bool:
        return -LAG_WH <= mark.wh - run.top_wh <= self.room_wh(run.last.at, mark.at)


def count_energy(evidence: Evidence) -> Count:
    marks = _marks(evidence)
    limits = Limits(_max_w(evidence), evidence.times_hold)
    runs = _runs(marks, limits)
    told = _count(runs, evidence, limits)
    proof_wh = _powered_wh(evidence)
    if not _holds_together(runs):
        thousandths = _in_thousandths(marks, evidence, limits, proof_wh)
        if thousandths is not None:
            return thousandths
    return _against_power(told, proof_wh)


def _max_w(evidence: Evidence) -> float:
    """What the EVSE can give: its rating, or more where more was measured."""
    measured = max((p.power_w for p in evidence.points if p.power_w is not None), default=0)
    return max(evidence.max_w or ANY_CHARGER_W, min(measured, ANY_POWER_W))


def _marks(evidence: Evidence) -> list[Mark]:
    """Every register in the order of time, once; a negative one is a missing one (quirk 42)."""
    starts, ends = evidence.started_at, evidence.ended_at
    marks = set()
    for point in evidence.points:
        if point.wh is None or point.wh < 0 or (ends is not None and point.at > ends + AFTER_THE_END):
            continue
        at = max(point.at, starts)
        marks.add(Mark(at if ends is None else min(at, ends), Kind.CURVE, point.wh))
    if evidence.start_wh is not None and evidence.start_wh >= 0:
        marks.add(Mark(starts, Kind.START, evidence.start_wh))
    if evidence.stop_wh is not None and evidence.stop_wh >= 0 and ends is not None:
        marks.add(Mark(max(starts, ends), Kind.STOP, evidence.stop_wh))
    return sorted(marks, key=lambda mark: (mark.at, mark.kind, mark.wh))


def _runs(marks: Iterable[Mark], limits: Limits) -> list[Run]:
    runs: list[Run] = []
    looked_at: list[Run] = []
    for mark in marks:
        like = [run for run in looked_at if limits.fits(run, mark)]
        if like:
            nearest = min(like, key=lambda run: (abs(mark.wh - run.top_wh), run.first.at, run.first.wh))
            nearest.add(mark)
            continue
        if len(looked_at) == RUNS_LOOKED_AT:
            looked_at.remove(min(looked_at, key=lambda run: (run.has_start, len(run.marks), run.last.at)))
        looked_at.append(Run([mark]))
        runs.append(looked_at[-1])
    return runs


def _holds_together(runs: Sequence[Run]) -> bool:
    """Is there a run from the start to the stop, or at least one that tells something?"""
    has_start = any(run.has_start for run in runs)
    has_stop = any(run.has_stop for run in runs)
    if has_start and has_stop:
        return any(run.has_start and run.has_stop for run in runs)
    return any(len(run.marks) > 1 for run in runs) or len(runs) < 2


def _count(runs: Sequence[Run], evidence: Evidence, limits: Limits) -> Count:
    chosen = _chosen(runs)
    notes = list(_notes(runs, chosen, evidence))
    total, before = 0, None
    course: list[tuple[datetime, int]] = []
    for run in chosen:
        base = run.first.wh
        if before is not None and _restarted(before, run, limits):
            base = 0
            if len(before.marks) > 1:
                notes.append(Note(Code.REGISTER_RESET, f"The register restarted after {before.top_wh} Wh."))
        elif before is not None and len(before.marks) > 1 and len(run.marks) > 1:
            lost = f"The register went from {before.top_wh} to {run.first.wh} Wh: what flowed between is not counted."
            notes.append(Note(Code.REGISTER_CHANGED, lost))
        if len(run.marks) > 1:
            course.extend(_course(run, base, total))
            total += run.top_wh - base
        before = run
    if not course or before is None:
        return Count(None, (*notes, Note(Code.ENERGY_UNKNOWN, "No two registers that belong together.")))
    if evidence.ended_at is not None:
        course.append((max(evidence.ended_at, course[-1][0]), total))
    return Count(total, tuple(notes), tuple(course), Tally(before.top_wh - total, before.top_wh, before.rose_at))


def _course(run: Run, base_wh: int, already_wh: int) -> Iterator[tuple[datetime, int]]:
    top = run.first.wh
    for mark in run.marks:
        top = max(top, mark.wh)
        yield mark.at, already_wh + top - base_wh


def _chosen(runs: Sequence[Run]) -> list[Run]:
    """Runs that follow each other; of those that run side by side the one that covers more (two registers: one)."""

    def worth(run: Run) -> tuple[bool, timedelta, int, bool, datetime, int]:
        whole = run.has_start and run.has_stop
        return (not whole, run.first.at - run.last.at, -len(run.marks), not run.has_start, run.first.at, run.first.wh)

    chosen: list[Run] = []
    for run in sorted((run for run in runs if len(run.marks) > 1 or run.has_start), key=worth):
        if all(run.first.at >= other.last.at or run.last.at <= other.first.at for other in chosen):
            chosen.append(run)
    return sorted(chosen, key=lambda run: (run.first.at, run.first.kind, run.last.at, run.first.wh))


def _restarted(before: Run, run: Run, limits: Limits) -> bool:
    """Did the register begin again at zero? It fell, and since then no more can have flowed than it now shows."""
    fell = run.first.wh < before.top_wh - LAG_WH
    return fell and len(run.marks) > 1 and run.first.wh <= limits.room_wh(before.last.at, run.first.at)


def _notes(runs: Sequence[Run], chosen: Sequence[Run], evidence: Evidence) -> Iterator[Note]:
    counted = [run for run in chosen if len(run.marks) > 1]
    start = next((run for run in runs if run.has_start), None)
    stop = next((run for run in runs if run.has_stop), None)
    if start is None and counted:
        yield Note(Code.START_REGISTER_MISSING, f"Counted from the first reading, {counted[0].first.wh} Wh.")
    if start is not None and len(start.marks) == 1 and counted:
        text = (
            f"The register at the start, {start.first.wh} Wh, does not fit the readings from {counted[0].first.wh} Wh."
        )
        yield Note(Code.START_REGISTER_UNLIKE, text)
    if evidence.ended_at is not None and stop is None and counted:
        yield Note(Code.STOP_REGISTER_MISSING, f"Counted to the last reading, {counted[-1].top_wh} Wh.")
    if stop is not None:
        yield from _notes_of_the_stop(stop, counted)
    if any(_side_by_side(run, other) for run in counted for other in runs if len(other.marks) > 1 and run is not other):
        yield Note(Code.TWO_REGISTERS, "Two registers under one name; the one that fits start and stop is counted.")


def _notes_of_the_stop(stop: Run, counted: Sequence[Run]) -> Iterator[Note]:
    told = stop.last.wh
    if len(stop.marks) > 1:
        if told < stop.top_wh:
            text = f"The register at the stop, {told} Wh, is {stop.top_wh - told} Wh below an earlier one."
            yield Note(Code.CLAMPED, text)
        return
    for run in counted:
        if run.first.wh - LAG_WH <= told <= run.top_wh:
            text = f"The register at the stop, {told} Wh, had been passed already: {run.top_wh} Wh was read."
            yield Note(Code.STOP_REGISTER_STALE, text)
            return
    text = f"The register at the stop, {told} Wh, does not go on from what was read before."
    yield Note(Code.STOP_REGISTER_UNLIKE, text)


def _side_by_side(run: Run, other: Run) -> bool:
    return run.first.at < other.last.at and other.first.at < run.last.at


def _powered_wh(evidence: Evidence) -> float | None:
    """Energy by power times time; None where power was told too seldom to prove anything."""
    told = sorted({(p.at, p.power_w) for p in evidence.points if p.power_w is not None and p.power_w >= 0})
    if len(told) < 3:
        return None
    ends = evidence.ended_at or told[-1][0]
    whole = (ends - evidence.started_at).total_seconds()
    covered = flowed = 0.0
    for (at, power_w), (until, _) in zip(told, [*told[1:], (ends, 0)], strict=True):
        held = (until - at).total_seconds()
        if 0 < held <= POWER_HOLDS_FOR.total_seconds():
            covered += held
            flowed += power_w * held / HOUR_S
    proves = evidence.times_hold and whole > 0 and covered >= PROOF_SHARE * whole and flowed >= PROOF_WH
    return flowed if proves else None


def _agree(wh: float, proof_wh: float) -> bool:
    return 0.8 * proof_wh <= wh <= 1.25 * proof_wh


def _against_power(told: Count, proof_wh: float | None) -> Count:
    """Registers against power times time: a factor of 1000 is proven by it, any other difference is only noted."""
    if told.wh is None or proof_wh is None:
        return told
    if _agree(told.wh * 1000, proof_wh):
        note = Note(Code.UNIT_REPAIRED, f"The registers count kWh: {told.wh} of them, and power times time agrees.")
        return Count(told.wh * 1000, (*told.notes, note), tuple((at, wh * 1000) for at, wh in told.course))
    if told.wh > 2 * proof_wh + SLACK_WH or proof_wh > 2 * told.wh + SLACK_WH:
        text = f"Registers say {told.wh} Wh, power times time {round(proof_wh)} Wh."
        return Count(told.wh, (*told.notes, Note(Code.ENERGY_DISAGREES_WITH_POWER, text)), told.course)
    return told


def _in_thousandths(marks: Sequence[Mark], evidence: Evidence, limits: Limits, proof_wh: float | None) -> Count | None:
    """Do the registers fit when they are a thousand times too large? Taken as that only where power proves it."""
    if len(marks) < 2 or any(later.wh < mark.wh - LAG_WH for mark, later in pairwise(marks)):
        return None
    first, last = marks[0], marks[-1]
    if last.wh - first.wh <= limits.room_wh(first.at, last.at):
        return None
    smaller = [Mark(mark.at, mark.kind, round(mark.wh / 1000)) for mark in marks]
    runs = _runs(smaller, limits)
    if len(runs) != 1:
        return None
    scaled = _count(runs, evidence, limits)
    if scaled.wh is not None and proof_wh is not None and _agree(scaled.wh, proof_wh):
        note = Note(Code.UNIT_REPAIRED, "The registers are told a thousand times too large; power times time agrees.")
        return Count(scaled.wh, (*scaled.notes, note), scaled.course)
    if first.kind is not Kind.START or first.wh == 0:
        # A start of zero beside a large register is a start that was never read: nothing to take a difference with.
        return None
    tally = Tally(first.wh, last.wh, last.at)
    text = f"{tally.energy_wh} Wh is more than this EVSE can give in that time; a thousandth of it would fit."
    course = ((first.at, 0), (last.at, tally.energy_wh))
    return Count(tally.energy_wh, (Note(Code.UNIT_SUSPECTED, text),), course, tally)


def follow(tally: Tally | None, point: Point, *, max_w: int | None) -> Tally | None:
    """The count after one more reading; None where the reading does not go on from it and the whole curve decides."""
    if point.wh is None or point.wh < 0:
        return tally
    if tally is None:
        return Tally(point.wh, point.wh, point.at)
    gained = point.wh - tally.register_wh
    if gained <= 0:
        late_or_lagging = point.at <= tally.rose_at or gained >= -LAG_WH
        return tally if late_or_lagging and point.wh >= tally.base_wh - LAG_WH else None
    if point.at < tally.rose_at:
        return None
    limits = Limits(max(max_w or ANY_CHARGER_W, min(point.power_w or 0, ANY_POWER_W)), times_hold=True)
    if gained > limits.room_wh(tally.rose_at, point.at):
        return None
    return Tally(tally.base_wh, point.wh, point.at)
