"""How sure it is which vehicle a session is, by how we know it: 0 is not at all, 1 is beyond doubt."""

from decimal import Decimal

from sessions.models import Session, VehicleSource

# A card may be lent, and another vehicle may stand in the bay of one: neither is a proof. A dispatcher looked.
SURE = {
    VehicleSource.UNKNOWN: Decimal("0.0"),
    VehicleSource.AUTOSTART: Decimal("0.7"),
    VehicleSource.TOKEN: Decimal("0.9"),
    VehicleSource.REMOTE_START: Decimal("0.9"),
    VehicleSource.DISPATCHER: Decimal("1.0"),
}
# What the vehicle itself proved by its contract certificate (ISO 15118) nobody else can show.
CONTRACT = "emaid"


def confidence_in_vehicle(session: Session) -> Decimal:
    if session.vehicle_id is None:
        return SURE[VehicleSource.UNKNOWN]
    if session.vehicle_source == VehicleSource.TOKEN and session.token_type.casefold() == CONTRACT:
        return Decimal("1.0")
    return SURE[VehicleSource(session.vehicle_source)]
