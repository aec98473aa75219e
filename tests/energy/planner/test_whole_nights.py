"""A night is told whole, and should the server die it is what chargers hold: whole steps above the least current."""

from dataclasses import replace

from hypothesis import Phase, settings
from hypothesis import given as given_any
from hypothesis import strategies as st

from depot.energy.deadband import to_send
from depot.energy.instance import Instance
from depot.energy.near import NEAR_SLOTS
from depot.energy.planner import Planner, plan
from tests.energy.strategies import IS_DEEP, laws
from tests.energy.yard import below_minimum, evse, instance, need, peak, site

SLOTS = 32
LEAST_KW = 4.14  # 6 A on three lines
# What each has still to get, and when it leaves: together nearly all that the paid peak lets in.
VANS = [(15.0, 22), (9.0, 24), (19.0, 28), (14.0, 30), (12.0, 28), (19.0, 26), (13.5, 30), (20.0, 28)]
PAID_KW = 20.4


def test_vans_that_share_little_room_are_each_given_whole_steps_all_night() -> None:
    given = eight_vans(limit_kw=40.0)

    assert below_minimum(given, plan(given)) == []


def test_whole_steps_raise_no_peak_where_the_room_suffices() -> None:
    made = plan(eight_vans(limit_kw=40.0))

    assert made.peak_kw["month"] <= PAID_KW + 0.05
    assert made.unmet_kwh == 0


def test_where_not_all_fits_the_night_is_given_in_whole_steps_too() -> None:
    given = eight_vans(limit_kw=11.0)

    made = plan(given)

    assert made.was_short
    assert below_minimum(given, made) == []


def test_a_held_night_in_parts_below_the_least_is_told_anew() -> None:
    given = eight_vans(limit_kw=40.0)
    parts = [
        replace(
            one, installed_kw=tuple(4 * one.energy_kwh / one.departs if t < one.departs else 0.0 for t in range(SLOTS))
        )
        for one in given.needs
    ]

    assert below_minimum(given, plan(replace(given, needs=tuple(parts)))) == []


def test_a_night_in_whole_steps_is_kept_a_slot_later() -> None:
    given = eight_vans(limit_kw=40.0)
    first = plan(given)
    later = tuple(
        replace(
            one.need,
            departs=one.need.departs - 1,
            energy_kwh=one.need.energy_kwh - one.kw[0] / 4,
            installed_kw=(*one.kw[1:], 0.0),
        )
        for one in first.needs
    )
    then = replace(given, needs=later, first_slot=given.first_slot + 1)

    assert to_send(then, plan(then)) == ()


def test_a_planner_that_may_not_search_keeps_the_next_hour_in_whole_steps() -> None:
    given = eight_vans(limit_kw=40.0)

    made = Planner(may_search=False).plan(given)

    assert [each for each in below_minimum(given, made) if each[1] < NEAR_SLOTS] == []
    assert made.unmet_kwh == 0


@settings(laws, max_examples=300 if IS_DEEP else 8, phases=set(Phase) - {Phase.shrink})
@given_any(st.lists(st.tuples(st.floats(8, 20), st.integers(16, 30)), min_size=3, max_size=8), st.floats(3.0, 5.0))
def test_however_little_room_they_share(vans: list[tuple[float, int]], kw_each: float) -> None:
    given = vans_of(vans, limit_kw=kw_each * len(vans), paid_kw=0.0)

    assert below_minimum(given, plan(given)) == []


def eight_vans(*, limit_kw: float) -> Instance:
    return vans_of(VANS, limit_kw=limit_kw, paid_kw=PAID_KW)


def vans_of(vans: list[tuple[float, int]], *, limit_kw: float, paid_kw: float) -> Instance:
    keys = "ABCDEFGH"[: len(vans)]
    chargers = [evse(key, max_kw=7.2, min_kw=LEAST_KW) for key in keys]
    needs = [need(f"van {key}", kwh, at=key, departs=departs) for key, (kwh, departs) in zip(keys, vans, strict=True)]
    at = site(SLOTS, limit_kw=limit_kw, price=0.1)
    return instance(at, chargers, needs, demand=[peak(1.3, SLOTS, incurred_kw=paid_kw)], slot_h=0.25)
