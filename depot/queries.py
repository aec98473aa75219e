"""What the yard knows of a place."""

from collections.abc import Collection

from depot.models import Bay
from sessions.place import NOWHERE, BayAccess, Place


def place_of(charger_id: int, evse_number: int | None) -> Place:
    """The place that an EVSE serves. A start that names no EVSE (2.x) is placed by its charger's only bay, if any."""
    bays = Bay.objects.filter(evse__charger=charger_id).select_related("depot", "evse")
    if evse_number:
        bays = bays.filter(evse__number=evse_number)
    found = list(bays[:2])
    if len(found) == 1:
        return place_at(found[0])
    if found and len({bay.depot_id for bay in found}) == 1:
        # Several bays of one depot: the depot is known, the bay is not yet.
        depot = found[0].depot
        return Place(
            depot_key=depot.pk,
            depot_name=depot.name,
            time_zone=depot.time_zone,
            currency=depot.currency,
            tariff_key=depot.tariff_id,
        )
    return NOWHERE


def place_at(bay: Bay) -> Place:
    depot = bay.depot
    return Place(
        depot_key=depot.pk,
        depot_name=depot.name,
        bay_name=bay.name,
        time_zone=depot.time_zone,
        currency=depot.currency,
        tariff_key=bay.tariff_id or depot.tariff_id,
        access=BayAccess(bay.access),
        own_vehicle_id=bay.own_vehicle_id,
    )


def depot_ids_of(charger_ids: Collection[int]) -> dict[int, int]:
    """The depot of each charger that serves a bay."""
    return dict(Bay.objects.filter(evse__charger__in=charger_ids).values_list("evse__charger", "depot"))
