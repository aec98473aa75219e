"""The utility's tariff by hand: from a depot that has none to one that the planner reckons with."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from depot.access.models import Role
from depot.energy import services
from depot.energy.models import SiteTariff
from depot.energy.queries.prices import prices_of, tariff_in_force, windows_of
from depot.energy.slots import HORIZON_SLOTS, slot_at
from depot.models import Depot
from tests.board.pages import Page
from tests.conftest import BusinessTime
from tests.energy.rows import make_circuit, make_need, wired_bay
from tests.factories import make_depot, make_session, make_user, make_vehicle

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 5, 11, 0, tzinfo=UTC)  # Thursday, 12:00 in Berlin
EVENING = datetime(2026, 3, 5, 15, 0, tzinfo=UTC)
HOLIDAY_EVENING = datetime(2026, 4, 6, 16, 0, tzinfo=UTC)  # Easter Monday, 18:00
WORKDAYS = ["1", "2", "3", "4", "5"]


@pytest.fixture
def depot(business_time: BusinessTime) -> Depot:
    business_time.set(NOON)
    depot = make_depot(site_limit_w=100_000)
    make_circuit(depot)
    return depot


@pytest.fixture
def manager(client: Client, depot: Depot) -> Client:
    client.force_login(make_user("manager", Role.FLEET_MANAGER, depots=[depot]))
    return client


def fields_of(html: str) -> dict[str, Any]:
    """What a browser would send of the page's form as it stands."""
    page, told = Page(html), dict[str, Any]()
    for element in page.elements:
        name = element.attributes.get("name", "")
        if element.tag == "textarea" and name:
            told[name] = element.text
        elif element.tag == "input" and name and element.attributes.get("type") == "checkbox":
            told.setdefault(name, [])
            if "checked" in element.attributes:
                told[name].append(element.attributes["value"])
        elif element.tag == "input" and name and name != "csrfmiddlewaretoken":
            told[name] = element.attributes.get("value", "")
        elif element.tag == "select" and name:
            chosen = [each for each in page.elements if each.parent is element and "selected" in each.attributes]
            told[name] = chosen[0].attributes["value"] if chosen else ""
    return told


def write_tariff(manager: Client) -> None:
    """As a person does: the page of tariffs, its way to a new one, the form as it stands with some blanks filled."""
    start = "/wiring/tariffs/add/?start=night"
    assert f'href="{start}"' in manager.get("/wiring/tariffs/").content.decode()
    told = fields_of(manager.get(start).content.decode())
    told |= {"name": "City Power EV-2", "valid_from": "2026-03-01", "holidays": "2026-04-03\n2026-04-06\n"}
    told |= {
        "energy-0-label": "Peak", "energy-0-weekdays": WORKDAYS, "energy-0-begins": "16", "energy-0-ends": "21:00",
        "energy-0-price_per_kwh": "0.40", "energy-1-price_per_kwh": "0.15",
        "demand-0-label": "Peak hours", "demand-0-weekdays": WORKDAYS, "demand-0-begins": "16:00",
        "demand-0-ends": "21:00", "demand-0-price_per_kwh": "12.50", "demand-0-interval_min": "15",
    }  # fmt: skip

    answer = manager.post(start, told)

    assert answer.status_code == 302, re.findall(r'class="errors".*?</div>', answer.content.decode())


def test_a_manager_writes_two_prices_holidays_and_a_demand_charge_and_they_hold(manager: Client, depot: Depot) -> None:
    write_tariff(manager)

    tariff = tariff_in_force(depot, EVENING)
    assert (tariff.price_at(NOON), tariff.price_at(EVENING)) == (Decimal("0.15"), Decimal("0.40"))
    assert tariff.price_at(HOLIDAY_EVENING) == Decimal("0.15")
    (window,) = windows_of(depot, tariff, NOON, HORIZON_SLOTS, 0.0)
    assert (window.key, window.price_per_kw) == ("Peak hours", 12.5)
    page = manager.get("/wiring/tariffs/").content.decode()
    assert "City Power EV-2" in page
    assert "holds now" in page
    assert "12.50 EUR" in page.replace("\N{NO-BREAK SPACE}", " ")


