"""The rules of composition, one by one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    LimitAtSoc,
    OperationMode,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargers.profiles import (
    Circumstances,
    HeldProfile,
    InstalledProfiles,
    Level,
    RunningTransaction,
    Supply,
    compose,
    hold_offline,
    level_at,
)

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MAX, EXTERNAL, TX, DEFAULT, PRIORITY, GENERATION = (
    ProfilePurpose.STATION_MAX,
    ProfilePurpose.EXTERNAL_CONSTRAINTS,
    ProfilePurpose.TX,
    ProfilePurpose.TX_DEFAULT,
    ProfilePurpose.PRIORITY,
    ProfilePurpose.LOCAL_GENERATION,
)
CHARGING = Circumstances(evses=(1,), transactions={1: RunningTransaction(reference="T1", charging_since=NOON)})
TWO = Circumstances(
    evses=(1, 2),
    transactions={evse: RunningTransaction(reference=f"T{evse}", charging_since=NOON) for evse in (1, 2)},
)
SET = OperationMode.CENTRAL_SETPOINT


def held(
    purpose: ProfilePurpose,
    *periods: SchedulePeriod,
    evse: int | None = None,
    level: int = 0,
    unit: RateUnit = RateUnit.AMPERE,
    schedule: dict[str, Any] | None = None,
    **more: Any,
) -> HeldProfile:
    """Absolute since noon, on the EVSE where such a profile belongs."""
    told = ChargingSchedule(unit=unit, periods=periods, start_at=NOON)
    profile = ChargingProfile(
        profile_id=1,
        stack_level=level,
        purpose=purpose,
        kind=more.pop("kind", ProfileKind.ABSOLUTE),
        schedules=(replace(told, **(schedule or {})),),
        **more,
    )
    return HeldProfile(evse=(0 if purpose in (MAX, EXTERNAL) else 1) if evse is None else evse, profile=profile)


def period(limit: float | None = None, *, start_s: int = 0, **more: Any) -> SchedulePeriod:
    return SchedulePeriod(start_s=start_s, limit=limit, **more)


def level(
    *profiles: HeldProfile,
    where: Circumstances = CHARGING,
    evse: int = 1,
    at: datetime = NOON,
    unit: RateUnit = RateUnit.AMPERE,
    protocol: str = "ocpp2.1",
    evse_max: float | None = None,
) -> Level:
    installed = InstalledProfiles(protocol=protocol, held=profiles)
    return level_at(installed, where, evse=evse, at=at, unit=unit, evse_max=evse_max)


def limit(*profiles: HeldProfile, **more: Any) -> tuple[float, ...] | None:
    return level(*profiles, **more).limit


# Which profile leads


def test_nothing_installed_limits_nothing() -> None:
    assert level() == Level()


def test_a_transactions_own_profile_leads_before_the_default_even_where_it_is_higher() -> None:
    assert limit(held(TX, period(20)), held(DEFAULT, period(6), level=9)) == (20,)


def test_where_its_own_profile_has_ended_the_default_takes_over() -> None:
    own = held(TX, period(20), schedule={"duration_s": 3600})

    assert limit(own, held(DEFAULT, period(6)), at=NOON + HOUR) == (6,)


def test_a_profile_of_another_transaction_does_not_hold() -> None:
    assert limit(held(TX, period(20), reference="T9")) is None


def test_without_a_transaction_the_default_holds_nobody() -> None:
    assert limit(held(DEFAULT, period(6)), where=Circumstances(evses=(1,))) is None


def test_one_may_ask_as_if_a_transaction_ran_on_the_default() -> None:
    assumed = Circumstances(evses=(1,), assumed_since=NOON)

    assert limit(held(DEFAULT, period(6)), held(TX, period(20)), where=assumed) == (6,)


def test_priority_charging_overrules_both_but_not_the_station() -> None:
    running = RunningTransaction(reference="T1", charging_since=NOON, is_priority=True)
    profiles = held(TX, period(6)), held(DEFAULT, period(6)), held(PRIORITY, period(32), evse=0), held(MAX, period(25))

    assert limit(*profiles, where=replace(CHARGING, transactions={1: running})) == (25,)
    assert limit(*profiles) == (6,)


def test_in_1_6_a_connectors_default_replaces_the_one_for_all_on_its_level_there_only() -> None:
    for_all = held(DEFAULT, period(6), evse=0, level=1)
    own = held(DEFAULT, period(10), evse=1, level=1, schedule={"start_at": NOON + HOUR})
    lowest = held(DEFAULT, period(8), evse=0)

    assert limit(lowest, for_all, own, where=TWO, protocol="ocpp1.6") == (8,)
    assert limit(lowest, for_all, own, where=TWO, evse=2, protocol="ocpp1.6") == (6,)
    assert limit(lowest, for_all, own, where=TWO) == (6,)


def test_a_higher_default_for_all_leads_before_a_connectors_own() -> None:
    for_all, own = held(DEFAULT, period(6), evse=0, level=1), held(DEFAULT, period(10), evse=1)

    assert limit(own, for_all, protocol="ocpp1.6") == (6,)


def test_the_highest_level_leads_with_all_that_it_leaves_unsaid() -> None:
    below, above = held(TX, period(6)), held(TX, period(setpoint=10, operation_mode=SET), level=1)

    assert level(below, above) == Level(setpoint=(10,), phases=3)


def test_a_vehicle_that_chose_its_second_schedule_follows_the_second_of_each_profile() -> None:
    profile = held(TX, period(6))
    (first,) = profile.profile.schedules
    second = replace(first, periods=(period(10),))
    both = replace(profile, profile=replace(profile.profile, schedules=(first, second)))

    assert limit(both, where=replace(CHARGING, chosen_schedule=1)) == (10,)
    assert limit(profile, where=replace(CHARGING, chosen_schedule=1)) == (6,)


# When


def test_a_schedule_that_begins_later_says_nothing_before() -> None:
    assert limit(held(TX, period(6)), at=NOON - timedelta(seconds=1)) is None


def test_a_recurring_schedule_runs_on_days_before_its_first_start_too() -> None:
    daily = held(TX, period(6), kind=ProfileKind.RECURRING, schedule={"duration_s": 3600})

    assert limit(daily, at=NOON - timedelta(days=3)) == (6,)
    assert limit(daily, at=NOON - timedelta(days=3) + HOUR) is None


def test_what_lies_beyond_the_day_is_not_reached() -> None:
    periods = period(6), period(32, start_s=90_000)
    daily = held(TX, *periods, kind=ProfileKind.RECURRING, schedule={"duration_s": 100_000})

    assert limit(daily, at=NOON + timedelta(seconds=90_000)) == (6,)


def test_a_weekly_schedule_has_a_gap_for_the_rest_of_the_week() -> None:
    weekly = held(
        TX, period(6), kind=ProfileKind.RECURRING, recurrency=Recurrency.WEEKLY, schedule={"duration_s": 86_400}
    )

    assert limit(weekly, at=NOON + timedelta(days=8)) is None
    assert limit(weekly, at=NOON + timedelta(days=7, hours=23)) == (6,)


def test_a_relative_schedule_runs_since_charging_began() -> None:
    relative = held(TX, period(6), period(10, start_s=3600), kind=ProfileKind.RELATIVE, schedule={"start_at": None})

    assert limit(relative, at=NOON + HOUR) == (10,)
    waiting = RunningTransaction(reference="T1", charging_since=None)
    assert limit(relative, where=replace(CHARGING, transactions={1: waiting}), at=NOON + HOUR) is None


def test_in_1_6_an_absolute_schedule_without_a_start_is_relative() -> None:
    assert limit(held(TX, period(6), schedule={"start_at": None}), protocol="ocpp1.6") == (6,)


def test_a_bound_of_the_station_without_a_start_holds_since_it_came() -> None:
    bound = replace(held(MAX, period(6), schedule={"start_at": None}), installed_at=NOON)

    assert limit(bound, where=Circumstances(evses=(1,)), evse=0, at=NOON + HOUR) == (6,)
    assert limit(bound, where=Circumstances(evses=(1,)), evse=0, at=NOON - HOUR) is None


def test_a_dynamic_profile_holds_at_once_and_its_duration_runs_since_its_last_update() -> None:
    dynamic = held(
        TX, period(6), kind=ProfileKind.DYNAMIC, updated_at=NOON, schedule={"start_at": None, "duration_s": 60}
    )

    assert limit(dynamic) == (6,)
    assert limit(dynamic, at=NOON + timedelta(seconds=60)) is None


def test_offline_for_too_long_the_next_level_takes_over() -> None:
    away = replace(CHARGING, offline_since=NOON)
    profiles = held(TX, period(20), level=1, max_offline_s=600), held(TX, period(6))

    assert limit(*profiles, where=away, at=NOON + timedelta(seconds=599)) == (20,)
    assert limit(*profiles, where=away, at=NOON + timedelta(seconds=600)) == (6,)
    assert limit(*profiles, at=NOON + HOUR) == (20,)


def test_a_profile_that_holds_for_no_time_offline_ends_with_the_link() -> None:
    installed = InstalledProfiles(protocol="ocpp2.1", held=(held(TX, period(6), max_offline_s=0),))

    assert hold_offline(installed, 0).held == ()


# On whose clock

BERLIN = ZoneInfo("Europe/Berlin")


def local(*periods: SchedulePeriod, start_at: datetime, **more: Any) -> HeldProfile:
    return held(
        TX, *periods, kind=ProfileKind.RECURRING, schedule={"start_at": start_at, "use_local_time": True, **more}
    )


def test_local_time_is_the_same_hour_in_summer_and_winter() -> None:
    evening = local(period(6), start_at=datetime(2026, 1, 1, 17, tzinfo=UTC), duration_s=3600)
    where = replace(CHARGING, zone=BERLIN)

    assert limit(evening, where=where, at=datetime(2026, 1, 15, 16, tzinfo=UTC)) == (6,)
    assert limit(evening, where=where, at=datetime(2026, 7, 15, 15, tzinfo=UTC)) == (6,)
    assert limit(evening, where=where, at=datetime(2026, 7, 15, 16, tzinfo=UTC)) is None


def starts(
    found: InstalledProfiles, since: datetime, until: datetime
) -> list[tuple[datetime, tuple[float, ...] | None]]:
    where = replace(CHARGING, zone=BERLIN)
    return [
        (each.start_at, each.level.limit)
        for each in compose(found, where, evse=1, since=since, until=until, unit=RateUnit.AMPERE)
    ]


NIGHT = local(
    period(6),
    period(10, start_s=2 * 3600 + 1800),
    period(16, start_s=3 * 3600),
    start_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def test_a_clock_set_forward_skips_what_it_skips() -> None:
    installed = InstalledProfiles(protocol="ocpp2.1", held=(NIGHT,))
    midnight = datetime(2026, 3, 28, 23, tzinfo=UTC)

    # At 02:00 the clocks show 03:00: what was to begin at 02:30 never does.
    assert starts(installed, midnight, midnight + 5 * HOUR) == [(midnight, (6,)), (midnight + 2 * HOUR, (16,))]


def test_a_clock_set_back_repeats_what_it_repeats() -> None:
    installed = InstalledProfiles(protocol="ocpp2.1", held=(NIGHT,))
    midnight = datetime(2026, 10, 24, 22, tzinfo=UTC)
    half = HOUR / 2

    # At 03:00 the clocks show 02:00 again: half past two comes twice.
    assert starts(installed, midnight, midnight + 6 * HOUR) == [
        (midnight, (6,)),
        (midnight + 2 * HOUR + half, (10,)),
        (midnight + 3 * HOUR, (6,)),
        (midnight + 3 * HOUR + half, (10,)),
        (midnight + 4 * HOUR, (16,)),
    ]


# How much


def test_a_limit_outside_bounds_the_charger_and_one_for_its_evse_that_one() -> None:
    for_all, for_one = held(EXTERNAL, period(20), level=5), held(EXTERNAL, period(16), evse=1)

    assert limit(for_all, for_one) == (16,)
    assert limit(for_all, for_one, where=TWO, evse=2) == (20,)


def test_the_fewest_phases_hold_and_watts_are_spread_over_them() -> None:
    single = held(MAX, period(16, phases=1))
    watts = held(TX, period(2070), unit=RateUnit.WATT)

    assert level(single, watts) == Level(limit=(9,), phases=1)


def test_a_vehicle_on_fewer_phases_keeps_the_limit_of_each() -> None:
    supply = Supply(phases=1)

    assert level(held(TX, period(16, phases=3)), where=replace(CHARGING, supply=supply)) == Level(limit=(16,), phases=1)


def test_no_number_of_phases_is_the_usual_one() -> None:
    assert level(held(TX, period(16, phases=0)), unit=RateUnit.WATT) == Level(limit=(11_040,), phases=3)


def test_a_dc_charger_has_no_phases() -> None:
    where = replace(CHARGING, supply=Supply(voltage_v=400, phases=None))

    assert level(held(TX, period(100)), where=where, unit=RateUnit.WATT) == Level(limit=(40_000,))


def test_limits_of_single_phases_are_compared_phase_by_phase() -> None:
    own = held(TX, period(20, limit_l2=10, limit_l3=16))

    assert limit(own, held(MAX, period(15))) == (15, 10, 15)


def test_one_value_of_watts_is_shared_by_the_phases() -> None:
    own = held(TX, period(3000, limit_l2=2500, limit_l3=2000), unit=RateUnit.WATT)
    station = held(MAX, period(6600), unit=RateUnit.WATT)

    assert limit(own, station, unit=RateUnit.WATT) == (2200, 2200, 2000)


@pytest.mark.parametrize(("unit", "expected"), [(RateUnit.AMPERE, 10), (RateUnit.WATT, 20)])
def test_on_fewer_phases_than_told_apart_the_strictest_bounds_each(unit: RateUnit, expected: float) -> None:
    own = held(TX, period(20, limit_l2=10, limit_l3=16), unit=unit)

    assert limit(own, held(MAX, period(999, phases=2), unit=unit), unit=unit) == (expected,)


def test_an_untold_phase_is_bound_no_lower_than_the_others() -> None:
    assert limit(held(TX, period(20, limit_l2=10)), held(MAX, period(25, limit_l2=25, limit_l3=25))) == (20, 10, 20)


def test_the_phase_to_use_is_told_where_one_is_used() -> None:
    chosen = held(TX, period(16, phases=1, phase_to_use=2))

    assert level(chosen, held(MAX, period(25))).phase_to_use == 2


def test_from_a_state_of_charge_on_limit_and_setpoint_are_capped() -> None:
    full = RunningTransaction(reference="T1", charging_since=NOON, soc_percent=80)
    cap = {"limit_at_soc": LimitAtSoc(soc_percent=80, limit=6)}
    own = held(TX, period(16, setpoint=12, operation_mode=SET), schedule=cap)

    assert level(own, where=replace(CHARGING, transactions={1: full})) == Level(limit=(6,), setpoint=(6,), phases=3)
    nearly = replace(CHARGING, transactions={1: replace(full, soc_percent=79)})
    assert level(own, where=nearly) == Level(limit=(16,), setpoint=(12,), phases=3)


def test_charging_only_uses_neither_setpoint_nor_discharge() -> None:
    assert level(held(TX, period(16, setpoint=-5, discharge_limit=-8))) == Level(limit=(16,), phases=3)


def test_a_setpoint_stays_within_its_limits_each_way() -> None:
    station = held(MAX, period(10))

    assert level(held(TX, period(setpoint=25, operation_mode=SET)), station).setpoint == (10,)
    away = held(TX, period(setpoint=-25, discharge_limit=-16, operation_mode=SET))
    assert level(away, station) == Level(limit=(10,), setpoint=(-16,), discharge_limit=(-16,), phases=3)


def test_an_energy_managers_setpoint_comes_before_ours_unless_set_otherwise() -> None:
    theirs = held(EXTERNAL, period(setpoint=20, operation_mode=OperationMode.EXTERNAL_SETPOINT))
    ours = held(TX, period(setpoint=-5, operation_mode=SET))

    assert level(theirs, ours).setpoint == (20,)
    assert level(theirs, ours, where=replace(CHARGING, csms_setpoint_first=True)).setpoint == (-5,)


def test_of_two_setpoints_that_discharge_the_smaller_flow_holds() -> None:
    theirs = held(EXTERNAL, period(setpoint=-5, operation_mode=OperationMode.EXTERNAL_LIMITS))
    ours = held(TX, period(setpoint=-20, operation_mode=SET))

    assert level(theirs, ours).setpoint == (-5,)


def test_of_two_discharge_limits_the_smaller_flow_holds() -> None:
    theirs = held(EXTERNAL, period(discharge_limit=-5, operation_mode=OperationMode.EXTERNAL_LIMITS))
    ours = held(TX, period(setpoint=-20, discharge_limit=-16, operation_mode=SET))

    assert level(theirs, ours) == Level(setpoint=(-5,), discharge_limit=(-5,), phases=3)


# What is generated on site


def test_generation_comes_on_top_and_a_setpoint_may_use_it() -> None:
    own = held(TX, period(10, setpoint=20, operation_mode=SET))

    assert level(own, held(GENERATION, period(5))) == Level(limit=(15,), setpoint=(15,), phases=3)


def test_generation_limits_nothing_by_itself() -> None:
    assert level(held(GENERATION, period(5))) == Level()


def test_generation_on_one_phase_is_used_on_one_phase() -> None:
    assert level(held(TX, period(10)), held(GENERATION, period(5, phases=1))) == Level(limit=(15,), phases=1)


def test_generation_adds_to_a_charger_once() -> None:
    profiles = held(DEFAULT, period(10), evse=0), held(MAX, period(16)), held(GENERATION, period(5), evse=0)

    assert limit(*profiles, where=TWO, evse=0) == (21,)
    assert limit(*profiles, where=TWO, evse=2) == (15,)


# The charger as a whole


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


def test_a_schedule_covers_a_window_of_no_length_too() -> None:
    installed = InstalledProfiles(protocol="ocpp1.6", held=(held(TX, period(6)),))

    (only,) = compose(installed, CHARGING, evse=1, since=NOON, until=NOON, unit=RateUnit.AMPERE)

    assert (only.start_at, only.level.limit) == (NOON, (6,))
