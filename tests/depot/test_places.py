"""The place that an EVSE serves, handed down to a session."""

import pytest

from depot.queries import place_of, place_to_authorize_at
from sessions.place import NOWHERE, BayAccess
from tests.factories import make_bay, make_charger, make_depot, make_evse, make_vehicle

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


def test_a_card_shown_at_no_connector_is_judged_where_most_may_charge() -> None:
    depot, charger = make_depot(), make_charger()
    make_bay(depot, "A07", evse=make_evse(charger, 1))
    make_bay(depot, "A08", evse=make_evse(charger, 2), access="anyone")

    assert place_to_authorize_at(charger.pk, None).access == BayAccess.ANYONE
    assert place_to_authorize_at(charger.pk, 1).access == BayAccess.KNOWN
