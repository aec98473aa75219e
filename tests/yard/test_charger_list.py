"""The list of chargers."""

from collections.abc import Callable

import pytest
from django.test import Client

from chargers.choices import Standing
from chargers.models import Charger
from depot.access.models import Role
from depot.models import Bay, Depot
from tests.factories import make_bay, make_charger, make_depot, make_evse, make_session, make_user, make_vehicle
from tests.yard.reading import rows, signed_in, words

pytestmark = pytest.mark.django_db
NAMES = "/chargers/"


def found(client: Client, **query: str) -> list[str]:
    """The identities that a filter shows."""
    return [row.split()[0] for row in rows(client.get(NAMES, query), "charger")]


def test_a_charger_stands_with_its_bay_state_maker_and_version(browser: Client, bay: Bay) -> None:
    make_session(bay, make_vehicle("Van 131"))

    (row,) = rows(browser.get(NAMES), "charger")

    assert row.startswith("CP-A07 A07 Waits for cable ChargePoint CT4021 OCPP 1.6J 4.2.4")


def test_chargers_stand_in_the_order_that_people_count(browser: Client, depot: Depot) -> None:
    for identity in ("CP-10", "CP-9", "CP-1"):
        make_bay(depot, evse=make_evse(make_charger(identity)))

    assert found(browser) == ["CP-1", "CP-9", "CP-10"]


@pytest.mark.parametrize(
    ("query", "identities"),
    [
        ({"q": "d1"}, ["ABB-1"]),
        ({"q": "serial-7"}, ["CP-A07"]),
        ({"q": "nothing like it"}, []),
        ({"maker": "ABB"}, ["ABB-1"]),
        ({"version": "ocpp2.1"}, ["ABB-1"]),
        ({"firmware": "1.5"}, ["ABB-1"]),
        ({"state": "fault"}, ["ABB-1"]),
        ({"state": "free"}, ["CP-A07"]),
        ({"state": "gone"}, ["OFF-1"]),
        ({"link": "online"}, ["ABB-1", "CP-A07"]),
        ({"link": "never"}, ["OFF-1"]),
        ({"bay": "without"}, ["OFF-1"]),
        ({"bay": "with"}, ["ABB-1", "CP-A07"]),
    ],
)
def test_filters_show_what_fits(browser: Client, depot: Depot, query: dict[str, str], identities: list[str]) -> None:
    free = make_charger("CP-A07", vendor="ChargePoint", serial="serial-7", firmware="4.2")
    make_bay(depot, "A07", evse=make_evse(free))
    abb = make_charger("ABB-1", vendor="ABB", protocol="ocpp2.1", firmware="1.5")
    make_bay(depot, "D1", evse=make_evse(abb, status="faulted"))
    make_evse(make_charger("OFF-1", online=False))

    assert found(browser, **query) == identities


def test_chargers_of_another_depot_are_not_listed(bay: Bay) -> None:
    elsewhere = make_depot("Elsewhere")
    dispatcher = signed_in(make_user("diaz", Role.DISPATCHER, depots=[elsewhere]))

    assert found(dispatcher) == []


def test_a_charger_without_a_bay_is_listed_for_who_sees_all_depots(depot: Depot) -> None:
    make_charger("NEW-1")
    limited = signed_in(make_user("diaz", Role.ENGINEER, depots=[depot]))

    assert found(signed_in(make_user("okafor"))) == ["NEW-1"]
    assert found(limited) == []


def test_who_waits_or_was_refused_is_not_in_the_list_but_counted(browser: Client, bay: Bay) -> None:
    make_charger("STRANGER", standing=Standing.WAITING)
    make_charger("REFUSED", standing=Standing.REFUSED)

    page = browser.get(NAMES)

    assert found(browser) == ["CP-A07"]
    assert "1 in the waiting room" in words(page)


def test_an_empty_yard_says_what_to_do_next(browser: Client) -> None:
    page = words(browser.get(NAMES))

    assert "No chargers yet" in page
    assert "Add a charger" in page


def test_a_filter_that_fits_nothing_says_so(browser: Client, bay: Bay) -> None:
    assert "No charger fits" in words(browser.get(NAMES, {"q": "zzz"}))


def test_a_long_list_has_pages(browser: Client, depot: Depot) -> None:
    for number in range(103):
        Charger.objects.create(identity=f"N-{number:03}", standing=Standing.ADOPTED, created_at=depot.created_at)

    first, second = found(browser), found(browser, page="2")

    assert (len(first), len(second)) == (100, 3)
    assert not set(first) & set(second)


def test_the_list_costs_no_more_queries_with_more_chargers(
    browser: Client, depot: Depot, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for _ in range(20):
        make_session(make_bay(depot), make_vehicle())

    with django_assert_max_num_queries(26):  # type: ignore[attr-defined]
        page = browser.get(NAMES)

    assert len(rows(page, "charger")) == 20
