"""What frames every page: places by permission, the clock, keys, and the two tags that write moments."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.test import Client

from depot.access.models import Role, User
from depot.models import Depot
from tests.board.pages import Page
from tests.factories import THURSDAY, make_depot, make_user

SignIn = Callable[[User], Client]


def places(browser: Client) -> list[str]:
    page = Page(browser.get("/").content.decode())
    # On a phone those that find no room in the bar stand again in its menu.
    return list(dict.fromkeys(link.text for link in page.all("a") if link.within("nav")))


def test_an_administrator_sees_every_place(browser: Client, depot: Depot) -> None:
    assert places(browser) == [
        "Board", "Readiness", "Energy", "Sessions", "Chargers", "Vehicles",
        "Cards", "When cut off", "Bays", "Wiring", "Notices", "Waiting room", "Firmware", "Setting templates",
        "Certificates", "Oddities", "Tariffs", "People", "Audit", "Depot", "Site to minimum",
    ]  # fmt: skip


def test_a_viewer_sees_the_places_he_may_go_to(signed_in: SignIn, viewer: User) -> None:
    assert places(signed_in(viewer)) == [
        "Board", "Readiness", "Energy", "Sessions", "Chargers", "Vehicles", "Bays", "Wiring", "Notices", "Tariffs",
    ]  # fmt: skip


@pytest.mark.parametrize("role", list(Role))
def test_every_place_that_is_named_lets_its_reader_in(signed_in: SignIn, depot: Depot, role: Role) -> None:
    browser = signed_in(make_user("reader", role, depots=[depot]))
    page = Page(browser.get("/").content.decode())

    answers = {
        link.attributes["href"]: browser.get(link.attributes["href"]).status_code
        for link in page.all("a")
        if link.within("nav")
    }

    assert set(answers.values()) == {200}


def test_the_place_one_is_at_is_marked(browser: Client, depot: Depot) -> None:
    page = Page(browser.get("/sessions/").content.decode())

    assert [link.text for link in page.all("a") if link.attributes.get("aria-current") == "page"] == ["Sessions"]


def test_every_key_goes_to_one_place(browser: Client, depot: Depot) -> None:
    page = Page(browser.get("/").content.decode())

    keys = [link.attributes["data-key"] for link in page.all("a") if "data-key" in link.attributes]
    assert len(set(keys)) == len(keys) >= 12


def test_the_depots_own_time_stands_on_top(browser: Client, depot: Depot) -> None:
    # 16:30 UTC in winter is 17:30 in Berlin.
    assert Page(browser.get("/").content.decode()).by_id("now").text == "17:30"


def test_the_depot_is_a_menu_where_there_are_several(browser: Client, depot: Depot) -> None:
    make_depot("Southgate")

    page = Page(browser.get("/").content.decode())

    assert [button.text for button in page.all("button", name="depot")] == ["Northgate", "Southgate"]


def written(template: str, **context: object) -> Page:
    return Page(Template(template).render(Context({"now": THURSDAY, "zone": "Europe/Berlin", **context})))


def test_a_moment_keeps_utc_in_its_tooltip() -> None:
    (time,) = written("{% clock t %}", t=THURSDAY).all("time")

    assert (time.text, time.attributes["title"]) == ("17:30", "2026-03-05 16:30:00 UTC")


def test_a_moment_that_is_not_known_is_blank() -> None:
    assert Template("{% clock t %}").render(Context({"t": None})) == ""


def test_an_age_tells_the_browser_from_when_to_count() -> None:
    since = datetime(2026, 3, 5, 16, 0, tzinfo=UTC)

    (age,) = written("{% age t 600 %}", t=since, real_now=since + timedelta(minutes=14)).all("time")

    assert age.text == "14 m"
    assert age.attributes["data-since"] == str(int(since.timestamp() * 1000))
    assert age.classes == {"age", "late"}


def test_an_age_within_its_interval_is_not_late() -> None:
    since = datetime(2026, 3, 5, 16, 0, tzinfo=UTC)

    (age,) = written("{% age t 600 %}", t=since, real_now=since + timedelta(minutes=9)).all("time")

    assert age.classes == {"age"}
