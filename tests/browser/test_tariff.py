"""A fleet manager types her utility's sheet: seasons by day, tiers and a ratchet, in plain fields."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from depot.access.models import Role, User
from depot.energy.models import SiteTariff
from depot.models import Depot
from tests.conftest import BusinessTime
from tests.energy.rows import make_circuit
from tests.factories import THURSDAY, make_depot, make_user

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def depot(transactional_db: None, business_time: BusinessTime) -> Depot:
    business_time.set(THURSDAY)
    depot = make_depot(site_limit_w=100_000)
    make_circuit(depot)
    return depot


@pytest.fixture
def person(depot: Depot) -> User:
    return make_user("adeyemi", Role.FLEET_MANAGER, depots=[depot])


def panel(page: "Page", heading: str) -> "Locator":
    return page.locator("section.panel").filter(has=page.get_by_role("heading", name=heading, exact=True))


def row(page: "Page", heading: str, number: int) -> "Locator":
    return panel(page, heading).locator("fieldset.period").nth(number - 1)


def test_a_sheet_with_seasons_tiers_and_a_ratchet_is_typed_mended_and_seen_again(
    open_page: "Callable[[str], Page]", depot: Depot
) -> None:
    page = open_page("/wiring/tariffs/")
    page.get_by_role("link", name="Summer and winter").click()
    page.get_by_label("Name").fill("City Power EV-2")
    page.get_by_label("Holds from the day").fill("2026-03-01")
    season = row(page, "Seasons", 1)
    season.get_by_label("First day").fill("31 June")
    season.get_by_label("Last day").fill("14 September")
    tier = row(page, "Energy", 3)
    tier.get_by_label("Only the first, kWh").fill("1000")
    row(page, "Energy", 4).get_by_label("Price per kWh").fill("0.22")
    row(page, "Demand", 1).get_by_label("Ratchet: % of a peak").fill("75")

    page.get_by_role("button", name="Add it").click()
    page.get_by_role("link", name="Season row 1, First day").click()
    page.wait_for_function("document.activeElement.id === 'id_seasons-0-first'")
    row(page, "Seasons", 1).get_by_label("First day").fill("15 June")
    page.get_by_role("button", name="Add it").click()
    page.get_by_text("City Power EV-2 holds from 2026-03-01").wait_for()

    terms = SiteTariff.objects.get().terms
    assert terms["seasons"] == {"Summer": [["06-15", "09-14"]]}
    assert [entry.get("first_kwh") for entry in terms["energy"]] == [None, None, "1000", None]
    assert terms["demand"][0]["ratchet"] == {"months": 11, "share": 0.75}
    page.get_by_role("link", name="Change City Power EV-2").click()
    assert row(page, "Seasons", 1).get_by_label("First day").input_value() == "15 June"
    assert row(page, "Energy", 3).get_by_label("Only the first, kWh").input_value() == "1000"
    assert row(page, "Demand", 1).get_by_label("Ratchet: % of a peak").input_value() == "75"
