"""A charger that speaks ISO 15118 passes on what its vehicle wants."""

import pytest

from tests.simulator.desk import Desk
from tests.simulator.yards import THURSDAY

DC = {"number": 1, "bay": "D1", "max_w": 50_000, "current": "DC", "voltage_v": 400}


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_needs_are_told_once_a_transaction_has_begun(version: str) -> None:
    desk = Desk(version, manners="iso15118").connect()
    desk.van(1).leaves_at = THURSDAY + 12 * 3600

    desk.charge(soc=0.4)

    (told,) = desk.heard("NotifyEVChargingNeeds")
    needs = told["chargingNeeds"]
    assert (told["evseId"], needs["requestedEnergyTransfer"]) == (1, "AC_single_phase")
    assert needs["acChargingParameters"]["energyAmount"] == 36_000
    assert needs["departureTime"].startswith("2026-11-20T")
    actions = [action for action, _ in desk.told]
    assert actions.index("TransactionEvent") < actions.index("NotifyEVChargingNeeds")


def test_a_dc_vehicle_tells_its_battery() -> None:
    desk = Desk("2.0.1", manners="iso15118", evses=[DC]).connect()

    desk.charge(soc=0.4)

    (told,) = desk.heard("NotifyEVChargingNeeds")
    parameters = told["chargingNeeds"]["dcChargingParameters"]
    assert (parameters["stateOfCharge"], parameters["evEnergyCapacity"]) == (40, 60_000)
    assert "departureTime" not in told["chargingNeeds"]


def test_others_know_nothing_of_it() -> None:
    desk = Desk("2.0.1").connect()

    desk.charge()

    assert desk.heard("NotifyEVChargingNeeds") == []
