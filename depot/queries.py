"""What the yard knows of a place."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from chargers.models import Charger, Evse
from chargers.prepared import Prepared
from depot.models import Bay
from sessions.place import NOWHERE, BayAccess, Place
from sessions.reserving.models import Reservation
from sessions.reserving.queries import places_kept_at

# Only what a place is made of: this is asked at each start and stop, and whole rows cost several times as much.
PLACE = (
    "name", "access", "own_vehicle", "tariff", "depot", "depot__name", "depot__time_zone", "depot__currency",
    "depot__tariff", "pk", "depot__language",
)  # fmt: skip


_bays_of_charger = Prepared(
    lambda charger: Bay.objects.filter(evse__charger=charger).order_by("pk").values_list(*PLACE), int
)
_bays_of_evse = Prepared(
    lambda charger, number: Bay.objects.filter(evse__charger=charger, evse__number=number).values_list(*PLACE),
    int,
    int,
)


def chargers_with_keeping() -> QuerySet[Charger]:
    """Chargers, each with `keeps_places`: is any of its places kept for somebody?"""
    kept = Reservation.objects.live().filter(charger=OuterRef("pk"))
    return Charger.objects.annotate(keeps_places=Exists(kept))


_evses_of_charger = Prepared(
    lambda charger: (
        Evse.objects.filter(charger=charger)
        .order_by("number")
        .annotate(is_kept=Exists(Reservation.objects.live().filter(evse=OuterRef("pk"))))
        .values_list(*(f"bay__{name}" for name in PLACE), "number", "is_kept")
    ),
    int,
)


def places_of(charger_id: int, *, now: datetime) -> dict[int, Place]:
    """The place at each EVSE of a charger, by its number, with whom it is kept for at this moment."""
    rows = _evses_of_charger(charger_id)
    places = {row[-2]: NOWHERE if row[0] is None else _place(row[:-2]) for row in rows}
    if any(row[-1] for row in rows):
        kept = places_kept_at(charger_id, now)
        places = {number: replace(place, kept_for=kept.get(number)) for number, place in places.items()}
    return places


def place_of(charger_id: int, evse_number: int | None) -> Place:
    """The place that an EVSE serves. A start that names no EVSE (2.x) is placed by its charger's only bay, if any."""
    found = _bays_of_evse(charger_id, evse_number) if evse_number else _bays_of_charger(charger_id)
    if not found or len({row[4] for row in found}) > 1:
        return NOWHERE
    place = _place(found[0])
    if len(found) > 1:
        # Several bays of one depot: the depot is known, the bay is not yet.
        depot_tariff = found[0][8]
        return replace(
            place, bay_key=None, bay_name="", access=BayAccess.KNOWN, own_vehicle_id=None, tariff_key=depot_tariff
        )
    return place


def _place(row: tuple[Any, ...]) -> Place:
    """A row of PLACE."""
    bay_name, access, own_vehicle, tariff, depot, depot_name, time_zone, currency, depot_tariff, bay, language = row
    return Place(
        depot_key=depot,
        depot_name=depot_name,
        bay_key=bay,
        bay_name=bay_name,
        time_zone=time_zone,
        currency=currency,
        language=language,
        tariff_key=tariff or depot_tariff,
        access=BayAccess(access),
        own_vehicle_id=own_vehicle,
    )


def depot_ids_of(charger_ids: Collection[int]) -> dict[int, int]:
    """The depot of each charger that serves a bay."""
    return dict(Bay.objects.filter(evse__charger__in=charger_ids).values_list("evse__charger", "depot"))
