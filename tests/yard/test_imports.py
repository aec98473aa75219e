"""Lists pasted from a spreadsheet: looked at, imported, taken back."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from chargers.choices import Standing
from chargers.credentials import password_fits
from chargers.models import Charger, Evse
from depot import duties
from depot.access.models import AuditEntry, Role
from depot.models import Access, Bay, Depot
from depot.yard.models import ImportBatch, ImportState
from sessions.models import IdToken, TokenGroup, TokenStanding, Vehicle
from tests.conftest import BusinessTime
from tests.factories import connect, make_charger, make_depot, make_session, make_user, make_vehicle
from tests.yard.reading import flash, post, signed_in, words

pytestmark = pytest.mark.django_db
SECRET = re.compile(r'<b class="medium">([^<]+)</b></td><td class="mono secret">([0-9a-f]{32})<')
VEHICLES = "Unit No.\tVIN\tBattery (kWh)\nVan 131\t1FTBW9CK6RKA00131\t89\nVan 132\t\t77,5"


class Paste:
    """One paste, from the text to what came of it."""

    def __init__(self, client: Client, kind: str, text: str, depot: Depot | None = None) -> None:
        self.client, self.kind = client, kind
        data = {"text": text} | ({"depot": depot.pk} if depot else {})
        self.page: Any = client.post(f"/import/{kind}/", data, follow=True)

    @property
    def batch(self) -> ImportBatch:
        return ImportBatch.objects.get()

    @property
    def counts(self) -> dict[str, int]:
        """What the preview shows, without zeros."""
        return {verdict: count for verdict, count in self.page.context["counts"].items() if count}

    def run(self, *, only_good: bool = False) -> Any:
        data = {"digest": self.page.context["digest"], "only_good": str(int(only_good))}
        return self.client.post(f"/import/{self.kind}/{self.batch.pk}/run/", data, follow=True)

    def undo(self) -> Any:
        return self.client.post(f"/import/{self.kind}/{self.batch.pk}/undo/", follow=True)


def test_a_paste_is_looked_at_before_anything_is_changed(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", VEHICLES)

    assert paste.counts == {"new": 2}
    assert "77.5" in words(paste.page)
    assert not Vehicle.objects.exists()


def test_vehicles_are_imported_with_a_token_each(browser: Client, depot: Depot) -> None:
    response = Paste(browser, "vehicles", VEHICLES, depot).run()

    van = Vehicle.objects.get(unit_number="Van 131")
    assert (van.vin, van.battery_kwh, van.depot_key) == ("1FTBW9CK6RKA00131", Decimal(89), depot.pk)
    assert IdToken.objects.filter(is_ours=True).count() == 2
    assert "Imported" in words(response)
    entry = AuditEntry.objects.get(act="imported vehicles")
    assert entry.detail == {"new": 2, "changed": 0, "unchanged": 0, "wrong": 0}


def test_a_change_shows_the_old_and_the_new_and_leaves_the_rest(browser: Client, depot: Depot) -> None:
    make_vehicle("Van 131", vin="1FTBW9CK6RKA00131", battery_kwh=Decimal(77), cost_centre="4711")

    paste = Paste(browser, "vehicles", "unit;battery\nvan 131;89")
    html = paste.page.content.decode()
    paste.run()

    van = Vehicle.objects.get()
    assert paste.counts == {"changed": 1}
    assert '<s class="muted">77</s> <b>89</b>' in html
    assert (van.unit_number, van.battery_kwh, van.cost_centre) == ("Van 131", Decimal(89), "4711")


def test_the_same_paste_twice_changes_nothing_the_second_time(browser: Client, depot: Depot) -> None:
    Paste(browser, "vehicles", VEHICLES, depot).run()
    ImportBatch.objects.all().delete()

    again = Paste(browser, "vehicles", VEHICLES, depot)

    assert again.counts == {"unchanged": 2}
    assert "All of this is known already" in words(again.page)


def test_good_rows_are_imported_and_wrong_ones_left_out(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", "unit;vin\nVan 1;\nVan 2;nonsense\n;1FTBW9CK6RKA00131")

    refused = paste.run()
    paste.run(only_good=True)

    assert paste.counts == {"new": 1, "wrong": 2}
    assert "“nonsense” is not a VIN" in words(paste.page)
    assert "Some rows are wrong" in flash(refused)
    assert [van.unit_number for van in Vehicle.objects.all()] == ["Van 1"]


def test_a_yard_that_changed_since_the_look_is_looked_at_again(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", "unit;battery\nVan 1;89")
    make_vehicle("Van 1", battery_kwh=Decimal(50))

    response = paste.run()

    assert "The yard changed since you looked" in flash(response)
    assert response.context["counts"]["changed"] == 1
    assert Vehicle.objects.get().battery_kwh == Decimal(50)


def test_a_paste_is_imported_once(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", VEHICLES)
    paste.run()

    again = paste.run()

    assert "imported already" in flash(again)
    assert Vehicle.objects.count() == 2


def test_columns_can_be_said_where_no_title_says_them(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", "Van 131;89\nVan 132;89")
    unread = paste.counts

    response = post(browser, f"/import/vehicles/{paste.batch.pk}/", column_0="unit_number", column_1="battery_kwh")

    assert unread == {"wrong": 2}
    assert response.context["counts"]["new"] == 2


def test_one_column_is_not_taken_for_two(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", "Van 131;89")

    response = post(browser, f"/import/vehicles/{paste.batch.pk}/", column_0="vin", column_1="vin")

    assert "Two columns cannot be the same" in words(response)


@pytest.mark.parametrize(("text", "why"), [("", "This field is required"), ("\n \n", "Nothing was pasted")])
def test_what_is_no_table_is_refused_in_words(browser: Client, depot: Depot, text: str, why: str) -> None:
    assert why in words(browser.post("/import/vehicles/", {"text": text}))
    assert not ImportBatch.objects.exists()


# Cards


def test_cards_are_imported_for_their_vehicles(browser: Client, depot: Depot) -> None:
    van = make_vehicle("Van 131", depot_key=depot.pk)
    text = "ID-Tag,Vehicle,Driver,Valid until,Blocked\n04A2,van 131,R. Diaz,2026-12-31,no\n04A3,,K. Lindqvist,,yes"

    paste = Paste(browser, "tokens", text, depot)
    paste.run()

    first, second = IdToken.objects.order_by("key")
    assert paste.counts == {"new": 2}
    assert (first.vehicle, first.driver, first.depot_key) == (van, "R. Diaz", depot.pk)
    assert first.expires_at == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert second.standing == TokenStanding.BLOCKED
    ImportBatch.objects.all().delete()
    assert Paste(browser, "tokens", text, depot).counts == {"unchanged": 2}


def test_a_card_of_a_vehicle_that_is_not_here_is_wrong(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "tokens", "card;vehicle\n04A2;Van 999")

    assert paste.counts == {"wrong": 1}
    assert "There is no vehicle “Van 999” here; import the vehicles first." in words(paste.page)


def test_a_token_of_ours_is_not_imported_over(browser: Client, depot: Depot) -> None:
    IdToken.objects.create(value="V0001", key="v0001", is_ours=True, created_at=depot.created_at)

    paste = Paste(browser, "tokens", "card;driver\nV0001;Somebody")

    assert paste.counts == {"wrong": 1}


def test_a_dash_takes_a_value_away_and_an_empty_cell_does_not(browser: Client, depot: Depot) -> None:
    IdToken.objects.create(
        value="04A2", key="04a2", driver="R. Diaz", group="night", created_at=depot.created_at, depot_key=depot.pk
    )

    Paste(browser, "tokens", "card;driver;group\n04a2;-;").run()

    token = IdToken.objects.get()
    assert (token.value, token.driver, token.group) == ("04A2", "", "night")


# Bays


def test_bays_are_imported_with_their_chargers_and_vehicles(browser: Client, depot: Depot) -> None:
    charger = make_charger("ABB-1")
    van = make_vehicle("Van 131")
    text = (
        "Bay\tDepot\tZone\tCharger\tEVSE\tAccess\tOwn vehicle\n"
        "D1\tnorthgate\tFast lane\tabb-1\t1\tanyone\t\nD2\t\tFast lane\tABB-1\t2\town vehicle\tvan 131"
    )

    paste = Paste(browser, "bays", text, depot)
    paste.run()

    first, second = Bay.objects.order_by("name")
    assert paste.counts == {"new": 2}
    assert first.evse is not None
    assert (first.evse.charger, first.evse.number, first.access) == (charger, 1, Access.ANYONE)
    assert second.evse is not None
    assert (second.evse.number, second.access, second.own_vehicle) == (2, Access.OWN_VEHICLE, van)
    ImportBatch.objects.all().delete()
    assert Paste(browser, "bays", text, depot).counts == {"unchanged": 2}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("B1;;;;", "Depot: say which"),
        ("B1;Atlantis;;;", "there is no “Atlantis” among yours"),
        ("B1;Northgate;NOBODY;;", "There is no charger “NOBODY” here"),
        ("B1;Northgate;CP-A07;1;", "EVSE 1 of CP-A07 serves bay A07"),
        ("B1;Northgate;;;own", "Only its own vehicle may charge there, and none is named"),
        ("B1;Northgate;CP-A07;many;", "“many” is not a number from 1 to 99"),
    ],
)
def test_a_bay_that_cannot_be_is_wrong_with_the_reason(browser: Client, bay: Bay, row: str, why: str) -> None:
    paste = Paste(browser, "bays", f"bay;depot;charger;evse;access\n{row}")

    assert paste.counts == {"wrong": 1}
    assert why in words(paste.page)


def test_one_outlet_is_not_given_to_two_bays_of_one_paste(browser: Client, depot: Depot) -> None:
    make_charger("ABB-1")

    paste = Paste(browser, "bays", "bay;charger\nD1;ABB-1\nD2;ABB-1", depot)

    assert paste.counts == {"new": 1, "wrong": 1}
    assert "Line 2 takes EVSE 1 of ABB-1 already" in words(paste.page)


def test_a_bay_loses_its_charger_by_a_dash(browser: Client, bay: Bay, depot: Depot) -> None:
    Paste(browser, "bays", "bay;charger\nA07;-", depot).run()

    bay.refresh_from_db()
    assert bay.evse is None


# Chargers


def test_chargers_are_imported_with_passwords_that_are_shown_once(browser: Client, depot: Depot) -> None:
    bays = [Bay.objects.create(depot=depot, name=name) for name in ("A1", "D1", "D2")]
    text = "Charge Point ID;Name;OCPP;Stellplatz\nCP-1;Left;1.6J;A1\nABB-1;;2.0.1;D1 / D2"

    response = Paste(browser, "chargers", text).run()

    first, second = Charger.objects.order_by("-identity")
    shown = dict(SECRET.findall(response.content.decode()))
    assert (first.identity, first.name, first.pinned_protocol, first.standing) == (
        "CP-1", "Left", "ocpp1.6", Standing.ADOPTED,
    )  # fmt: skip
    assert password_fits(shown["CP-1"].encode(), first.password_hmac)
    assert password_fits(shown["ABB-1"].encode(), second.password_hmac)
    for bay in bays:
        bay.refresh_from_db()
    placed = [(bay.evse.charger.identity, bay.evse.number) for bay in bays if bay.evse]
    assert placed == [("CP-1", 1), ("ABB-1", 1), ("ABB-1", 2)]
    assert response["Cache-Control"] == "no-store"
    assert shown["CP-1"] not in browser.get(f"/import/chargers/{ImportBatch.objects.get().pk}/").content.decode()
    assert shown["CP-1"] not in str(ImportBatch.objects.values_list("record", flat=True).get())


def test_a_charger_moves_to_other_bays(browser: Client, bay: Bay, depot: Depot) -> None:
    other = Bay.objects.create(depot=depot, name="B1")

    Paste(browser, "chargers", "identity;bay\nCP-A07;B1", depot).run()

    bay.refresh_from_db()
    other.refresh_from_db()
    assert bay.evse is None
    assert other.evse is not None


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("WAITS;", "It is in the waiting room: adopt it there."),
        ("REFUSED;", "It was refused"),
        ("NEW;Z9", "There is no bay “Z9” here"),
        ("NEW;A07", "Bay A07 is served by another charger"),
        ("with blank;", "cannot be a charger"),
    ],
)
def test_a_charger_that_cannot_be_is_wrong_with_the_reason(browser: Client, bay: Bay, row: str, why: str) -> None:
    make_charger("WAITS", standing=Standing.WAITING)
    make_charger("REFUSED", standing=Standing.REFUSED)

    paste = Paste(browser, "chargers", f"identity;bay\n{row}")

    assert paste.counts == {"wrong": 1}
    assert why in words(paste.page)


def test_a_bay_that_several_depots_have_is_meant_by_the_chosen_depot(browser: Client, depot: Depot) -> None:
    for place in (depot, make_depot("Elsewhere")):
        Bay.objects.create(depot=place, name="A1")

    unclear = Paste(browser, "chargers", "identity;bay\nCP-1;A1")
    unclear_counts, unclear_words = unclear.counts, words(unclear.page)
    ImportBatch.objects.all().delete()

    assert unclear_counts == {"wrong": 1}
    assert "Several depots have a bay “A1”; choose the depot above." in unclear_words
    assert Paste(browser, "chargers", "identity;bay\nCP-1;A1", depot).counts == {"new": 1}


# Reach


def test_who_sees_one_depot_imports_only_there(depot: Depot) -> None:
    elsewhere = make_depot("Elsewhere")
    make_vehicle("Van 1", depot_key=elsewhere.pk)
    make_vehicle("Van 2", depot_key=None)
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    paste = Paste(manager, "vehicles", "unit;depot\nVan 1;\nVan 2;\nVan 3;Elsewhere\nVan 4;-\nVan 5;", depot)

    assert paste.counts == {"new": 1, "wrong": 4}
    assert words(paste.page).count("known already, and not only to your depots") == 2


def test_a_charger_without_a_bay_would_be_seen_by_nobody_of_one_depot(depot: Depot) -> None:
    engineer = signed_in(make_user("eva", Role.ENGINEER, depots=[depot]))

    paste = Paste(engineer, "chargers", "identity\nCP-1", depot)

    assert "Name the bay that it serves" in words(paste.page)


def test_a_paste_is_not_seen_by_who_sees_less(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", VEHICLES)
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    assert manager.get(f"/import/vehicles/{paste.batch.pk}/").status_code == 404
    assert "looked at" not in words(manager.get("/import/vehicles/"))
    assert browser.get(f"/import/bays/{paste.batch.pk}/").status_code == 404


# Taking it back


def test_what_was_made_and_changed_is_taken_back(browser: Client, depot: Depot) -> None:
    make_vehicle("Van 132", battery_kwh=Decimal(50))
    paste = Paste(browser, "vehicles", VEHICLES)
    paste.run()

    response = paste.undo()

    van = Vehicle.objects.get()
    assert (van.unit_number, van.battery_kwh) == ("Van 132", Decimal("50.00"))
    assert not IdToken.objects.exists()
    assert "The import is taken back." in flash(response)
    assert paste.batch.state == ImportState.UNDONE


@pytest.mark.parametrize("kind", ["bays", "chargers", "tokens"])
def test_every_list_is_taken_back_as_if_it_had_never_been(browser: Client, bay: Bay, depot: Depot, kind: str) -> None:
    Bay.objects.create(depot=depot, name="B1")
    IdToken.objects.create(value="OLD", key="old", created_at=depot.created_at, depot_key=depot.pk)
    text = {
        "bays": "bay;zone;charger\nA07;New zone;-\nC1;Row C;",
        "chargers": "identity;name;bay\nCP-A07;New name;B1\nCP-NEW;;A07",
        "tokens": "card;driver;valid until\nOLD;New driver;2027-01-01\nNEW;;",
    }[kind]
    before = everything()
    paste = Paste(browser, kind, text, depot)
    if kind == "chargers":
        # A07 is free only once CP-A07 has moved; the second row is done in a paste of its own.
        assert paste.counts == {"changed": 1, "wrong": 1}
    paste.run(only_good=True)
    changed = everything()

    paste.undo()

    assert changed != before
    assert everything() == before


def everything() -> list[Any]:
    """The yard's lists, without what an EVSE that was grown leaves behind."""
    return [
        list(Bay.objects.order_by("pk").values()),
        list(Charger.objects.order_by("pk").values()),
        list(IdToken.objects.order_by("pk").values()),
        list(Vehicle.objects.order_by("pk").values()),
    ]


