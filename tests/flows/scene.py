"""A depot with one bay, one van and one charger; and the van that comes and charges."""

from dataclasses import dataclass, replace
from typing import Any

from asgiref.sync import sync_to_async

from billing.models import Tariff
from chargers.credentials import keyed_hash
from chargers.models import Charger, Evse
from depot.models import Bay, Depot
from sessions.models import IdToken, Session, Vehicle
from simulator.charger import Charger as Simulated
from simulator.runner import YardRunner
from simulator.transaction import Card
from tests.factories import THURSDAY, make_charger, make_depot
from tests.polling import until

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


async def plug_in(runner: YardRunner, *, soc: float = 0.3, **plan: Any) -> Simulated:
    """The van comes to the simulated charger and shows its card; once its session runs, the charger is handed back."""
    charger = runner.world.chargers["CP-A01"]
    await until(sync_to_async(lambda: charger.is_online))
    van = runner.world.vehicles["Van 1"]
    van.plan = replace(van.plan, **plan)
    van.soc = soc
    charger.evses[0].plug_in(van)
    charger.evses[0].present_card(Card("VAN12"))
    await until(Session.objects.running().aexists)
    return charger
