"""The demo's yard in the depot's books: bays, chargers, vehicles and prices, from the yard file of the simulator."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction

from billing.models import Tariff
from chargers import queries
from chargers.choices import Standing
from chargers.credentials import keyed_hash, new_password
from chargers.events import token_key
from chargers.models import Charger, Connector, Evse
from depot.demo import electricity
from depot.models import Bay, Depot
from sessions.models import IdToken, Vehicle

# A file of data like any other; nothing of the simulator's code is used.
YARD_FILE = Path(settings.BASE_DIR) / "simulator" / "yards" / "demo.json"
SITE_LIMIT_W = 250_000
# Periods by which a night on this site is cheap, and the evening is not.
PERIODS = [
    {"weekdays": [1, 2, 3, 4, 5], "from": "16:00", "to": "21:00", "price_per_kwh": "0.26700", "label": "On-peak"},
    {"weekdays": [1, 2, 3, 4, 5, 6, 7], "from": "22:00", "to": "06:00", "price_per_kwh": "0.05600", "label": "Night"},
]

Plan = dict[str, Any]


def read_plan() -> Plan:
    plan: Plan = orjson.loads(YARD_FILE.read_bytes())
    return plan


def lay_out(plan: Plan, passwords_file: Path, *, now: datetime) -> Depot:
    """Make what the plan has and the books have not; a second time changes nothing."""
    with transaction.atomic():
        tariff, _ = Tariff.objects.get_or_create(
            name="Demo time of use",
            version=1,
            defaults={
                "currency": "USD",
                "time_zone": plan["time_zone"],
                "periods": PERIODS,
                "price_per_kwh": Decimal("0.09300"),
                "created_at": now,
            },
        )
        depot, _ = Depot.objects.get_or_create(
            name=plan["name"],
            defaults={
                "time_zone": plan["time_zone"],
                "currency": "USD",
                "tariff": tariff,
                "site_limit_w": SITE_LIMIT_W,
                "created_at": now,
            },
        )
        passwords = _read_passwords(passwords_file)
        for told in plan["chargers"]:
            _place_charger(told, depot, passwords, now)
        for told in plan["vehicles"]:
            _enrol_vehicle(told, depot, now)
        electricity.lay_cables(plan, depot, now=now)
        _write_passwords(passwords_file, passwords)
    return depot


def _place_charger(told: Plan, depot: Depot, passwords: dict[str, str], now: datetime) -> None:
    charger = queries.charger_called(told["identity"])
    if charger is None:
        charger = Charger(identity=told["identity"], name=told.get("name", ""), created_at=now)
    if told["identity"] not in passwords:
        passwords[told["identity"]] = new_password()
        charger.standing = Standing.ADOPTED
        charger.password_hmac = keyed_hash(passwords[told["identity"]].encode())
        charger.save()
    for point in told["evses"]:
        evse, _ = Evse.objects.update_or_create(
            charger=charger,
            number=point["number"],
            defaults={"max_w": point["max_w"], "phases": point.get("phases"), "is_dc": point["current"] == "DC"},
        )
        for cable in point["connectors"]:
            Connector.objects.get_or_create(evse=evse, number=cable["number"], defaults={"type": cable["type"][:20]})
        zone = {"A": "Row A", "B": "Row B", "D": "Fast lane"}.get(point["bay"][:1], "")
        Bay.objects.get_or_create(depot=depot, name=point["bay"], defaults={"zone": zone, "evse": evse})


def _enrol_vehicle(told: Plan, depot: Depot, now: datetime) -> None:
    vehicle, _ = Vehicle.objects.get_or_create(
        unit_number=told["name"],
        defaults={
            "depot_key": depot.pk,
            "battery_kwh": told["battery_kwh"],
            "max_ac_kw": Decimal(told["max_ac_w"]) / 1000,
            "max_dc_kw": Decimal(told["max_dc_w"]) / 1000,
            "target_soc_percent": round(told.get("target_soc", 1) * 100),
            "cost_centre": "Deliveries" if told["name"].startswith("Van") else "Haulage",
            "created_at": now,
        },
    )
    IdToken.objects.get_or_create(
        key=token_key(told["id_token"]),
        defaults={
            "value": told["id_token"],
            "vehicle": vehicle,
            "depot_key": depot.pk,
            "is_ours": True,
            "created_at": now,
        },
    )


def _read_passwords(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    passwords: dict[str, str] = orjson.loads(path.read_bytes())
    return passwords


def _write_passwords(path: Path, passwords: dict[str, str]) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(orjson.dumps(passwords))
