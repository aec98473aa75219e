"""A vehicle of a 2.1 charger gives back on a negative setpoint, within what it can, and a register of its own tells."""

from dataclasses import replace

import pytest

from tests.simulator.desk import Desk


@pytest.fixture
def desk() -> Desk:
    one = Desk("2.1", evses=1).connect()
    one.van().plan = replace(one.van().plan, max_discharge_w=3_000)
    return one


def set_point(desk: Desk, watts: float) -> str:
    profile = {
        "id": 5,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Dynamic",
        "chargingSchedule": [
            {
                "id": 1,
                "chargingRateUnit": "W",
                "chargingSchedulePeriod": [{"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": watts}],
            }
        ],
    }
    return str(desk.ask("SetChargingProfile", {"evseId": 1, "chargingProfile": profile})["status"])


def test_a_negative_setpoint_makes_it_give_back(desk: Desk) -> None:
    evse = desk.charge()

    status = set_point(desk, -2_000)

    assert (status, evse.power_w) == ("Accepted", -2_000)


def test_it_gives_no_more_than_it_can(desk: Desk) -> None:
    evse = desk.charge()

    set_point(desk, -9_000)

    assert evse.power_w == -3_000


def test_a_vehicle_that_cannot_give_rests(desk: Desk) -> None:
    desk.van().plan = replace(desk.van().plan, max_discharge_w=0)
    evse = desk.charge()

    set_point(desk, -2_000)

    assert evse.power_w == 0


def test_an_update_turns_it_round(desk: Desk) -> None:
    evse = desk.charge()
    set_point(desk, 5_000)
    before = evse.power_w

    desk.ask("UpdateDynamicSchedule", {"chargingProfileId": 5, "scheduleUpdate": {"setpoint": -1_500}})

    assert (before, evse.power_w) == (5_000, -1_500)


def test_what_it_gave_is_told_by_a_register_of_its_own(desk: Desk) -> None:
    evse = desk.charge()
    set_point(desk, -2_000)
    assert evse.vehicle is not None
    taken, soc = evse.read_meter("Trigger").register_wh, evse.vehicle.soc

    evse.advance(evse.advanced_at + 1_800)

    reading = evse.read_meter("Trigger")
    assert (reading.export_wh, reading.register_wh) == (1_000, taken)
    assert evse.vehicle.soc < soc


def test_it_keeps_enough_to_drive(desk: Desk) -> None:
    evse = desk.charge()
    set_point(desk, -3_000)

    evse.advance(evse.advanced_at + 48 * 3_600)

    assert evse.vehicle is not None
    assert (evse.vehicle.soc, evse.power_w) == (0.2, 0)
