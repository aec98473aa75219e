"""The place that an EVSE serves, handed down to a session."""

from datetime import timedelta

import pytest

from depot.queries import place_of, places_of
from sessions.place import NOWHERE, BayAccess, KeptFor
from sessions.reserving.models import Reservation
from tests.factories import THURSDAY, make_bay, make_charger, make_depot, make_evse, make_vehicle

pytestmark = pytest.mark.django_db


def test_an_evse_with_a_bay_has_its_place() -> None:
    depot, charger, van = make_depot(), make_charger(), make_vehicle()
    make_bay(depot, "A07", evse=make_evse(charger), access="own_vehicle", own_vehicle=van)

    place = place_of(charger.pk, 1)

    assert (place.depot_key, place.bay_name, place.currency) == (depot.pk, "A07", "EUR")
    assert (place.access, place.own_vehicle_id) == (BayAccess.OWN_VEHICLE, van.pk)


def test_a_charger_that_nobody_placed_is_nowhere() -> None:
    assert place_of(make_charger().pk, 1) == NOWHERE


def test_without_an_evse_the_only_bay_of_the_charger_is_meant() -> None:
    charger = make_charger()
    make_bay(make_depot(), "A07", evse=make_evse(charger))

    assert place_of(charger.pk, None).bay_name == "A07"


def test_without_an_evse_and_with_two_bays_only_the_depot_is_known() -> None:
    depot, charger = make_depot(), make_charger()
    make_bay(depot, "A07", evse=make_evse(charger, 1))
    make_bay(depot, "A08", evse=make_evse(charger, 2))

    place = place_of(charger.pk, None)

    assert (place.depot_key, place.bay_name) == (depot.pk, "")


def test_each_evse_of_a_charger_has_its_place() -> None:
    depot, charger = make_depot(), make_charger()
    make_bay(depot, "A07", evse=make_evse(charger, 1))
    make_bay(depot, "A08", evse=make_evse(charger, 2), access="anyone")

    make_evse(charger, 3)

    places = places_of(charger.pk, now=THURSDAY)

    assert [(number, place.bay_name, place.access) for number, place in places.items()] == [
        (1, "A07", BayAccess.KNOWN), (2, "A08", BayAccess.ANYONE), (3, "", BayAccess.KNOWN),
    ]  # fmt: skip


def test_a_place_knows_whom_it_is_kept_for() -> None:
    charger = make_charger()
    evse = make_evse(charger, 1)
    make_bay(make_depot(), "A07", evse=evse)
    Reservation.objects.create(
        charger=charger, evse=evse, token_value="VAN151", token_key="van151", name="Van 151",
        until=THURSDAY + timedelta(hours=1), asked_at=THURSDAY,
    )  # fmt: skip

    assert places_of(charger.pk, now=THURSDAY)[1].kept_for == KeptFor(token_key="van151", name="Van 151")
    assert places_of(charger.pk, now=THURSDAY + timedelta(hours=1))[1].kept_for is None
