"""What the yard knows of a place."""

from collections.abc import Collection
from dataclasses import replace

from chargers.prepared import Prepared
from depot.models import Bay
from sessions.place import NOWHERE, BayAccess, Place

# Only what a place is made of: this is asked at each start and stop, and whole rows cost several times as much.
PLACE = (
    "name", "access", "own_vehicle", "tariff", "depot", "depot__name", "depot__time_zone", "depot__currency",
    "depot__tariff",
)  # fmt: skip


_bays_of_charger = Prepared(
    lambda charger: Bay.objects.filter(evse__charger=charger).order_by("pk").values_list(*PLACE), int
)
_bays_of_evse = Prepared(
    lambda charger, number: Bay.objects.filter(evse__charger=charger, evse__number=number).values_list(*PLACE),
    int,
    int,
)


def place_of(charger_id: int, evse_number: int | None) -> Place:
    """The place that an EVSE serves. A start that names no EVSE (2.x) is placed by its charger's only bay, if any."""
    found = _bays_of_evse(charger_id, evse_number) if evse_number else _bays_of_charger(charger_id)
    if not found or len({row[4] for row in found}) > 1:
        return NOWHERE
    bay_name, access, own_vehicle, tariff, depot, depot_name, time_zone, currency, depot_tariff = found[0]
    if len(found) > 1:
        # Several bays of one depot: the depot is known, the bay is not yet.
        bay_name, access, own_vehicle, tariff = "", BayAccess.KNOWN, None, None
    return Place(
        depot_key=depot,
        depot_name=depot_name,
        bay_name=bay_name,
        time_zone=time_zone,
        currency=currency,
        tariff_key=tariff or depot_tariff,
        access=BayAccess(access),
        own_vehicle_id=own_vehicle,
    )


def place_to_authorize_at(charger_id: int, evse_number: int | None) -> Place:
    """Where a card was shown. 1.6 does not say at which connector: then where most may charge, for the start is judged
    again at its own bay."""
    place = place_of(charger_id, evse_number)
    if evse_number:
        return place
    for access in (BayAccess.ANYONE, BayAccess.OWN_VEHICLE):
        for row in _bays_of_charger(charger_id):
            if row[1] == access:
                return replace(place, access=access, own_vehicle_id=row[2])
    return place


def depot_ids_of(charger_ids: Collection[int]) -> dict[int, int]:
    """The depot of each charger that serves a bay."""
    return dict(Bay.objects.filter(evse__charger__in=charger_ids).values_list("evse__charger", "depot"))
