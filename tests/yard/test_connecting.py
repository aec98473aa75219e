"""Adding a charger, how it connects, and the waiting room."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from chargers.choices import Refusal, Standing, Trust
from chargers.credentials import keyed_hash, password_fits
from chargers.models import Charger, Connection, Evse, IssuedCommand, RefusedHandshake, TracedCall
from depot import clock
from depot.access.models import AuditEntry, Role
from depot.models import Bay, Depot
from depot.yard.queries.tries import tries_of
from tests.factories import connect, make_bay, make_charger, make_depot, make_evse, make_session, make_user
from tests.yard.reading import flash, post, signed_in, words

pytestmark = pytest.mark.django_db
PASSWORD = re.compile(r"\b[0-9a-f]{32}\b")


@pytest.fixture
def free_bay(depot: Depot) -> Bay:
    return Bay.objects.create(depot=depot, name="B12", zone="Row B")


@pytest.fixture
def stranger(depot: Depot) -> Charger:
    charger = make_charger(
        "CP-B12", online=False, standing=Standing.WAITING, vendor="Autel", model="MaxiCharger", serial="AE22",
        firmware="1.24", created_at=datetime.now(UTC),
    )  # fmt: skip
    connect(charger, authenticated=False, address="10.20.4.57")
    return charger


def refused(identity: str, reason: Refusal = Refusal.WRONG_PASSWORD, **fields: object) -> RefusedHandshake:
    values = {
        "address": "10.20.4.57", "path": f"/ocpp/{identity}", "offered": "ocpp1.6", "answered_with": 401,
        "at": datetime.now(UTC),
    } | fields  # fmt: skip
    return RefusedHandshake.objects.create(identity=identity, reason=reason, **values)


def password_on(response: object) -> str:
    (password,) = set(PASSWORD.findall(words(response)))
    return str(password)


# Adding


def test_a_charger_is_added_at_its_bay_with_a_password_that_is_shown_once(browser: Client, free_bay: Bay) -> None:
    response = post(browser, "/chargers/add/", identity="CP-B12", name="Gate", bay=free_bay.pk)

    charger = Charger.objects.get()
    free_bay.refresh_from_db()
    assert (charger.standing, charger.trust, charger.name) == (Standing.ADOPTED, Trust.PASSWORD, "Gate")
    assert free_bay.evse is not None
    assert (free_bay.evse.charger, free_bay.evse.number) == (charger, 1)
    assert password_fits(password_on(response).encode(), charger.password_hmac)
    assert response["Cache-Control"] == "no-store"
    assert not PASSWORD.search(words(browser.get(f"/chargers/{charger.pk}/connect/")))


def test_the_card_shows_what_to_type_in(browser: Client, depot: Depot) -> None:
    page = words(post(browser, "/chargers/add/", identity="CP-B12", pinned_protocol="ocpp1.6"))

    for said in (
        "ws://testserver/ocpp/CP-B12",
        "ws://testserver/ocpp/",
        "testserver/ocpp/CP-B12",
        "ws://testserver/steve/websocket/CentralSystemService/CP-B12",
        "ocpp1.6",
        "Listening. Nothing from CP-B12 yet.",
    ):
        assert said in page.split("\n")


def test_the_public_address_is_shown_where_one_is_set(browser: Client, depot: Depot, settings: object) -> None:
    settings.PUBLIC_CHARGER_URL = "wss://depot.example.com"  # type: ignore[attr-defined]

    page = words(post(browser, "/chargers/add/", identity="CP-B12"))

    assert "wss://depot.example.com/ocpp/CP-B12" in page
    assert "not encrypted" not in page


def test_the_card_has_codes_to_photograph_and_its_secret_is_in_no_link(browser: Client, depot: Depot) -> None:
    response = post(browser, "/chargers/add/", identity="CP-B12")

    html = response.content.decode()
    assert html.count('<div class="qr"><svg') == 2
    assert password_on(response) not in "".join(re.findall(r'href="[^"]*"', html))


@pytest.mark.parametrize(
    ("identity", "why"),
    [
        ("", "This field is required"),
        ("with blank", "cannot be a charger"),
        ("x" * 49, "at most 48 characters"),
        ("cp-a07", "There is a charger CP-A07 already"),
        ("Cp-B12", "CP-B12 is in the waiting room already"),
    ],
)
def test_an_identity_that_cannot_be_is_refused_in_words(
    browser: Client, bay: Bay, stranger: Charger, identity: str, why: str
) -> None:
    response = post(browser, "/chargers/add/", identity=identity)

    assert why in words(response)
    assert Charger.objects.count() == 2


def test_who_sees_one_depot_must_say_which_bay(depot: Depot, free_bay: Bay) -> None:
    make_bay(make_depot("Elsewhere"), "Z99", evse=make_evse(make_charger("OTHER")))
    engineer = signed_in(make_user("eva", Role.ENGINEER, depots=[depot]))

    without = post(engineer, "/chargers/add/", identity="CP-B12")
    with_it = post(engineer, "/chargers/add/", identity="CP-B12", bay=free_bay.pk)

    assert "This field is required" in words(without)
    assert "Z99" not in words(without)
    assert engineer.get(f"/chargers/{Charger.objects.get(identity='CP-B12').pk}/").status_code == 200
    assert with_it.status_code == 200


def test_a_bay_that_has_a_charger_is_not_offered(browser: Client, bay: Bay, free_bay: Bay) -> None:
    form = browser.get("/chargers/add/").context["form"]

    assert list(form.fields["bay"].queryset) == [free_bay]


def test_a_new_password_is_shown_once_and_the_old_one_holds_until_it_is_used(
    browser: Client, bay: Bay, charger: Charger
) -> None:
    Charger.objects.filter(pk=charger.pk).update(password_hmac=keyed_hash(b"old one"))

    response = post(browser, f"/chargers/{charger.pk}/connect/new-password/")

    charger.refresh_from_db()
    assert password_fits(b"old one", charger.password_hmac)
    assert password_fits(password_on(response).encode(), charger.next_password_hmac)
    assert not IssuedCommand.objects.exists()
    assert AuditEntry.objects.get().act == "made new charger password"


def test_a_new_password_is_written_into_the_charger_and_stored_nowhere_in_plain(
    browser: Client, bay: Bay, charger: Charger
) -> None:
    response = post(browser, f"/chargers/{charger.pk}/connect/new-password/", send="1")

    command = IssuedCommand.objects.get()
    assert command.action == "ChangeConfiguration"
    assert password_on(response) not in f"{command.request}{command.wording}"


def test_a_new_password_for_an_offline_charger_is_typed_in_by_hand(browser: Client, depot: Depot) -> None:
    charger = make_charger("OFF-1", online=False)

    response = post(browser, f"/chargers/{charger.pk}/connect/new-password/", send="1")

    assert "type the new password in by hand" in flash(response)
    assert password_on(response)


# How its tries go


def test_a_refused_try_shows_the_step_that_failed_and_its_remedy(browser: Client, bay: Bay, charger: Charger) -> None:
    Connection.objects.all().delete()
    refused("cp-a07", Refusal.WRONG_SUBPROTOCOL, offered="ocpp1.5")

    page = words(browser.get(f"/chargers/{charger.pk}/connect/tries/"))

    assert "Failed at “OCPP version”" in page
    assert "it offered “ocpp1.5”" in page
    assert "Choose one of these versions in the charger" in page
    assert "Boot not reached" in page


def test_a_boot_on_the_socket_is_the_last_step(charger: Charger) -> None:
    now = datetime.now(UTC)
    Connection.objects.update(opened_at=now - timedelta(seconds=9), last_frame_at=now)
    TracedCall.objects.create(
        charger=charger, at=now - timedelta(seconds=5), direction="in", action="BootNotification", message_id="1",
        request="{}", answer="{}",
    )  # fmt: skip

    (a_try,) = tries_of(charger)

    assert a_try.is_through


def test_a_boot_on_an_older_socket_is_not_taken_for_this_one(charger: Charger) -> None:
    now = datetime.now(UTC)
    Connection.objects.update(
        opened_at=now - timedelta(hours=2), last_frame_at=now - timedelta(hours=1), closed_at=now - timedelta(hours=1)
    )
    TracedCall.objects.create(
        charger=charger, at=now - timedelta(minutes=100), direction="in", action="BootNotification", message_id="1",
        request="{}", answer="{}",
    )  # fmt: skip
    connect(charger)

    newest, older = tries_of(charger)

    assert not newest.is_through
    assert older.is_through


def test_a_boot_is_found_on_its_socket_while_the_depot_s_clock_runs_fast(
    charger: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    thursday = datetime(2026, 3, 5, 16, 30, tzinfo=UTC)
    monkeypatch.setattr(clock, "current_pace", lambda: clock.Pace(thursday, now - timedelta(minutes=1), 30.0))
    Connection.objects.update(opened_at=now - timedelta(seconds=40), last_frame_at=now)
    # Half a minute ago it was a quarter of an hour past the moment at which the clock was set.
    TracedCall.objects.create(
        charger=charger, at=thursday + timedelta(minutes=15), direction="in", action="BootNotification",
        message_id="1", request="{}", answer="{}",
    )  # fmt: skip

    (a_try,) = tries_of(charger)

    assert a_try.is_through


def test_somebody_with_a_similar_name_is_pointed_out(browser: Client, bay: Bay, charger: Charger) -> None:
    refused("CP_A07", Refusal.UNKNOWN)
    waiting = make_charger("CP-A07X", standing=Standing.WAITING)
    refused("SOMETHING-ELSE", Refusal.UNKNOWN)

    page = browser.get(f"/chargers/{charger.pk}/connect/tries/")

    assert "“CP_A07” tried from 10.20.4.57" in words(page)
    assert f"/waiting-room/{waiting.pk}/adopt/" in page.content.decode()
    assert "SOMETHING-ELSE" not in words(page)


def test_tries_cost_a_bounded_number_of_queries(
    browser: Client, bay: Bay, charger: Charger, django_assert_max_num_queries: object
) -> None:
    for _ in range(30):
        refused("CP-A07")
        connect(charger)

    with django_assert_max_num_queries(18):  # type: ignore[operator]
        browser.get(f"/chargers/{charger.pk}/connect/tries/")


# The waiting room


def test_a_stranger_shows_what_it_says_of_itself(browser: Client, stranger: Charger) -> None:
    page = words(browser.get("/waiting-room/"))

    for said in ("CP-B12", "Autel MaxiCharger", "AE22", "10.20.4.57", "1 try", "Adopt…"):
        assert said in page
    assert "may still charge by itself" in page


def test_adopting_gives_it_its_bay_and_a_new_password(browser: Client, stranger: Charger, free_bay: Bay) -> None:
    response = post(
        browser, f"/waiting-room/{stranger.pk}/adopt/", bay_1=free_bay.pk, name="Gate", proof="new_password"
    )

    stranger.refresh_from_db()
    free_bay.refresh_from_db()
    assert (stranger.standing, stranger.trust, stranger.name) == (Standing.ADOPTED, Trust.PASSWORD, "Gate")
    assert free_bay.evse is not None
    assert free_bay.evse.charger == stranger
    assert password_fits(password_on(response).encode(), stranger.next_password_hmac)
    assert IssuedCommand.objects.filter(action="ChangeConfiguration").count() == 1
    assert AuditEntry.objects.get(act="adopted charger").detail == {"bays": "B12", "proof": "new_password"}


def test_limits_of_a_former_system_are_cleared_where_whoever_adopts_it_says_so(
    browser: Client, stranger: Charger, free_bay: Bay
) -> None:
    """Row 59 of the field's deviations."""
    address, told = f"/waiting-room/{stranger.pk}/adopt/", {"bay_1": free_bay.pk, "proof": "new_password"}
    assert "Clear the limits that its former system left in it" in browser.get(address).content.decode()

    post(browser, address, clear_profiles="on", **told)

    assert IssuedCommand.objects.filter(charger=stranger, kind="clear_profiles").count() == 3


