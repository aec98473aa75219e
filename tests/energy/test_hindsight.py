"""Past days of a depot, lived through again by each policy."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from depot.energy.hindsight import Hindsight, Past, PastSession, look_back, scenario_of
from depot.energy.instance import Circuit, InstanceInvalid
from depot.energy.policies import Policy
from depot.energy.scenario import Demand
from tests.energy.yard import evse

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
SLOTS = 48  # two days of hours


def session(vehicle: str, at: str, hours: tuple[float, float], kwh: float, **more: object) -> PastSession:
    return PastSession(
        vehicle=vehicle,
        evse=at,
        arrived_at=MIDNIGHT + timedelta(hours=hours[0]),
        departed_at=MIDNIGHT + timedelta(hours=hours[1]),
        energy_kwh=kwh,
        **more,  # type: ignore[arg-type]
    )


def past(*sessions: PastSession, **more: object) -> Past:
    """Dear from 16 to 20 h on both days; half of the month's days are like the first, half like the second."""
    hour = np.arange(SLOTS) % 24
    given = Past(
        name="March",
        starts_at=MIDNIGHT,
        slot_h=1.0,
        evses=(evse("A"), evse("B")),
        circuits=(Circuit(key="root"),),
        building_kw=np.full(SLOTS, 2.0),
        solar_kw=np.zeros(SLOTS),
        import_limit_kw=np.full(SLOTS, 15.0),
        import_price=np.where((hour >= 16) & (hour < 20), 0.4, 0.1),
        export_price=np.zeros(SLOTS),
        demand=(Demand(key="month", price_per_kw=3.0, applies=np.ones(SLOTS, dtype=bool)),),
        billing_days=30,
        sessions=sessions,
    )
    return replace(given, **more)  # type: ignore[arg-type]


def of(policy: Policy | None, ways: list[Hindsight]) -> Hindsight:
    [way] = [way for way in ways if way.policy == policy]
    return way


TWO_VANS = (session("one", "A", (16, 30), 20), session("two", "B", (16, 31), 20))


def test_the_planner_would_have_waited_for_the_cheap_hours() -> None:
    ways = look_back(past(*TWO_VANS))

    planned, at_once = of(Policy.PLANNER, ways), of(Policy.UNMANAGED, ways)

    # 30 days stand for the two: 96 kWh of the building, 16 of them dear, and 40 of the vans.
    building = 15 * (80 * 0.1 + 16 * 0.4)
    assert planned.energy_cost == pytest.approx(building + 15 * 40 * 0.1)
    assert at_once.energy_cost == pytest.approx(building + 15 * 40 * 0.4)
    assert planned.peak_kw < at_once.peak_kw == 22
    assert (planned.violations, at_once.violations) == (0, 2)
    assert planned.unmet_kwh == at_once.unmet_kwh == 0


def test_how_it_was_is_billed_from_what_was_metered() -> None:
    charged = np.zeros(SLOTS)
    charged[16:20] = 10.0

    [was] = look_back(past(*TWO_VANS, charged_kw=charged), policies=())

    assert was.bill == pytest.approx(15 * (80 * 0.1 + 16 * 0.4 + 40 * 0.4) + 3 * 12)
    assert was.policy is None
    assert was.grid_kw[16] == 12


def test_a_peak_of_half_an_hour_is_the_mean_of_its_slots() -> None:
    half = Demand(key="half hours", price_per_kw=3.0, applies=np.ones(SLOTS, dtype=bool), slots_per_interval=2)
    charged = np.zeros(SLOTS)
    charged[17:19] = 8.0

    [was] = look_back(past(demand=(half,), charged_kw=charged), policies=())

    assert was.bill - was.energy_cost == pytest.approx(3 * (2 + 8 / 2))


def test_a_peak_counts_only_where_its_charge_applies() -> None:
    nights = Demand(key="nights", price_per_kw=3.0, applies=np.arange(SLOTS) % 24 < 6)
    charged = np.zeros(SLOTS)
    charged[12], charged[3] = 9.0, 4.0

    [was] = look_back(past(demand=(nights,), charged_kw=charged), policies=())

    assert was.bill - was.energy_cost == pytest.approx(3 * 6)


def test_a_session_is_taken_for_the_whole_slots_that_it_lasted() -> None:
    [stay] = scenario_of(past(session("one", "A", (16.5, 19.25), 5))).stays

    assert (stay.arrives, stay.departs) == (17, 19)


def test_a_session_shorter_than_a_slot_still_gets_what_it_got() -> None:
    given = past(session("one", "A", (16.2, 16.7), 4, max_kw=3.0))

    [stay] = scenario_of(given).stays

    assert (stay.arrives, stay.departs, stay.energy_kwh) == (17, 18, 4)
    assert all(way.unmet_kwh == 0 for way in look_back(given))


def test_two_sessions_after_each_other_do_not_meet_in_one_slot() -> None:
    first, second = scenario_of(past(session("one", "A", (16, 16.2), 2), session("two", "A", (16.3, 19), 5))).stays

    assert first.departs <= second.arrives


def test_what_a_charger_loses_is_metered_and_not_asked_for_twice() -> None:
    lossy = past(session("one", "A", (1, 9), 20), evses=(evse("A", efficiency=0.8),))

    planned = of(Policy.PLANNER, look_back(lossy, [Policy.PLANNER]))

    assert (planned.grid_kw - 2).sum() == pytest.approx(20, abs=2e-3)


@pytest.mark.parametrize(
    "wrong", [past(session("one", "Z", (1, 2), 3)), past(building_kw=np.zeros(30)), past(building_kw=np.zeros(10))]
)
def test_a_past_that_cannot_have_been_is_refused(wrong: Past) -> None:
    with pytest.raises(InstanceInvalid):
        look_back(wrong)
