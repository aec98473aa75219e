"""Bays and chargers, and which stands at which."""

import re

import pytest
from django.test import Client

from chargers.choices import Standing
from chargers.credentials import password_fits
from chargers.models import Charger, Evse
from depot.models import Access, Bay, Depot
from depot.yard.models import ImportBatch
from tests.factories import make_charger, make_vehicle
from tests.yard.importing.paste import Paste
from tests.yard.reading import words

pytestmark = pytest.mark.django_db

SECRET = re.compile(r'<b class="medium">([^<]+)</b></td><td class="mono secret">([0-9a-f]{32})<')


def test_bays_are_imported_with_their_chargers_and_vehicles(browser: Client, depot: Depot) -> None:
    charger = make_charger("ABB-1")
    van = make_vehicle("Van 131")
    text = (
        "Bay\tDepot\tZone\tCharger\tEVSE\tAccess\tOwn vehicle\n"
        "D1\tnorthgate\tFast lane\tabb-1\t1\tanyone\t\nD2\t\tFast lane\tABB-1\t2\town vehicle\tvan 131"
    )

    paste = Paste(browser, "bays", text, depot)
    paste.run()

    first, second = Bay.objects.order_by("name")
    assert paste.counts == {"new": 2}
    assert first.evse is not None
    assert (first.evse.charger, first.evse.number, first.access) == (charger, 1, Access.ANYONE)
    assert second.evse is not None
    assert (second.evse.number, second.access, second.own_vehicle) == (2, Access.OWN_VEHICLE, van)
    ImportBatch.objects.all().delete()
    assert Paste(browser, "bays", text, depot).counts == {"unchanged": 2}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("B1;;;;", "Depot: say which"),
        ("B1;Atlantis;;;", "there is no “Atlantis” among yours"),
        ("B1;Northgate;NOBODY;;", "There is no charger “NOBODY” here"),
        ("B1;Northgate;CP-A07;1;", "EVSE 1 of CP-A07 serves bay A07"),
        ("B1;Northgate;;;own", "Only its own vehicle may charge there, and none is named"),
        ("B1;Northgate;CP-A07;many;", "“many” is not a number from 1 to 99"),
    ],
)
def test_a_bay_that_cannot_be_is_wrong_with_the_reason(browser: Client, bay: Bay, row: str, why: str) -> None:
    paste = Paste(browser, "bays", f"bay;depot;charger;evse;access\n{row}")

    assert paste.counts == {"wrong": 1}
    assert why in words(paste.page)


def test_one_outlet_is_not_given_to_two_bays_of_one_paste(browser: Client, depot: Depot) -> None:
    make_charger("ABB-1")

    paste = Paste(browser, "bays", "bay;charger\nD1;ABB-1\nD2;ABB-1", depot)

    assert paste.counts == {"new": 1, "wrong": 1}
    assert "Line 2 takes EVSE 1 of ABB-1 already" in words(paste.page)


def test_a_bay_loses_its_charger_by_a_dash(browser: Client, bay: Bay, depot: Depot) -> None:
    Paste(browser, "bays", "bay;charger\nA07;-", depot).run()

    bay.refresh_from_db()
    assert bay.evse is None


def test_chargers_are_imported_with_passwords_that_are_shown_once(browser: Client, depot: Depot) -> None:
    bays = [Bay.objects.create(depot=depot, name=name) for name in ("A1", "D1", "D2")]
    text = "Charge Point ID;Name;OCPP;Stellplatz\nCP-1;Left;1.6J;A1\nABB-1;;2.0.1;D1 / D2"

    response = Paste(browser, "chargers", text).run()

    first, second = Charger.objects.order_by("-identity")
    shown = dict(SECRET.findall(response.content.decode()))
    assert (first.identity, first.name, first.pinned_protocol, first.standing) == (
        "CP-1", "Left", "ocpp1.6", Standing.ADOPTED,
    )  # fmt: skip
    assert password_fits(shown["CP-1"].encode(), first.password_hmac)
    assert password_fits(shown["ABB-1"].encode(), second.password_hmac)
    for bay in bays:
        bay.refresh_from_db()
    placed = [(bay.evse.charger.identity, bay.evse.number) for bay in bays if bay.evse]
    assert placed == [("CP-1", 1), ("ABB-1", 1), ("ABB-1", 2)]
    assert response["Cache-Control"] == "no-store"
    assert shown["CP-1"] not in browser.get(f"/import/chargers/{ImportBatch.objects.get().pk}/").content.decode()
    assert shown["CP-1"] not in str(ImportBatch.objects.values_list("record", flat=True).get())


def test_a_charger_moves_to_other_bays(browser: Client, bay: Bay, depot: Depot) -> None:
    other = Bay.objects.create(depot=depot, name="B1")

    Paste(browser, "chargers", "identity;bay\nCP-A07;B1", depot).run()

    bay.refresh_from_db()
    other.refresh_from_db()
    assert bay.evse is None
    assert other.evse is not None


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("WAITS;", "It is in the waiting room: adopt it there."),
        ("REFUSED;", "It was refused"),
        ("NEW;Z9", "There is no bay “Z9” here"),
        ("NEW;A07", "Bay A07 is served by another charger"),
        ("with blank;", "cannot be a charger"),
    ],
)
def test_a_charger_that_cannot_be_is_wrong_with_the_reason(browser: Client, bay: Bay, row: str, why: str) -> None:
    make_charger("WAITS", standing=Standing.WAITING)
    make_charger("REFUSED", standing=Standing.REFUSED)

    paste = Paste(browser, "chargers", f"identity;bay\n{row}")

    assert paste.counts == {"wrong": 1}
    assert why in words(paste.page)


def test_an_evse_is_grown_for_a_charger_that_never_called(browser: Client, depot: Depot) -> None:
    Bay.objects.create(depot=depot, name="A1")

    Paste(browser, "chargers", "identity;bay\nCP-1;A1", depot).run()

    assert Evse.objects.get().number == 1
