"""Rows for tests: a depot, chargers with EVSEs and bays, vehicles, sessions, people. Each call makes a fit one."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from chargers.choices import CommandState, ConnectorStatus, EffectState, Standing
from chargers.models import Charger, Connection, Connector, Evse, Gateway, IssuedCommand
from depot.access.models import Role, User
from depot.models import Bay, Depot
from sessions.models import ClosedBy, MeterReading, Session, Vehicle, VehicleSource

THURSDAY = datetime(2026, 3, 5, 16, 30, tzinfo=UTC)
PASSWORD = "a yard of vans"

_numbers = count(1)


def make_depot(name: str = "Northgate", **fields: Any) -> Depot:
    values = {"time_zone": "Europe/Berlin", "currency": "EUR", "created_at": THURSDAY} | fields
    return Depot.objects.create(name=name, **values)


def make_user(
    name: str = "okafor", role: str = Role.ADMIN, *, depots: list[Depot] | None = None, **fields: Any
) -> User:
    """Sees all depots, unless some are named."""
    user = User.objects.create_user(name, password=PASSWORD, role=role, all_depots=depots is None, **fields)
    user.depots.set(depots or [])
    return user


def make_charger(identity: str = "", *, online: bool = True, protocol: str = "ocpp1.6", **fields: Any) -> Charger:
    values = {"standing": Standing.ADOPTED, "created_at": THURSDAY, "protocol": protocol} | fields
    charger = Charger.objects.create(identity=identity or f"CP-{next(_numbers)}", **values)
    if online:
        connect(charger)
    return charger


def connect(charger: Charger, **fields: Any) -> Connection:
    """An open socket in a living process, as the gateway notes it; no frame ever goes through it."""
    now = datetime.now(UTC)
    gateway, _ = Gateway.objects.update_or_create(
        name="of the tests", defaults={"started_at": now, "renewed_at": now + timedelta(days=1)}
    )
    values = {
        "gateway": gateway,
        "channel": "nobody",
        "protocol": charger.protocol or "ocpp1.6",
        "authenticated": True,
        "opened_at": now,
        "last_frame_at": now,
    } | fields
    return Connection.objects.create(charger=charger, **values)


def make_evse(charger: Charger | None = None, number: int = 1, *, status: str = "available", **fields: Any) -> Evse:
    evse = Evse.objects.create(charger=charger or make_charger(), number=number, **({"max_w": 7_200} | fields))
    Connector.objects.create(evse=evse, number=1, status=status, status_at=THURSDAY, heard_at=THURSDAY)
    return evse


def make_bay(depot: Depot, name: str = "", *, evse: Evse | None = None, zone: str = "Row A", **fields: Any) -> Bay:
    return Bay.objects.create(
        depot=depot, name=name or f"A{next(_numbers):02d}", zone=zone, evse=evse or make_evse(), **fields
    )


def make_vehicle(unit_number: str = "", **fields: Any) -> Vehicle:
    values = {"created_at": THURSDAY, "target_soc_percent": 80} | fields
    return Vehicle.objects.create(unit_number=unit_number or f"Van {next(_numbers)}", **values)


def make_session(bay: Bay, vehicle: Vehicle | None = None, **fields: Any) -> Session:
    """An open one that draws 7.1 kW; with `ended_at` told, one that the charger ended."""
    assert bay.evse
    started_at = fields.get("started_at", THURSDAY - timedelta(hours=2))
    values = {
        "charger": bay.evse.charger,
        "evse": bay.evse,
        "start_key": f"start-{next(_numbers)}",
        "depot_key": bay.depot_id,
        "depot_name": bay.depot.name,
        "bay_name": bay.name,
        "time_zone": bay.depot.time_zone,
        "currency": bay.depot.currency,
        "tariff_key": bay.tariff_id or bay.depot.tariff_id,
        "token_status": "Accepted",
        "vehicle": vehicle,
        "vehicle_source": VehicleSource.TOKEN if vehicle else "",
        "started_at": started_at,
        "started_heard_at": started_at,
        "last_heard_at": fields.get("ended_at") or THURSDAY,
        "meter_start_wh": 1_000_000,
        "energy_wh": 12_400,
        "power_w": None if fields.get("ended_at") else 7_100,
        "closed_by": ClosedBy.CHARGER if fields.get("ended_at") else ClosedBy.OPEN,
    } | fields
    return Session.objects.create(**values)


def make_reading(session: Session, at: datetime, **fields: Any) -> MeterReading:
    return MeterReading.objects.create(
        session=session, evse=session.evse, charger=session.charger, at=at, heard_at=at, **fields
    )


def make_command(charger: Charger, kind: str = "stop", **fields: Any) -> IssuedCommand:
    values = {
        "wording": {},
        "state": CommandState.REQUESTED,
        "effect": EffectState.NONE_EXPECTED,
        "issued_at": THURSDAY,
        "send_before": datetime.now(UTC) + timedelta(seconds=30),
    } | fields
    return IssuedCommand.objects.create(charger=charger, kind=kind, **values)


def set_status(bay: Bay, status: ConnectorStatus, *, at: datetime = THURSDAY) -> None:
    Connector.objects.filter(evse=bay.evse).update(status=status, heard_at=at, status_at=at)
