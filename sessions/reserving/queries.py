"""For whom places are kept, and whether a charger can keep one."""

from collections.abc import Collection
from datetime import datetime

from chargers.models import Charger, SettingValue
from sessions.place import KeptFor
from sessions.reserving.models import Reservation

# How chargers say what they can do: 1.6 by its feature profiles, 2.x by two switches.
PROFILES = "SupportedFeatureProfiles"
CONTROLLER, SWITCHES = "ReservationCtrlr", ("Enabled", "Available")


def kept_for(reservation: Reservation) -> KeptFor:
    return KeptFor(token_key=reservation.token_key, group=reservation.group, name=reservation.name)


def places_kept_at(charger_id: int, now: datetime) -> dict[int, KeptFor]:
    """By the number of the EVSE. Those for any EVSE keep none in particular."""
    live = Reservation.objects.live().filter(charger=charger_id, evse__isnull=False, until__gt=now)
    return {one.evse.number: kept_for(one) for one in live.select_related("evse") if one.evse is not None}


def live_by_evse(evse_ids: Collection[int]) -> dict[int, Reservation]:
    live = Reservation.objects.live().filter(evse__in=evse_ids)
    return {one.evse_id: one for one in live if one.evse_id is not None}


def knows_reservations(charger: Charger) -> bool | None:
    """None: it has not said. By what it reports of itself."""
    said = SettingValue.objects.filter(charger=charger)
    profiles = said.filter(variable=PROFILES).values_list("value", flat=True).first()
    if profiles:
        return "reservation" in {word.strip().casefold() for word in profiles.split(",")}
    switches = said.filter(component__iexact=CONTROLLER, variable__in=SWITCHES, attribute="Actual")
    values = {(value or "").casefold() for value in switches.values_list("value", flat=True)}
    if "false" in values:
        return False
    return True if "true" in values else None
