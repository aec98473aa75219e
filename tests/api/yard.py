"""A depot with one charger that is online."""

from dataclasses import dataclass

from chargers.models import Charger, Evse
from depot.models import Bay, Depot
from sessions.models import IdToken, Vehicle
from sessions.services import issue_own_token
from tests.factories import THURSDAY, make_bay, make_charger, make_depot, make_evse, make_vehicle


@dataclass(slots=True)
class Yard:
    depot: Depot
    charger: Charger
    evse: Evse
    bay: Bay
    van: Vehicle
    token: IdToken


def make_yard() -> Yard:
    depot = make_depot("Northgate")
    charger = make_charger("CP-A07", vendor="Maker", model="AC22", firmware="1.4")
    evse = make_evse(charger)
    van = make_vehicle("Van 7", depot_key=depot.pk)
    return Yard(depot, charger, evse, make_bay(depot, "A07", evse=evse), van, issue_own_token(van, THURSDAY))
