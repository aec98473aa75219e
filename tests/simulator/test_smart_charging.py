"""Power obeys charging profiles: installed, composed, replaced, ended; in each version."""

from typing import Any

import pytest

from tests.simulator.desk import Desk
from tests.simulator.test_remote import start, stop
from tests.simulator.yards import VERSIONS

FULL_W = 7360.0
AMPERE_W = 230.0


@pytest.fixture(params=VERSIONS)
def desk(request: pytest.FixtureRequest) -> Desk:
    return Desk(request.param, evses=2).connect()


def make_profile(
    desk: Desk, limit: float, *, purpose: str = "TxDefaultProfile", number: int = 1, level: int = 0, **more: Any
) -> dict[str, Any]:
    """One period from yesterday on, in amperes; `schedule` adds to the schedule, the rest to the profile."""
    schedule: dict[str, Any] = {
        "chargingRateUnit": "A",
        "startSchedule": "2026-11-18T00:00:00Z",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        **more.pop("schedule", {}),
    }
    common = {"stackLevel": level, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute", **more}
    if desk.version == "1.6":
        return {"chargingProfileId": number, "chargingSchedule": schedule, **common}
    return {"id": number, "chargingSchedule": [{"id": 1, **schedule}], **common}


def install(desk: Desk, profile: dict[str, Any], evse: int = 1) -> str:
    if desk.version == "1.6":
        asked = {"connectorId": evse, "csChargingProfiles": profile}
    else:
        asked = {"evseId": evse, "chargingProfile": profile}
    answer = desk.ask("SetChargingProfile", asked)
    return str(answer if isinstance(answer, str) else answer["status"])


def name_transaction(desk: Desk) -> dict[str, Any]:
    transaction = desk.evse().transaction
    assert transaction is not None
    return {"transactionId": transaction.server_id if desk.version == "1.6" else transaction.key}


def station_max(desk: Desk) -> str:
    return "ChargePointMaxProfile" if desk.version == "1.6" else "ChargingStationMaxProfile"


def test_a_limit_holds_from_the_moment_it_is_set(desk: Desk) -> None:
    evse = desk.charge()
    before = evse.power_w

    install(desk, make_profile(desk, 10))

    assert (before, evse.power_w) == (FULL_W, 10 * AMPERE_W)


def test_the_flow_follows_the_periods_to_the_watt_hour(desk: Desk) -> None:
    evse = desk.charge()
    began_wh = evse.register_wh
    periods = [{"startPeriod": 0, "limit": 10}, {"startPeriod": 1800, "limit": 20}, {"startPeriod": 3600, "limit": 0}]
    schedule = {"startSchedule": "2026-11-19T16:30:00Z", "chargingSchedulePeriod": periods}

    install(desk, make_profile(desk, 0, schedule=schedule))
    desk.run(7200)
    evse.advance(desk.clock.now())

    assert evse.register_wh - began_wh == pytest.approx((10 + 20) * AMPERE_W / 2, abs=0.1)
    assert evse.status == "SuspendedEVSE"


def test_below_six_amperes_nothing_flows(desk: Desk) -> None:
    evse = desk.charge()

    install(desk, make_profile(desk, 5.9))

    assert evse.power_w == 0
    assert evse.status == "SuspendedEVSE"


def test_a_limit_in_watts_is_a_total(desk: Desk) -> None:
    evse = desk.charge()
    schedule = {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 5000}]}

    install(desk, make_profile(desk, 0, schedule=schedule))

    assert evse.power_w == 5000


def test_the_station_limit_bounds_the_sum(desk: Desk) -> None:
    one, two = desk.charge(1), desk.charge(2)

    install(desk, make_profile(desk, 40, purpose=station_max(desk)), evse=0)

    assert one.power_w + two.power_w == pytest.approx(40 * AMPERE_W)
    two.unplug()
    assert one.power_w == FULL_W


def test_a_transactions_own_profile_leads_and_ends_with_it(desk: Desk) -> None:
    evse = desk.charge()
    install(desk, make_profile(desk, 10))
    mine = make_profile(desk, 20, purpose="TxProfile", number=2, **name_transaction(desk))

    installed = install(desk, mine)
    led = evse.power_w
    stop(desk)
    start(desk)

    assert installed == "Accepted"
    assert led == 20 * AMPERE_W
    assert evse.power_w == 10 * AMPERE_W
    assert len(desk.charger.profiles.profiles) == 1


def test_an_expired_transaction_profile_hands_over_to_the_default(desk: Desk) -> None:
    evse = desk.charge()
    install(desk, make_profile(desk, 8))
    schedule = {"startSchedule": "2026-11-19T16:30:00Z", "duration": 600}
    install(desk, make_profile(desk, 20, purpose="TxProfile", number=2, schedule=schedule, **name_transaction(desk)))
    first = evse.power_w

    desk.run(601)

    assert (first, evse.power_w) == (20 * AMPERE_W, 8 * AMPERE_W)


