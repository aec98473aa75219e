"""A plan that is held already gives way to limits and to a cheaper one only."""

from depot.energy.planner import plan
from tests.energy.yard import evse, instance, kw_of, need, site, unmet_of


def test_the_installed_plan_is_kept_where_another_is_no_better() -> None:
    held = (0.0, 0.0, 4.0, 6.0, 0.0, 0.0, 0.0, 0.0)
    given = instance(site(8), [evse()], [need(kwh=10, departs=8, installed_kw=held)])

    assert kw_of(plan(given), "van") == list(held)


def test_a_held_plan_that_is_rounded_otherwise_is_kept_all_the_same() -> None:
    # Both slots hold the energy at the minimum: which of them it is makes hardly a difference.
    held = need(kwh=3, departs=3, installed_kw=(0.0, 3.0, 0.0))
    given = instance(site(3, price=0.1), [evse(min_kw=3.0)], [held])

    assert kw_of(plan(given), "van") == [0, 3, 0]


def test_a_held_plan_gives_way_where_another_is_cheaper() -> None:
    held = need(kwh=3, departs=3, installed_kw=(0.0, 3.0, 0.0))
    given = instance(site(3, price=(0.3, 0.3, 0.1)), [evse(min_kw=3.0)], [held])

    assert kw_of(plan(given), "van") == [0, 0, 3]


def test_a_held_plan_gives_way_to_a_limit() -> None:
    held = need(kwh=3, departs=3, installed_kw=(0.0, 3.0, 0.0))
    given = instance(site(3, price=0.1, limit_kw=(9.0, 2.0, 9.0)), [evse(min_kw=3.0)], [held])

    assert kw_of(plan(given), "van")[1] == 0
    assert plan(given).unmet_kwh == 0


def test_a_newcomer_takes_the_room_that_is_left_and_moves_nobody() -> None:
    # In equal shares of what is left it would get less than it can start with.
    here = need("here", 8, at="A", departs=3, installed_kw=(3.0, 3.0, 2.0))
    chargers = [evse("A", min_kw=2.0), evse("B", min_kw=2.0)]
    made = plan(instance(site(3, limit_kw=4), chargers, [here, need("new", 2, at="B", departs=3)]))

    assert kw_of(made, "here") == [3, 3, 2]
    assert kw_of(made, "new") == [0, 0, 2]


def test_nobody_moves_for_a_price_that_is_hardly_lower() -> None:
    held = need(kwh=3, departs=2, installed_kw=(0.0, 3.0))

    assert kw_of(plan(instance(site(2, price=(0.1, 0.101)), [evse()], [held])), "van") == [0, 3]


def test_a_held_plan_gives_way_where_a_newcomer_would_leave_with_less() -> None:
    # 5 Wh short: far less than two hours of power cost, and still not to be had for money.
    here = need("here", 6, at="A", departs=3, installed_kw=(3.0, 3.0, 0.0))
    chargers = [evse("A", min_kw=1.0), evse("B", min_kw=1.0)]
    made = plan(instance(site(3, limit_kw=4), chargers, [here, need("new", 2.005, at="B", departs=2)]))

    assert unmet_of(made, "new") == 0
    assert unmet_of(made, "here") == 0
