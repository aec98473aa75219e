"""The board: each bay's row, the chips and figures above them, and the order they stand in."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from chargers.choices import ConnectorStatus
from chargers.models import Capability, Connection
from depot import clock
from depot.access.models import User
from depot.board import snapshot
from depot.board.state import Shape
from depot.models import Depot
from tests.board.pages import Page
from tests.board.scene import board, charging_bay
from tests.factories import (
    THURSDAY,
    make_bay,
    make_session,
    make_vehicle,
    set_status,
)

S = ConnectorStatus


def make_every_shape(depot: Depot) -> dict[Shape, str]:
    """One bay in each of the eleven states."""
    bays = {shape: make_bay(depot, f"{shape}") for shape in Shape}
    for shape, status in {
        Shape.FREE: S.AVAILABLE, Shape.CARD: S.PREPARING, Shape.HOLD: S.SUSPENDED_EVSE, Shape.CHARGING: S.CHARGING,
        Shape.CARPAUSE: S.SUSPENDED_EV, Shape.FULL: S.SUSPENDED_EV, Shape.REPLUG: S.FINISHING,
        Shape.RESERVED: S.RESERVED, Shape.OFF: S.UNAVAILABLE, Shape.FAULT: S.FAULTED, Shape.GONE: S.AVAILABLE,
    }.items():  # fmt: skip
        set_status(bays[shape], status, at=THURSDAY - timedelta(minutes=20))
    make_session(bays[Shape.HOLD], make_vehicle(), power_w=0)
    make_session(bays[Shape.CHARGING], make_vehicle())
    make_session(bays[Shape.CARPAUSE], make_vehicle(), power_w=0, energy_wh=0)
    make_session(bays[Shape.FULL], make_vehicle(), power_w=0, soc_percent=80)
    make_session(bays[Shape.REPLUG], make_vehicle(), ended_at=THURSDAY - timedelta(minutes=10))
    replug, gone = bays[Shape.REPLUG].evse, bays[Shape.GONE].evse
    assert replug
    assert gone
    Capability.objects.create(
        charger=replug.charger, name="restarts_without_replug", value="no", evidence="tested", seen_at=THURSDAY
    )
    Connection.objects.filter(charger=gone.charger).update(closed_at=datetime.now(UTC))
    return {shape: f"bay-{bay.pk}" for shape, bay in bays.items()}


def _row_of(element):  # type: ignore[no-untyped-def]
    while element is not None and not (element.tag == "li" and "data-shape" in element.attributes):
        element = element.parent
    return element


def _stand_still(monkeypatch: pytest.MonkeyPatch, real_now: datetime) -> None:
    from depot.board import pages

    class Still(datetime):
        @classmethod
        def now(cls, tz=None):  # type: ignore[no-untyped-def, override]
            return real_now

    monkeypatch.setattr(pages, "datetime", Still)


def test_a_charging_bay_says_what_is_known_of_it(browser: Client, depot: Depot) -> None:
    key = charging_bay(depot)

    row = board(browser).by_id(key)

    assert row.classes == {"is-charging"}
    for words in ("A05", "Charging", "Van 105", "36 %", "7.1 kW", "12.4 kWh", "Stop"):
        assert words in row.text


def test_a_number_that_is_missing_is_unknown_and_never_zero(browser: Client, depot: Depot) -> None:
    bay = make_bay(depot)
    make_session(bay, make_vehicle(), power_w=None, energy_wh=None)
    set_status(bay, S.CHARGING)

    row = board(browser).by_id(f"bay-{bay.pk}")

    assert "unknown" in row.text
    assert "0 k" not in row.text


def test_a_bay_without_contact_says_so_and_its_numbers_are_old(browser: Client, depot: Depot) -> None:
    key = charging_bay(depot)
    gone = datetime.now(UTC) - timedelta(minutes=14)
    Connection.objects.update(closed_at=gone, last_frame_at=gone)

    page = board(browser)

    assert page.by_id(key).classes == {"is-gone"}
    assert "was 7.1 kW" in page.by_id(key).text
    (button,) = [element for element in page.all("button") if element.attributes.get("id") == f"{key}-do"]
    assert button.attributes["aria-disabled"] == "true"
    assert "No contact" in button.attributes["title"]


def test_the_board_shows_every_state_by_its_own_shape_and_word(browser: Client, depot: Depot) -> None:
    keys = make_every_shape(depot)

    page = board(browser)

    for shape, key in keys.items():
        row = page.by_id(key)
        assert f"is-{shape}" in row.classes
        assert shape.label in row.text
        uses = [element for element in page.all("use") if element.within("li") and _row_of(element) is row]
        assert f"#i-{shape}" in {use.attributes["href"] for use in uses}


def test_a_bay_shows_the_last_vehicle_by_time_and_not_by_when_we_heard_of_it(browser: Client, depot: Depot) -> None:
    bay = make_bay(depot, "A04")
    make_session(bay, make_vehicle("Van 2"), ended_at=THURSDAY)
    make_session(
        bay, make_vehicle("Van 1"), started_at=THURSDAY - timedelta(days=3), ended_at=THURSDAY - timedelta(days=2)
    )
    set_status(bay, S.FINISHING)

    assert "Van 2" in board(browser).by_id(f"bay-{bay.pk}").text


@pytest.mark.parametrize(("reason", "is_known"), [("PowerLoss", True), ("Local", False)])
def test_a_bay_shows_whose_charge_the_power_cut_ended(
    browser: Client, depot: Depot, reason: str, is_known: bool
) -> None:
    bay = make_bay(depot, "A04")
    make_session(bay, make_vehicle("Van 2"), ended_at=THURSDAY, stop_reason=reason)
    set_status(bay, S.PREPARING)

    row = board(browser).by_id(f"bay-{bay.pk}")

    assert ("Van 2" in row.text) == is_known


def test_a_row_from_the_socket_is_the_pages_row_byte_for_byte(
    browser: Client, admin: User, depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_every_shape(depot)
    real_now = datetime.now(UTC)
    looked_at = snapshot.load(admin, depot, now=clock.now())
    context = snapshot.context_of(looked_at, now=clock.now(), real_now=real_now)
    _stand_still(monkeypatch, real_now)

    html = browser.get("/").content.decode()

    rows = snapshot.rows_html(looked_at.in_order, context)
    assert len(rows) == len(Shape)
    for fragment in rows.values():
        assert fragment.strip() in html


def test_nothing_is_amber_or_red_when_nothing_is_wrong(browser: Client, depot: Depot) -> None:
    charging_bay(depot)
    make_bay(depot)
    full = make_bay(depot)
    make_session(full, make_vehicle(), power_w=0, soc_percent=80)
    set_status(full, S.SUSPENDED_EV, at=THURSDAY - timedelta(hours=1))

    page = board(browser)

    warm = {"is-card", "is-carpause", "is-replug", "is-risk", "is-gone", "is-fault", "is-miss", "late", "warn", "bad"}
    coloured = [element for element in page.elements if element.classes & warm and "none" not in element.classes]
    assert coloured == []
    assert "Nothing needs you" in page.by_id("todo").text


def test_the_chips_count_what_they_show(browser: Client, depot: Depot) -> None:
    make_every_shape(depot)

    page = board(browser)

    counts = {chip.attributes["value"]: chip.text for chip in page.all("button", name="show")}
    assert counts == {
        "": "All 11",
        "charging": "Charging 1",
        "hold": "Waits 1",
        "full": "Full 1",
        "free": "Free 1",
        "needs": "Needs someone 4",
        "gone": "No contact 1",
    }


def test_without_javascript_a_chip_asks_the_server(browser: Client, depot: Depot) -> None:
    keys = make_every_shape(depot)

    page = board(browser, "?show=charging")

    assert page.has(keys[Shape.CHARGING])
    assert not page.has(keys[Shape.FREE])


def test_without_javascript_the_search_asks_the_server(browser: Client, depot: Depot) -> None:
    wanted, other = charging_bay(depot, "A05", "Van 105"), charging_bay(depot, "A06", "Van 106")

    page = board(browser, "?q=van+105")

    assert page.has(wanted)
    assert not page.has(other)


def test_power_is_summed_by_zone_and_without_what_is_not_heard(browser: Client, depot: Depot) -> None:
    charging_bay(depot, "A05", "Van 105")
    charging_bay(depot, "A06", "Van 106")
    lost = make_bay(depot, "A07")
    make_session(lost, make_vehicle())
    assert lost.evse
    Connection.objects.filter(charger=lost.evse.charger).update(closed_at=datetime.now(UTC))

    page = board(browser)

    assert "14.2 kW" in page.by_id("strip").text
    assert "without 1 vehicle out of contact" in page.by_id("strip").text
    assert page.by_id("zone-row-a-words").text == "14.2 kW · 2 of 3 charging"


def test_a_months_peak_that_nobody_measured_is_not_shown(browser: Client, depot: Depot) -> None:
    charging_bay(depot)

    assert "peak" not in board(browser).by_id("strip").text.lower()


def test_zones_and_bays_stand_in_the_order_of_the_yard(browser: Client, depot: Depot) -> None:
    for name in ("A10", "A2", "A1"):
        make_bay(depot, name)
    make_bay(depot, "D1", zone="Fast lane")

    page = board(browser)

    names = [link.text for link in page.all("a") if "bay" in link.classes]
    assert names == ["D1", "A1", "A2", "A10"]


def test_many_quiet_zones_start_folded_and_one_that_needs_somebody_does_not(browser: Client, depot: Depot) -> None:
    for number in range(121):
        make_bay(depot, f"A{number:03d}", zone=f"Row {number % 2}")
    fault = make_bay(depot, "B1", zone="Row B")
    set_status(fault, S.FAULTED)

    page = board(browser)

    folded = {
        zone.attributes["id"]: "open" not in zone.attributes for zone in page.all("details") if "zone" in zone.classes
    }
    assert folded == {"zone-row-0": True, "zone-row-1": True, "zone-row-b": False}


def test_the_board_asks_the_same_number_of_queries_for_many_bays_as_for_few(
    browser: Client, depot: Depot, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_every_shape(depot)
    for number in range(40):
        charging_bay(depot, f"B{number}", f"Truck {number}")

    with django_assert_max_num_queries(20):
        board(browser)


def test_a_policy_lets_the_browser_load_only_from_here(browser: Client, depot: Depot) -> None:
    response = browser.get("/")

    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    page = Page(response.content.decode())
    assert [script for script in page.all("script") if "src" not in script.attributes] == []
    assert [element for element in page.elements if "style" in element.attributes] == []


def test_the_light_one_chose_is_kept(browser: Client, admin: User, depot: Depot) -> None:
    browser.post("/theme/", {"theme": "dark"})

    assert 'data-theme="dark"' in browser.get("/").content.decode()
    admin.refresh_from_db()
    assert admin.theme == "dark"
