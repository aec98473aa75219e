"""Rules of composition that the published vectors leave open, each by the specification's text."""

from typing import Any

from simulator.composition import Level, Situation, find_level, find_total
from simulator.profiles import Profile, read_profile

NOON = 1_000_000.0
CHARGING = Situation(evse=1, tx_start=NOON, transaction="T1")


def profile(purpose: str, period: dict[str, Any], *, evse: int = 1, level: int = 0, unit: str = "A") -> Profile:
    told = {
        "id": 1,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": [
            {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": [{"startPeriod": 0, **period}]}
        ],
    }
    return read_profile(told | ({"transactionId": "T1"} if purpose == "TxProfile" else {}), evse)


def setpoint(value: float, **more: float) -> dict[str, Any]:
    return {"setpoint": value, "operationMode": "CentralSetpoint", **more}


def level_of(*profiles: Profile, where: Situation = CHARGING, unit: str = "A") -> Level:
    return find_level(profiles, NOON, where, unit)


def test_the_highest_level_leads_with_all_that_it_leaves_unsaid() -> None:
    below = profile("TxProfile", {"limit": 6})
    above = profile("TxProfile", setpoint(10), level=1)

    assert level_of(below, above) == Level(limit=None, phases=3, setpoint=(10,))


def test_a_profile_of_a_transaction_does_not_hold_for_another_one() -> None:
    elsewhere = Situation(evse=1, tx_start=NOON, transaction=None)

    assert level_of(profile("TxProfile", {"limit": 6}), where=elsewhere).limit is None


def test_one_value_of_watts_is_shared_by_the_phases() -> None:
    own = profile("TxProfile", {"limit": 3000, "limit_L2": 2500, "limit_L3": 2000}, unit="W")
    station = profile("ChargingStationMaxProfile", {"limit": 6600}, evse=0, unit="W")

    assert level_of(own, station, unit="W").limit == (2200, 2200, 2000)


def test_a_setpoint_of_discharge_stays_within_its_limit() -> None:
    level = level_of(profile("TxProfile", setpoint(-20, dischargeLimit=-16)))

    assert level.setpoint == (-16,)


def test_a_setpoint_may_use_what_is_generated() -> None:
    own = profile("TxProfile", setpoint(20, limit=10))
    generated = profile("LocalGeneration", {"limit": 5}, evse=0)

    level = level_of(own, generated)

    assert (level.limit, level.setpoint) == ((15,), (15,))


def test_generation_on_fewer_phases_leaves_no_more_of_them() -> None:
    own = profile("TxProfile", {"limit": 10})
    generated = profile("LocalGeneration", {"limit": 5, "numberPhases": 1}, evse=0)

    assert level_of(own, generated) == Level(limit=(15,), phases=1)


def test_generation_adds_to_a_station_once() -> None:
    profiles = [
        profile("TxDefaultProfile", {"limit": 10}, evse=0),
        profile("ChargingStationMaxProfile", {"limit": 16}, evse=0),
        profile("LocalGeneration", {"limit": 5}, evse=0),
    ]
    second = Situation(evse=2, tx_start=NOON, transaction="T2")

    assert find_total(profiles, NOON, [CHARGING, second], "A", 32).limit == (21,)


def test_a_station_with_one_evse_is_that_evse() -> None:
    profiles = [
        profile("TxProfile", {"limit": 9000, "numberPhases": 1}, unit="W"),
        profile("ChargingStationMaxProfile", {"limit": 16, "numberPhases": 3}, evse=0),
    ]

    assert find_total(profiles, NOON, [CHARGING], "W", 22_000) == level_of(*profiles, unit="W")


def test_an_evse_without_a_profile_may_use_every_phase() -> None:
    single = profile("TxProfile", {"limit": 16, "numberPhases": 1})
    second = Situation(evse=2, tx_start=NOON, transaction="T2")

    assert find_total([single], NOON, [CHARGING, second], "A", 32) == Level(limit=(48,), phases=3)
