from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from chargers.choices import CommandState, ConnectorStatus, EffectState, Standing
from chargers.models import Capability, Connection, Connector, UnreadFact
from depot import clock
from depot.access.models import Role, User
from depot.board import snapshot
from depot.board.state import Shape
from depot.models import Depot
from tests.board.pages import Page
from tests.factories import (
    THURSDAY,
    make_bay,
    make_charger,
    make_command,
    make_depot,
    make_evse,
    make_session,
    make_user,
    make_vehicle,
    set_status,
)

S = ConnectorStatus
SignIn = Callable[[User], Client]


def board(browser: Client, query: str = "") -> Page:
    response = browser.get(f"/{query}")
    assert response.status_code == 200
    return Page(response.content.decode())


def charging_bay(depot: Depot, name: str = "A05", unit_number: str = "Van 105") -> str:
    bay = make_bay(depot, name)
    make_session(bay, make_vehicle(unit_number), soc_percent=36.0)
    set_status(bay, S.CHARGING)
    return f"bay-{bay.pk}"


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


def test_the_board_shows_every_state_by_its_own_shape_and_word(browser: Client, depot: Depot) -> None:
    keys = make_every_shape(depot)

    page = board(browser)

    for shape, key in keys.items():
        row = page.by_id(key)
        assert f"is-{shape}" in row.classes
        assert shape.label in row.text
        uses = [element for element in page.all("use") if element.within("li") and _row_of(element) is row]
        assert f"#i-{shape}" in {use.attributes["href"] for use in uses}


def _row_of(element):  # type: ignore[no-untyped-def]
    while element is not None and not (element.tag == "li" and "data-shape" in element.attributes):
        element = element.parent
    return element


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


def _stand_still(monkeypatch: pytest.MonkeyPatch, real_now: datetime) -> None:
    from depot.board import pages

    class Still(datetime):
        @classmethod
        def now(cls, tz=None):  # type: ignore[no-untyped-def, override]
            return real_now

    monkeypatch.setattr(pages, "datetime", Still)


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


