"""Registers as a meter tells them: which of them go on from each other, and which are of another count. Pure.

A register that goes on from another one (not lower, and not further than the EVSE can give in that time) is *like* it.
Like registers in the order of time make a *run*. One run from start to stop is the normal case; a charger that mixes
its lifetime register with one of the session, or restarts its register, makes several.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Self

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
# A register that jumps with every reading makes as many runs: the longest are looked at for the next reading.
RUNS_LOOKED_AT = 8
# More readings than this that jumped up together are another register, or a restart.
SPIKES_AT_MOST = 2
HOUR_S = 3600


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


@dataclass(slots=True, eq=False)
class Run:
    """Like registers in the order of time."""

    marks: list[Mark]
    top_wh: int = field(init=False)
    rose_at: datetime = field(init=False)
    left_out: int = 0

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

    @classmethod
    def of(cls, marks: Sequence[Mark]) -> Self:
        run = cls([marks[0]])
        run.extend(marks[1:])
        return run

    def extend(self, marks: Iterable[Mark]) -> None:
        for mark in marks:
            self.add(mark)

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


def find_runs(marks: Iterable[Mark], limits: Limits) -> list[Run]:
    runs: list[Run] = []
    looked_at: list[Run] = []
    for mark in marks:
        like = [run for run in looked_at if limits.fits(run, mark)]
        if like:
            min(like, key=lambda run: _distance(run, mark)).add(mark)
            continue
        if len(looked_at) == RUNS_LOOKED_AT:
            looked_at.remove(min(looked_at, key=lambda run: (run.has_start, len(run.marks), run.last.at)))
        looked_at.append(Run([mark]))
        runs.append(looked_at[-1])
    return _without_spikes(runs, limits)


def _distance(run: Run, mark: Mark) -> tuple[bool, int, datetime, int]:
    """The nearest run; one lone register, which may be a slip, is no run yet."""
    return (len(run.marks) == 1, abs(mark.wh - run.top_wh), run.first.at, run.first.wh)


def _without_spikes(runs: Sequence[Run], limits: Limits) -> list[Run]:
    """A reading or two that jumped up must not break a run: what follows them goes on from what was before them."""
    mended: list[Run] = []
    for run in runs:
        for earlier in reversed(mended):
            kept = [mark for mark in earlier.marks if mark.wh <= run.first.wh + LAG_WH]
            jumped = earlier.marks[len(kept) :]
            is_tail = earlier.marks[: len(kept)] == kept and earlier.last.at <= run.first.at
            few = len(jumped) <= min(len(kept), len(run.marks), SPIKES_AT_MOST)
            if kept and is_tail and few:
                whole = Run.of(kept)
                if limits.fits(whole, run.first):
                    whole.extend(run.marks)
                    whole.left_out = earlier.left_out + run.left_out + len(jumped)
                    mended[mended.index(earlier)] = whole
                    break
        else:
            mended.append(run)
    return mended


def choose_runs(runs: Sequence[Run]) -> list[Run]:
    """Runs that follow each other; of those that run side by side the one that covers more (two registers: one)."""

    def worth(run: Run) -> tuple[bool, timedelta, int, bool, datetime, int]:
        whole = run.has_start and run.has_stop
        return (not whole, run.first.at - run.last.at, -len(run.marks), not run.has_start, run.first.at, run.first.wh)

    chosen: list[Run] = []
    for run in sorted((run for run in runs if len(run.marks) > 1 or run.has_start), key=worth):
        if all(_follow_each_other(run, other) for other in chosen):
            chosen.append(run)
    return sorted(chosen, key=lambda run: (run.first.at, run.first.kind, run.last.at, run.first.wh))


def _follow_each_other(run: Run, other: Run) -> bool:
    if run.first.at >= other.last.at or run.last.at <= other.first.at:
        touch = run.first.at == other.last.at or run.last.at == other.first.at
        return not touch or not (_is_of_one_moment(run) or _is_of_one_moment(other))
    return False


def _is_of_one_moment(run: Run) -> bool:
    """Several registers at the same moment; at the very start one of them is where the count begins."""
    return run.first.at == run.last.at and not run.has_start


def restarted(before: Run, run: Run, limits: Limits) -> bool:
    """Did the register begin again at zero? It fell, and since then no more can have flowed than it now shows."""
    fell = run.first.wh < before.top_wh - LAG_WH
    return fell and len(run.marks) > 1 and run.first.wh <= limits.room_wh(before.last.at, run.first.at)


def side_by_side(run: Run, other: Run) -> bool:
    return run.first.at < other.last.at and other.first.at < run.last.at
