"""The board in a real browser, against the real server; the chargers are rows, and a test plays what they tell."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from chargers.choices import CommandState, ConnectorStatus, EffectState
from chargers.models import IssuedCommand
from depot import live
from depot.access.models import User
from depot.models import Bay, Depot
from sessions.models import ClosedBy, Session
from tests.browser.door import sign_in
from tests.conftest import BusinessTime
from tests.factories import (
    THURSDAY,
    make_bay,
    make_depot,
    make_session,
    make_user,
    make_vehicle,
    set_status,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.live import LiveDepot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

S = ConnectorStatus
WARM = "main :is(.is-card, .is-carpause, .is-replug, .is-risk, .is-gone, .is-fault, .is-miss, .late, .warn, .bad)"


@pytest.fixture
def depot(transactional_db: None, business_time: BusinessTime) -> Depot:
    return make_depot()


@pytest.fixture
def person(depot: Depot) -> User:
    return make_user("okafor", first_name="M.", last_name="Okafor")


@pytest.fixture
def charging(depot: Depot) -> Session:
    bay = make_bay(depot, "A05")
    set_status(bay, S.CHARGING)
    return make_session(bay, make_vehicle("Van 105"), reference="4711")


@pytest.fixture
def errors(page: "Page") -> Iterator[list[str]]:
    """What the browser complains of; a refused connection while the server is away is no fault of the page."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "console", lambda said: heard.append(said.text) if said.type == "error" and "ERR_" not in said.text else None
    )
    yield heard
    assert heard == []


def wait_until_live(page: "Page") -> None:
    page.locator("#live", has_text="Live").and_(page.locator(":not(.lost)")).wait_for()


def tell(*chargers: int, sessions: tuple[int, ...] = ()) -> None:
    with transaction.atomic():
        live.tell(chargers, sessions, what="test")


def charger_of(bay: Bay) -> int:
    assert bay.evse
    return bay.evse.charger_id


def settle(state: CommandState, effect: EffectState = EffectState.NONE_EXPECTED, note: str = "") -> None:
    command = IssuedCommand.objects.latest("pk")
    IssuedCommand.objects.filter(pk=command.pk).update(state=state, effect=effect, effect_note=note)
    tell(command.charger_id)


def end(session: Session) -> None:
    Session.objects.filter(pk=session.pk).update(
        ended_at=THURSDAY, ended_heard_at=THURSDAY, closed_by=ClosedBy.CHARGER, power_w=None
    )
    assert session.evse
    set_status(session.evse.bay, S.AVAILABLE)
    tell(session.charger_id, sessions=(session.pk,))


def test_a_change_arrives_without_reload(open_page: "Callable[[str], Page]", charging: Session, depot: Depot) -> None:
    bay = make_bay(depot, "A06")
    page = open_page("/")
    wait_until_live(page)
    row = page.locator(f"#bay-{bay.pk}")
    assert "Free" in row.inner_text()

    set_status(bay, S.FAULTED)
    tell(charger_of(bay))

    row.locator(".status", has_text="Fault").wait_for()
    page.locator("#todo", has_text="A06 has a fault").wait_for()
    assert page.locator("#chip-needs b").inner_text() == "1"


def test_a_stop_goes_from_asked_through_accepted_to_stopped(
    open_page: "Callable[[str], Page]", charging: Session
) -> None:
    page = open_page("/")
    wait_until_live(page)
    row = page.locator(f"#bay-{charging.evse.bay.pk}")  # type: ignore[union-attr]

    row.get_by_role("button", name="Stop A05").click()

    row.get_by_text("Stop asked…").wait_for()
    assert row.get_by_role("button").get_attribute("aria-disabled") == "true"
    settle(CommandState.ACCEPTED, EffectState.AWAITED)
    row.get_by_text("Stop: accepted…").wait_for()
    settle(CommandState.ACCEPTED, EffectState.SEEN, "the session ended")
    end(charging)
    row.get_by_text("Free").wait_for()
    page.locator("#asked", has_text=": the session ended").wait_for()
    assert "Stop A05: Seen: the session ended" in page.locator("#say").inner_text()