def test_a_profile_may_come_with_the_remote_start(desk: Desk) -> None:
    desk.plug()
    name = "chargingProfile"
    profile = make_profile(desk, 12, purpose="TxProfile")

    start(desk, **{name: profile})

    assert desk.evse().power_w == 12 * AMPERE_W


def test_a_remote_start_with_another_kind_of_profile_is_refused(desk: Desk) -> None:
    desk.plug()

    answer = start(desk, chargingProfile=make_profile(desk, 12))

    assert answer["status"] == "Rejected"
    assert desk.starts() == []


def test_a_relative_profile_begins_with_the_charge(desk: Desk) -> None:
    periods = [{"startPeriod": 0, "limit": 10}, {"startPeriod": 600, "limit": 20}]
    profile = make_profile(desk, 0, chargingProfileKind="Relative")
    schedule = profile["chargingSchedule"] if desk.version == "1.6" else profile["chargingSchedule"][0]
    del schedule["startSchedule"]
    schedule["chargingSchedulePeriod"] = periods
    install(desk, profile)
    desk.run(5000)

    evse = desk.charge()
    first = evse.power_w
    desk.run(601)

    assert (first, evse.power_w) == (10 * AMPERE_W, 20 * AMPERE_W)


def test_clearing_by_criteria_leaves_the_others(desk: Desk) -> None:
    install(desk, make_profile(desk, 10, number=1), evse=1)
    install(desk, make_profile(desk, 11, number=2, level=1), evse=1)
    install(desk, make_profile(desk, 12, number=3), evse=2)
    evse = "connectorId" if desk.version == "1.6" else "evseId"
    criteria = {evse: 1, "stackLevel": 0}

    asked = criteria if desk.version == "1.6" else {"chargingProfileCriteria": criteria}
    answer = desk.ask("ClearChargingProfile", asked)

    assert answer["status"] == "Accepted"
    assert [each.id for each in desk.charger.profiles.profiles] == [2, 3]


def test_clearing_by_name_gives_the_power_back(desk: Desk) -> None:
    evse = desk.charge()
    install(desk, make_profile(desk, 10))

    desk.ask("ClearChargingProfile", {"id" if desk.version == "1.6" else "chargingProfileId": 1})

    assert evse.power_w == FULL_W


def test_the_composite_schedule_says_what_flows(desk: Desk) -> None:
    evse = desk.charge()
    install(desk, make_profile(desk, 10))
    place = {"connectorId": 1} if desk.version == "1.6" else {"evseId": 1}

    answer = desk.ask("GetCompositeSchedule", {"duration": 3600, "chargingRateUnit": "W", **place})

    schedule = answer["chargingSchedule"] if desk.version == "1.6" else answer["schedule"]
    [period] = schedule["chargingSchedulePeriod"]
    assert period["limit"] == evse.power_w


def test_in_16_the_same_level_replaces_and_in_2x_it_is_a_duplicate(desk: Desk) -> None:
    install(desk, make_profile(desk, 10, number=1))

    answer = install(desk, make_profile(desk, 12, number=2))

    if desk.version == "1.6":
        assert [each.id for each in desk.charger.profiles.profiles] == [2]
    else:
        assert answer == "Rejected"
        assert [each.id for each in desk.charger.profiles.profiles] == [1]


def test_the_same_name_replaces(desk: Desk) -> None:
    evse = desk.charge()
    install(desk, make_profile(desk, 10))

    install(desk, make_profile(desk, 14))

    assert evse.power_w == 14 * AMPERE_W
    assert len(desk.charger.profiles.profiles) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"purpose": "TxProfile"},
        {"level": 99},
        {"schedule": {"chargingSchedulePeriod": [{"startPeriod": 5, "limit": 6}]}},
        {"chargingProfileKind": "Recurring", "schedule": {"startSchedule": None}},
    ],
)
def test_a_profile_against_the_rules_is_rejected(desk: Desk, more: dict[str, Any]) -> None:
    profile = make_profile(desk, 10, **more)
    for schedule in [profile["chargingSchedule"]] if desk.version == "1.6" else profile["chargingSchedule"]:
        if schedule["startSchedule"] is None:
            del schedule["startSchedule"]

    assert install(desk, profile) == "Rejected"


def test_a_station_limit_belongs_to_the_station(desk: Desk) -> None:
    assert install(desk, make_profile(desk, 10, purpose=station_max(desk)), evse=1) == "Rejected"


def test_a_standing_default_survives_a_reboot(desk: Desk) -> None:
    install(desk, make_profile(desk, 10))
    kind = {"type": "Hard"} if desk.version == "1.6" else {"type": "Immediate"}

    desk.ask("Reset", kind)
    desk.run(30)
    evse = desk.charge()

    assert evse.power_w == 10 * AMPERE_W


def test_a_charger_without_smart_charging_refuses_every_profile() -> None:
    desk = Desk(manners="abb_dc").connect()

    assert install(desk, make_profile(desk, 10)) == "NotSupported"
    assert desk.ask("ClearChargingProfile", {}) == "NotSupported"
    assert desk.ask("GetCompositeSchedule", {"connectorId": 1, "duration": 60}) == "NotSupported"


