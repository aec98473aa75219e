"""What the fleet manager's sentences say of each stay and slot."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from math import inf
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.energy import planner
from depot.energy.instance import Circuit, Evse, Instance, Need, Site
from depot.energy.rules import Clash, Kind, Scene, Sentence, Stay, clashes, rule_stay, shared_caps

BERLIN = ZoneInfo("Europe/Berlin")
A01, A02 = "A01", "A02"
BOTH = frozenset({A01, A02})
NIGHT = Sentence(key=1, kind=Kind.AT_MOST, evses=BOTH, from_time=time(22), to_time=time(6), limit_kw=7.2)
EVENING = Sentence(key=2, kind=Kind.NOTHING, evses=BOTH, from_time=time(16), to_time=time(19))
EARLY_FIRST = Sentence(key=3, kind=Kind.FIRST, evses=BOTH, leaves_before=time(5))


def scene(start: datetime | None = None, slots: int = 96, price: float = 0.1, surplus: float = 0.0) -> Scene:
    start = start or datetime(2026, 3, 5, 12, tzinfo=BERLIN)  # Thursday
    moments = tuple(start.astimezone(UTC) + timedelta(minutes=15 * n) for n in range(slots))
    return Scene(moments, BERLIN, (price,) * slots, (surplus,) * slots)


def stay(leaves: int = 6, evse: str = A01, vehicle: str = "Van 1") -> Stay:
    return Stay(evse, vehicle, datetime(2026, 3, 6, leaves, tzinfo=BERLIN))


def limits_by_hour(sentences: list[Sentence], who: Stay | None = None, at: Scene | None = None) -> dict[int, float]:
    there = at or scene()
    window = rule_stay(sentences, who or stay(), there).window_kw or (inf,) * len(there.moments)
    return {
        wall.hour: limit for wall, limit in zip(there.walls, window, strict=True) if wall.minute == 0 and limit < inf
    }


def test_a_cap_holds_in_its_window_over_midnight() -> None:
    assert limits_by_hour([NIGHT]) == dict.fromkeys((22, 23, 0, 1, 2, 3, 4, 5), 7.2)


def test_nothing_is_nothing_in_its_window() -> None:
    assert limits_by_hour([EVENING]) == {16: 0.0, 17: 0.0, 18: 0.0}


def test_a_window_belongs_to_the_weekday_on_which_it_begins() -> None:
    fridays = replace(NIGHT, weekdays=frozenset({5}))

    assert limits_by_hour([fridays]) == {}
    assert limits_by_hour([replace(NIGHT, weekdays=frozenset({4}))]) == dict.fromkeys((22, 23, 0, 1, 2, 3, 4, 5), 7.2)


def test_a_rule_without_hours_holds_all_day() -> None:
    thursday = replace(NIGHT, from_time=None, to_time=None, weekdays=frozenset({4}))

    assert sorted(limits_by_hour([thursday])) == list(range(12, 24))


def test_the_first_rule_that_speaks_wins() -> None:
    all_evening = replace(EVENING, key=9, from_time=time(18), to_time=time(23))

    assert limits_by_hour([all_evening, NIGHT])[22] == 0.0
    assert limits_by_hour([NIGHT, all_evening])[22] == 7.2


def test_it_says_which_rule_speaks() -> None:
    ruling = rule_stay([EVENING, NIGHT], stay(), scene())

    assert ruling.speaks[16] == EVENING.key  # 16:00
    assert ruling.speaks[28] is None  # 19:00
    assert ruling.speaks[40] == NIGHT.key  # 22:00


def test_vehicles_that_leave_early_are_not_held_by_a_rule_that_spares_them() -> None:
    sparing = replace(EVENING, except_leaves_before=time(5))

    assert limits_by_hour([sparing], stay(leaves=4)) == {}
    assert limits_by_hour([sparing], stay(leaves=5)) == {16: 0.0, 17: 0.0, 18: 0.0}


def test_a_rule_of_price_is_silent_while_energy_is_cheap() -> None:
    cheap_only = Sentence(key=4, kind=Kind.BELOW_PRICE, evses=BOTH, price_per_kwh=0.10)

    assert set(limits_by_hour([cheap_only, NIGHT], at=scene(price=0.10)).values()) == {0.0}
    assert set(limits_by_hour([cheap_only, NIGHT], at=scene(price=0.09)).values()) == {7.2}


def test_those_who_charge_from_the_sun_share_what_it_gives() -> None:
    sunny = Sentence(key=5, kind=Kind.SOLAR_ONLY, evses=BOTH, from_time=time(8), to_time=time(16))
    there = scene(surplus=9.0)
    stays = [stay(), stay(evse=A02, vehicle="Van 2")]
    rulings = {who: rule_stay([sunny], who, there) for who in stays}

    (cap,) = shared_caps([sunny], rulings, there)

    assert cap.evses == BOTH
    assert cap.kw[0] == 9.0
    assert cap.kw[20] == inf
    assert rulings[stays[0]].window_kw is not None
    assert rulings[stays[0]].window_kw[0] == 9.0


def test_together_is_a_cap_over_all_beside_each_ones_window() -> None:
    together = Sentence(
        key=6, kind=Kind.TOGETHER, evses=BOTH, limit_kw=10.0, from_time=time(22), to_time=time(6),
        except_leaves_before=time(5),
    )  # fmt: skip
    there = scene()
    rulings = {who: rule_stay([together, NIGHT], who, there) for who in (stay(), stay(4, A02, "Van 2"))}

    (cap,) = shared_caps([together, NIGHT], rulings, there)

    assert cap.evses == {A01}
    assert (cap.kw[39], cap.kw[40]) == (inf, 10.0)
    assert limits_by_hour([together, NIGHT])[23] == 7.2


def test_vehicles_that_leave_before_the_hour_go_first() -> None:
    assert rule_stay([EARLY_FIRST], stay(leaves=4), scene()).is_first
    assert not rule_stay([EARLY_FIRST], stay(leaves=5), scene()).is_first


def test_going_first_holds_on_the_days_on_which_they_leave() -> None:
    fridays = replace(EARLY_FIRST, weekdays=frozenset({5}))

    assert rule_stay([fridays], stay(leaves=4), scene()).is_first
    assert not rule_stay([replace(fridays, weekdays=frozenset({4}))], stay(leaves=4), scene()).is_first


def test_a_rule_about_one_vehicle_holds_wherever_it_stands() -> None:
    van = replace(EVENING, vehicles=frozenset({"Van 2"}))

    assert limits_by_hour([van], stay(evse=A02, vehicle="Van 2")) == {16: 0.0, 17: 0.0, 18: 0.0}
    assert limits_by_hour([van], stay(evse=A02, vehicle="Van 1")) == {}


def test_a_clash_names_winner_loser_and_when() -> None:
    late = replace(EVENING, key=7, from_time=time(18), to_time=time(22, 30), weekdays=frozenset({1, 2}))

    assert list(clashes([late, NIGHT])) == [Clash(7, 1, frozenset({1, 2}), time(22), time(22, 30))]


def test_rules_at_other_times_or_places_do_not_clash() -> None:
    elsewhere = replace(NIGHT, key=8, evses=frozenset({"B01"}))
    others = replace(NIGHT, key=9, vehicles=frozenset({"Van 9"}))

    assert list(clashes([EVENING, NIGHT])) == []
    assert list(clashes([elsewhere, NIGHT])) == []
    assert list(clashes([others, replace(NIGHT, vehicles=frozenset({"Van 8"}))])) == []
    assert list(clashes([EARLY_FIRST, NIGHT])) == []


def test_two_rules_of_all_day_clash_from_midnight() -> None:
    always = replace(NIGHT, key=8, from_time=None, to_time=None)

    (clash,) = clashes([always, replace(always, key=9)])

    assert (clash.winner, clash.from_time) == (8, time(0))


@pytest.mark.parametrize(("priority", "unmet_kwh"), [(0, 0.0), (1, 9.0)])
def test_a_window_is_lifted_only_for_energy_that_the_first_would_miss(priority: int, unmet_kwh: float) -> None:
    there = scene(datetime(2026, 3, 5, 16, tzinfo=BERLIN), slots=16)
    ruling = rule_stay([replace(EARLY_FIRST, leaves_before=time(23)), EVENING], stay(20), there)
    need = Need(
        vehicle="Van 1", evse=A01, departs=16, energy_kwh=20.0, priority=priority, window_kw=ruling.window_kw,
        may_lift_rules=priority == 0,
    )  # fmt: skip

    planned = planner.plan(instance([need], 16)).needs[0]

    # One hour outside the window gives 11 kWh.
    assert planned.unmet_kwh == pytest.approx(unmet_kwh, abs=0.01)
    assert sum(planned.kw[12:]) / 4 == pytest.approx(11.0, abs=0.01)


@given(st.integers(0, 95), st.integers(0, 95), st.integers(0, 364))
def test_hours_of_a_rule_are_those_of_the_wall_in_nights_of_any_length(begins: int, ends: int, day: int) -> None:
    window = replace(EVENING, from_time=time(begins // 4, begins % 4 * 15), to_time=time(ends // 4, ends % 4 * 15))
    there = scene(datetime(2026, 1, 1, 12, tzinfo=BERLIN) + timedelta(days=day))

    speaks = rule_stay([window], stay(), there).speaks

    for wall, key in zip(there.walls, speaks, strict=True):
        quarter = wall.hour * 4 + wall.minute // 15
        inside = begins <= quarter < ends if begins < ends else quarter >= begins or quarter < ends
        assert (key is not None) == inside


def instance(needs: list[Need], slots: int) -> Instance:
    return Instance(
        first_slot=0,
        site=Site(
            building_kw=(0.0,) * slots,
            solar_kw=(0.0,) * slots,
            import_limit_kw=(100.0,) * slots,
            import_price=(0.1,) * slots,
            export_price=(0.0,) * slots,
        ),
        circuits=(Circuit(key="grid"),),
        evses=(Evse(key=A01, circuit="grid", max_kw=11.0),),
        needs=tuple(needs),
    )
