"""The page Energy: what it shows of a plan and of what was measured, in its charts and in their tables."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.test import Client

from depot.access.models import Role
from depot.energy.models import PlanMark, SiteInterval, SiteTariff
from tests.conftest import BusinessTime
from tests.energy.pages.scene import EVENING, Evening, make_evening
from tests.energy.rows import make_interval, make_peak, make_rule
from tests.energy.tariffs import PGE_BEV_2_S
from tests.factories import make_depot, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def evening(business_time: BusinessTime) -> Evening:
    business_time.set(EVENING)
    return make_evening()


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(make_user("manager", Role.FLEET_MANAGER))
    return client


def page(reader: Client, path: str = "/energy/") -> str:
    answer = reader.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_depot_without_circuits_says_what_is_missing(reader: Client) -> None:
    make_depot()

    assert "No EVSE is on a circuit yet" in page(reader)


def test_before_the_first_plan_it_says_that_none_was_made(reader: Client, evening: Evening) -> None:
    assert "No plan has been made yet" in page(reader)


def test_it_shows_figures_of_the_plan_beside_charging_at_once(reader: Client, evening: Evening) -> None:
    evening.plan()

    said = page(reader)

    assert "unmanaged it would be" in said
    assert "each kW more costs €12.00" in said
    assert "of 30" in said


def test_the_months_peak_under_a_subscription_costs_its_blocks(reader: Client, evening: Evening) -> None:
    subscription = PGE_BEV_2_S["subscription"] | {"blocks": 4}
    SiteTariff.objects.update(terms=PGE_BEV_2_S | {"subscription": subscription, "currency": "EUR"})
    make_peak(evening.depot, window="subscription", kw=150)

    said = page(reader)

    assert "€382.24" in said, "four times 95.56"


@pytest.mark.parametrize("used_kwh", [0, 990, 1000])
def test_a_plan_costs_what_is_left_of_what_is_free(reader: Client, evening: Evening, used_kwh: int) -> None:
    free = {"first_kwh": "1000", "each": "month", "price_per_kwh": "0"}
    SiteTariff.objects.update(terms={"currency": "EUR", "energy": [free, {"price_per_kwh": "0.30"}]})
    SiteInterval.objects.all().delete()
    make_interval(evening.depot, starts_at=EVENING - timedelta(hours=8), grid_wh=used_kwh * 1000)
    evening.plan()

    figures = reader.get("/energy/").context["figures"]

    beyond_kwh = max(0.0, figures.to_deliver_kwh - (1000 - used_kwh))
    assert float(figures.cost.energy) == pytest.approx(0.3 * beyond_kwh, abs=0.01)


def test_the_table_and_the_csv_say_the_same(reader: Client, evening: Evening) -> None:
    plan = evening.plan()

    rows = list(csv.DictReader(StringIO(reader.get("/energy.csv?hours=24").content.decode())))
    said = page(reader, "/energy/?hours=24")

    assert len(rows) == 96
    planned = [row for row in rows if row["is_measured"] == "0" and row["grid_kw"]]
    assert float(planned[0]["grid_kw"]) == pytest.approx(plan.grid_kw[0], abs=1e-3)
    measured = [row for row in rows if row["is_measured"] == "1" and row["grid_kw"]]
    assert [row["grid_kw"] for row in measured] == ["8.000"] * 8
    for row in planned:
        assert f'<td class="num">{float(row["grid_kw"]):.1f}</td>' in said


def test_each_bay_says_why_it_waits(reader: Client, evening: Evening) -> None:
    evening.plan()

    rows = list(csv.DictReader(StringIO(reader.get("/energy/bays.csv").content.decode())))

    first = next(row for row in rows if row["bay"] == "A1")
    assert (first["vehicle"], first["kw"]) == ("Van 1", "0.000")
    assert "22:00" in first["why"]


def test_hours_in_which_a_rule_forbids_charging_are_hatched(reader: Client, evening: Evening) -> None:
    make_rule(evening.depot, "nothing", from_time="16:00", to_time="19:00")
    evening.plan()

    assert "A rule: no charging" in page(reader)


def test_it_says_when_the_last_try_made_no_plan(reader: Client, evening: Evening) -> None:
    evening.plan()
    PlanMark.objects.update_or_create(depot=evening.depot, defaults={"failed": "circuit Row A does not reach the root"})

    assert "circuit Row A does not reach the root" in page(reader)


def test_a_fault_shows_in_the_bays_row(reader: Client, evening: Evening) -> None:
    from tests.factories import set_status

    evening.plan()
    set_status(evening.bays[0], "faulted", at=EVENING)  # type: ignore[arg-type]

    assert "F: fault" in page(reader)


def test_planning_again_is_a_wish(reader: Client, evening: Evening) -> None:
    reader.post("/energy/plan-again/")

    assert PlanMark.objects.get(depot=evening.depot).why == "manager asked for it"
