"""The one state machine of a session: what a word about it means, given what is known. Pure.

Words come late, twice, out of order, or not at all: a stop alone still makes a session, an update may come before
its start, and what was closed by evidence is replaced when the charger's own stop arrives.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sessions.quality import Code, Note


class Phase(StrEnum):
    """What is known of a session."""

    UNHEARD_OF = "unheard_of"
    RUNNING = "running"
    ESTIMATED = "estimated"  # closed by evidence: the charger never said that it ended
    ENDED = "ended"  # the charger said so


class Word(StrEnum):
    """What is told, or what shows."""

    START = "start"
    UPDATE = "update"
    READING = "reading"
    STOP = "stop"
    FREE = "free"  # the connector is available: nobody is plugged in
    NEXT_START = "next_start"  # another session starts at the same EVSE
    FORGOTTEN = "forgotten"  # the charger is well, and has long said nothing about it


class Move(StrEnum):
    """What then happens to the session."""

    OPEN = "open"
    OPEN_WITHOUT_START = "open_without_start"
    KEEP_STOP_ALONE = "keep_stop_alone"
    FILL_START = "fill_start"  # its start is told after what followed
    GO_ON = "go_on"
    END = "end"
    CLOSE = "close"  # by evidence
    REPLACE_ESTIMATE = "replace_estimate"
    RESUME = "resume"  # the evidence was wrong
    KEEP_LATE = "keep_late"  # into history: it changes nothing that lives
    NOTHING = "nothing"


MOVES: dict[tuple[Phase, Word], Move] = {
    (Phase.UNHEARD_OF, Word.START): Move.OPEN,
    (Phase.UNHEARD_OF, Word.UPDATE): Move.OPEN_WITHOUT_START,
    (Phase.UNHEARD_OF, Word.READING): Move.OPEN_WITHOUT_START,
    (Phase.UNHEARD_OF, Word.STOP): Move.KEEP_STOP_ALONE,
    (Phase.UNHEARD_OF, Word.FREE): Move.NOTHING,
    (Phase.UNHEARD_OF, Word.NEXT_START): Move.NOTHING,
    (Phase.UNHEARD_OF, Word.FORGOTTEN): Move.NOTHING,
    (Phase.RUNNING, Word.START): Move.FILL_START,
    (Phase.RUNNING, Word.UPDATE): Move.GO_ON,
    (Phase.RUNNING, Word.READING): Move.GO_ON,
    (Phase.RUNNING, Word.STOP): Move.END,
    (Phase.RUNNING, Word.FREE): Move.CLOSE,
    (Phase.RUNNING, Word.NEXT_START): Move.CLOSE,
    (Phase.RUNNING, Word.FORGOTTEN): Move.CLOSE,
    (Phase.ESTIMATED, Word.START): Move.FILL_START,
    (Phase.ESTIMATED, Word.UPDATE): Move.RESUME,
    (Phase.ESTIMATED, Word.READING): Move.RESUME,
    (Phase.ESTIMATED, Word.STOP): Move.REPLACE_ESTIMATE,
    (Phase.ESTIMATED, Word.FREE): Move.NOTHING,
    (Phase.ESTIMATED, Word.NEXT_START): Move.NOTHING,
    (Phase.ESTIMATED, Word.FORGOTTEN): Move.NOTHING,
    (Phase.ENDED, Word.START): Move.FILL_START,
    (Phase.ENDED, Word.UPDATE): Move.KEEP_LATE,
    (Phase.ENDED, Word.READING): Move.KEEP_LATE,
    (Phase.ENDED, Word.STOP): Move.NOTHING,
    (Phase.ENDED, Word.FREE): Move.NOTHING,
    (Phase.ENDED, Word.NEXT_START): Move.NOTHING,
    (Phase.ENDED, Word.FORGOTTEN): Move.NOTHING,
}


def next_move(phase: Phase, word: Word, *, start_is_known: bool = True, goes_on: bool = False) -> Move:
    """`goes_on`: what is told shows energy flowing after the estimated end, and nothing else took the EVSE since."""
    move = MOVES[phase, word]
    if move is Move.FILL_START and start_is_known:
        return Move.NOTHING
    if move is Move.RESUME and not goes_on:
        return Move.KEEP_LATE
    return move


# Before this no charger of ours was made: a clock that says so was never set (quirk 30).
CLOCKS_START = datetime(2015, 1, 1, tzinfo=UTC)
# Ahead of ours by more than this, a charger's clock is wrong; less is drift.
AHEAD_AT_MOST = timedelta(minutes=15)
# What was said about a moment longer ago than this is history: it must not show as what happens now.
LIVE_WITHIN = timedelta(minutes=15)
# A clock a little behind makes a stop seem to come before its start.
DRIFT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened, and what had to be repaired to say so."""

    at: datetime
    note: Note | None = None


def moment(told: datetime, heard_at: datetime, clock_offset_s: float | None = None) -> Moment:
    """The charger's time where it can be true; else by its known offset; else the time of receipt."""
    if can_be(told, heard_at):
        return Moment(told)
    said = f"{told:%Y-%m-%d %H:%M:%S} UTC"
    if clock_offset_s is not None:
        try:
            corrected = told - timedelta(seconds=clock_offset_s)
        except OverflowError:
            corrected = told
        if can_be(corrected, heard_at):
            return Moment(
                corrected, Note(Code.TIME_REPAIRED, f"The charger said {said}; its clock's offset is taken off.")
            )
    return Moment(
        heard_at, Note(Code.TIME_REPAIRED, f"The charger said {said}; the time of receipt stands in its place.")
    )


def can_be(told: datetime, heard_at: datetime) -> bool:
    return told >= CLOCKS_START and told - heard_at <= AHEAD_AT_MOST


def is_live(at: datetime, heard_at: datetime, *, offline: bool = False) -> bool:
    """Does it say how things are now? Replayed facts count under their own time only (quirk 32)."""
    return not offline and heard_at - at <= LIVE_WITHIN


def end_told(told: Moment, *, started_at: datetime, heard_at: datetime) -> Moment:
    """The end by the charger's stop: never before the start."""
    if told.at >= started_at:
        return told
    if started_at - told.at <= DRIFT:
        return Moment(started_at, told.note)
    at = max(started_at, heard_at)
    return Moment(at, Note(Code.STOP_BEFORE_START, f"The stop was told as of {told.at:%Y-%m-%d %H:%M:%S} UTC."))


def end_by_evidence(shown_at: datetime, *, last_sign_at: datetime, heard_at: datetime) -> datetime:
    """When a session ended whose stop never came: when the evidence showed, but not before its own last sign.

    A time that contradicts the session's last sign says nothing, and then it was known only when it was heard.
    """
    return shown_at if last_sign_at <= shown_at <= heard_at + AHEAD_AT_MOST else max(last_sign_at, heard_at)


def end_before_next(next_started_at: datetime, *, last_sign_at: datetime) -> datetime:
    """When a session ended that is known to be over only by the next one: at its own last sign."""
    return min(last_sign_at, next_started_at)


# After the estimated end, a reading this close to it is the last of what has ended, not a sign of going on.
TRAILING = timedelta(seconds=30)
