"""How much a vehicle took: a difference of like registers, never negative, with the reasons for any doubt. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sessions.quality import Code, Note
from sessions.registers import (
    ANY_CHARGER_W,
    ANY_POWER_W,
    HOUR_S,
    LAG_WH,
    SLACK_WH,
    Kind,
    Limits,
    Mark,
    Run,
    choose_runs,
    find_runs,
    restarted,
    side_by_side,
)

# A value stamped later than this after the end belongs to something else.
AFTER_THE_END = timedelta(minutes=15)
# Power times time proves a register only where power was told often enough, for long enough.
POWER_HOLDS_FOR = timedelta(minutes=15)
PROOF_WH = 200
PROOF_SHARE = 0.5


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


def count_energy(evidence: Evidence) -> Count:
    marks = _marks(evidence)
    limits = Limits(_max_w(evidence), evidence.times_hold)
    runs = find_runs(marks, limits)
    told = _count(runs, evidence, limits)
    proof_wh = _powered_wh(evidence)
    if not _holds_together(runs):
        thousandths = _in_thousandths(marks, runs, evidence, limits, proof_wh)
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
        _replace(marks, Mark(starts, Kind.START, evidence.start_wh))
    if evidence.stop_wh is not None and evidence.stop_wh >= 0 and ends is not None:
        _replace(marks, Mark(max(starts, ends), Kind.STOP, evidence.stop_wh))
    return sorted(marks, key=lambda mark: (mark.at, mark.kind, mark.wh))


def _replace(marks: set[Mark], mark: Mark) -> None:
    """2.x tells the register at a start or stop as a reading too: one look at the meter, from which nothing differs."""
    marks.discard(Mark(mark.at, Kind.CURVE, mark.wh))
    marks.add(mark)


def _holds_together(runs: Sequence[Run]) -> bool:
    """Is there a run from the start to the stop, or at least one that tells something?"""
    has_start = any(run.has_start for run in runs)
    has_stop = any(run.has_stop for run in runs)
    if has_start and has_stop:
        return any(run.has_start and run.has_stop for run in runs)
    return any(len(run.marks) > 1 for run in runs) or len(runs) < 2


def _count(runs: Sequence[Run], evidence: Evidence, limits: Limits) -> Count:
    chosen = choose_runs(runs)
    notes = list(_notes(runs, chosen, evidence))
    total, before = 0, None
    course: list[tuple[datetime, int]] = []
    for run in chosen:
        base = run.first.wh
        if before is not None and restarted(before, run, limits):
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
    lone = sum(len(run.marks) == 1 and run.first.kind is Kind.CURVE for run in runs)
    left_out = lone + sum(run.left_out for run in counted)
    if left_out and counted:
        yield Note(Code.READINGS_LEFT_OUT, f"{left_out} of the readings do not fit the others: left out.")
    if any(side_by_side(run, other) for run in counted for other in runs if len(other.marks) > 1 and run is not other):
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


def _in_thousandths(
    marks: Sequence[Mark], runs: Sequence[Run], evidence: Evidence, limits: Limits, proof_wh: float | None
) -> Count | None:
    """Do the registers fit when they are a thousand times too large? Taken as that only where power proves it."""
    first, last = marks[0], marks[-1]
    # A register in the right unit rises by steps that fit: then one step too large is a jump, not a unit.
    steps_fit = len(runs) * 2 <= len(marks) or any(run.top_wh - run.first.wh > SLACK_WH for run in runs)
    falls = any(later.wh < mark.wh - LAG_WH for mark, later in pairwise(marks))
    if steps_fit or falls or last.wh - first.wh <= limits.room_wh(first.at, last.at):
        return None
    smaller = [Mark(mark.at, mark.kind, round(mark.wh / 1000)) for mark in marks]
    fitting = find_runs(smaller, limits)
    if len(fitting) != 1:
        return None
    scaled = _count(fitting, evidence, limits)
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
