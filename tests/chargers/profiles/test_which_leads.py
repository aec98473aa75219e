"""The rules of composition: of several profiles, which one leads."""

from dataclasses import replace
from datetime import timedelta

from chargers.profiles import (
    Circumstances,
    InstalledProfiles,
    Level,
    RunningTransaction,
    hold_offline,
)
from tests.chargers.profiles.composing import (
    CHARGING,
    DEFAULT,
    HOUR,
    MAX,
    NOON,
    PRIORITY,
    SET,
    TWO,
    TX,
    held,
    level,
    limit,
    period,
)


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


def test_offline_for_too_long_the_next_level_takes_over() -> None:
    away = replace(CHARGING, offline_since=NOON)
    profiles = held(TX, period(20), level=1, max_offline_s=600), held(TX, period(6))

    assert limit(*profiles, where=away, at=NOON + timedelta(seconds=599)) == (20,)
    assert limit(*profiles, where=away, at=NOON + timedelta(seconds=600)) == (6,)
    assert limit(*profiles, at=NOON + HOUR) == (20,)


def test_a_profile_that_holds_for_no_time_offline_ends_with_the_link() -> None:
    installed = InstalledProfiles(protocol="ocpp2.1", held=(held(TX, period(6), max_offline_s=0),))

    assert hold_offline(installed, 0).held == ()
