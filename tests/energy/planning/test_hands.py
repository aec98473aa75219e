"""Limits by hand, and charging now."""

from datetime import time, timedelta

import pytest

from depot.energy.services import hands
from depot.models import Depot
from tests.energy.planning.evening import EVENING, HOUR, plug_in, replan
from tests.energy.rows import (
    make_need,
    make_rule,
    make_tariff,
    wired_bay,
)
from tests.factories import make_vehicle

pytestmark = pytest.mark.django_db


def test_a_limit_by_hand_is_kept_and_named_until_its_end(depot: Depot) -> None:
    bay = wired_bay(depot)
    plug_in(bay, soc_percent=0.0)
    assert bay.evse
    hands.limit_by_hand(bay.evse, 5_000, until=EVENING + 2 * HOUR, set_by=None, now=EVENING)

    stay = replan(depot).stays.get()

    assert max(stay.kw[:8]) <= 5.0
    assert max(stay.kw[8:]) == pytest.approx(11.0)
    assert any("limit of 5 kW until 20:00" in run["text"] for run in stay.reasons)


def test_charge_now_takes_what_it_can_at_once(depot: Depot) -> None:
    make_rule(depot, "nothing", from_time=time(16), to_time=time(20))
    session = plug_in(wired_bay(depot), soc_percent=40.0)
    assert not any(replan(depot).stays.get().kw[:8])

    hands.charge_now(session, asked_by=None, now=EVENING)

    stay = replan(depot).stays.get()
    assert stay.is_now
    assert stay.kw[:12] == pytest.approx([11.0] * 12)


def test_charge_now_waits_for_no_cheaper_quarter_of_an_hour(depot: Depot) -> None:
    night = {"from": "18:15", "to": "06:00", "price_per_kwh": "0.1"}
    make_tariff(depot, {"energy": [night, {"price_per_kwh": "0.9"}]}, valid_from=EVENING.date())
    session = plug_in(wired_bay(depot), soc_percent=77.0)
    hands.charge_now(session, asked_by=None, now=EVENING)

    stay = replan(depot, EVENING + timedelta(minutes=8)).stays.get()

    assert stay.kw[0] == pytest.approx(11), "at 18:08, though 18:15 is cheaper"
    assert (stay.unmet_kwh, stay.ready_at is not None) == (0, True)


def test_one_that_charges_now_and_does_not_get_all_at_once_goes_on_and_misses_nothing(depot: Depot) -> None:
    depot.site_limit_w = 6_000
    session = plug_in(wired_bay(depot), soc_percent=40.0)
    hands.charge_now(session, asked_by=None, now=EVENING)

    stay = replan(depot).stays.get()

    assert stay.kw[0] == pytest.approx(6, abs=0.2)
    assert stay.needs_kwh == pytest.approx(0.4 * 75)
    assert (stay.unmet_kwh, stay.ready_at is not None) == (0, True)


def test_one_that_charges_now_for_longer_than_is_planned_misses_nothing(depot: Depot) -> None:
    van = make_vehicle(depot_key=depot.pk, battery_kwh=400)
    session = plug_in(wired_bay(depot), vehicle=van)
    leaves = EVENING + 40 * HOUR
    make_need(
        depot, vehicle=van, session=session, departs_at=leaves, energy_wh=350_000, told_at=EVENING, holds_until=leaves,
        session_energy_wh=0,
    )  # fmt: skip
    hands.charge_now(session, asked_by=None, now=EVENING)

    stay = replan(depot).stays.get()

    assert stay.kw == pytest.approx([11.0] * 96)
    assert stay.unmet_kwh == 0
    assert stay.ready_at is not None
    assert EVENING + 31 * HOUR < stay.ready_at < EVENING + 33 * HOUR
