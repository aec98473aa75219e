"""A depot with one bay, one van and one charger."""

from dataclasses import dataclass

from billing.models import Tariff
from chargers.credentials import keyed_hash
from chargers.models import Charger, Evse
from depot.models import Bay, Depot
from sessions.models import IdToken, Vehicle
from tests.factories import THURSDAY, make_charger, make_depot

PASSWORD = "23456789abcdef23456789abcdef2345"


@dataclass(frozen=True)
class Scene:
    depot: Depot
    bay: Bay
    charger: Charger
    evse: Evse
    van: Vehicle
    token: IdToken


def set_scene() -> Scene:
    tariff = Tariff.objects.create(
        name="Flat", currency="EUR", time_zone="Europe/Berlin", price_per_kwh="0.30", created_at=THURSDAY
    )
    depot = make_depot(tariff=tariff)
    charger = make_charger("CP-A01", online=False, password_hmac=keyed_hash(PASSWORD.encode()), automation_on=False)
    evse = Evse.objects.create(charger=charger, number=1, max_w=11_000)
    bay = Bay.objects.create(depot=depot, name="A01", zone="Row A", evse=evse)
    van = Vehicle.objects.create(unit_number="Van 12", depot_key=depot.pk, created_at=THURSDAY)
    token = IdToken.objects.create(
        value="VAN12", key="van12", vehicle=van, is_ours=True, depot_key=depot.pk, created_at=THURSDAY
    )
    return Scene(depot, bay, charger, evse, van, token)
