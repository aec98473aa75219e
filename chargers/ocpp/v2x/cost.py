"""The running cost on the charger's display (2.x I02)."""

from datetime import datetime

from chargers.commands import ShowCost
from chargers.events import CostShown
from chargers.ocpp.dialect import Call, Hearing, Payload
from chargers.ocpp.v2x.charge_terms import read_amount
from chargers.ocpp.v2x.versions import both


@both.asks(ShowCost)
def show(command: ShowCost) -> Call:
    return Call("CostUpdated", {"totalCost": float(command.total), "transactionId": command.reference})


@both.hears("CostUpdated")
def shown(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    total, reference = read_amount(request.get("totalCost")), request.get("transactionId")
    if total is None or not isinstance(reference, str):
        return Hearing(True, "")
    return Hearing(True, "", (CostShown(reference=reference, total=total),))
