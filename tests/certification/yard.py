"""A charger of its own for each case, in a depot of its own: many cases share one running server and its database."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from billing.models import Tariff
from chargers.credentials import keyed_hash
from chargers.models import Charger, Evse
from depot.models import Bay, Depot
from sessions.models import IdToken, Session, Vehicle
from tests.certification.desk import Desk
from tests.factories import THURSDAY, make_charger, make_depot

PASSWORD = "23456789abcdef23456789abcdef2345"
_numbers = count(1)


@dataclass
class Yard:
    """Two EVSEs with a bay each, and two vehicles with a card each: `van` at hand, `car` for whoever comes second."""

    url: str
    depot: Depot
    charger: Charger
    evses: list[Evse]
    bays: list[Bay]
    van: Vehicle
    card: IdToken
    other_card: IdToken
    desk: Desk

    @property
    def identity(self) -> str:
        return self.charger.identity

    async def session(self, **filters: Any) -> Session:
        return await Session.objects.select_related("vehicle", "token").aget(charger=self.charger, **filters)

    async def sessions(self) -> list[Session]:
        return [session async for session in Session.objects.filter(charger=self.charger).order_by("pk")]


def make_yard(url: str, client: Any, user: Any) -> Yard:
    number = next(_numbers)
    tariff, _ = Tariff.objects.get_or_create(
        name="Flat",
        defaults={
            "currency": "EUR", "time_zone": "Europe/Berlin", "price_per_kwh": "0.30", "created_at": THURSDAY,
        },
    )  # fmt: skip
    depot = make_depot(f"Depot {number}", tariff=tariff)
    charger = make_charger(
        f"CERT-{number}", online=False, protocol="", password_hmac=keyed_hash(PASSWORD.encode()), automation_on=False
    )
    evses = [Evse.objects.create(charger=charger, number=one, max_w=11_000) for one in (1, 2)]
    bays = [Bay.objects.create(depot=depot, name=f"A{evse.number:02}", zone="Row A", evse=evse) for evse in evses]
    van, car = (
        Vehicle.objects.create(unit_number=f"{name} {number}", depot_key=depot.pk, created_at=THURSDAY)
        for name in ("Van", "Car")
    )
    card, other_card = (
        IdToken.objects.create(
            value=f"{name}{number}", key=f"{name}{number}".lower(), vehicle=vehicle, is_ours=True,
            depot_key=depot.pk, created_at=THURSDAY,
        )
        for name, vehicle in (("VAN", van), ("CAR", car))
    )  # fmt: skip
    desk = Desk(client, user, charger.identity, charger.pk)
    return Yard(url, depot, charger, evses, bays, van, card, other_card, desk)


def make_card(yard: Yard, name: str = "CARD", **fields: Any) -> IdToken:
    value = f"{name}{next(_numbers)}"
    values = {"depot_key": yard.depot.pk, "created_at": THURSDAY} | fields
    return IdToken.objects.create(value=value, key=value.lower(), **values)
