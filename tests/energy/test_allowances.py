"""Energy that is cheaper up to so much: what is left of it, and how the plan divides it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.energy.allowances import Priced, priced, saved_by
from depot.energy.billing_month import EPOCH, Metered, cost_of, used_of
from depot.energy.instance import Allowance, InstanceInvalid
from depot.energy.pages.costs import cost_of_charging
from depot.energy.planner import plan
from depot.energy.reasons import Why, explain
from depot.energy.terms import read_terms
from tests.energy.tariffs import FREE_WINDOW, SYDNEY, Terms
from tests.energy.yard import evse, instance, kw_of, need, site

NOON = datetime(2026, 7, 6, 12, tzinfo=SYDNEY).astimezone(UTC)
QUARTER = timedelta(minutes=15)


def looked(terms: Terms, *, slots: int = 96, start: datetime = NOON, used: dict[str, Decimal] | None = None) -> Priced:
    tariff = read_terms(terms, SYDNEY)
    return priced([tariff] * slots, (start - EPOCH) // QUARTER, used=used)


def tiers(*prices: str, kwh: str = "10") -> Terms:
    first = [{"first_kwh": kwh, "each": "month", "price_per_kwh": price} for price in prices[:-1]]
    return {"energy": [*first, {"price_per_kwh": prices[-1]}]}


def test_each_day_has_an_allowance_of_its_own() -> None:
    found = looked(FREE_WINDOW, used={"0 from 2026-07-06": Decimal(20)})

    today, tomorrow = found.allowances
    assert (today.left_kwh, tomorrow.left_kwh) == (30.0, 50.0)
    # From noon to 14:00, and from 11:00 to noon on the next day.
    assert [slot for slot, saves in enumerate(today.saves_per_kwh) if saves] == list(range(8))
    assert [slot for slot, saves in enumerate(tomorrow.saves_per_kwh) if saves] == list(range(92, 96))
    assert {*today.saves_per_kwh} == {0.0, 0.3}
    assert found.import_price[:9] == (0.0,) * 8 + (0.3,)


def test_one_that_is_used_up_is_none() -> None:
    found = looked(FREE_WINDOW, slots=8, used={"0 from 2026-07-06": Decimal(50)})

    assert found == Priced((0.3,) * 8, ())


def test_rising_tiers_are_allowances_one_after_the_other() -> None:
    found = looked(tiers("0.1", "0.2", "0.4"), slots=1)

    assert found.import_price == (0.1,)
    assert [(one.left_kwh, one.saves_per_kwh) for one in found.allowances] == [
        (10.0, pytest.approx((0.3,))), (10.0, pytest.approx((0.2,))),
    ]  # fmt: skip


@pytest.mark.parametrize(("used", "price"), [("0", 0.2), ("9", 0.2), ("10", 0.15)])
def test_a_tier_before_a_cheaper_one_is_planned_with_at_its_price_until_it_is_used_up(used: str, price: float) -> None:
    found = looked(tiers("0.2", "0.15"), slots=2, used={"0 from 2026-07-01": Decimal(used)})

    assert found == Priced((price, price), ())


def test_a_market_price_is_added_to_what_is_left_and_to_what_is_beyond() -> None:
    terms = tiers("0.1", "0.3") | {"spot": {"times": "2", "stands_in_per_kwh": "0.05"}}

    found = looked(terms, slots=1)

    assert found.import_price == pytest.approx((0.2,))
    assert found.allowances[0].saves_per_kwh == pytest.approx((0.2,))


def test_a_new_billing_month_begins_its_tiers_again() -> None:
    last = datetime(2026, 7, 31, 23, tzinfo=SYDNEY).astimezone(UTC)

    found = looked(tiers("0.1", "0.3"), slots=8, start=last, used={"0 from 2026-07-01": Decimal(10)})

    assert found.import_price == (0.3,) * 4 + (0.1,) * 4
    assert [one.left_kwh for one in found.allowances] == [10.0]


def test_what_is_used_is_told_by_day() -> None:
    tariff = read_terms(FREE_WINDOW, SYDNEY)
    series = [Metered(NOON, 60.0), Metered(NOON + timedelta(hours=4), 10.0), Metered(NOON + timedelta(days=1), 5.0)]

    assert used_of(tariff, series) == {"0 from 2026-07-06": Decimal(50), "0 from 2026-07-07": Decimal(5)}


def test_two_vehicles_share_what_is_free_and_take_the_rest_where_it_is_cheap() -> None:
    # Slots of an hour: the first two are free up to 6 kWh, and 0.3 beyond; the last two cost 0.1.
    free = Allowance(key="free", left_kwh=6.0, saves_per_kwh=(0.3, 0.3, 0.0, 0.0))
    given = instance(
        site(4, price=(0.0, 0.0, 0.1, 0.1)),
        [evse("A"), evse("B")],
        [need("one", 8.0, departs=4, at="A"), need("two", 8.0, departs=4, at="B")],
        allowances=(free,),
    )

    made = plan(given)

    assert sum(made.grid_kw[:2]) == pytest.approx(6, abs=1e-3)
    assert sum(made.grid_kw[2:]) == pytest.approx(10, abs=1e-3)
    assert made.costs.energy == pytest.approx(1.0, abs=1e-3)


def test_the_building_uses_it_first() -> None:
    free = Allowance(key="free", left_kwh=6.0, saves_per_kwh=(0.3, 0.0))
    given = instance(
        site(2, price=(0.0, 0.1), building_kw=(4.0, 0.0)), [evse("A")], [need("van", 5.0, departs=2)],
        allowances=(free,),
    )  # fmt: skip

    assert kw_of(plan(given), "van") == [2.0, 3.0]


def test_it_is_passed_where_a_vehicle_leaves_before_it_gets_cheap() -> None:
    free = Allowance(key="free", left_kwh=2.0, saves_per_kwh=(0.3, 0.0))
    given = instance(site(2, price=(0.0, 0.1)), [evse("A")], [need("van", 8.0, departs=1)], allowances=(free,))

    made = plan(given)

    assert (made.unmet_kwh, kw_of(made, "van")) == (0.0, [8.0, 0.0])
    assert made.costs.energy == pytest.approx(6 * 0.3)


def test_who_waits_beyond_it_is_told_that_it_is_cheaper_later() -> None:
    free = Allowance(key="free", left_kwh=6.0, saves_per_kwh=(0.3, 0.0))
    van = need("van", 9.0, departs=2)
    given = instance(site(2, price=(0.0, 0.1)), [evse("A")], [van], allowances=(free,))

    first, _ = explain(given, plan(given))[van.key]

    assert (first.why, first.slot) == (Why.CHEAPER_LATER, 1)


def test_an_allowance_of_another_length_is_refused() -> None:
    given = instance(site(2), [evse("A")], [], allowances=(Allowance(key="free", left_kwh=1.0, saves_per_kwh=(0.1,)),))

    with pytest.raises(InstanceInvalid, match="allowance free"):
        given.check()


def test_a_plan_costs_what_the_others_leave_of_it() -> None:
    # Free are 5 kWh; others take 3 of them, so of 4 that are charged two are free and two cost 0.3.
    free = Allowance(key="free", left_kwh=5.0, saves_per_kwh=(0.3,) * 4)

    cost = cost_of_charging(
        [4.0] * 4, [3.0] * 4, [0.0] * 4, first_slot=0, tariff=read_terms(FREE_WINDOW, SYDNEY), incurred={},
        allowances=[free],
    )  # fmt: skip

    assert cost.energy == Decimal("0.6")


@given(
    st.lists(st.floats(0, 40).map(lambda kwh: round(kwh, 2)), min_size=96, max_size=96),
    st.sampled_from([FREE_WINDOW, tiers("0.1", "0.2", "0.4", kwh="300")]),
)
def test_the_bill_of_a_day_is_what_its_allowances_leave(kwh: list[float], terms: Terms) -> None:
    midnight = datetime.combine(date(2026, 7, 6), datetime.min.time(), ZoneInfo("Australia/Sydney")).astimezone(UTC)
    found = looked(terms, start=midnight)
    given = instance(site(96, price=found.import_price), [evse("A")], [], allowances=found.allowances)

    beyond = float(np.array(given.price_beyond) @ np.array(kwh)) - saved_by(found.allowances, np.array(kwh))

    series = [Metered(midnight + n * QUARTER, each) for n, each in enumerate(kwh)]
    bill = cost_of(read_terms(terms, SYDNEY), series)
    assert beyond == pytest.approx(float(sum(bill.energy.values())), abs=0.02)
