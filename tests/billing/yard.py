"""Sessions that have ended, and what they were priced by; each with sensible facts unless a test says otherwise."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from billing.models import Tariff
from chargers.choices import Standing
from chargers.models import Charger, Connector, Evse
from depot.access.models import Role, User
from sessions.models import ClosedBy, MeterReading, Session, Vehicle

# Thursday 2026-03-05; in Berlin it is an hour later.
FOUR = datetime(2026, 3, 5, 15, tzinfo=UTC)
NOW = datetime(2026, 3, 5, 18, tzinfo=UTC)
PEAK = {"price_per_kwh": "0.42000", "from": "16:00", "to": "21:00", "label": "Peak"}

_numbers = count(1)


def evse(identity: str = "CP-A07", number: int = 1) -> Evse:
    charger, _ = Charger.objects.get_or_create(
        identity=identity, defaults={"standing": Standing.ADOPTED, "created_at": FOUR}
    )
    made, _ = Evse.objects.get_or_create(charger=charger, number=number)
    return made


def connector(identity: str = "CP-A07") -> Connector:
    made, _ = Connector.objects.get_or_create(evse=evse(identity), number=1)
    return made


def van(unit_number: str = "131", **facts: Any) -> Vehicle:
    made, _ = Vehicle.objects.get_or_create(
        unit_number=unit_number,
        defaults={"vin": "WV1ZZZSYZK9012345", "cost_centre": "4711", "created_at": FOUR, **facts},
    )
    return made


def tariff(**terms: Any) -> Tariff:
    made: Tariff = Tariff.objects.create(
        **{
            "name": f"Tariff {next(_numbers)}",
            "currency": "EUR",
            "price_per_kwh": Decimal("0.20000"),
            "created_at": FOUR - timedelta(days=30),
            **terms,
        }
    )
    return made


def ended_session(**facts: Any) -> Session:
    """From 16:00 to 17:00 in Berlin, 10 kWh, settled from when it ended."""
    started_at = facts.get("started_at", FOUR)
    ended_at = facts.get("ended_at", started_at + timedelta(hours=1))
    place = facts.pop("evse", None) or evse()
    return Session.objects.create(
        **{
            "charger": place.charger,
            "evse": place,
            "start_key": f"start {next(_numbers)}",
            "depot_key": 7,
            "depot_name": "North",
            "bay_name": "A07",
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
            "token_value": "VAN131",
            "started_at": started_at,
            "started_heard_at": started_at,
            "ended_at": ended_at,
            "ended_heard_at": ended_at,
            "closed_by": ClosedBy.CHARGER,
            "stop_reason": "EVDisconnected",
            "meter_start_wh": 50_000,
            "meter_stop_wh": 60_000,
            "energy_wh": 10_000,
            "last_heard_at": ended_at,
            "settle_after": ended_at,
            **facts,
        }
    )


def open_session(**facts: Any) -> Session:
    return ended_session(
        **{
            "ended_at": None,
            "ended_heard_at": None,
            "closed_by": ClosedBy.OPEN,
            "settle_after": None,
            "meter_stop_wh": None,
            "last_heard_at": FOUR,
            **facts,
        }
    )


def readings(session: Session, *points: tuple[float, int]) -> None:
    """Each a minute after the session's start, and the register then."""
    MeterReading.objects.bulk_create(
        MeterReading(
            charger=session.charger,
            evse=session.evse,
            session=session,
            at=session.started_at + timedelta(minutes=minute),
            heard_at=session.started_at + timedelta(minutes=minute),
            energy_wh=wh,
        )
        for minute, wh in points
    )


def manager(name: str = "mara", **facts: Any) -> User:
    return User.objects.create_user(
        name, password="a long password", **{"role": Role.FLEET_MANAGER, "all_depots": True, **facts}
    )
