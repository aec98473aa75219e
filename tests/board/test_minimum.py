"""What is next for one EVSE while its site is at the minimum."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from depot.board.minimum import Running, Step, Target, is_lifted, next_asks, next_clears, stand_after_release, stand_of
from depot.board.models import Outcome, Purpose

NOW = datetime(2026, 3, 5, 22, 46, tzinfo=UTC)
SESSION = 7
LEAST_W = 4_140.0


def step(purpose: Purpose, outcome: Outcome = Outcome.OPEN, *, session_id: int | None = None, note: str = "") -> Step:
    settled = NOW if outcome else None
    if purpose in (Purpose.SESSION, Purpose.STOP) and session_id is None:
        session_id = SESSION
    return Step(purpose=purpose, outcome=outcome, session_id=session_id, settled_at=settled, note=note)


def running(power_w: int | None = 7_100, *, read_after: timedelta = timedelta(0)) -> Running:
    return Running(session_id=SESSION, power_w=power_w, read_at=NOW + read_after)


def target(*steps: Step, **facts: Any) -> Target:
    return Target(**({"steps": steps, "running": None, "is_online": True, "most_w": LEAST_W} | facts))


DEFAULT_DONE = step(Purpose.DEFAULT, Outcome.DONE)
SESSION_DONE = step(Purpose.SESSION, Outcome.DONE)
BOTH_REFUSED = (step(Purpose.DEFAULT, Outcome.REFUSED), step(Purpose.SESSION, Outcome.REFUSED))


def test_an_idle_bay_is_told_the_limit_for_whatever_comes() -> None:
    assert next_asks(target()) == [Purpose.DEFAULT]


def test_a_bay_that_charges_is_told_for_its_vehicle_too() -> None:
    assert next_asks(target(running=running())) == [Purpose.DEFAULT, Purpose.SESSION]


def test_what_is_asked_already_is_waited_for() -> None:
    assert next_asks(target(step(Purpose.DEFAULT), step(Purpose.SESSION), running=running())) == []


def test_a_vehicle_that_came_meanwhile_is_told_too() -> None:
    earlier = step(Purpose.SESSION, Outcome.DONE, session_id=6)

    assert next_asks(target(DEFAULT_DONE, earlier, running=running())) == [Purpose.SESSION]


def test_who_refuses_both_limits_is_stopped() -> None:
    assert next_asks(target(*BOTH_REFUSED, running=running())) == [Purpose.STOP]


@pytest.mark.parametrize(
    "steps",
    [
        (DEFAULT_DONE, step(Purpose.SESSION, Outcome.REFUSED)),
        (step(Purpose.DEFAULT, Outcome.REFUSED), SESSION_DONE),
    ],
)
def test_one_limit_is_enough(steps: tuple[Step, ...]) -> None:
    assert next_asks(target(*steps, running=running())) == []


def test_nobody_is_stopped_while_an_answer_is_still_out() -> None:
    steps = (step(Purpose.DEFAULT), step(Purpose.SESSION, Outcome.REFUSED))

    assert next_asks(target(*steps, running=running())) == []


def test_who_accepts_and_does_not_keep_it_is_stopped() -> None:
    late = running(7_100, read_after=timedelta(minutes=5))

    assert next_asks(target(DEFAULT_DONE, SESSION_DONE, running=late)) == [Purpose.STOP]


def test_a_reading_from_just_after_the_limit_proves_nothing() -> None:
    soon = running(7_100, read_after=timedelta(seconds=30))

    assert next_asks(target(DEFAULT_DONE, SESSION_DONE, running=soon)) == []


def test_who_keeps_the_limit_is_left_alone() -> None:
    kept = running(4_200, read_after=timedelta(minutes=5))

    assert next_asks(target(DEFAULT_DONE, SESSION_DONE, running=kept)) == []


def test_a_stop_is_asked_once() -> None:
    assert next_asks(target(*BOTH_REFUSED, step(Purpose.STOP, Outcome.REFUSED), running=running())) == []


def test_without_contact_nothing_is_asked() -> None:
    assert next_asks(target(running=running(), is_online=False)) == []


def test_who_was_out_of_contact_is_told_when_it_is_back() -> None:
    assert next_asks(target(step(Purpose.DEFAULT, Outcome.NO_CONTACT))) == [Purpose.DEFAULT]


def test_what_was_accepted_is_lifted_at_the_release() -> None:
    clears = next_clears(target(DEFAULT_DONE, SESSION_DONE, running=running()))

    assert [purpose for purpose, _ in clears] == [Purpose.CLEAR_DEFAULT, Purpose.CLEAR_SESSION]


def test_what_was_never_answered_is_lifted_too() -> None:
    assert [purpose for purpose, _ in next_clears(target(step(Purpose.DEFAULT)))] == [Purpose.CLEAR_DEFAULT]


def test_where_every_limit_was_refused_nothing_is_lifted() -> None:
    refused = target(*BOTH_REFUSED)

    assert next_clears(refused) == []
    assert is_lifted(refused)


def test_a_limit_that_could_not_be_lifted_is_lifted_later() -> None:
    gone = step(Purpose.CLEAR_DEFAULT, Outcome.NO_CONTACT)

    assert not is_lifted(target(DEFAULT_DONE, gone, is_online=False))
    assert [purpose for purpose, _ in next_clears(target(DEFAULT_DONE, gone))] == [Purpose.CLEAR_DEFAULT]


SEEN = {
    "asked": (target(step(Purpose.DEFAULT)), "Asked; not answered yet"),
    "took it idle": (target(DEFAULT_DONE), "Took the limit; nothing charges"),
    "refuses idle": (
        target(step(Purpose.DEFAULT, Outcome.REFUSED)),
        "Refuses limits; nothing charges, and what starts is stopped",
    ),
    "keeps it": (
        target(DEFAULT_DONE, SESSION_DONE, running=running(4_000)), "At its minimum, seen in the power",
    ),
    "took it, not seen": (target(DEFAULT_DONE, SESSION_DONE, running=running()), "Took the limit; power not seen yet"),
    "does not keep it": (
        target(DEFAULT_DONE, SESSION_DONE, running=running(read_after=timedelta(minutes=5))),
        "Took the limit and does not keep it",
    ),
    "refuses": (target(*BOTH_REFUSED, running=running()), "Refuses the limit: its vehicle is stopped"),
    "stop asked": (
        target(*BOTH_REFUSED, step(Purpose.STOP), running=running()), "Does not take the limit; stop asked",
    ),
    "stop accepted": (
        target(*BOTH_REFUSED, step(Purpose.STOP, Outcome.DONE), running=running()),
        "Does not take the limit; stop accepted, waiting to see it",
    ),
    "stop refused": (
        target(*BOTH_REFUSED, step(Purpose.STOP, Outcome.REFUSED, note="no answer"), running=running()),
        "Refuses the limit and the stop: no answer. Go there",
    ),
    "stopped": (target(*BOTH_REFUSED, step(Purpose.STOP, Outcome.DONE)), "Stopped"),
    "no contact": (target(is_online=False), "No contact: not told, or not heard since"),
}  # fmt: skip


@pytest.mark.parametrize(("known", "words"), SEEN.values(), ids=SEEN)
def test_no_more_is_claimed_than_is_known(known: Target, words: str) -> None:
    assert stand_of(known).words == words


AFTER = {
    "nothing to lift": (target(*BOTH_REFUSED), "Nothing to lift"),
    "asked": (target(DEFAULT_DONE, step(Purpose.CLEAR_DEFAULT)), "Asked to lift the limit; not answered yet"),
    "lifted": (target(DEFAULT_DONE, step(Purpose.CLEAR_DEFAULT, Outcome.DONE)), "Limit lifted"),
    "not lifted": (
        target(DEFAULT_DONE, step(Purpose.CLEAR_DEFAULT, Outcome.REFUSED, note="NotSupported")),
        "Did not lift the limit: NotSupported",
    ),
    "no contact": (target(DEFAULT_DONE, is_online=False), "No contact: the limit is lifted when it is back"),
}


@pytest.mark.parametrize(("known", "words"), AFTER.values(), ids=AFTER)
def test_the_release_too_claims_no_more_than_is_known(known: Target, words: str) -> None:
    assert stand_after_release(known).words == words
