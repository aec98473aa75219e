"""The rules of composition: when a schedule holds, and by whose clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chargers.commands import (
    ProfileKind,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargers.profiles import (
    Circumstances,
    HeldProfile,
    InstalledProfiles,
    RunningTransaction,
    compose,
)
from tests.chargers.profiles.composing import (
    CHARGING,
    HOUR,
    MAX,
    NOON,
    TX,
    held,
    limit,
    period,
)

BERLIN = ZoneInfo("Europe/Berlin")


def local(*periods: SchedulePeriod, start_at: datetime, **more: Any) -> HeldProfile:
    return held(
        TX, *periods, kind=ProfileKind.RECURRING, schedule={"start_at": start_at, "use_local_time": True, **more}
    )


NIGHT = local(
    period(6),
    period(10, start_s=2 * 3600 + 1800),
    period(16, start_s=3 * 3600),
    start_at=datetime(2026, 1, 1, tzinfo=UTC),
)


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


def test_a_schedule_covers_a_window_of_no_length_too() -> None:
    installed = InstalledProfiles(protocol="ocpp1.6", held=(held(TX, period(6)),))

    (only,) = compose(installed, CHARGING, evse=1, since=NOON, until=NOON, unit=RateUnit.AMPERE)

    assert (only.start_at, only.level.limit) == (NOON, (6,))
