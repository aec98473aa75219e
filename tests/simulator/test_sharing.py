"""A station's limit is shared and never passed."""

import pytest

from simulator.sharing import Want, share


@pytest.mark.parametrize(
    ("station_w", "wants", "parts"),
    [
        (None, [(7000, 1400), (7000, 1400)], [7000, 7000]),
        (20000, [(7000, 1400), (7000, 1400)], [7000, 7000]),
        (10000, [(7000, 1400), (7000, 1400)], [5000, 5000]),
        (10000, [(2000, 1400), (9000, 1400)], [2000, 8000]),
        (2000, [(7000, 1400), (7000, 1400)], [2000, 0]),
        (1000, [(7000, 1400), (7000, 1400)], [0, 0]),
        (2000, [(0, 0), (7000, 1400)], [0, 2000]),
        (0, [(7000, 0)], [0]),
    ],
)
def test_shares(station_w: float | None, wants: list[tuple[float, float]], parts: list[float]) -> None:
    assert share(station_w, [Want(*each) for each in wants]) == parts