class TestTheButtonOfARow:
    def test_stops_what_charges(self, browser: Client, depot: Depot) -> None:
        key = charging_bay(depot)

        button = board(browser).by_id(f"{key}-do")

        assert button.attributes["formaction"].endswith("/stop/")
        assert button.text == "Stop A05, Van 105"

    def test_asks_for_the_vehicle_where_one_waits_for_its_card(self, browser: Client, depot: Depot) -> None:
        bay = make_bay(depot, "A16")
        set_status(bay, S.PREPARING)

        link = board(browser).by_id(f"bay-{bay.pk}-do")

        assert link.attributes["href"] == f"/evses/{bay.evse_id}/start/"

    def test_waits_while_it_is_asked(self, browser: Client, depot: Depot) -> None:
        key = charging_bay(depot)
        evse = Connector.objects.get().evse
        make_command(evse.charger, "stop", state=CommandState.SENT, evse_number=evse.number)

        page = board(browser)

        assert "Stop asked…" in page.by_id(key).text
        assert page.by_id(f"{key}-do").attributes["aria-disabled"] == "true"

    def test_says_whom_to_ask_where_one_may_only_look(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        key = charging_bay(depot)

        button = board(signed_in(viewer)).by_id(f"{key}-do")

        assert button.attributes["aria-disabled"] == "true"
        assert "ask a dispatcher" in button.attributes["title"]

    def test_is_not_there_where_one_may_only_look_and_it_is_not_stop(
        self, signed_in: SignIn, viewer: User, depot: Depot
    ) -> None:
        bay = make_bay(depot)
        set_status(bay, S.FAULTED)

        assert not board(signed_in(viewer)).has(f"bay-{bay.pk}-do")


def test_a_bay_shows_the_last_vehicle_by_time_and_not_by_when_we_heard_of_it(browser: Client, depot: Depot) -> None:
    bay = make_bay(depot, "A04")
    make_session(bay, make_vehicle("Van 2"), ended_at=THURSDAY)
    make_session(
        bay, make_vehicle("Van 1"), started_at=THURSDAY - timedelta(days=3), ended_at=THURSDAY - timedelta(days=2)
    )
    set_status(bay, S.FINISHING)

    assert "Van 2" in board(browser).by_id(f"bay-{bay.pk}").text


class TestToDo:
    def test_names_a_fault_with_what_the_charger_says(self, browser: Client, depot: Depot) -> None:
        bay = make_bay(depot, "B04")
        set_status(bay, S.FAULTED)
        Connector.objects.update(error_code="GroundFailure")

        assert "B04 has a fault GroundFailure." in board(browser).by_id("todo").text

    def test_makes_one_task_of_one_cause(self, browser: Client, depot: Depot) -> None:
        for name in ("B12", "B17"):
            make_bay(depot, name, evse=make_evse(make_charger(online=False)))

        page = board(browser)

        assert "B12 and B17: no contact" in page.by_id("todo").text
        assert len([item for item in page.all("li") if "data-news" in item.attributes]) == 1

    def test_says_that_a_stop_had_no_effect_as_long_as_it_charges(self, browser: Client, depot: Depot) -> None:
        bay = make_bay(depot, "A05")
        session = make_session(bay, make_vehicle(), reference="77")
        set_status(bay, S.CHARGING)
        stop = make_command(
            session.charger, "stop", state=CommandState.ACCEPTED, effect=EffectState.NOT_SEEN, reference="77",
            issued_by=make_user("dispatcher", Role.DISPATCHER),
        )  # fmt: skip
        type(stop).objects.update(asked_at=datetime.now(UTC) - timedelta(hours=3))

        assert "It accepted Stop and still charges" in board(browser).by_id("todo").text

    def test_forgets_a_stop_that_had_no_effect_once_the_session_has_ended(self, browser: Client, depot: Depot) -> None:
        session = make_session(make_bay(depot, "A05"), make_vehicle(), reference="77", ended_at=THURSDAY)
        stop = make_command(
            session.charger, "stop", state=CommandState.ACCEPTED, effect=EffectState.NOT_SEEN, reference="77"
        )
        type(stop).objects.update(asked_at=datetime.now(UTC) - timedelta(hours=3))

        assert "still charges" not in board(browser).by_id("todo").text

    def test_says_why_a_command_was_refused(self, browser: Client, depot: Depot, admin: User) -> None:
        bay = make_bay(depot, "A05")
        assert bay.evse
        make_command(
            bay.evse.charger,
            "unlock",
            state=CommandState.REJECTED,
            status="UnlockFailed",
            evse_number=1,
            issued_by=admin,
        )

        shown = board(browser).by_id("todo").text
        assert "Unlock A05 Refused by the charger: the lock did not open (UnlockFailed)." in shown

    def test_counts_messages_that_were_not_understood(self, browser: Client, depot: Depot) -> None:
        bay = make_bay(depot)
        assert bay.evse
        UnreadFact.objects.create(
            charger=bay.evse.charger,
            protocol="ocpp1.6",
            action="StopTransaction",
            payload={},
            heard_at=THURSDAY,
            why="?",
        )

        assert "1 message not understood" in board(browser).by_id("todo").text

    def test_tells_engineers_who_waits_at_the_door(self, browser: Client, depot: Depot) -> None:
        make_charger("CP-NEW", standing=Standing.WAITING)
        make_bay(depot)

        assert "CP-NEW waits to be let in" in board(browser).by_id("todo").text

    def test_keeps_the_door_from_who_may_not_open_it(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        make_charger("CP-NEW", standing=Standing.WAITING)
        make_bay(depot)

        assert "CP-NEW" not in board(signed_in(viewer)).by_id("todo").text


class TestReach:
    def test_another_depots_bays_are_not_shown(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        mine = make_bay(depot)
        other = make_bay(make_depot("Southgate"))

        page = board(signed_in(viewer))

        assert page.has(f"bay-{mine.pk}")
        assert not page.has(f"bay-{other.pk}")

    def test_the_other_depot_is_one_choice_away(self, browser: Client, depot: Depot) -> None:
        mine, other = make_bay(depot), make_bay(make_depot("Southgate"))

        browser.post("/choose-depot/", {"depot": other.depot_id})
        page = board(browser)

        assert page.has(f"bay-{other.pk}")
        assert not page.has(f"bay-{mine.pk}")

    def test_a_depot_beyond_reach_cannot_be_chosen(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        make_bay(depot)
        beyond = make_bay(make_depot("Southgate"))
        browser = signed_in(viewer)

        browser.post("/choose-depot/", {"depot": beyond.depot_id})

        assert not board(browser).has(f"bay-{beyond.pk}")

    def test_a_bay_beyond_reach_does_not_exist(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        beyond = make_bay(make_depot("Southgate"))

        assert signed_in(viewer).get(f"/board/bay-{beyond.pk}/").status_code == 404

    @pytest.mark.parametrize("key", ["bay-x", "bay-0", "evse-", "nonsense", "evse-99999999999999999999"])
    def test_a_key_that_is_none_does_not_exist(self, browser: Client, depot: Depot, key: str) -> None:
        assert browser.get(f"/board/{key}/").status_code == 404

    def test_a_charger_without_a_bay_is_shown_to_who_sees_all_depots(self, browser: Client, depot: Depot) -> None:
        evse = make_evse(make_charger("CP-77"))

        page = board(browser)

        assert page.by_id(f"evse-{evse.pk}").text.startswith("CP-77")
        assert "CP-77: no bay yet" in page.by_id("todo").text

    def test_a_charger_without_a_bay_is_hidden_from_everybody_else(
        self, signed_in: SignIn, viewer: User, depot: Depot
    ) -> None:
        make_bay(depot)
        evse = make_evse(make_charger("CP-77"))

        assert not board(signed_in(viewer)).has(f"evse-{evse.pk}")


class TestEmpty:
    def test_the_first_charger_is_told_what_to_type_in(self, browser: Client, depot: Depot) -> None:
        page = board(browser)

        assert "No charger has called in yet" in page.by_id("board").text
        assert "ws://testserver/ocpp/<name>" in page.by_id("board").text

    def test_its_address_is_the_public_one_where_that_is_set(
        self, browser: Client, depot: Depot, settings: settings
    ) -> None:
        settings.PUBLIC_CHARGER_URL = "wss://depot.example.org"

        assert "wss://depot.example.org/ocpp/<name>" in board(browser).by_id("board").text

    def test_who_has_no_depot_is_told_whom_to_ask(self, signed_in: SignIn, depot: Depot) -> None:
        page = board(signed_in(make_user("new", Role.VIEWER, depots=[])))

        assert "Ask an administrator" in page.by_id("board").text


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