def test_the_plan_keeps_out_of_the_hours_that_were_written(manager: Client, depot: Depot) -> None:
    write_tariff(manager)
    van = make_vehicle(depot_key=depot.pk, battery_kwh=75)
    session = make_session(wired_bay(depot), van, started_at=EVENING, energy_wh=0)
    leaves = datetime(2026, 3, 6, 5, 0, tzinfo=UTC)
    make_need(
        depot, vehicle=van, session=session, departs_at=leaves, energy_wh=40_000, told_at=EVENING, holds_until=leaves,
        session_energy_wh=0,
    )  # fmt: skip

    plan = services.replan(depot, now=EVENING, why="a test")

    assert plan is not None
    kw = plan.stays.get().kw
    assert (sum(kw[:20]), plan.unmet_kwh) == (0, 0), "five hours from 16:00 on"
    assert prices_of(depot, slot_at(EVENING), 21).import_price == (0.4,) * 20 + (0.15,)


def test_the_form_shows_what_was_written_and_saved_again_it_is_the_same(manager: Client, depot: Depot) -> None:
    write_tariff(manager)
    row = SiteTariff.objects.get()
    before = row.terms

    told = fields_of(manager.get(f"/wiring/tariffs/{row.pk}/").content.decode())
    manager.post(f"/wiring/tariffs/{row.pk}/", told)

    row.refresh_from_db()
    assert row.terms == before
    assert before["holidays"] == ["2026-04-03", "2026-04-06"]
    assert before["energy"][0]["weekdays"] == [1, 2, 3, 4, 5]


def test_a_price_of_holidays_and_a_charge_in_kva_are_rows_too(manager: Client, depot: Depot) -> None:
    told = fields_of(manager.get("/wiring/tariffs/add/").content.decode())
    told |= {
        "name": "Utility", "valid_from": "2026-01-01", "holidays": "2026-12-25, 2026-12-26",
        "energy-0-weekdays": ["8"], "energy-0-price_per_kwh": "0.05", "energy-1-price_per_kwh": "0.20",
        "demand-0-price_per_kwh": "17.10", "demand-0-counted_in": "kva", "demand-0-power_factor": "0.9",
    }  # fmt: skip

    manager.post("/wiring/tariffs/add/", told)

    tariff = tariff_in_force(depot, NOON)
    christmas = datetime(2026, 12, 25, 12, tzinfo=UTC)
    assert (tariff.price_at(NOON), tariff.price_at(christmas)) == (Decimal("0.20"), Decimal("0.05"))
    assert tariff.demand[0].price_per_kw == Decimal(19)
    assert "as_written" not in manager.get(f"/wiring/tariffs/{SiteTariff.objects.get().pk}/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"holidays": "25.12.2026"}, "25.12.2026 is no day: write it as 2027-12-25."),
        ({"energy-0-weekdays": ["8"]}, "A row holds on holidays only, and no holiday is listed."),
        ({"energy-0-begins": "25:00"}, "A time of day such as 16:00"),
        ({"valid_from": ""}, "This field is required."),
    ],
)
def test_what_is_no_tariff_is_said_and_what_was_written_stays(
    manager: Client, depot: Depot, wrong: dict[str, Any], words: str
) -> None:
    told = fields_of(manager.get("/wiring/tariffs/add/?start=night").content.decode())

    answer = manager.post("/wiring/tariffs/add/", told | {"name": "Utility", "valid_from": "2026-01-01"} | wrong)

    page = answer.content.decode()
    assert words in page
    assert fields_of(page)["name"] == "Utility"
    assert not SiteTariff.objects.exists()


def test_a_tariff_that_rows_cannot_say_is_begun_as_it_is_written(manager: Client, depot: Depot) -> None:
    page = manager.get("/wiring/tariffs/add/?start=demand").content.decode()
    assert 'href="?start=demand&amp;written"' in page
    told = fields_of(manager.get("/wiring/tariffs/add/?start=demand&written").content.decode())

    written = told["written"].replace(
        '"name": "any time",', '"name": "any time", "ratchet": {"months": 11, "share": 0.8},'
    )
    manager.post("/wiring/tariffs/add/", told | {"name": "U", "valid_from": "2026-01-01", "written": written})

    assert SiteTariff.objects.get().terms["demand"][0]["ratchet"] == {"months": 11, "share": 0.8}
