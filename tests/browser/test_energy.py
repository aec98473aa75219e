"""A fleet manager writes her rules, looks at the night they make, uses them and takes them back; and reads the plan."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from depot import live
from depot.access.models import Role, User
from depot.energy import services
from depot.energy.models import NeedSource, PlannedStay, Rule
from depot.energy.services import tell_need
from sessions.models import Vehicle
from tests.conftest import BusinessTime
from tests.energy.pages.scene import EVENING, Evening, make_evening, pause
from tests.energy.rows import wired_bay
from tests.factories import make_user

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def evening(transactional_db: None, business_time: BusinessTime) -> Evening:
    business_time.set(EVENING)
    evening = make_evening(needs_wh=20_000)
    evening.plan()
    return evening


@pytest.fixture
def person(evening: Evening) -> User:
    return make_user("adeyemi", Role.FLEET_MANAGER, depots=[evening.depot])


def add(page: "Page", kind: str) -> "Locator":
    page.get_by_role("button", name=kind, exact=True).click()
    page.locator("#rule-rows > .rule[id]").last.wait_for()
    return page.locator("#rule-rows > .rule[id]").last


def write_the_three_rules(page: "Page") -> None:
    most = add(page, "At most so many kW")
    most.get_by_label("From, hh:mm").fill("22:00")
    most.get_by_label("To, hh:mm").fill("06:00")
    most.get_by_label("kilowatts").fill("7.2")
    nothing = add(page, "No charging")
    nothing.get_by_label("From, hh:mm").fill("16:00")
    nothing.get_by_label("To, hh:mm").fill("19:00")
    first = add(page, "Who goes first")
    first.get_by_label("Leaving before, hh:mm").fill("05:00")


def test_a_fleet_manager_writes_three_rules_compares_them_and_uses_them(
    open_page: "Callable[[str], Page]", evening: Evening
) -> None:
    page = open_page("/energy/rules/")
    write_the_three_rules(page)

    page.locator("#compare").click()
    page.locator("h1", has_text="The coming night with these rules").wait_for()
    ready = page.locator("tr", has_text="Ready in time")
    assert "3 of 3" in ready.inner_text()
    assert Rule.objects.count() == 0, "a preview changes nothing"
    page.get_by_role("button", name="Use these rules from tonight").click()

    page.get_by_text("These rules hold from now on").wait_for()
    rules = Rule.objects.filter(active_from__isnull=False, taken_back_at=None).order_by("position")
    assert [rule.kind for rule in rules] == ["at_most", "nothing", "first"]
    assert page.locator("#changes", has_text="adeyemi").is_visible()
    plan = services.replan(evening.depot, now=EVENING, why="rules")
    assert plan is not None
    for stay in PlannedStay.objects.filter(plan=plan):
        assert max(stay.kw[2:34]) <= 7.2 + 1e-6, "from 22:00 to 06:00"


def test_what_was_used_can_be_undone(open_page: "Callable[[str], Page]", evening: Evening) -> None:
    page = open_page("/energy/rules/")
    write_the_three_rules(page)
    page.locator("#compare").click()
    page.get_by_role("button", name="Use these rules from tonight").click()
    page.get_by_text("These rules hold from now on").wait_for()

    page.get_by_role("button", name="Undo this change").click()

    page.get_by_text("the rules are as they were before").wait_for()
    assert not Rule.objects.filter(taken_back_at=None).exists()
    assert page.locator("#changes", has_text="Undone by adeyemi").is_visible()


def test_a_wrong_hour_is_said_and_nothing_is_lost(open_page: "Callable[[str], Page]", evening: Evening) -> None:
    page = open_page("/energy/rules/")
    write_the_three_rules(page)
    page.locator("#rule-rows > .rule[id]").first.get_by_label("From, hh:mm").fill("25:00")

    page.locator("#compare").click()

    page.get_by_text("write the hour as hh:mm").wait_for()
    assert page.get_by_label("kilowatts").input_value() == "7.2"


def test_rules_are_put_in_order_by_keys(open_page: "Callable[[str], Page]", evening: Evening) -> None:
    page = open_page("/energy/rules/")
    write_the_three_rules(page)
    page.locator("#rule-rows > .rule[id]").nth(1).get_by_label("From, hh:mm").focus()

    page.keyboard.press("Alt+ArrowUp")
    page.locator("#compare").click()
    page.get_by_role("button", name="Use these rules from tonight").click()

    page.get_by_text("These rules hold from now on").wait_for()
    assert list(Rule.objects.order_by("position").values_list("kind", flat=True)) == ["nothing", "at_most", "first"]


def test_the_chart_is_read_by_quarters_of_an_hour_with_keys(open_page: "Callable[[str], Page]") -> None:
    page = open_page("/energy/")
    page.locator("svg[data-words]").focus()

    page.keyboard.press("ArrowRight")
    page.locator("#readout", has_text="Thu 21:30 · planned").wait_for()
    page.keyboard.press("ArrowRight")

    page.locator("#readout", has_text="Thu 21:45 · planned").wait_for()


def test_the_chart_has_a_table(open_page: "Callable[[str], Page]") -> None:
    page = open_page("/energy/")

    page.locator("#power-twin > summary").click()

    assert page.locator("#power-twin tbody tr").count() == 96
    with page.expect_download() as download:
        page.locator("#power-twin").get_by_role("link", name="Download as CSV").click()
    assert download.value.suggested_filename.endswith(".csv")


def test_a_departure_is_told_and_its_fix_applied(open_page: "Callable[[str], Page]", evening: Evening) -> None:
    page = open_page(f"/readiness/vehicle-{evening.vans[0].pk}/")
    page.get_by_label("Leaves").fill("22:30")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("A new plan is being made").wait_for()
    evening.plan()

    page.goto(page.url.replace(f"vehicle-{evening.vans[0].pk}/", ""))
    problem = page.locator(f"#problem-vehicle-{evening.vans[0].pk}")
    problem.get_by_role("link", name="Find fixes").click()
    less = problem.locator("li.fix", has_text="enough this time")
    less.get_by_role("button", name="Apply").click()

    page.get_by_text("less is enough").wait_for()
    plan = evening.plan()
    assert plan.unmet_kwh < 0.05


def test_a_bay_is_kept_for_one_that_the_plan_has_paused(open_page: "Callable[[str], Page]", evening: Evening) -> None:
    pause(evening)
    evening.depot.site_limit_w = 80_000
    evening.depot.save()
    wired_bay(evening.depot, "D1", evse={"max_w": 22_000}, wiring={"rating_w": 22_000})
    leaves = EVENING + timedelta(hours=1)
    tell_need(
        evening.depot, vehicle=evening.vans[0], source=NeedSource.DISPATCHER, departs_at=leaves, energy_wh=18_000,
        now=EVENING,
    )  # fmt: skip
    evening.plan()
    page = open_page("/readiness/")

    problem = page.locator(f"#problem-vehicle-{evening.vans[0].pk}")
    problem.get_by_role("link", name="Find fixes").click()
    best = problem.locator("li.fix").first
    best.get_by_text("Best: Move it to D1 (22 kW)").wait_for()
    best.get_by_text("Somebody has to move it: Apply keeps D1 for it.").wait_for()
    best.get_by_role("button", name="Apply").click()

    page.get_by_text("D1 is kept for Van 1. Move it there").wait_for()


def test_fixes_that_were_found_stay_while_the_page_is_told_again(
    open_page: "Callable[[str], Page]", evening: Evening
) -> None:
    leaves = EVENING + timedelta(hours=1)
    tell_need(evening.depot, vehicle=evening.vans[0], source=NeedSource.DISPATCHER, departs_at=leaves, now=EVENING)
    evening.plan()
    page = open_page("/readiness/")
    problem = page.locator(f"#problem-vehicle-{evening.vans[0].pk}")
    problem.get_by_role("link", name="Find fixes").click()
    problem.get_by_role("button", name="Apply").first.wait_for()
    found = problem.locator("li.fix").count()

    Vehicle.objects.filter(pk=evening.vans[1].pk).update(unit_number="Van 2b")
    with transaction.atomic():
        live.tell([evening.bays[0].evse.charger_id], what="test")  # type: ignore[union-attr]
    page.locator("#departures", has_text="Van 2b").wait_for()

    assert problem.locator("li.fix").count() == found > 0
