"""How far a charger came, and what mends the step at which it failed."""

from datetime import UTC, datetime

import pytest

from chargers.choices import Refusal
from depot.yard.diagnosis import (
    FAILURES,
    LetIn,
    Refused,
    StepName,
    StepState,
    explain_let_in,
    explain_refused,
    looks_like,
)

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)


def refused(reason: str, **changes: str) -> Refused:
    facts = {"identity": "CP-A07", "address": "10.20.4.57", "path": "/ocpp/CP-A07", "offered": "ocpp1.5"} | changes
    return Refused(at=NOON, reason=reason, answered_with=401, **facts)


def let_in(**changes: object) -> LetIn:
    facts = {
        "at": NOON, "address": "10.20.4.57", "protocol": "ocpp1.6", "authenticated": True, "closed_at": None,
        "close_reason": "", "heard": True, "booted": True, "waits": False,
    } | changes  # fmt: skip
    return LetIn(**facts)  # type: ignore[arg-type]


def test_every_reason_of_the_door_has_a_step_and_a_remedy() -> None:
    assert set(FAILURES) == set(Refusal.values)
    for reason in Refusal.values:
        failed = explain_refused(refused(reason)).failed
        assert failed is not None
        assert failed.words
        assert failed.remedy
        assert "{" not in failed.words + failed.remedy


def test_steps_before_the_failing_one_passed_and_those_after_were_not_reached() -> None:
    steps = explain_refused(refused("wrong_password")).steps

    assert [step.state for step in steps] == [
        StepState.PASSED, StepState.PASSED, StepState.PASSED, StepState.FAILED, StepState.NOT_REACHED,
        StepState.NOT_REACHED,
    ]  # fmt: skip


def test_a_wrong_version_says_what_was_offered() -> None:
    failed = explain_refused(refused("wrong_subprotocol")).failed

    assert failed is not None
    assert failed.name == StepName.SUBPROTOCOL
    assert "offered “ocpp1.5”" in failed.words


def test_a_charger_that_booted_is_through() -> None:
    assert explain_let_in(let_in(), "CP-A07").is_through


def test_a_charger_that_is_connected_and_silent_is_waited_for() -> None:
    steps = explain_let_in(let_in(heard=False, booted=False), "CP-A07").steps

    assert steps[-1].state == StepState.WAITING


def test_a_link_that_closed_before_a_word_failed_at_the_boot() -> None:
    tried = explain_let_in(let_in(heard=False, booted=False, closed_at=NOON, close_reason="1006"), "CP-A07")

    assert tried.failed is not None
    assert tried.failed.name == StepName.BOOT
    assert "1006" in tried.failed.words


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("cp_a07", "CP-A07", True),
        ("CP-A7", "CP-A07", True),
        ("TACW1142217G0001", "TACW1142217G0007", True),
        ("CP-A07", "VAN-CHARGER", False),
        ("", "CP-A07", False),
    ],
)
def test_a_mistyped_name_is_recognised(one: str, other: str, alike: bool) -> None:
    assert looks_like(one, other) is alike