def test_what_somebody_changed_since_stays(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", VEHICLES)
    paste.run()
    Vehicle.objects.filter(unit_number="Van 131").update(cost_centre="4711")

    response = paste.undo()

    assert [van.unit_number for van in Vehicle.objects.all()] == ["Van 131"]
    assert "Van 131: changed since it was imported (cost centre)" in flash(response)


def test_what_charged_since_stays(browser: Client, bay: Bay, depot: Depot) -> None:
    paste = Paste(browser, "vehicles", VEHICLES)
    paste.run()
    make_session(bay, Vehicle.objects.get(unit_number="Van 131"))

    response = paste.undo()

    assert [van.unit_number for van in Vehicle.objects.all()] == ["Van 131"]
    assert "Van 131: it has charged since" in flash(response)


def test_a_charger_that_connected_since_stays(browser: Client, depot: Depot) -> None:
    paste = Paste(browser, "chargers", "identity\nCP-1\nCP-2")
    paste.run()
    connect(Charger.objects.get(identity="CP-1"))

    response = paste.undo()

    assert [charger.identity for charger in Charger.objects.all()] == ["CP-1"]
    assert "CP-1: it has connected since" in flash(response)


def test_it_is_taken_back_once_and_within_a_day(browser: Client, depot: Depot, business_time: BusinessTime) -> None:
    paste = Paste(browser, "vehicles", VEHICLES)
    paste.run()

    business_time.move(hours=25)
    too_late = paste.undo()
    business_time.move(hours=-2)
    paste.undo()
    again = paste.undo()

    assert "More than a day has gone by" in flash(too_late)
    assert not Vehicle.objects.exists()
    assert "There is nothing to take back" in flash(again)


def test_pastes_go_after_thirty_days(browser: Client, depot: Depot, business_time: BusinessTime) -> None:
    Paste(browser, "vehicles", VEHICLES)
    business_time.move(days=29)
    duties.prune(business_time.now())
    kept = ImportBatch.objects.count()

    business_time.move(days=2)
    duties.prune(business_time.now())

    assert (kept, ImportBatch.objects.count()) == (1, 0)


def test_many_rows_cost_no_more_questions_than_few_to_look_at(
    browser: Client, depot: Depot, django_assert_max_num_queries: Any
) -> None:
    rows = "\n".join(f"CARD{number}\tVan {number}" for number in range(400))
    for number in range(400):
        Vehicle.objects.create(unit_number=f"Van {number}", created_at=depot.created_at)
    paste = Paste(browser, "tokens", f"card\tvehicle\n{rows}")

    with django_assert_max_num_queries(20):
        page = browser.get(f"/import/tokens/{paste.batch.pk}/")

    assert page.context["counts"]["new"] == 400


def test_every_kind_of_list_says_its_columns(browser: Client, depot: Depot) -> None:
    for kind, column in (("chargers", "Identity"), ("bays", "Zone"), ("vehicles", "VIN"), ("tokens", "Driver")):
        assert column in words(browser.get(f"/import/{kind}/"))


def test_an_evse_is_grown_for_a_charger_that_never_called(browser: Client, depot: Depot) -> None:
    Bay.objects.create(depot=depot, name="A1")

    Paste(browser, "chargers", "identity;bay\nCP-1;A1", depot).run()

    assert Evse.objects.get().number == 1


FULL = (
    "card\tfrom\tcharges at a time\tonly at bays\tenergy limit kWh\tmax minutes\tmax cost\t"
    "charges up to\tcredit\tpriority\tmaster pass\tlanguage\n"
    "CARD7\t2026-04-01\t2\tA07\t20,5\t90\t12,50 €\t80 %\t25\t-3\tno\tDeutsch"
)


def test_cards_are_imported_with_their_limits_bays_and_credit(browser: Client, bay: Bay) -> None:
    paste = Paste(browser, "tokens", FULL, bay.depot)
    paste.run()

    token = IdToken.objects.get()
    assert paste.counts == {"new": 1}
    assert (token.limit_wh, token.limit_s, token.limit_cost) == (20_500, 5_400, Decimal("12.50"))
    assert (token.limit_soc_percent, token.max_concurrent, token.charging_priority) == (80, 2, -3)
    assert (token.bay_keys, token.language, token.is_master_pass) == ([bay.pk], "de", False)
    assert token.valid_from == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert token.prepaid_balance == Decimal(25)
    assert token.credit_entries.get().note == "Imported with the card"


def test_the_same_cards_pasted_again_change_nothing_and_are_taken_back_whole(browser: Client, bay: Bay) -> None:
    first = Paste(browser, "tokens", FULL, bay.depot)
    first.run()
    undo = f"/import/tokens/{first.batch.pk}/undo/"
    again = browser.post("/import/tokens/", {"text": FULL, "depot": bay.depot_id}, follow=True)

    browser.post(undo, follow=True)

    assert {verdict: count for verdict, count in again.context["counts"].items() if count} == {"unchanged": 1}
    assert not IdToken.objects.exists()


def test_a_list_changes_a_cards_limits_but_not_its_credit(browser: Client, bay: Bay) -> None:
    Paste(browser, "tokens", FULL, bay.depot).run()
    ImportBatch.objects.all().delete()

    Paste(browser, "tokens", "card;energy limit kWh;only at bays\nCARD7;30;-", bay.depot).run()
    ImportBatch.objects.all().delete()
    credit = Paste(browser, "tokens", "card;credit\nCARD7;50", bay.depot)

    token = IdToken.objects.get()
    assert (token.limit_wh, token.bay_keys, token.prepaid_balance) == (30_000, [], Decimal(25))
    assert credit.counts == {"wrong": 1}
    assert "add it on the card&#x27;s own page" in credit.page.content.decode()


def test_a_bay_that_is_not_here_makes_its_row_wrong(browser: Client, bay: Bay) -> None:
    paste = Paste(browser, "tokens", "card;bays\nCARD7;Z99", bay.depot)

    assert paste.counts == {"wrong": 1}
    assert "There is no bay “Z99” here." in words(paste.page)


GROUPED = "card;group;group charges at a time\nCARD7;night;4\nCARD8;night;4\nCARD9;day;"


def test_what_holds_for_a_group_comes_with_its_cards_and_is_taken_back_with_them(browser: Client, depot: Depot) -> None:
    TokenGroup.objects.create(name="night", max_concurrent=2)
    first = Paste(browser, "tokens", GROUPED + "\nCARD1;gate;1", depot)
    first.run()
    limits = dict(TokenGroup.objects.values_list("name", "max_concurrent"))

    again = Paste(browser, "tokens", GROUPED, depot)
    browser.post(f"/import/tokens/{ImportBatch.objects.earliest('pk').pk}/undo/", follow=True)

    assert first.counts == {"new": 4}
    assert limits == {"night": 4, "gate": 1}
    assert again.counts == {"unchanged": 3}
    assert dict(TokenGroup.objects.values_list("name", "max_concurrent")) == {"night": 2}


def test_lines_that_say_other_things_of_one_group_are_wrong(browser: Client, depot: Depot) -> None:
    paste = Paste(
        browser, "tokens", "card;group;group charges at a time\nCARD7;night;4\nCARD8;night;5\nCARD9;;5", depot
    )

    assert paste.counts == {"new": 1, "wrong": 2}
    assert "Another line says 4 of its group." in words(paste.page)
    assert "it is in none" in words(paste.page)


def test_who_sees_one_depot_says_nothing_of_groups(depot: Depot) -> None:
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    paste = Paste(manager, "tokens", GROUPED, depot)

    assert paste.counts == {"new": 1, "wrong": 2}
    assert "Groups hold in every depot" in words(paste.page)