def test_each_outlet_of_a_stranger_gets_a_bay_of_its_own(browser: Client, stranger: Charger, depot: Depot) -> None:
    for number in (1, 2):
        make_evse(stranger, number)
    bays = [Bay.objects.create(depot=depot, name=name) for name in ("D1", "D2")]

    twice = post(
        browser, f"/waiting-room/{stranger.pk}/adopt/", bay_1=bays[0].pk, bay_2=bays[0].pk, proof="new_password"
    )
    post(browser, f"/waiting-room/{stranger.pk}/adopt/", bay_1=bays[0].pk, bay_2=bays[1].pk, proof="new_password")

    assert "Each outlet needs a bay of its own" in words(twice)
    assert [bay.evse.number for bay in Bay.objects.order_by("name") if bay.evse] == [1, 2]


@pytest.mark.parametrize("proof", ["presented", "nothing"])
def test_a_weaker_proof_must_be_meant(browser: Client, stranger: Charger, proof: str) -> None:
    Charger.objects.filter(pk=stranger.pk).update(password_offered=True, next_password_hmac=keyed_hash(b"its own"))

    response = post(browser, f"/waiting-room/{stranger.pk}/adopt/", proof=proof)

    stranger.refresh_from_db()
    assert "Tick this if you mean it" in words(response)
    assert stranger.standing == Standing.WAITING


