"""The rules of composition: what a charger may draw with all its EVSEs."""

from chargers.commands import (
    RateUnit,
)
from chargers.profiles import (
    Circumstances,
    Level,
)
from tests.chargers.profiles.composing import DEFAULT, GENERATION, MAX, SET, TWO, TX, held, level, limit, period


def test_generation_adds_to_a_charger_once() -> None:
    profiles = held(DEFAULT, period(10), evse=0), held(MAX, period(16)), held(GENERATION, period(5), evse=0)

    assert limit(*profiles, where=TWO, evse=0) == (21,)
    assert limit(*profiles, where=TWO, evse=2) == (15,)


def test_a_charger_may_draw_what_its_evses_may_within_its_bound() -> None:
    profiles = held(TX, period(10), evse=1), held(TX, period(12), evse=2)

    assert limit(*profiles, where=TWO, evse=0) == (22,)
    assert limit(*profiles, held(MAX, period(16)), where=TWO, evse=0) == (16,)


def test_one_evse_that_nothing_limits_makes_the_sum_endless_unless_its_own_most_is_told() -> None:
    profile = held(TX, period(10), evse=1)

    assert limit(profile, where=TWO, evse=0) is None
    assert limit(profile, where=TWO, evse=0, evse_max=32) == (42,)


def test_phases_told_apart_are_summed_apart() -> None:
    profiles = held(TX, period(10, limit_l2=8, limit_l3=6), evse=1), held(TX, period(12), evse=2)

    assert limit(*profiles, where=TWO, evse=0) == (22, 20, 18)


def test_vehicles_on_one_phase_each_share_all_that_a_bound_allows() -> None:
    singles = [held(TX, period(16, phases=1), evse=evse) for evse in (1, 2)]

    assert limit(*singles, held(MAX, period(25, phases=3)), where=TWO, evse=0, unit=RateUnit.WATT) == (7360,)


def test_a_bound_on_one_phase_leaves_every_evse_one_phase() -> None:
    profiles = held(DEFAULT, period(2070), evse=0, unit=RateUnit.WATT), held(MAX, period(24, phases=1))

    assert level(*profiles, where=TWO, evse=0) == Level(limit=(18,), phases=1)


def test_what_a_charger_feeds_out_is_summed() -> None:
    away = [held(TX, period(16, setpoint=-10, discharge_limit=-12, operation_mode=SET), evse=evse) for evse in (1, 2)]

    assert level(*away, where=TWO, evse=0) == Level(limit=(32,), setpoint=(-20,), discharge_limit=(-24,), phases=3)


def test_one_that_may_feed_out_without_a_limit_leaves_the_sum_without_one() -> None:
    bound = held(TX, period(16, setpoint=-10, discharge_limit=-12, operation_mode=SET), evse=1)
    free = held(TX, period(16, setpoint=-10, operation_mode=SET), evse=2)

    assert level(bound, free, where=TWO, evse=0).discharge_limit is None


def test_a_charger_with_nothing_but_a_bound_has_that_bound() -> None:
    assert level(held(MAX, period(20, phases=2)), where=Circumstances(evses=(1, 2)), evse=0) == Level(
        limit=(20,), phases=2
    )
