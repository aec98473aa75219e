"""Over whole recorded days: little import, few starts and stops, departures met."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest

from tests.energy.solar.days import MIDNIGHT, STEPS, Lived, Van, live
from tests.energy.solar.recordings import STEP_S, Recording, cloudy, sunny

TWO_PER_CENT = 0.02
TURNS = 6
RATING_W = 7_360.0


def three_vans() -> list[Van]:
    """One waits for the sun all day; one leaves at two and one at five, and needs more than its share."""
    return [
        Van(1),
        Van(2, leaves_at=MIDNIGHT + timedelta(hours=14), needs_kwh=25.0),
        Van(3, leaves_at=MIDNIGHT + timedelta(hours=17), needs_kwh=40.0),
    ]


def with_a_truck() -> list[Van]:
    """At a charger that is only started and stopped stands one that leaves at five."""
    return [Van(1), Van(2, rating_w=RATING_W, leaves_at=MIDNIGHT + timedelta(hours=17), needs_kwh=18.0)]


def a_truck_alone() -> list[Van]:
    """One that only likes the sun, and nobody beside it who could be turned down in a shade."""
    return [Van(1, rating_w=RATING_W)]


@cache
def whole_day(record: Callable[[], Recording], vans: Callable[[], list[Van]] = three_vans) -> Lived:
    return live(record(), vans())


@pytest.fixture(params=[sunny, cloudy], ids=["sunny", "cloudy"])
def record(request: pytest.FixtureRequest) -> Callable[[], Recording]:
    chosen: Callable[[], Recording] = request.param
    return chosen


@pytest.fixture(params=[three_vans, with_a_truck], ids=["three_vans", "with_a_truck"])
def lived(record: Callable[[], Recording], request: pytest.FixtureRequest) -> Lived:
    return whole_day(record, request.param)


def test_what_is_diverted_comes_from_the_sun(lived: Lived) -> None:
    assert lived.diverted_kwh > 10
    assert lived.imported_share <= TWO_PER_CENT


def test_no_vehicle_turns_on_and_off_more_than_six_times(lived: Lived) -> None:
    assert max(van.turns for van in lived.vans) <= TURNS


def test_every_departure_is_met(lived: Lived) -> None:
    leaving = [van.key for van in lived.vans if van.leaves_at is not None]

    assert lived.missed_kwh == {key: pytest.approx(0, abs=0.1) for key in leaving}


@pytest.mark.parametrize("seed", [25, 29, 49])
def test_a_small_roof_under_a_broken_sky_keeps_to_the_same(seed: int) -> None:
    """Departures take most of what there is: what they leave is little, and gone in a moment."""
    lived = live(cloudy(20_000, seed), three_vans())

    assert lived.imported_share <= TWO_PER_CENT
    assert max(van.turns for van in lived.vans) <= TURNS
    assert max(lived.missed_kwh.values()) == pytest.approx(0, abs=0.1)


def test_who_is_only_started_and_stopped_fills_up_on_a_clear_day() -> None:
    lived = whole_day(sunny, a_truck_alone)

    (truck,) = lived.vans
    assert truck.turns == 2
    assert truck.charged_kwh > 50
    assert lived.imported_share <= TWO_PER_CENT


@pytest.mark.parametrize("rating_w", [3_680.0, RATING_W])
@pytest.mark.parametrize("seed", [7, 11])
def test_under_a_broken_sky_it_is_left_to_its_plan(seed: int, rating_w: float) -> None:
    lived = live(cloudy(seed=seed), [Van(1, rating_w=rating_w)])

    assert (lived.vans[0].turns, lived.imported_kwh) == (0, 0)


@pytest.mark.parametrize("vans", [with_a_truck, a_truck_alone])
def test_its_contactor_stays_closed_for_a_quarter_of_an_hour(
    record: Callable[[], Recording], vans: Callable[[], list[Van]]
) -> None:
    truck = whole_day(record, vans).vans[-1]

    runs = zip(truck.turned_at[::2], truck.turned_at[1::2], strict=False)
    assert all((ends - begins) * STEP_S >= 15 * 60 - 2 * STEP_S for begins, ends in runs)


def test_most_of_a_clear_day_is_used() -> None:
    lived = whole_day(sunny)

    assert lived.diverted_kwh > 0.6 * lived.offered_kwh


def test_a_meter_that_falls_silent_costs_no_import_to_speak_of() -> None:
    noon = STEPS // 2
    lived = live(sunny(), [Van(1)], silent=range(noon, noon + 720))

    assert lived.imported_share <= TWO_PER_CENT
    assert lived.vans[0].turns <= TURNS