def test_offline_too_long_a_21_profile_is_no_longer_followed() -> None:
    desk = Desk("2.1").connect()
    evse = desk.charge()
    install(desk, make_profile(desk, 8))
    own = make_profile(desk, 20, purpose="TxProfile", number=2, maxOfflineDuration=600, **name_transaction(desk))
    install(desk, own)
    desk.disconnect()
    desk.run(599)
    before = evse.power_w

    desk.run(5)
    after = evse.power_w
    desk.reconnect()

    assert (before, after) == (20 * AMPERE_W, 8 * AMPERE_W)
    assert evse.power_w == 20 * AMPERE_W


def test_offline_too_long_may_delete_a_21_profile() -> None:
    desk = Desk("2.1").connect()
    desk.charge()
    install(desk, make_profile(desk, 8, maxOfflineDuration=600, invalidAfterOfflineDuration=True))
    desk.disconnect()
    desk.run(601)

    desk.reconnect()

    assert desk.charger.profiles.profiles == []
    assert desk.evse().power_w == FULL_W


def test_a_dynamic_21_profile_takes_new_values() -> None:
    desk = Desk("2.1").connect()
    evse = desk.charge()
    install(desk, make_profile(desk, 10, chargingProfileKind="Dynamic"))

    desk.ask("UpdateDynamicSchedule", {"chargingProfileId": 1, "scheduleUpdate": {"limit": 16}})

    assert evse.power_w == 16 * AMPERE_W


def test_a_dynamic_21_profile_lasts_so_long_after_its_last_value() -> None:
    desk = Desk("2.1").connect()
    evse = desk.charge()
    desk.run(600)
    unlimited_w = evse.power_w
    install(desk, make_profile(desk, 10, schedule={"duration": 300}, chargingProfileKind="Dynamic"))
    desk.run(200)
    desk.ask("UpdateDynamicSchedule", {"chargingProfileId": 1, "scheduleUpdate": {"limit": 16}})

    desk.run(200)
    assert evse.power_w == 16 * AMPERE_W
    desk.run(101)
    assert evse.power_w == unlimited_w


def test_a_dynamic_21_profile_is_reported_with_its_last_value_and_when_it_was_told() -> None:
    desk = Desk("2.1").connect()
    desk.charge()
    install(desk, make_profile(desk, 10, chargingProfileKind="Dynamic"))
    desk.ask("UpdateDynamicSchedule", {"chargingProfileId": 1, "scheduleUpdate": {"limit": 16}})

    desk.ask("GetChargingProfiles", {"requestId": 7, "evseId": 1, "chargingProfile": {"chargingProfileId": [1]}})
    desk.run(1)

    (report,) = desk.heard("ReportChargingProfiles")
    (profile,) = report["chargingProfile"]
    assert profile["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] == 16
    assert profile["dynUpdateTime"]


def test_a_dynamic_21_profile_may_be_pulled() -> None:
    desk = Desk("2.1").connect()
    evse = desk.charge()
    update = {"status": "Accepted", "scheduleUpdate": {"limit": 7}}
    desk.answers["PullDynamicScheduleUpdate"] = lambda _: update
    install(desk, make_profile(desk, 10, chargingProfileKind="Dynamic", dynUpdateInterval=300))

    desk.run(301)
    pulled = evse.power_w
    desk.ask("ClearChargingProfile", {"chargingProfileId": 1})
    desk.run(3000)

    assert pulled == 7 * AMPERE_W
    assert len(desk.heard("PullDynamicScheduleUpdate", chargingProfileId=1)) == 1


def test_a_21_setpoint_is_followed_and_its_limit_caps_it() -> None:
    desk = Desk("2.1").connect()
    evse = desk.charge()
    period = {"startPeriod": 0, "limit": 20, "setpoint": 15, "operationMode": "CentralSetpoint"}

    install(desk, make_profile(desk, 0, schedule={"chargingSchedulePeriod": [period]}))

    assert evse.power_w == 15 * AMPERE_W


def test_priority_charging_overrules_the_transactions_profiles() -> None:
    desk = Desk("2.1").connect()
    evse = desk.charge()
    install(desk, make_profile(desk, 8))
    install(desk, make_profile(desk, 30, purpose="PriorityCharging", number=2))
    asked = {**name_transaction(desk), "activate": True}

    answer = desk.ask("UsePriorityCharging", asked)

    assert answer["status"] == "Accepted"
    assert evse.power_w == 30 * AMPERE_W
    assert desk.heard("NotifyPriorityCharging", activated=True)


def test_local_generation_comes_on_top() -> None:
    desk = Desk("2.1").connect()
    evse = desk.charge()
    install(desk, make_profile(desk, 8))

    install(desk, make_profile(desk, 4, purpose="LocalGeneration", number=2), evse=0)

    assert evse.power_w == 12 * AMPERE_W
