from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from chargers.choices import ConnectorStatus
from chargers.models import Capability, Connection, IssuedCommand
from depot.access.models import AuditEntry, Role, User
from depot.models import Depot
from sessions.models import IdToken, TokenStanding
from tests.board.pages import Page
from tests.factories import (
    THURSDAY,
    make_bay,
    make_charger,
    make_depot,
    make_evse,
    make_session,
    make_user,
    make_vehicle,
    set_status,
)

S = ConnectorStatus
SignIn = Callable[[User], Client]
AS_HTMX = {"HTTP_HX_REQUEST": "true"}


def said(response: object) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))  # type: ignore[attr-defined]


def charging(depot: Depot, name: str = "A05", protocol: str = "ocpp1.6"):  # type: ignore[no-untyped-def]
    bay = make_bay(depot, name, evse=make_evse(make_charger(protocol=protocol)))
    session = make_session(bay, make_vehicle(), reference="4711")
    set_status(bay, S.CHARGING)
    return session


class TestStop:
    @pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
    def test_asks_the_charger_in_its_version(self, browser: Client, depot: Depot, admin: User, protocol: str) -> None:
        session = charging(depot, protocol=protocol)

        browser.post(f"/sessions/{session.pk}/stop/")

        command = IssuedCommand.objects.get()
        assert (command.kind, command.charger_id, command.issued_by) == ("stop", session.charger_id, admin)

    def test_leaves_the_session_open_until_the_charger_says_it_has_ended(self, browser: Client, depot: Depot) -> None:
        session = charging(depot)

        browser.post(f"/sessions/{session.pk}/stop/")

        session.refresh_from_db()
        assert session.ended_at is None

    def test_leads_back_with_words_where_there_is_no_script(self, browser: Client, depot: Depot) -> None:
        response = browser.post(f"/sessions/{charging(depot).pk}/stop/")

        assert (response.status_code, response.headers["Location"]) == (302, "/")
        assert "Stop A05: asked" in said(response)

    def test_leads_back_to_the_page_it_was_on_and_to_no_other_site(self, browser: Client, depot: Depot) -> None:
        session = charging(depot)

        here = browser.post(f"/sessions/{session.pk}/stop/", {"back": f"/sessions/{session.pk}/"})
        elsewhere = browser.post(f"/sessions/{session.pk}/stop/", {"back": "//evil.example/"})

        assert here.headers["Location"] == f"/sessions/{session.pk}/"
        assert elsewhere.headers["Location"] == "/"

    def test_gives_htmx_the_row_as_it_is_now(self, browser: Client, depot: Depot) -> None:
        session = charging(depot)

        response = browser.post(f"/sessions/{session.pk}/stop/", **AS_HTMX)

        page = Page(response.content.decode())
        (row,) = page.all("li")
        assert row.attributes["hx-swap-oob"] == "true"
        assert "Stop asked…" in row.text

    def test_is_kept_in_the_audit(self, browser: Client, depot: Depot, admin: User) -> None:
        browser.post(f"/sessions/{charging(depot).pk}/stop/")

        entry = AuditEntry.objects.get()
        assert (entry.act, entry.user, entry.depot) == ("stop session", admin, depot)

    def test_says_since_when_there_is_no_contact(self, browser: Client, depot: Depot) -> None:
        session = charging(depot)
        gone = datetime(2026, 3, 5, 14, 5, tzinfo=UTC)
        Connection.objects.update(closed_at=gone, last_frame_at=gone)

        response = browser.post(f"/sessions/{session.pk}/stop/")

        assert "no contact since 2026-03-05 14:05 UTC" in said(response)
        assert not IssuedCommand.objects.exists()
        assert not AuditEntry.objects.exists()

    def test_of_what_has_ended_says_so(self, browser: Client, depot: Depot) -> None:
        session = make_session(make_bay(depot, "A05"), ended_at=THURSDAY)

        response = browser.post(f"/sessions/{session.pk}/stop/")

        assert "has ended already" in said(response)

    def test_needs_the_right_to_stop(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        assert signed_in(viewer).post(f"/sessions/{charging(depot).pk}/stop/").status_code == 403
        assert not IssuedCommand.objects.exists()

    def test_of_a_session_beyond_reach_is_not_found(self, signed_in: SignIn, depot: Depot) -> None:
        session = charging(make_depot("Southgate"))
        dispatcher = make_user("diaz", Role.DISPATCHER, depots=[depot])

        assert signed_in(dispatcher).post(f"/sessions/{session.pk}/stop/").status_code == 404

    def test_is_not_asked_by_reading(self, browser: Client, depot: Depot) -> None:
        assert browser.get(f"/sessions/{charging(depot).pk}/stop/").status_code == 405


class TestStopMany:
    def test_asks_each_and_says_what_came_of_each(self, browser: Client, depot: Depot) -> None:
        there, gone = charging(depot, "A05"), charging(depot, "A06")
        Connection.objects.filter(charger=gone.charger).update(closed_at=datetime.now(UTC))

        response = browser.post("/sessions/stop/", {"session": [there.pk, gone.pk]}, **AS_HTMX)

        assert IssuedCommand.objects.get().charger == there.charger
        words = Page(response.content.decode()).by_id("flash").text
        assert "Stop A06: not sent" in words
        assert "Asked 1 of 2 to stop" in words

    def test_leaves_alone_what_is_beyond_reach(self, signed_in: SignIn, depot: Depot) -> None:
        beyond = charging(make_depot("Southgate"))
        dispatcher = make_user("diaz", Role.DISPATCHER, depots=[depot])

        signed_in(dispatcher).post("/sessions/stop/", {"session": [beyond.pk, "x", ""]})

        assert not IssuedCommand.objects.exists()


class TestStart:
    def waiting(self, depot: Depot):  # type: ignore[no-untyped-def]
        bay = make_bay(depot, "A16")
        set_status(bay, S.PREPARING)
        return bay

    def test_asks_which_vehicle(self, browser: Client, depot: Depot) -> None:
        bay = self.waiting(depot)
        make_vehicle("Van 131")

        page = Page(browser.get(f"/evses/{bay.evse_id}/start/").content.decode())

        assert "Van 131" in page.by_id("choices").text
        assert len(page.all("h1")) == 1

    def test_proposes_the_likeliest_vehicle_first(self, browser: Client, depot: Depot) -> None:
        own, last, charging_elsewhere = make_vehicle("Van 3"), make_vehicle("Van 2"), make_vehicle("Van 1")
        make_vehicle("Van 0")
        bay = self.waiting(depot)
        bay.own_vehicle = own
        bay.save()
        make_session(bay, last, ended_at=THURSDAY)
        make_session(make_bay(depot, "B01"), charging_elsewhere)

        page = Page(browser.get(f"/evses/{bay.evse_id}/start/").content.decode())

        words = [
            label.text for label in page.all("label") if label.parent and label.parent.attributes.get("id") == "choices"
        ]
        assert words == [
            "Van 3 this bay is its own",
            "Van 2 was here last",
            "Van 0",
            "Van 1 charges at B01",
        ]

    def test_finds_a_vehicle_by_part_of_its_number(self, browser: Client, depot: Depot) -> None:
        bay = self.waiting(depot)
        make_vehicle("Van 131")
        make_vehicle("Truck 7")

        page = Page(browser.get(f"/evses/{bay.evse_id}/start/?q=van").content.decode())

        assert "Van 131" in page.by_id("choices").text
        assert "Truck 7" not in page.by_id("choices").text

    def test_asks_the_charger_to_start_that_vehicle(self, browser: Client, depot: Depot) -> None:
        bay, vehicle = self.waiting(depot), make_vehicle("Van 131")

        response = browser.post(f"/evses/{bay.evse_id}/start/", {"vehicle": vehicle.pk})

        command = IssuedCommand.objects.get()
        assert (command.kind, command.evse_number) == ("start", 1)
        assert command.wording["token"] == IdToken.objects.get(vehicle=vehicle, is_ours=True).value
        assert "Start Van 131 at A16: asked" in said(response)

    @pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
    def test_takes_over_a_transaction_that_only_waits_for_its_card(
        self, browser: Client, depot: Depot, protocol: str
    ) -> None:
        bay, vehicle = make_bay(depot, "A16", evse=make_evse(make_charger(protocol=protocol))), make_vehicle("Van 131")
        set_status(bay, S.OCCUPIED)
        make_session(bay, reference="tx-1", energy_state="ev_connected", token_status="", energy_wh=None, power_w=None)

        response = browser.post(f"/evses/{bay.evse_id}/start/", {"vehicle": vehicle.pk})

        assert "Start Van 131 at A16: asked" in said(response)

    def test_of_a_vehicle_whose_card_is_blocked_says_why_not(self, browser: Client, depot: Depot) -> None:
        bay, vehicle = self.waiting(depot), make_vehicle("Van 131")
        IdToken.objects.create(
            value="ABC", key="abc", vehicle=vehicle, is_ours=True, standing=TokenStanding.BLOCKED, created_at=THURSDAY
        )

        response = browser.post(f"/evses/{bay.evse_id}/start/", {"vehicle": vehicle.pk})

        assert "blocked or has expired" in said(response)
        assert not IssuedCommand.objects.exists()

    def test_where_another_charges_says_so(self, browser: Client, depot: Depot) -> None:
        session, vehicle = charging(depot), make_vehicle()

        response = browser.post(f"/evses/{session.evse_id}/start/", {"vehicle": vehicle.pk})

        assert "Another vehicle is charging there" in said(response)

    def test_where_the_cable_must_be_replugged_says_so(self, browser: Client, depot: Depot) -> None:
        bay, vehicle = self.waiting(depot), make_vehicle()
        set_status(bay, S.FINISHING)
        assert bay.evse
        Capability.objects.create(
            charger=bay.evse.charger, name="restarts_without_replug", value="no", evidence="", seen_at=THURSDAY
        )

        response = browser.post(f"/evses/{bay.evse_id}/start/", {"vehicle": vehicle.pk})

        assert "replugged" in said(response)

    @pytest.mark.parametrize("vehicle", ["", "0", "99", "van"])
    def test_of_no_vehicle_asks_again_which(self, browser: Client, depot: Depot, vehicle: str) -> None:
        bay = self.waiting(depot)

        response = browser.post(f"/evses/{bay.evse_id}/start/", {"vehicle": vehicle})

        assert "which vehicle?" in said(response)
        assert not IssuedCommand.objects.exists()

    def test_needs_the_right_to_start(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        bay = self.waiting(depot)

        assert signed_in(viewer).get(f"/evses/{bay.evse_id}/start/").status_code == 403


class TestOtherActs:
    def test_a_fault_is_answered_by_a_reset(self, browser: Client, depot: Depot) -> None:
        bay = make_bay(depot)
        set_status(bay, S.FAULTED)
        assert bay.evse

        browser.post(f"/reset/{bay.evse.charger_id}/")

        assert IssuedCommand.objects.get().kind == "reset"

    def test_a_bay_out_of_service_is_brought_back(self, browser: Client, depot: Depot) -> None:
        bay = make_bay(depot)
        set_status(bay, S.UNAVAILABLE)

        browser.post(f"/evses/{bay.evse_id}/bring-back/")

        command = IssuedCommand.objects.get()
        assert (command.kind, command.wording["operative"]) == ("availability", True)

    def test_a_cable_is_unlocked(self, browser: Client, depot: Depot) -> None:
        session = charging(depot)

        browser.post(f"/evses/{session.evse_id}/unlock/")

        assert IssuedCommand.objects.get().kind == "unlock"

    def test_a_dispatcher_may_unlock_and_not_reset(self, signed_in: SignIn, depot: Depot) -> None:
        session = charging(depot)
        browser = signed_in(make_user("diaz", Role.DISPATCHER, depots=[depot]))

        assert browser.post(f"/evses/{session.evse_id}/unlock/").status_code == 302
        assert browser.post(f"/reset/{session.charger_id}/").status_code == 403


class TestBay:
    def test_tells_what_the_row_leaves_out(self, browser: Client, depot: Depot) -> None:
        session = charging(depot)

        page = Page(browser.get(f"/board/bay-{session.evse.bay.pk}/").content.decode())

        words = page.by_id("bay").text
        for fact in ("Charging since", "12.40 kWh", "of 7.2 kW", "not told by the charger", str(session.charger)):
            assert fact in words

    def test_is_a_drawer_for_htmx_and_a_page_without(self, browser: Client, depot: Depot) -> None:
        url = f"/board/bay-{charging(depot).evse.bay.pk}/"

        drawer, page = browser.get(url, **AS_HTMX).content.decode(), browser.get(url).content.decode()

        assert "<html" not in drawer
        assert "<h1>A05" in page

    def test_lists_what_was_asked_of_it_and_not_of_its_neighbour(self, browser: Client, depot: Depot) -> None:
        charger = make_charger()
        left, right = (make_bay(depot, f"D{n}", evse=make_evse(charger, n)) for n in (1, 2))
        set_status(left, S.PREPARING)
        browser.post(f"/evses/{right.evse_id}/unlock/")

        page = Page(browser.get(f"/board/bay-{left.pk}/").content.decode())

        assert "Nothing yet" in page.by_id("bay").text
