"""A night is begun by a test and ended with it, however it went."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.nights.night import Night

# Each takes minutes, and only when asked for: `run.py nights`.
collect_ignore = [] if os.environ.get("NIGHTS") else ["test_long_nights.py", "test_sunny_days.py"]

BeginNight = Callable[..., "Night"]


@pytest.fixture
def begin_night(transactional_db: None, tmp_path: Path) -> Iterator[BeginNight]:
    from tests.nights.night import Night

    nights: list[Night] = []

    def begin(*args: object, **kwargs: object) -> Night:
        folder = tmp_path / f"night-{len(nights)}"
        folder.mkdir()
        night = Night(folder, *args, **kwargs)  # type: ignore[arg-type]
        nights.append(night)
        night.begin()
        return night

    yield begin
    for night in nights:
        night.end()
