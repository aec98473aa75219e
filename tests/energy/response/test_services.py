"""What a cap of the grid changes, and what it came to."""

from datetime import UTC, datetime, timedelta

import pytest

from depot.energy.models import GridCap, PlanMark, StoredPlan
from depot.energy.response.models import CapEffect
from depot.energy.response.services import foresee, heed_caps, measure
from depot.energy.services import hands
from depot.models import Bay, Depot
from tests.energy.rows import make_cap, make_circuit, make_interval, make_need, make_sample, make_source, wired_bay
from tests.factories import make_depot, make_session, make_vehicle

pytestmark = pytest.mark.django_db

EVENING = datetime(2026, 3, 5, 17, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def depot() -> Depot:
    depot = make_depot(site_limit_w=50_000)
    make_circuit(depot)
    return depot


def plugged_in(depot: Depot, unit_number: str, *, kwh: float = 9, leaves_in_h: float = 2) -> Bay:
    """A van that needs most of the time that it has."""
    bay = wired_bay(depot)
    van = make_vehicle(unit_number=unit_number, battery_kwh=75)
    session = make_session(bay, van, energy_wh=0, started_at=EVENING)
    make_need(
        depot, vehicle=van, session=session, departs_at=EVENING + leaves_in_h * HOUR, energy_wh=round(kwh * 1000),
        told_at=EVENING, holds_until=EVENING + 12 * HOUR, session_energy_wh=0,
    )  # fmt: skip
    return bay


def cap(depot: Depot, kw: float, *, since: float = 0, until: float = 1) -> GridCap:
    return make_cap(depot, limit_w=round(kw * 1000), starts_at=EVENING + since * HOUR, ends_at=EVENING + until * HOUR)


def test_the_plan_keeps_it_and_says_who_gives_way(depot: Depot) -> None:
    plugged_in(depot, "Van 1", leaves_in_h=1)
    plugged_in(depot, "Van 2", leaves_in_h=1)

    effect = foresee(cap(depot, 12), now=EVENING)

    assert effect.without_kw == pytest.approx(22, abs=0.1)
    assert effect.with_kw == pytest.approx(12, abs=0.1)
    assert effect.gave_way
    assert all(each["with_kwh"] < each["without_kwh"] for each in effect.gave_way)
    assert {each["name"] for each in effect.will_miss} <= {"Van 1", "Van 2"}
    assert effect.will_miss


def test_who_has_time_later_misses_nothing(depot: Depot) -> None:
    plugged_in(depot, "Van 1", leaves_in_h=1)
    plugged_in(depot, "Van 2", leaves_in_h=6)

    effect = foresee(cap(depot, 12), now=EVENING)

    assert effect.will_miss == []


def test_foreseen_is_not_done(depot: Depot) -> None:
    plugged_in(depot, "Van 1")
    it = cap(depot, 5)

    foresee(it, now=EVENING)

    it.refresh_from_db()
    assert it.taken_back_at is None
    assert not StoredPlan.objects.exists()


def test_a_cap_that_was_kept_says_so(depot: Depot) -> None:
    it = cap(depot, 12.5)
    grid = make_source(depot, "grid")
    for minute in range(60):
        make_sample(depot, source=grid, at=EVENING + timedelta(minutes=minute), value=11_000 + 200 * (minute % 15))

    effect = measure(it, now=EVENING + 2 * HOUR)

    # By the quarter, as it is counted: a moment above says so beside it.
    assert (effect.highest_kw, effect.over_kw, effect.is_metered) == (pytest.approx(12.4), 0, True)
    assert effect.highest_moment_kw == pytest.approx(13.8)


def test_a_cap_that_was_passed_says_by_how_much(depot: Depot) -> None:
    it = cap(depot, 12)
    for quarter, wh in enumerate((2_000, 3_600, 2_500, 2_500)):
        make_interval(depot, starts_at=EVENING + quarter * HOUR / 4, grid_wh=wh)

    effect = measure(it, now=EVENING + 2 * HOUR)

    assert (effect.over_kw, effect.is_metered) == (pytest.approx(2.4), False)


def test_of_a_window_without_measurements_nothing_is_claimed(depot: Depot) -> None:
    effect = measure(cap(depot, 12), now=EVENING + 2 * HOUR)

    assert (effect.highest_kw, effect.over_kw) == (None, None)


def test_each_is_foreseen_when_it_is_entered_and_measured_once_when_it_is_over(depot: Depot) -> None:
    it = cap(depot, 12)

    assert [heed_caps(EVENING), heed_caps(EVENING + timedelta(minutes=1))] == [1, 0]
    assert [heed_caps(EVENING + 1.2 * HOUR), heed_caps(EVENING + 1.3 * HOUR)] == [1, 0]
    assert CapEffect.objects.get(cap=it).measured_at == EVENING + 1.2 * HOUR


def test_one_entered_early_is_looked_at_again_shortly_before(depot: Depot) -> None:
    cap(depot, 12, since=5, until=6)
    heed_caps(EVENING)

    assert heed_caps(EVENING + 3 * HOUR) == 0
    assert heed_caps(EVENING + 4.8 * HOUR) == 1


def test_a_cap_asks_for_a_plan(depot: Depot) -> None:
    hands.cap_grid(depot, 12_000, starts_at=EVENING, ends_at=EVENING + HOUR, now=EVENING)

    assert "12 kW" in PlanMark.objects.get(depot=depot).why
