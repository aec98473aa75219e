"""Which connectors can be used (2.x G01, G03, G04)."""

from datetime import datetime

from chargers.commands import ChangeAvailability
from chargers.events import StatusChanged
from chargers.ocpp.dialect import Call, Hearing, Payload
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.v2x.words import hear_status, read_status, write_place
from chargers.ocpp.values import moment, whole


@both.tells("StatusNotification")
def status(said: Payload, heard_at: datetime) -> StatusChanged:
    word = str(said["connectorStatus"])
    return StatusChanged(
        evse=whole(said.get("evseId")) or 0,
        # Some chargers count connectors from 0, or mean the EVSE as a whole by it: its first cable.
        connector=whole(said.get("connectorId")) or 1,
        status=read_status(word),
        raw=word,
        at=moment(said.get("timestamp")) or heard_at,
    )


@both.asks(ChangeAvailability)
def change_availability(command: ChangeAvailability) -> Call:
    payload: Payload = {"operationalStatus": "Operative" if command.operative else "Inoperative"}
    if command.evse:
        payload["evse"] = write_place(command.evse, command.connector)
    return Call("ChangeAvailability", payload)


@both.hears("ChangeAvailability")
def availability_answered(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # Scheduled: done when the transaction that runs there has ended (G03.FR.05).
    return hear_status(response, "Accepted", "Scheduled")
