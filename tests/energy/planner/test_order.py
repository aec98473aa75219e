"""Who comes first where the bill leaves it open."""

import pytest

from depot.energy.instance import Circuit
from depot.energy.planner import plan
from tests.energy.yard import evse, instance, kw_of, need, site


@pytest.mark.parametrize(("hasty", "calm"), [("A", "B"), ("B", "A")])
def test_who_has_the_least_time_to_spare_comes_first(hasty: str, calm: str) -> None:
    needs = [need("van", 30, at=hasty, departs=12), need("other", 10, at=calm, departs=12)]

    made = plan(instance(site(12, limit_kw=10.0), [evse("A"), evse("B")], needs))

    assert kw_of(made, "van")[:3] == [10, 10, 10]


@pytest.mark.parametrize(("hasty", "calm"), [("A", "B"), ("B", "A")])
def test_whose_fallback_gives_it_the_least_comes_first_in_what_is_left_above_them_all(hasty: str, calm: str) -> None:
    evses = [evse(hasty, fallback_kw=(2.0,) * 12), evse(calm, fallback_kw=(6.0,) * 12)]
    needs = [need("van", 20, at=hasty, departs=12), need("other", 40, at=calm, departs=12)]

    made = plan(instance(site(12), evses, needs, circuits=[Circuit(key="root", limit_kw=(10.0,) * 12)]))

    assert kw_of(made, "van")[:4] == [4, 4, 4, 4]
