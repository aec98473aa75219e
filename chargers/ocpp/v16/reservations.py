"""A connector kept for a token, and what its profiles come to (1.6 §5.1, §5.7, §5.13)."""

from chargers.commands import CancelReservation, ReadCompositeSchedule, Reserve
from chargers.ocpp.dialect import Call, CommandNotSpoken, Payload
from chargers.ocpp.v16.words import TOKEN_LENGTH, dialect
from chargers.ocpp.values import wire_moment


@dialect.asks(Reserve)
def reserve(command: Reserve) -> Call:
    if command.connector_type:
        raise CommandNotSpoken("1.6 reserves no type of connector")
    if max(len(command.token), len(command.group)) > TOKEN_LENGTH:
        raise CommandNotSpoken(f"1.6 takes id tokens of at most {TOKEN_LENGTH} characters")
    payload: Payload = {
        # 0: whichever is free (§5.13).
        "connectorId": command.evse or 0,
        "expiryDate": wire_moment(command.until),
        "idTag": command.token,
        "reservationId": command.reservation_id,
    }
    if command.group:
        payload["parentIdTag"] = command.group
    return Call("ReserveNow", payload)


@dialect.asks(CancelReservation)
def cancel(command: CancelReservation) -> Call:
    return Call("CancelReservation", {"reservationId": command.reservation_id})


@dialect.asks(ReadCompositeSchedule)
def composite_schedule(command: ReadCompositeSchedule) -> Call:
    payload: Payload = {"connectorId": command.evse, "duration": command.duration_s}
    if command.unit is not None:
        payload["chargingRateUnit"] = command.unit.value
    return Call("GetCompositeSchedule", payload)
