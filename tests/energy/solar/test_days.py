"""Over whole recorded days: little import, few starts and stops, departures met."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest

from tests.energy.solar.days import MIDNIGHT, STEPS, Lived, Van, live
from tests.energy.solar.recordings import Recording, cloudy, sunny

TWO_PER_CENT = 0.02
TURNS = 6


def three_vans() -> list[Van]:
    """One waits for the sun all day; one leaves at two and one at five, and needs more than its share."""
    return [
        Van(1),
        Van(2, leaves_at=MIDNIGHT + timedelta(hours=14), needs_kwh=25.0),
        Van(3, leaves_at=MIDNIGHT + timedelta(hours=17), needs_kwh=40.0),
    ]


@cache
def whole_day(record: Callable[[], Recording]) -> Lived:
    return live(record(), three_vans())


@pytest.fixture(params=[sunny, cloudy], ids=["sunny", "cloudy"])
def lived(request: pytest.FixtureRequest) -> Lived:
    return whole_day(request.param)


def test_what_is_diverted_comes_from_the_sun(lived: Lived) -> None:
    assert lived.diverted_kwh > 20
    assert lived.imported_share <= TWO_PER_CENT


def test_no_vehicle_turns_on_and_off_more_than_six_times(lived: Lived) -> None:
    assert max(van.turns for van in lived.vans) <= TURNS


def test_every_departure_is_met(lived: Lived) -> None:
    assert lived.missed_kwh == {2: pytest.approx(0, abs=0.1), 3: pytest.approx(0, abs=0.1)}


def test_most_of_a_clear_day_is_used() -> None:
    lived = whole_day(sunny)

    assert lived.diverted_kwh > 0.6 * lived.offered_kwh


def test_a_meter_that_falls_silent_costs_no_import_to_speak_of() -> None:
    noon = STEPS // 2
    lived = live(sunny(), [Van(1)], silent=range(noon, noon + 720))

    assert lived.imported_share <= TWO_PER_CENT
    assert lived.vans[0].turns <= TURNS
