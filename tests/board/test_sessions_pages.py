import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from billing.models import Tariff
from billing.services import settle_session
from chargers.choices import CommandState, EffectState
from depot.access.models import AuditEntry, Role, User
from depot.models import Depot
from sessions.models import IdToken, Session, VehicleSource
from tests.board.pages import Page
from tests.factories import (
    THURSDAY,
    make_bay,
    make_command,
    make_depot,
    make_reading,
    make_session,
    make_user,
    make_vehicle,
)

SignIn = Callable[[User], Client]


def listed(browser: Client, query: str = "") -> Page:
    response = browser.get(f"/sessions/{query}")
    assert response.status_code == 200
    return Page(response.content.decode())


def links(page: Page) -> list[str]:
    return [
        link.attributes["href"].split("/")[2]
        for link in page.all("a")
        if link.within("td") and link.attributes["href"].startswith("/sessions/")
    ]


def ended(depot: Depot, vehicle: str, *, ago: timedelta, energy_wh: int | None = 10_000, bay: str = "") -> Session:
    started = THURSDAY - ago
    return make_session(
        make_bay(depot, bay),
        make_vehicle(vehicle),
        started_at=started,
        ended_at=started + timedelta(hours=1),
        energy_wh=energy_wh,
    )


class TestList:
    def test_the_newest_stand_first_under_their_day(self, browser: Client, depot: Depot) -> None:
        old = ended(depot, "Van 1", ago=timedelta(days=2))
        new = ended(depot, "Van 2", ago=timedelta(hours=3))

        page = listed(browser)

        assert links(page) == [str(new.pk), str(old.pk)]
        days = [head.text for head in page.all("th", scope="rowgroup")]
        assert days == ["Thu 5 Mar 2026 · 1 session · 10.0 kWh", "Tue 3 Mar 2026 · 1 session · 10.0 kWh"]

    def test_a_day_begins_at_midnight_of_the_depot(self, browser: Client, depot: Depot) -> None:
        # 23:30 UTC on Wednesday is Thursday in Berlin.
        ended(depot, "Van 1", ago=THURSDAY - datetime(2026, 3, 4, 23, 30, tzinfo=UTC))

        (day,) = listed(browser).all("th", scope="rowgroup")

        assert day.text.startswith("Thu 5 Mar 2026")

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("?vehicle=van+1", {"Van 1"}),
            ("?bay=b0", {"Van 2"}),
            ("?stand=open", {"Van 3"}),
            ("?stand=ended", {"Van 1", "Van 2"}),
            ("?stand=estimated", {"Van 2"}),
            ("?days=7", {"Van 1", "Van 2", "Van 3"}),
            ("?days=", {"Van 1", "Van 2", "Van 3", "Van 4"}),
            ("?card=04a2", {"Van 1"}),
        ],
    )
    def test_it_is_narrowed_by_what_one_looks_for(
        self, browser: Client, depot: Depot, query: str, found: set[str]
    ) -> None:
        first = ended(depot, "Van 1", ago=timedelta(hours=2), bay="A01")
        Session.objects.filter(pk=first.pk).update(token_value="04A2C9")
        second = ended(depot, "Van 2", ago=timedelta(hours=3), bay="B02")
        Session.objects.filter(pk=second.pk).update(quality=[{"code": "stop_estimated", "note": "?"}])
        make_session(make_bay(depot, "A03"), make_vehicle("Van 3"))
        ended(depot, "Van 4", ago=timedelta(days=60), bay="A04")

        page = listed(browser, query)

        words = " ".join(cell.text for cell in page.all("td"))
        assert {name for name in ("Van 1", "Van 2", "Van 3", "Van 4") if name in words} == found

    def test_its_totals_are_of_all_that_fits(self, browser: Client, depot: Depot) -> None:
        for number in range(3):
            ended(depot, f"Van {number}", ago=timedelta(hours=number + 1), energy_wh=12_500)
        ended(depot, "Van 9", ago=timedelta(hours=9), energy_wh=None)

        page = listed(browser)

        (words,) = [p.text for p in page.all("p") if "sessions ·" in p.text]
        assert words == "4 sessions · 37.5 kWh · 1 with energy not known"

    @pytest.mark.parametrize(
        ("by", "rows"),
        [
            ("vehicle", "Van 1 2 30.0 kWh not known 1 7.0 kWh Van 8 1 unknown 1"),
            ("card", "VAN1 2 30.0 kWh not known 2 7.0 kWh 1"),
            ("depot", "Northgate 4 37.0 kWh 1"),
        ],
    )
    def test_energy_is_summed_up_by_vehicle_card_and_depot(
        self, browser: Client, depot: Depot, by: str, rows: str
    ) -> None:
        card = IdToken.objects.create(value="VAN1", key="van1", created_at=THURSDAY)
        first = ended(depot, "Van 1", ago=timedelta(hours=2), energy_wh=12_500)
        for hours, wh, vehicle in ((3, 17_500, first.vehicle), (4, 7_000, None), (5, None, make_vehicle("Van 8"))):
            started = THURSDAY - timedelta(hours=hours)
            make_session(
                make_bay(depot), vehicle, started_at=started, ended_at=started + timedelta(hours=1), energy_wh=wh
            )
        Session.objects.filter(vehicle=first.vehicle).update(token=card)
        make_session(make_bay(depot), make_vehicle("Van 9"), energy_wh=90_000)

        page = listed(browser, f"?sums={by}")

        assert page.by_id("sums").text == (
            f"Energy by {by} of ended sessions {by.capitalize()} Sessions Delivered Energy not known {rows}"
        )

    def test_energy_by_card_is_for_who_may_see_cards(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        ended(depot, "Van 1", ago=timedelta(hours=2))

        assert not listed(signed_in(viewer), "?sums=card").has("sums")

    def test_a_cursor_leads_through_all_of_them_once(self, browser: Client, depot: Depot) -> None:
        bay, vehicle = make_bay(depot), make_vehicle()
        started = THURSDAY - timedelta(hours=5)
        # All at the same moment: the cursor must not stumble over equals.
        made = [
            make_session(bay, vehicle, started_at=started, ended_at=THURSDAY - timedelta(hours=4)) for _ in range(120)
        ]

        seen, url = [], ""
        while True:
            page = listed(browser, url)
            seen += links(page)
            older = page.all("a", rel="next")
            if not older:
                break
            url = older[0].attributes["href"].removeprefix("/sessions/")

        assert sorted(map(int, seen)) == sorted(session.pk for session in made)

    @pytest.mark.parametrize("cursor", ["x", "2026-03-05_1", "_", "2026-03-05T16:00:00+00:00_x"])
    def test_a_cursor_that_is_none_begins_at_the_newest(self, browser: Client, depot: Depot, cursor: str) -> None:
        session = ended(depot, "Van 1", ago=timedelta(hours=2))

        assert links(listed(browser, f"?before={cursor}")) == [str(session.pk)]

    def test_another_depots_sessions_are_not_listed(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        mine = ended(depot, "Van 1", ago=timedelta(hours=2))
        ended(make_depot("Southgate"), "Van 2", ago=timedelta(hours=2))

        assert links(listed(signed_in(viewer))) == [str(mine.pk)]

    def test_who_may_not_see_cards_cannot_look_for_one(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        session = ended(depot, "Van 1", ago=timedelta(hours=2))
        Session.objects.update(token_value="04A2C9")

        page = listed(signed_in(viewer), "?card=04A2C8")

        assert links(page) == [str(session.pk)]
        assert not page.has("id_card")

    def test_an_empty_list_says_how_it_fills(self, browser: Client, depot: Depot) -> None:
        assert "A session begins when" in " ".join(p.text for p in listed(browser).all("p"))


class TestCsv:
    def rows(self, browser: Client, query: str = "") -> list[dict[str, str]]:
        response = browser.get(f"/sessions.csv{query}")
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        return list(csv.DictReader(io.StringIO(response.content.decode())))

    def test_it_holds_what_the_filter_holds(self, browser: Client, depot: Depot) -> None:
        ended(depot, "Van 1", ago=timedelta(hours=2), energy_wh=12_345)
        ended(depot, "Van 2", ago=timedelta(hours=3))

        (row,) = self.rows(browser, "?vehicle=van+1")

        assert (row["vehicle"], row["energy_kwh"], row["started_at"]) == ("Van 1", "12.345", "2026-03-05T14:30:00Z")

    def test_no_cell_is_run_as_a_formula(self, browser: Client, depot: Depot) -> None:
        ended(depot, "=1+1", ago=timedelta(hours=2))

        (row,) = self.rows(browser)

        assert row["vehicle"] == "'=1+1"

    def test_cards_are_for_who_may_see_them(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        ended(depot, "Van 1", ago=timedelta(hours=2))
        Session.objects.update(token_value="04A2C9")

        (row,) = self.rows(signed_in(viewer))

        assert row["id_token"] == ""


def shown(browser: Client, session: Session) -> Page:
    response = browser.get(f"/sessions/{session.pk}/")
    assert response.status_code == 200
    return Page(response.content.decode())


@pytest.fixture
def tariff(depot: Depot) -> Tariff:
    return Tariff.objects.create(
        name="Flat", currency="EUR", time_zone="Europe/Berlin", price_per_kwh=Decimal("0.30"), created_at=THURSDAY
    )


@pytest.fixture
def charging(depot: Depot, tariff: Tariff) -> Session:
    """Two hours with 6 kW, ten minutes of them without readings."""
    session = make_session(
        make_bay(depot, "A05"),
        make_vehicle("Van 105"),
        tariff_key=tariff.pk,
        energy_wh=12_000,
        soc_start_percent=15.0,
        soc_percent=36.0,
        reference="4711",
        power_w=6_000,
    )
    for minute in range(121):
        if not 40 <= minute < 50:
            make_reading(
                session,
                session.started_at + timedelta(minutes=minute),
                energy_wh=1_000_000 + 100 * minute,
                power_w=6_000,
                soc_percent=15 + minute / 6,
            )
    return session


class TestOneSession:
    def test_it_says_what_flowed_and_what_it_costs_so_far(self, browser: Client, charging: Session) -> None:
        words = shown(browser, charging).by_id("session-figures").text

        for fact in ("12.00 kWh", "36 % of 80 %", "15 % at its start", "Cost so far €3.60", "6.0 kW"):
            assert fact in words

    def test_its_curve_is_drawn_with_the_gap_where_nothing_was_read(self, browser: Client, charging: Session) -> None:
        page = shown(browser, charging)

        (line,) = [path for path in page.all("path") if "line-kw" in path.classes]
        assert line.attributes["d"].count("M") == 2
        assert len([rect for rect in page.all("rect") if "gap" in rect.classes]) == 1

    def test_its_curve_has_a_twin_in_words(self, browser: Client, charging: Session) -> None:
        cells = [cell.text for cell in shown(browser, charging).all("td")]

        assert "15:30 – 15:44" in cells
        assert "6.0 kW" in cells

    def test_its_evidence_is_shown(self, browser: Client, charging: Session) -> None:
        words = shown(browser, charging).by_id("session-evidence").text

        for fact in (
            "1,000,000 Wh",
            "1,012,000 Wh",
            "111, every 1 min, 10 missing",
            "4711",
            "Vehicle known by Its card, 90 % sure",
            "Nothing here is estimated",
        ):
            assert fact in words

    def test_what_is_estimated_is_said_with_its_reason(self, browser: Client, charging: Session) -> None:
        charging.quality = [{"code": "clock_off", "note": "The clock was 3 min behind."}]
        charging.save()

        assert "The clock was 3 min behind." in shown(browser, charging).by_id("session-evidence").text

    def test_what_happened_is_told_in_order(self, browser: Client, charging: Session, admin: User) -> None:
        make_command(
            charging.charger, "stop", reference="4711", issued_by=admin, issued_at=THURSDAY,
            state=CommandState.ACCEPTED, effect=EffectState.AWAITED,
        )  # fmt: skip

        words = shown(browser, charging).by_id("session-happened").text

        parts = ["Started", "No readings for 11 min", "Stop A05 · you", "Accepted; waiting to see it happen"]
        assert [words.index(part) for part in parts] == sorted(words.index(part) for part in parts)

    @pytest.mark.parametrize(
        ("said", "words"),
        [("EVDisconnected", "The cable was pulled at the vehicle"), ("Foo", "The charger says: Foo")],
    )
    def test_why_it_ended_is_said_in_plain_words(self, browser: Client, depot: Depot, said: str, words: str) -> None:
        session = make_session(make_bay(depot), ended_at=THURSDAY, stop_reason=said)

        assert words in shown(browser, session).by_id("session-happened").text

    def test_a_session_closed_by_evidence_says_so(self, browser: Client, depot: Depot) -> None:
        session = make_session(make_bay(depot), ended_at=THURSDAY, closed_by="evidence")

        assert "the charger never told its stop" in shown(browser, session).by_id("session-happened").text

    def test_without_a_tariff_there_is_no_price_and_a_reason(self, browser: Client, depot: Depot) -> None:
        session = make_session(make_bay(depot))

        assert "had no tariff" in shown(browser, session).by_id("session-cost").text

    def test_what_the_erp_was_given_is_named_by_its_number(self, browser: Client, charging: Session) -> None:
        charging.ended_at, charging.closed_by, charging.meter_stop_wh = THURSDAY, "charger", 1_012_000
        charging.save()
        given = settle_session(charging, now=THURSDAY + timedelta(hours=1))

        words = shown(browser, charging).by_id("session-erp").text

        assert f"{given.seq} Final 12.000 €3.60" in words

    def test_before_that_it_says_what_will_become_of_it(self, browser: Client, charging: Session) -> None:
        assert "Nothing has been given to the ERP yet" in shown(browser, charging).by_id("session-erp").text

    def test_bills_are_for_who_may_see_them(self, signed_in: SignIn, viewer: User, charging: Session) -> None:
        assert not shown(signed_in(viewer), charging).has("session-erp")

    def test_the_stop_button_says_whom_to_ask(self, signed_in: SignIn, viewer: User, charging: Session) -> None:
        stop = shown(signed_in(viewer), charging).by_id("stop")

        assert stop.attributes["aria-disabled"] == "true"
        assert "ask a dispatcher" in stop.attributes["title"]

    def test_an_ended_one_has_no_stop_button(self, browser: Client, depot: Depot) -> None:
        assert not shown(browser, make_session(make_bay(depot), ended_at=THURSDAY)).has("stop")

    def test_one_beyond_reach_is_not_found(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        beyond = make_session(make_bay(make_depot("Southgate")))

        assert signed_in(viewer).get(f"/sessions/{beyond.pk}/").status_code == 404

    def test_one_without_an_evse_or_a_reading_is_shown_all_the_same(self, browser: Client, depot: Depot) -> None:
        session = make_session(make_bay(depot), energy_wh=None, meter_start_wh=None)
        Session.objects.update(evse=None)

        page = shown(browser, session)

        assert "no meter value yet" in page.by_id("session-curve").text

    def test_its_readings_are_a_file(self, browser: Client, charging: Session) -> None:
        rows = list(csv.DictReader(io.StringIO(browser.get(f"/sessions/{charging.pk}/readings.csv").content.decode())))

        assert len(rows) == 111
        assert (rows[0]["at"], rows[0]["register_wh"], rows[0]["power_w"]) == (
            "2026-03-05T14:30:00Z",
            "1000000",
            "6000",
        )


class TestNaming:
    def name(self, browser: Client, session: Session, vehicle: str) -> str:
        response = browser.post(f"/sessions/{session.pk}/vehicle/", {"vehicle": vehicle})
        assert response.status_code == 302
        return " ".join(str(message) for message in get_messages(response.wsgi_request))

    def test_a_dispatcher_says_which_vehicle_it_is(self, browser: Client, charging: Session, admin: User) -> None:
        van = make_vehicle("Van 131")

        words = self.name(browser, charging, "van 131")

        charging.refresh_from_db()
        assert (charging.vehicle, charging.vehicle_source) == (van, VehicleSource.DISPATCHER)
        assert words == "This session is Van 131 now."
        assert AuditEntry.objects.get().act == "name vehicle"

    def test_of_one_that_the_erp_has_a_correction_is_promised(self, browser: Client, charging: Session) -> None:
        make_vehicle("Van 131")
        charging.ended_at, charging.closed_by, charging.meter_stop_wh = THURSDAY, "charger", 1_012_000
        charging.save()
        settle_session(charging, now=THURSDAY + timedelta(hours=1))

        words = self.name(browser, charging, "Van 131")

        charging.refresh_from_db()
        assert charging.needs_correction
        assert "a credit and a replacement" in words

    def test_a_vehicle_that_is_not_there_is_refused(self, browser: Client, charging: Session) -> None:
        assert "There is no vehicle “Van 999”" in self.name(browser, charging, "Van 999")

    def test_it_needs_the_right_to_name(self, signed_in: SignIn, viewer: User, charging: Session) -> None:
        assert signed_in(viewer).post(f"/sessions/{charging.pk}/vehicle/", {"vehicle": "x"}).status_code == 403

    def test_a_vehicle_of_another_depot_is_not_there(self, signed_in: SignIn, charging: Session, depot: Depot) -> None:
        southgate = make_depot("Southgate")
        make_vehicle("Van 131", depot_key=southgate.pk)
        browser = signed_in(make_user("diaz", Role.DISPATCHER, depots=[depot]))

        assert "There is no vehicle" in self.name(browser, charging, "Van 131")
