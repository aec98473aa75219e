"""A yard as small as a session needs it."""

from datetime import UTC, datetime
from typing import Any

from chargers.choices import ConnectorStatus, Protocol, Standing
from chargers.models import Charger, Connector, Evse
from sessions.models import IdToken, Session, Vehicle
from sessions.place import Place

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
BAY = Place(depot_key=1, depot_name="North", bay_name="A07", time_zone="Europe/Berlin", currency="EUR", tariff_key=7)


def make_charger(identity: str = "CP-A07", protocol: str = Protocol.V16) -> Charger:
    return Charger.objects.create(identity=identity, standing=Standing.ADOPTED, protocol=protocol, created_at=NOON)


def make_evse(charger: Charger, number: int = 1, *, max_w: int | None = 22_000, connectors: int = 1) -> Evse:
    evse = Evse.objects.create(charger=charger, number=number, max_w=max_w)
    for n in range(1, connectors + 1):
        Connector.objects.create(evse=evse, number=n, status=ConnectorStatus.AVAILABLE)
    return evse


def make_van(unit_number: str = "VAN-12") -> Vehicle:
    return Vehicle.objects.create(unit_number=unit_number, created_at=NOON)


def make_card(value: str = "04AB12CD", vehicle: Vehicle | None = None, **more: Any) -> IdToken:
    return IdToken.objects.create(
        value=value, key=value.casefold(), vehicle=vehicle, **{"driver": "Kim", "created_at": NOON, **more}
    )


def shows(evse: Evse, status: ConnectorStatus, at: datetime = NOON) -> None:
    Connector.objects.filter(evse=evse).update(status=status, status_at=at, heard_at=at)


def codes(session: Session) -> set[str]:
    return {note["code"] for note in session.quality}
