"""An outlet kept for a token (2.x H01, H02)."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from chargers.commands import CancelReservation, Reserve
from chargers.events import ReservationEnd, ReservationUpdated
from chargers.ocpp.dialect import Call, CommandNotSpoken, Payload
from chargers.ocpp.v2x.versions import both, v21, v201
from chargers.ocpp.v2x.words import TOKEN_TYPES, write_token
from chargers.ocpp.values import wire_moment

# ConnectorEnumType of 2.0.1; in 2.1 it is open.
CONNECTOR_TYPES = frozenset(
    {
        "cCCS1", "cCCS2", "cG105", "cTesla", "cType1", "cType2", "s309-1P-16A", "s309-1P-32A", "s309-3P-16A",
        "s309-3P-32A", "sBS1361", "sCEE-7-7", "sType2", "sType3", "Other1PhMax16A", "Other1PhOver16A", "Other3Ph",
        "Pan", "wInductive", "wResonant", "Undetermined", "Unknown",
    }
)  # fmt: skip


def reserve(command: Reserve, token_types: Collection[str] | None, connector_types: Collection[str] | None) -> Call:
    payload: Payload = {
        "id": command.reservation_id,
        "expiryDateTime": wire_moment(command.until),
        "idToken": write_token(command.token, command.token_type, token_types),
    }
    if command.evse is not None:
        payload["evseId"] = command.evse
    if command.connector_type:
        if connector_types is not None and command.connector_type not in connector_types:
            raise CommandNotSpoken(f"OCPP 2.0.1 knows no connector {command.connector_type}")
        payload["connectorType"] = command.connector_type
    if command.group:
        payload["groupIdToken"] = write_token(command.group, "Central", token_types)
    return Call("ReserveNow", payload)


v201.asks(Reserve)(partial(reserve, token_types=TOKEN_TYPES, connector_types=CONNECTOR_TYPES))
v21.asks(Reserve)(partial(reserve, token_types=None, connector_types=None))


@both.asks(CancelReservation)
def cancel(command: CancelReservation) -> Call:
    return Call("CancelReservation", {"reservationId": command.reservation_id})


@both.tells("ReservationStatusUpdate")
def ended(said: Payload, heard_at: datetime) -> ReservationUpdated:
    return ReservationUpdated(reservation_id=said["reservationId"], status=_end(said["reservationUpdateStatus"]))


def _end(word: object) -> ReservationEnd:
    """The message is only ever sent of one that is over: in whatever words, it is."""
    return ReservationEnd(word) if isinstance(word, str) and word in list(ReservationEnd) else ReservationEnd.REMOVED
