"""What a charger's word about its update means."""

from datetime import time

import pytest

from depot.firmware.models import StepState
from depot.firmware.progress import FAILURES, STAGES, Progress, is_open, progress_of


def look(told: str, firmware: str = "1", before: str = "1", *, has_booted: bool = False) -> Progress | None:
    return progress_of(told, firmware=firmware, wanted="2", before=before, has_booted=has_booted)


def test_the_firmware_that_it_runs_outranks_what_it_tells() -> None:
    assert look("Downloading", firmware="2") == Progress(StepState.INSTALLED, "Runs 2")


@pytest.mark.parametrize("told", FAILURES)
def test_failures_are_said_in_words(told: str) -> None:
    assert look(told) == Progress(StepState.FAILED, FAILURES[told])


@pytest.mark.parametrize("told", sorted(set(STAGES) - {"Idle"}))
def test_stages_are_under_way(told: str) -> None:
    assert look(told) == Progress(StepState.UNDER_WAY, STAGES[told])


def test_installed_under_another_name_is_installed_and_says_so() -> None:
    words = "Says it installed it, and runs 2.0.1"
    assert look("Installed", firmware="2.0.1", has_booted=True) == Progress(StepState.INSTALLED, words)


def test_who_says_installed_before_its_restart_is_under_way_until_it_is_back() -> None:
    words = "Says it installed it, and has not started with it yet"
    assert look("Installed") == Progress(StepState.UNDER_WAY, words)


@pytest.mark.parametrize("told", ["", "Idle"])
def test_nothing_told_is_no_progress(told: str) -> None:
    assert look(told) is None


@pytest.mark.parametrize(
    ("now", "is_within"),
    [(time(21, 59), False), (time(22), True), (time(0), True), (time(4, 59), True), (time(5), False)],
)
def test_a_window_may_go_over_midnight(now: time, is_within: bool) -> None:
    assert is_open(now, time(22), time(5)) is is_within


def test_without_a_window_it_is_always_open() -> None:
    assert is_open(time(3), None, None)
