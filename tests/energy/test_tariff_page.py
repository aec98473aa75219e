"""The utility's tariff by hand: from a depot that has none to one that the planner reckons with."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from depot.access.models import Role
from depot.energy import services
from depot.energy.models import SiteTariff
from depot.energy.queries.prices import prices_of, tariff_in_force, windows_of
from depot.energy.slots import HORIZON_SLOTS, slot_at
from depot.energy.terms import read_terms
from depot.energy.wiring_pages.tariff_rows import day_of_year
from depot.models import Depot
from tests.board.pages import Page
from tests.conftest import BusinessTime
from tests.energy import tariffs as published
from tests.energy.rows import make_circuit, make_interval, make_need, make_tariff, wired_bay
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


def test_the_months_peak_so_far_is_counted_by_it(manager: Client, depot: Depot) -> None:
    make_interval(depot, starts_at=EVENING - timedelta(days=2), grid_wh=9_000)

    write_tariff(manager)

    page = manager.get("/wiring/tariffs/").content.decode()
    assert "up to 36 kW nothing more" in page


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


SEASONS: dict[str, Any] = {
    "seasons-0-name": "Summer", "seasons-0-first": "15 June", "seasons-0-last": "14 September",
    "seasons-1-name": "Winter", "seasons-1-first": "Nov 20", "seasons-1-last": "28.2.",
    "energy-0-season": "Summer", "energy-0-begins": "16:00", "energy-0-ends": "21:00",
    "energy-0-price_per_kwh": "0.40",
    "energy-1-label": "First", "energy-1-begins": "", "energy-1-ends": "", "energy-1-first_kwh": "1000",
    "energy-1-each": "month", "energy-1-price_per_kwh": "0.12",
    "energy-2-label": "More", "energy-2-price_per_kwh": "0.18",
    "demand-0-label": "Summer", "demand-0-season": "Summer", "demand-0-price_per_kwh": "12",
    "demand-0-interval_min": "30", "demand-0-minimum": "50",
    "demand-0-ratchet_share": "80", "demand-0-ratchet_months": "11",
    "demand-1-label": "Mean", "demand-1-price_per_kwh": "4", "demand-1-counted_in": "kva",
    "demand-1-power_factor": "0.9", "demand-1-minimum": "100", "demand-1-mean_of_months": "12",
}  # fmt: skip
NAMED = {"name": "Utility", "valid_from": "2026-01-01"}


def begun(manager: Client, start: str = "night", demand: str = "2") -> dict[str, Any]:
    told = fields_of(manager.get(f"/wiring/tariffs/add/?start={start}").content.decode())
    return told | NAMED | {"demand-TOTAL_FORMS": demand}


def write_seasons(manager: Client, depot: Depot) -> SiteTariff:
    answer = manager.post("/wiring/tariffs/add/", begun(manager) | SEASONS)

    assert answer.status_code == 302, answer.context["wrong"]
    return SiteTariff.objects.get()


def test_seasons_by_day_tiers_and_ratchets_are_rows(manager: Client, depot: Depot) -> None:
    terms = write_seasons(manager, depot).terms

    assert terms["seasons"] == {"Summer": [["06-15", "09-14"]], "Winter": [["11-20", "02-28"]]}
    summer, first, _ = terms["energy"]
    assert (summer["season"], summer["from"], summer["to"]) == ("Summer", "16:00", "21:00")
    assert (first["first_kwh"], first["each"]) == ("1000", "month")
    ratchet, mean = terms["demand"]
    assert (ratchet["season"], ratchet["ratchet"]) == ("Summer", {"months": 11, "share": 0.8})
    assert (ratchet["minimum_kw"], mean["minimum_kva"], mean["mean_of_months"]) == (50.0, 100.0, 12)


def test_a_season_holds_from_its_day_on(manager: Client, depot: Depot) -> None:
    write_seasons(manager, depot)

    # 17:00 in Berlin, on the day before the summer, on its first, its last, and on the day after it.
    days = [(6, 14), (6, 15), (9, 14), (9, 15)]
    prices = [
        tariff_in_force(depot, EVENING).price_at(datetime(2026, month, day, 15, tzinfo=UTC)) for month, day in days
    ]

    assert prices == [Decimal("0.12"), Decimal("0.4"), Decimal("0.4"), Decimal("0.12")]


def test_seasons_tiers_and_ratchets_are_shown_again_and_saved_as_they_were(manager: Client, depot: Depot) -> None:
    row = write_seasons(manager, depot)
    before = row.terms

    told = fields_of(manager.get(f"/wiring/tariffs/{row.pk}/").content.decode())
    manager.post(f"/wiring/tariffs/{row.pk}/", told)

    assert (told["seasons-0-first"], told["seasons-1-last"]) == ("15 June", "28 February")
    assert (told["energy-1-first_kwh"], told["demand-0-ratchet_share"]) == ("1000", "80")
    row.refresh_from_db()
    assert row.terms == before


@pytest.mark.parametrize(
    "terms",
    [
        published.PGE_BEV_2_S, published.SCE_TOU_EV_8_2026, published.SCE_TOU_EV_4_2019, published.PGE_A_10_2019,
        published.SMUD, published.SDGE_EV_HP, published.ENERGEX_NTC8100, published.ENERGEX_NTC7100,
        published.ENERGEX_2025, published.AUSGRID_EA305, published.BELGIUM, published.AGREED_KVA,
        published.WHOLESALE, published.FREE_WINDOW, published.NORWAY, published.SWEDEN,
    ],
)  # fmt: skip
def test_a_published_tariff_saved_as_it_is_shown_costs_the_same(
    manager: Client, depot: Depot, terms: dict[str, Any]
) -> None:
    row = make_tariff(depot, terms | {"currency": depot.currency})
    zone = ZoneInfo(depot.time_zone)

    told = fields_of(manager.get(f"/wiring/tariffs/{row.pk}/").content.decode())
    answer = manager.post(f"/wiring/tariffs/{row.pk}/", told)

    assert answer.status_code == 302, answer.context["wrong"]
    row.refresh_from_db()
    assert read_terms(row.terms, zone) == read_terms(terms | {"currency": depot.currency}, zone)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"seasons-0-first": "31 June"}, ("Season row 1, First day", "31 June is no day of the year")),
        ({"seasons-0-last": ""}, ("Season row 1, Last day", "Until when?")),
        ({"seasons-1-name": ""}, ("Season row 2, Called", "What is it called?")),
        ({"energy-0-season": "Sumer"}, ("Energy row 1, Season", "No season is called Sumer. There is Summer, Winter.")),
        ({"energy-0-first_month": "6", "energy-0-last_month": "9"}, ("Energy row 1, Season", "either a season or")),
        ({"energy-1-first_kwh": "-5"}, ("Energy row 2, Only the first, kWh", "greater than or equal to 0.001")),
        ({"energy-1-first_kwh": "some"}, ("Energy row 2, Only the first, kWh", "Enter a number.")),
        ({"energy-1-price_per_kwh": ""}, ("Energy row 2, Price per kWh", "What does it cost then?")),
        ({"demand-0-ratchet_months": ""}, ("Demand row 1, Ratchet: months", "For how many months is a peak")),
        ({"demand-0-ratchet_months": "13"}, ("Demand row 1, Ratchet: months", "less than or equal to 12")),
        ({"demand-0-ratchet_share": ""}, ("Demand row 1, Ratchet: % of a peak", "How much of the peak is the floor?")),
        ({"demand-0-ratchet_share": "120"}, ("Demand row 1, Ratchet: % of a peak", "less than or equal to 100")),
        ({"demand-0-mean_of_months": "12"}, ("Demand row 1, Mean of months", "Either a ratchet or the mean")),
        ({"demand-0-price_per_kwh": ""}, ("Demand row 1, Price per kW", "What does it cost then?")),
        ({"demand-1-mean_of_days": "3"}, ("Demand row 2, Mean of highest days", "neither a ratchet nor the mean")),
        ({"demand-1-mean_of_days": "29"}, ("Demand row 2, Mean of highest days", "less than or equal to 28")),
        ({"export-0-season": "Winter"}, ("Sent out row 1, Price per kWh", "What does it cost then?")),
    ],
)
def test_what_is_wrong_in_a_row_is_said_with_its_place_and_what_was_written_stays(
    manager: Client, depot: Depot, wrong: dict[str, Any], said: tuple[str, str]
) -> None:
    answer = manager.post("/wiring/tariffs/add/", begun(manager) | SEASONS | wrong)

    where, text = said
    assert [each.where for each in answer.context["wrong"]] == [where]
    assert text in answer.context["wrong"][0].text
    page = answer.content.decode()
    assert f'<a class="link" href="#{answer.context["wrong"][0].field_id}">{where}</a>' in page
    assert fields_of(page)["demand-1-minimum"] == "100"
    assert not SiteTariff.objects.exists()


STEPS: dict[str, Any] = {
    "demand-0-label": "Capacity", "demand-0-price_per_kwh": "", "demand-0-interval_min": "60",
    "demand-0-steps": "10: 32; 20 kW: 45.50; above: 70",
}  # fmt: skip


def test_steps_instead_of_a_price_are_a_row(manager: Client, depot: Depot) -> None:
    manager.post("/wiring/tariffs/add/", begun(manager, demand="1") | STEPS)

    (charge,) = tariff_in_force(depot, NOON).demand
    assert [charge.amount(kw) for kw in (10, 10.5, 25)] == [Decimal(32), Decimal("45.50"), Decimal(70)]


@pytest.mark.parametrize(
    ("wrong", "where", "said"),
    [
        ({"demand-0-steps": "10 kW for 32"}, "steps", "10 kW for 32 is no step: write it as 10: 32"),
        ({"demand-0-steps": "10: 32"}, "steps", "Two steps at least, the last written as above"),
        ({"demand-0-steps": "20: 32; 10: 40; above: 70"}, "steps", "step 2: its power is above"),
        ({"demand-0-price_per_kwh": "4"}, "steps", "Either a price per kW or steps"),
        ({"demand-0-mean_of_months": "12"}, "steps", "neither a ratchet nor the mean of months"),
        ({"demand-0-counted_in": "kva"}, "counted_in", "Steps are of kW."),
    ],
)
def test_steps_that_cannot_be_are_said_beside_their_field(
    manager: Client, depot: Depot, wrong: dict[str, Any], where: str, said: str
) -> None:
    answer = manager.post("/wiring/tariffs/add/", begun(manager, demand="1") | STEPS | wrong)

    (one,) = answer.context["wrong"]
    assert one.field_id == f"id_demand-0-{where}"
    assert said in one.text
    assert fields_of(answer.content.decode())["demand-0-steps"] == (STEPS | wrong)["demand-0-steps"]


def test_a_price_may_be_below_nothing(manager: Client, depot: Depot) -> None:
    manager.post("/wiring/tariffs/add/", begun(manager) | {"energy-0-price_per_kwh": "-0.02"})

    assert tariff_in_force(depot, NOON).price_at(datetime(2026, 3, 5, 22, tzinfo=UTC)) == Decimal("-0.02")


def test_what_is_sent_out_is_paid_by_the_hour(manager: Client, depot: Depot) -> None:
    sent_out = {
        "export-TOTAL_FORMS": "2", "export-0-begins": "16", "export-0-ends": "20", "export-0-price_per_kwh": "0.11",
        "export-1-price_per_kwh": "-0.01",
    }  # fmt: skip
    answer = manager.post("/wiring/tariffs/add/", begun(manager, demand="1") | sent_out)
    assert answer.status_code == 302, answer.context["wrong"]

    tariff = tariff_in_force(depot, NOON)
    assert (tariff.export_price_at(NOON), tariff.export_price_at(EVENING)) == (Decimal("-0.01"), Decimal("0.11"))


def test_all_that_is_wrong_is_said_at_once(manager: Client, depot: Depot) -> None:
    wrong = {"seasons-0-first": "31 June", "energy-0-season": "Sumer", "demand-0-ratchet_months": "", "holidays": "x"}

    answer = manager.post("/wiring/tariffs/add/", begun(manager) | SEASONS | wrong)

    assert [each.where for each in answer.context["wrong"]] == [
        "Season row 1, First day", "Energy row 1, Season", "Demand row 1, Ratchet: months",
    ]  # fmt: skip
    assert "x is no day: write it as 2027-12-25." in answer.content.decode()


def test_a_tariff_that_leaves_hours_without_a_price_is_refused(manager: Client, depot: Depot) -> None:
    told = begun(manager, "seasons") | {"energy-2-season": "Summer"}

    page = manager.post("/wiring/tariffs/add/", told).content.decode()

    assert "no price holds at 00:00 on a Saturday such as 1 January" in page
    assert not SiteTariff.objects.exists()


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("15 June", "06-15"), ("June 15", "06-15"), ("15 jun", "06-15"), ("15th of June", "06-15"),
        ("15.6.", "06-15"), ("15. 06.", "06-15"), ("6-15", "06-15"), ("29 February", "02-29"),
    ],
)  # fmt: skip
def test_a_day_of_the_year_is_written_in_many_ways(said: str, day: str) -> None:
    assert day_of_year(said) == day


@pytest.mark.parametrize("said", ["", "June", "15", "31 June", "6/15", "15 Smarch", "00-00", "15 June 2026", "30.2."])
def test_what_is_no_day_of_the_year_is_refused(said: str) -> None:
    with pytest.raises(ValidationError):
        day_of_year(said)


def test_who_may_only_read_tariffs_writes_none(client: Client, depot: Depot) -> None:
    client.force_login(make_user("reader", Role.DISPATCHER, depots=[depot]))

    assert client.get("/wiring/tariffs/").status_code == 200
    assert client.post("/wiring/tariffs/add/", NAMED | SEASONS).status_code == 403


def test_a_tariff_that_rows_cannot_say_is_begun_as_it_is_written(manager: Client, depot: Depot) -> None:
    page = manager.get("/wiring/tariffs/add/?start=demand").content.decode()
    assert 'href="?start=demand&amp;written"' in page
    told = fields_of(manager.get("/wiring/tariffs/add/?start=demand&written").content.decode())

    written = json.loads(told["written"])
    written["demand"] = [{"name": "capacity", "steps": [{"up_to_kw": 50, "price": "2500"}, {"price": "4700"}]}]
    manager.post("/wiring/tariffs/add/", told | NAMED | {"written": json.dumps(written)})

    assert SiteTariff.objects.get().terms["demand"] == written["demand"]
