"""Chargers that run at their rating or not at all, and the least that others run at."""

import pytest

from depot.energy import steps
from depot.energy.instance import Control, Held
from depot.energy.planner import plan
from tests.energy.yard import DEAR_THEN_CHEAP, evse, instance, kw_of, need, site


@pytest.fixture(params=["the night is rounded", "the hour alone"])
def ways_of_rounding(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "the hour alone":
        monkeypatch.setattr(steps, "round_night", lambda *_, **__: None)
        monkeypatch.setattr(steps, "search_night", lambda *_, **__: None)


def test_a_start_stop_charger_runs_at_its_rating_or_not_at_all() -> None:
    clicks = evse("A", max_kw=6.0, control=Control.START_STOP)
    given = instance(
        site(4, limit_kw=8, price=(0.1, 0.2, 0.3, 0.4)),
        [clicks, evse("B")],
        [need("old", 12, at="A", departs=4), need("van", 12, at="B", departs=4)],
    )

    made = plan(given)

    assert set(kw_of(made, "old")) == {0.0, 6.0}
    assert made.unmet_kwh == 0


def test_a_start_stop_charger_that_has_just_started_runs_on() -> None:
    clicks = evse(max_kw=6.0, control=Control.START_STOP)
    running = need(kwh=6, departs=4, is_charging=True, must_run_slots=1)
    given = instance(site(4, price=DEAR_THEN_CHEAP), [clicks], [running])

    assert kw_of(plan(given), "van")[0] == 6


@pytest.mark.usefixtures("ways_of_rounding")
def test_a_minimum_run_is_kept_while_others_are_rounded() -> None:
    clicks = evse("A", max_kw=6.0, control=Control.START_STOP)
    running = need("old", 6, at="A", departs=6, is_charging=True, must_run_slots=2)
    others = [need(key, 6.9, at=key, departs=6) for key in "BC"]
    given = instance(
        site(6, price=(0.4, 0.4, 0.1, 0.1, 0.1, 0.1)),
        [clicks, evse("B", max_kw=5.0, min_kw=3.4), evse("C", max_kw=5.0, min_kw=3.4)],
        [running, *others],
    )

    made = plan(given)

    assert kw_of(made, "old")[:2] == [6, 6]
    assert {kw >= 3.4 for key in "BC" for kw in kw_of(made, key)[:4] if kw} == {True}


@pytest.mark.usefixtures("ways_of_rounding")
def test_what_is_drawn_out_of_our_hands_counts_while_others_are_rounded() -> None:
    lost = evse("A", max_kw=4.0, held_kw=(4.0,) * 4, held=Held.OFFLINE)
    given = instance(
        site(4, limit_kw=8.0, price=(0.1, 0.2, 0.3, 0.4)),
        [lost, evse("B", max_kw=6.0, min_kw=3.0), evse("C", max_kw=6.0, min_kw=3.0)],
        [need("lost", 8, at="A", departs=4), need("B", 6.5, at="B", departs=4), need("C", 6.5, at="C", departs=4)],
    )

    made = plan(given)

    assert kw_of(made, "lost") == [4, 4, 0, 0]
    assert all(kw == 0 or kw >= 3 for key in "BC" for kw in kw_of(made, key))


def test_a_limit_comes_before_a_minimum_run() -> None:
    clicks = evse(max_kw=6.0, control=Control.START_STOP)
    running = need(kwh=6, departs=4, is_charging=True, must_run_slots=2)
    given = instance(site(4, limit_kw=(5.0, 5.0, 8.0, 8.0)), [clicks], [running])

    assert kw_of(plan(given), "van") == [0, 0, 6, 0]


def test_a_start_stop_charger_that_has_started_enough_stays_off() -> None:
    clicks = evse(max_kw=6.0, control=Control.START_STOP)
    given = instance(site(6), [clicks], [need(kwh=6, departs=6, may_start=False)])

    assert kw_of(plan(given), "van")[:4] == [0, 0, 0, 0]
    assert plan(given).unmet_kwh == 0


def test_room_below_the_minimum_is_left_where_waiting_serves_as_well() -> None:
    given = instance(site(2, limit_kw=(3.0, 9.0)), [evse(min_kw=4.0)], [need(kwh=9, departs=2)])

    assert kw_of(plan(given), "van") == [0, 9]


def test_minimum_powers_are_searched_where_rounding_would_miss() -> None:
    # Two of three fit at their minimum in each slot; every van needs two of the three slots.
    given = instance(
        site(3, limit_kw=8.0),
        [evse(key, max_kw=4.0, min_kw=4.0) for key in "ABC"],
        [need(key, 8, at=key, departs=3) for key in "ABC"],
    )

    made = plan(given)

    assert made.unmet_kwh == 0
    assert all(kw in (0.0, 4.0) for key in "ABC" for kw in kw_of(made, key))