def test_the_password_that_it_presented_is_trusted_by_an_explicit_choice(browser: Client, stranger: Charger) -> None:
    Charger.objects.filter(pk=stranger.pk).update(password_offered=True, next_password_hmac=keyed_hash(b"its own"))

    response = post(browser, f"/waiting-room/{stranger.pk}/adopt/", proof="presented", understood="on")

    stranger.refresh_from_db()
    assert stranger.standing == Standing.ADOPTED
    assert password_fits(b"its own", stranger.password_hmac)
    assert not PASSWORD.search(words(response))


def test_nothing_at_all_is_trusted_by_an_explicit_choice(browser: Client, stranger: Charger) -> None:
    response = post(browser, f"/waiting-room/{stranger.pk}/adopt/", proof="nothing", understood="on")

    stranger.refresh_from_db()
    assert stranger.trust == Trust.NOTHING
    assert "whoever uses its name is it" in words(response)


def test_a_presented_password_is_not_offered_where_none_came(browser: Client, stranger: Charger) -> None:
    page = words(browser.get(f"/waiting-room/{stranger.pk}/adopt/"))

    assert "By the password that it presented" not in page
    assert "none came with it" in page


def test_an_adopted_charger_is_not_adopted_twice(browser: Client, bay: Bay, charger: Charger) -> None:
    assert browser.get(f"/waiting-room/{charger.pk}/adopt/").status_code == 404


