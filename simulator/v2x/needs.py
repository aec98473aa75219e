"""2.x: what a vehicle wants, told by a charger that speaks ISO 15118 with it (K15)."""

import math
from typing import TYPE_CHECKING

from simulator.clock import write_moment
from simulator.frames import Payload
from simulator.outbox import Message

if TYPE_CHECKING:
    from simulator.evse import Evse

# A schedule for a vehicle of ISO 15118-2 has at most so many periods.
MOST_PERIODS = 1024


def tell_needs(evse: "Evse") -> Message | None:
    """None where no vehicle is there to want anything."""
    vehicle, plan = evse.vehicle, evse.plan
    if vehicle is None:
        return None
    capacity_wh = round(vehicle.plan.battery_kwh * 1000)
    wanted_wh = max(0, math.ceil((vehicle.plan.target_soc - vehicle.soc) * capacity_wh))
    needs: Payload
    if plan.current == "DC":
        needs = {
            "requestedEnergyTransfer": "DC",
            "dcChargingParameters": {
                "evMaxCurrent": round(vehicle.plan.max_dc_w / plan.voltage_v),
                "evMaxVoltage": round(plan.voltage_v),
                "energyAmount": wanted_wh,
                "evMaxPower": round(vehicle.plan.max_dc_w),
                "stateOfCharge": round(vehicle.soc * 100),
                "evEnergyCapacity": capacity_wh,
            },
        }
    else:
        phases = vehicle.phases_at(plan)
        needs = {
            "requestedEnergyTransfer": {1: "AC_single_phase", 2: "AC_two_phase"}.get(phases, "AC_three_phase"),
            "acChargingParameters": {
                "energyAmount": wanted_wh,
                "evMinCurrent": math.ceil(vehicle.plan.min_a),
                "evMaxCurrent": round(vehicle.plan.max_ac_w / plan.voltage_v / phases),
                "evMaxVoltage": round(plan.voltage_v),
            },
        }
    if vehicle.leaves_at is not None:
        needs["departureTime"] = write_moment(vehicle.leaves_at)
    payload = {"evseId": evse.number, "maxScheduleTuples": MOST_PERIODS, "chargingNeeds": needs}
    return Message(action="NotifyEVChargingNeeds", payload=payload)
