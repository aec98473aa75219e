"""What a word about a session means, given what is known of it."""

from datetime import UTC, datetime, timedelta

import pytest

from sessions.lifecycle import (
    MOVES,
    Moment,
    Move,
    Phase,
    Word,
    end_before_next,
    end_by_evidence,
    end_told,
    is_live,
    moment,
    next_move,
)
from sessions.quality import Code

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
NEVER_SET = datetime(1970, 1, 1, 0, 7, tzinfo=UTC)


def test_every_word_has_a_meaning_in_every_phase() -> None:
    assert set(MOVES) == {(phase, word) for phase in Phase for word in Word}


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.ESTIMATED, Phase.ENDED])
def test_a_start_told_again_changes_nothing(phase: Phase) -> None:
    assert next_move(phase, Word.START, start_is_known=True) is Move.NOTHING


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.ESTIMATED, Phase.ENDED])
def test_a_start_told_after_what_followed_it_is_filled_in(phase: Phase) -> None:
    assert next_move(phase, Word.START, start_is_known=False) is Move.FILL_START


def test_only_the_chargers_own_stop_ends_for_good() -> None:
    ends = {(phase, word) for (phase, word), move in MOVES.items() if move in (Move.END, Move.REPLACE_ESTIMATE)}

    assert ends == {(Phase.RUNNING, Word.STOP), (Phase.ESTIMATED, Word.STOP)}


@pytest.mark.parametrize("word", list(Word))
def test_nothing_but_a_late_start_changes_what_the_charger_ended(word: Word) -> None:
    assert next_move(Phase.ENDED, word) in (Move.NOTHING, Move.KEEP_LATE)


@pytest.mark.parametrize("word", [Word.UPDATE, Word.READING])
def test_what_was_closed_by_evidence_resumes_only_where_it_is_seen_to_go_on(word: Word) -> None:
    assert next_move(Phase.ESTIMATED, word, goes_on=True) is Move.RESUME
    assert next_move(Phase.ESTIMATED, word, goes_on=False) is Move.KEEP_LATE


@pytest.mark.parametrize("word", [Word.FREE, Word.NEXT_START, Word.FORGOTTEN])
def test_evidence_closes_what_runs_and_nothing_else(word: Word) -> None:
    assert [phase for phase in Phase if next_move(phase, word) is Move.CLOSE] == [Phase.RUNNING]


def test_a_time_that_can_be_true_is_taken_as_told() -> None:
    told = NOON - timedelta(days=3)

    assert moment(told, NOON) == Moment(told)


@pytest.mark.parametrize("told", [NEVER_SET, NOON + timedelta(hours=2), datetime.max.replace(tzinfo=UTC)])
def test_a_time_that_cannot_be_true_is_replaced_by_the_time_of_receipt(told: datetime) -> None:
    repaired = moment(told, NOON)

    assert repaired.at == NOON
    assert repaired.note is not None
    assert repaired.note.code is Code.TIME_REPAIRED


def test_a_time_that_cannot_be_true_is_mended_by_the_known_offset_of_the_clock() -> None:
    an_hour_ago = NOON - timedelta(hours=1)
    offset_s = (NEVER_SET - an_hour_ago).total_seconds()

    assert moment(NEVER_SET, NOON, offset_s).at == an_hour_ago


def test_an_offset_that_does_not_mend_it_is_left_alone() -> None:
    assert moment(NEVER_SET, NOON, 5.0).at == NOON
    assert moment(datetime.min.replace(tzinfo=UTC), NOON, 1e9).at == NOON


def test_a_replayed_fact_does_not_say_how_things_are_now() -> None:
    assert is_live(NOON, NOON + timedelta(minutes=1))
    assert not is_live(NOON, NOON + timedelta(hours=5))
    assert not is_live(NOON, NOON, offline=True)


def test_a_stop_never_comes_before_its_start() -> None:
    a_little = end_told(Moment(NOON - timedelta(seconds=30)), started_at=NOON, heard_at=NOON)
    far = end_told(Moment(NOON - timedelta(hours=1)), started_at=NOON, heard_at=NOON + timedelta(minutes=3))

    assert a_little == Moment(NOON)
    assert far.at == NOON + timedelta(minutes=3)
    assert far.note is not None
    assert far.note.code is Code.STOP_BEFORE_START


def test_a_session_closed_by_evidence_ended_when_it_showed() -> None:
    shown_at, heard_at = NOON + timedelta(hours=1), NOON + timedelta(hours=5)

    assert end_by_evidence(shown_at, last_sign_at=NOON, heard_at=heard_at) == shown_at


def test_evidence_older_than_the_last_sign_counts_from_when_it_was_heard() -> None:
    """Some chargers report how they are with the time at which they once became so."""
    shown_at, heard_at = NOON - timedelta(hours=5), NOON + timedelta(minutes=1)

    assert end_by_evidence(shown_at, last_sign_at=NOON, heard_at=heard_at) == heard_at


def test_a_session_closed_by_the_next_one_ended_at_its_own_last_sign() -> None:
    next_started_at = NOON + timedelta(hours=3)

    assert end_before_next(next_started_at, last_sign_at=NOON) == NOON
    assert end_before_next(NOON, last_sign_at=next_started_at) == NOON