def test_a_stranger_is_refused_and_the_refusal_taken_back(browser: Client, stranger: Charger) -> None:
    post(browser, f"/chargers/{stranger.pk}/refuse/")
    stranger.refresh_from_db()
    was_refused = stranger.standing == Standing.REFUSED

    post(browser, f"/waiting-room/{stranger.pk}/let-wait/")
    stranger.refresh_from_db()

    assert was_refused
    assert stranger.standing == Standing.WAITING


def test_a_stranger_is_refused_and_forgotten(browser: Client, stranger: Charger) -> None:
    response = post(browser, f"/waiting-room/{stranger.pk}/forget/")

    assert not Charger.objects.exists()
    assert "CP-B12 is forgotten" in flash(response)
    assert AuditEntry.objects.get().subject == "CP-B12"


def test_a_refused_charger_whose_sessions_are_in_the_books_is_not_forgotten(
    browser: Client, bay: Bay, charger: Charger
) -> None:
    make_session(bay)
    Charger.objects.filter(pk=charger.pk).update(standing=Standing.REFUSED)

    response = post(browser, f"/waiting-room/{charger.pk}/forget/")

    assert "stays refused" in flash(response)
    assert Evse.objects.exists()


def test_a_charger_of_ours_is_not_forgotten(browser: Client, bay: Bay, charger: Charger) -> None:
    assert browser.post(f"/waiting-room/{charger.pk}/forget/").status_code == 404


def test_who_sees_one_depot_is_told_why_he_sees_no_stranger(depot: Depot, stranger: Charger) -> None:
    engineer = signed_in(make_user("eva", Role.ENGINEER, depots=[depot]))

    page = words(engineer.get("/waiting-room/"))

    assert "CP-B12" not in page
    assert "only who sees all depots sees it here" in page
    assert engineer.get(f"/waiting-room/{stranger.pk}/adopt/").status_code == 404


def test_an_empty_waiting_room_says_what_will_be_here(browser: Client, depot: Depot) -> None:
    assert "Nobody waits" in words(browser.get("/waiting-room/"))


def test_a_closed_waiting_room_says_so(browser: Client, depot: Depot, settings: object) -> None:
    settings.WAITING_ROOM_OPEN = False  # type: ignore[attr-defined]

    assert "The waiting room is closed" in words(browser.get("/waiting-room/"))


# Who was turned away


@pytest.mark.parametrize(
    ("query", "identities"),
    [
        ({}, ["CP-A13", "CP-A07"]),
        ({"reason": "wrong_password"}, ["CP-A07"]),
        ({"q": "a13"}, ["CP-A13"]),
        ({"q": "10.20.4.99"}, ["CP-A13"]),
        ({"reason": "made up"}, ["CP-A13", "CP-A07"]),
    ],
)
def test_refused_handshakes_of_thirty_days_are_filtered(
    browser: Client, depot: Depot, query: dict[str, str], identities: list[str]
) -> None:
    now = datetime.now(UTC)
    refused("LONG-AGO", at=now - timedelta(days=31))
    refused("CP-A07", at=now - timedelta(minutes=2))
    refused("CP-A13", Refusal.NO_PASSWORD, at=now, address="10.20.4.99")

    page = browser.get("/waiting-room/handshakes/", query)

    assert [row.identity for row in page.context["page"].rows] == identities


def test_refused_handshakes_belong_to_no_depot(depot: Depot) -> None:
    refused("CP-A07")
    engineer = signed_in(make_user("eva", Role.ENGINEER, depots=[depot]))

    page = words(engineer.get("/waiting-room/handshakes/"))

    assert "CP-A07" not in page
    assert "Not for your depots" in page