def test_an_answer_is_shown_though_its_button_was_replaced_meanwhile(
    open_page: "Callable[[str], Page]", charging: Session
) -> None:
    page = open_page("/")
    wait_until_live(page)
    row = page.locator(f"#bay-{charging.evse.bay.pk}")  # type: ignore[union-attr]
    page.evaluate("""() => document.addEventListener("htmx:beforeSend", ({ target }) => {
        const button = target.closest("form") ?? target;
        button.replaceWith(button.cloneNode(true));
    })""")

    Session.objects.filter(pk=charging.pk).update(ended_at=THURSDAY, closed_by=ClosedBy.CHARGER)
    row.get_by_role("button", name="Stop A05").click()

    page.locator("#flash", has_text="has ended already").wait_for()


def test_a_vehicle_is_started_and_stopped_by_keys_alone(open_page: "Callable[[str], Page]", depot: Depot) -> None:
    bay = make_bay(depot, "A16")
    set_status(bay, S.PREPARING)
    vehicle = make_vehicle("Van 131")
    page = open_page("/")
    wait_until_live(page)
    row = page.locator(f"#bay-{bay.pk}")

    page.keyboard.press("j")
    page.keyboard.press("s")
    page.locator("#start-q:focus").wait_for()
    page.keyboard.type("131")
    page.locator("#choices label", has_text="Van 131").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    row.get_by_text("Start asked…").wait_for()
    settle(CommandState.ACCEPTED, EffectState.SEEN)
    session = make_session(bay, vehicle, reference="4712")
    set_status(bay, S.CHARGING)
    tell(charger_of(bay))
    row.locator(".status", has_text="Charging").wait_for()
    page.keyboard.press("Escape")
    page.locator(f"#bay-{bay.pk}:focus").wait_for()
    page.keyboard.press("s")

    row.get_by_text("Stop asked…").wait_for()
    assert [command.kind for command in IssuedCommand.objects.order_by("pk")] == ["start", "stop"]
    end(session)
    row.get_by_text("Free").wait_for()


def test_nothing_is_amber_or_red_when_nothing_is_wrong(
    open_page: "Callable[[str], Page]", charging: Session, depot: Depot
) -> None:
    make_bay(depot, "A06")

    page = open_page("/")
    wait_until_live(page)

    assert page.locator(WARM).and_(page.locator(":not(.none)")).count() == 0


def test_a_page_left_open_through_a_restart_shows_what_a_fresh_load_shows(
    open_page: "Callable[[str], Page]", charging: Session, depot: Depot, live_depot: "LiveDepot"
) -> None:
    page = open_page("/")
    wait_until_live(page)

    live_depot.stop()
    page.locator("#link-bar", has_text="last heard from the depot").wait_for()
    stop = page.get_by_role("button", name="Stop A05")
    assert stop.get_attribute("aria-disabled") == "true"
    end(charging)
    new = make_bay(depot, "A06")
    live_depot.start()
    returned = datetime.now(UTC)

    page.locator(f"#bay-{new.pk}").wait_for()
    page.locator(f"#bay-{charging.evse.bay.pk}", has_text="Free").wait_for()  # type: ignore[union-attr]
    assert datetime.now(UTC) - returned < timedelta(seconds=3)
    assert page.locator("#link-bar").is_hidden()
    shown = page.locator("#board").inner_text()
    page.reload()
    assert without_ages(page.locator("#board").inner_text()) == without_ages(shown)


def without_ages(words: str) -> str:
    """What counts by the second is not compared."""
    return "\n".join(
        line for line in words.splitlines() if not line.endswith(("\N{NO-BREAK SPACE}s", "\N{NO-BREAK SPACE}m"))
    )


def test_a_page_that_lost_the_network_catches_up(open_page: "Callable[[str], Page]", charging: Session) -> None:
    page = open_page("/")
    wait_until_live(page)

    page.context.set_offline(True)
    page.locator("#link-bar", has_text="last heard from the depot").wait_for()
    end(charging)
    page.context.set_offline(False)
    returned = datetime.now(UTC)

    page.locator(f"#bay-{charging.evse.bay.pk}", has_text="Free").wait_for()  # type: ignore[union-attr]
    assert datetime.now(UTC) - returned < timedelta(seconds=3)


def test_a_row_that_changes_keeps_the_focus(open_page: "Callable[[str], Page]", charging: Session) -> None:
    page = open_page("/")
    wait_until_live(page)
    button = page.get_by_role("button", name="Stop A05")
    button.focus()

    Session.objects.filter(pk=charging.pk).update(power_w=6_800)
    tell(charging.charger_id)

    page.get_by_text("6.8 kW").first.wait_for()
    assert page.evaluate("document.activeElement.id") == f"bay-{charging.evse.bay.pk}-do"  # type: ignore[union-attr]


