"""The running cost on the charger's display (2.x I02)."""

from chargers.commands import ShowCost
from chargers.ocpp.dialect import Call
from chargers.ocpp.v2x.versions import both


@both.asks(ShowCost)
def show(command: ShowCost) -> Call:
    return Call("CostUpdated", {"totalCost": float(command.total), "transactionId": command.reference})
