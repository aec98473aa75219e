"""What a vehicle gives back to the grid is counted by a register of its own."""

from datetime import datetime, timedelta

import pytest

from chargers.events import Reading
from chargers.ocpp.values import reading, sample
from sessions.services.progress import PROGRESS_COLUMNS, Progress
from tests.factories import THURSDAY


@pytest.fixture
def progress() -> Progress:
    nothing = dict.fromkeys(PROGRESS_COLUMNS)
    return Progress(session_id=1, max_w=11_000, **nothing | {"last_heard_at": THURSDAY, "energy_state": ""})  # type: ignore[arg-type]


def tell(progress: Progress, minutes: int, *, taken: int | None = None, given: int | None = None) -> None:
    at = THURSDAY + timedelta(minutes=minutes)
    progress.take(Reading(at=at, energy_wh=taken, export_wh=given), at=at, heard_at=at)


def test_what_is_taken_and_what_is_given_are_counted_apart(progress: Progress) -> None:
    tell(progress, 0, taken=10_000, given=500)
    tell(progress, 30, taken=13_000, given=500)

    tell(progress, 60, taken=13_000, given=2_500)

    assert (progress.energy_wh, progress.exported_wh) == (3_000, 2_000)


def test_a_charger_without_such_a_register_gave_nothing_that_we_know_of(progress: Progress) -> None:
    tell(progress, 0, taken=10_000)
    tell(progress, 30, taken=13_000)

    assert progress.exported_wh is None


def test_a_register_that_restarts_takes_nothing_back(progress: Progress) -> None:
    tell(progress, 0, given=500_000)
    tell(progress, 30, given=503_000)
    tell(progress, 60, given=0)

    tell(progress, 90, given=1_000)

    assert progress.exported_wh == 4_000


def test_a_reading_told_late_changes_nothing(progress: Progress) -> None:
    tell(progress, 0, given=1_000)
    tell(progress, 60, given=4_000)

    tell(progress, 30, given=200)

    assert progress.exported_wh == 3_000


def test_power_out_of_the_vehicle_is_negative() -> None:
    at: datetime = THURSDAY
    told = [
        sample(0, "Power.Active.Import", "W", None, None, None),
        sample(4.2, "Power.Active.Export", "kW", None, None, None),
    ]

    assert reading(at, [one for one in told if one is not None]).power_w == -4_200