def test_several_are_selected_and_stopped_at_once(
    open_page: "Callable[[str], Page]", charging: Session, depot: Depot
) -> None:
    other = make_bay(depot, "A06")
    set_status(other, S.CHARGING)
    make_session(other, make_vehicle("Van 106"), reference="4712")
    page = open_page("/")
    wait_until_live(page)

    for key in "jxjx":
        page.keyboard.press(key)
    page.get_by_role("button", name="Stop 2 bays").click()

    page.get_by_text("Stop asked…").nth(1).wait_for()
    assert IssuedCommand.objects.filter(kind="stop").count() == 2
    assert page.locator("#picked").is_hidden()


def test_chips_and_search_narrow_the_board_and_survive_a_change(
    open_page: "Callable[[str], Page]", charging: Session, depot: Depot
) -> None:
    free = make_bay(depot, "A06")
    page = open_page("/")
    wait_until_live(page)

    page.keyboard.press("2")
    page.locator(f"#bay-{free.pk}").wait_for(state="hidden")
    Session.objects.filter(pk=charging.pk).update(power_w=6_800)
    tell(charging.charger_id)
    page.get_by_text("6.8 kW").first.wait_for()
    assert page.locator(f"#bay-{free.pk}").is_hidden()
    page.reload()
    page.locator(f"#bay-{free.pk}").wait_for(state="hidden")
    page.keyboard.press("1")
    page.keyboard.press("/")
    page.keyboard.type("van 105")

    page.locator(f"#bay-{free.pk}").wait_for(state="hidden")
    assert page.locator(".rows li:visible").count() == 1


def test_the_drawer_stays_alive_beside_the_board(open_page: "Callable[[str], Page]", charging: Session) -> None:
    page = open_page("/")
    wait_until_live(page)

    page.locator(".rows li", has_text="A05").locator(".veh").click()
    page.locator("#drawer", has_text="Charging since").wait_for()
    Session.objects.filter(pk=charging.pk).update(power_w=6_800)
    tell(charging.charger_id)

    page.locator("#drawer", has_text="6.8 kW").wait_for()


def test_a_session_page_follows_its_session(open_page: "Callable[[str], Page]", charging: Session) -> None:
    page = open_page(f"/sessions/{charging.pk}/")
    wait_until_live(page)

    Session.objects.filter(pk=charging.pk).update(power_w=6_800, energy_wh=13_000)
    tell(charging.charger_id)
    page.locator("#session-figures", has_text="13.00 kWh").wait_for()
    end(charging)

    page.locator("#session-head", has_text="Ended").wait_for()
    assert page.locator("#stop").count() == 0


def test_without_javascript_a_vehicle_is_stopped_all_the_same(
    page: "Page", live_depot: "LiveDepot", person: User, charging: Session
) -> None:
    assert page.context.browser
    plain = page.context.browser.new_context(java_script_enabled=False).new_page()
    sign_in(plain, live_depot.url, person.username)

    plain.get_by_role("button", name="Stop A05").click()

    plain.get_by_text("Stop A05: asked. The board shows what comes of it.").wait_for()
    assert "Stop asked…" in plain.locator(".rows li").inner_text()


@pytest.mark.parametrize("path", ["/", "/sessions/", "/emergency/"])
@pytest.mark.parametrize("width", [390, 720, 1440])
def test_no_page_scrolls_sideways(open_page: "Callable[[str], Page]", charging: Session, path: str, width: int) -> None:
    page = open_page(path)

    page.set_viewport_size({"width": width, "height": 844})

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_light_is_kept_over_a_reload(open_page: "Callable[[str], Page]", depot: Depot) -> None:
    page = open_page("/")
    switch = page.locator("#theme button")

    with page.expect_response("**/theme/"):
        switch.click()
    with page.expect_response("**/theme/"):
        switch.click()
    page.reload()

    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_g_and_a_letter_go_to_a_place(open_page: "Callable[[str], Page]", charging: Session) -> None:
    page = open_page("/")

    page.keyboard.press("g")
    page.keyboard.press("s")

    page.wait_for_url("**/sessions/")
