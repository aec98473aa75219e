"""What the plan wants of a vehicle that follows the sun, and for how long a start is kept for that."""

import pytest

from depot.energy.solar.needs import Ahead, needed_kw, needs_more

PRICE = (0.3,) * 4
SHINES = (True,) * 4


def test_what_waits_in_this_slot_for_the_sun_is_needed_still() -> None:
    stay = Ahead(1, planned_kw=(2.0, 0.0, 0.0, 0.0), most_kw=11.0)

    waits = needed_kw([stay], room_kw=(10.0,) * 4, price=PRICE, may_shine=SHINES)

    assert waits == {1: 0.0}
    assert needs_more(stay)


@pytest.mark.parametrize(("planned_kw", "is_more"), [((0.0, 0.0), False), ((0.0, 3.0), True), ((), False)])
def test_a_start_is_kept_for_as_long_as_anything_is_planned(planned_kw: tuple[float, ...], is_more: bool) -> None:
    assert needs_more(Ahead(1, planned_kw=planned_kw, most_kw=11.0)) == is_more
