"""The pages of people, keys and the audit."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from depot import clock
from depot.access.audit import note
from depot.access.models import ApiKey, AuditEntry, Role, User
from tests.access import actors
from tests.factories import make_bay, make_depot

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return actors.person(Role.ADMIN, name="chief")


@pytest.fixture
def browser(admin: User) -> Client:
    return actors.browser_of(admin)


def post(browser: Client, address: str, body: dict[str, Any]) -> Any:
    return browser.post(address, body, format="multipart")


def secret_on(response: Any) -> str:
    found = re.search(r'id="secret">([^<]+)<', response.content.decode())
    assert found
    return found[1]


def test_a_person_is_added_and_the_password_shown_once(browser: Client) -> None:
    depot = make_depot()
    body = {"username": "anna", "first_name": "Anna", "role": "dispatcher", "depots": [depot.pk]}

    response = post(browser, "/users/add/", body)

    anna = User.objects.get(username="anna")
    assert anna.check_password(secret_on(response))
    assert (anna.role, list(anna.depots.all())) == (Role.DISPATCHER, [depot])
    assert response.headers["Cache-Control"] == "no-store"
    assert secret_on(response) not in str(list(AuditEntry.objects.values()))


def test_a_name_that_is_taken_is_said_beside_the_field(browser: Client) -> None:
    actors.person(name="anna")

    response = post(browser, "/users/add/", {"username": "anna", "role": "viewer", "all_depots": "on"})

    assert "Somebody has this user name already" in response.content.decode()


def test_who_sees_nothing_is_not_added_by_mistake(browser: Client) -> None:
    response = post(browser, "/users/add/", {"username": "anna", "role": "viewer"})

    assert "choose at least one" in response.content.decode()
    assert not User.objects.filter(username="anna").exists()


def test_a_role_and_depots_are_changed_and_noted(browser: Client) -> None:
    depot = make_depot("Northgate")
    anna = actors.person(Role.VIEWER, depots=[depot])

    post(browser, f"/users/{anna.pk}/", {"role": "engineer", "depots": [depot.pk], "last_name": "Berg"})

    anna.refresh_from_db()
    assert (anna.role, anna.last_name) == (Role.ENGINEER, "Berg")
    entry = AuditEntry.objects.get(act="changed person")
    assert entry.detail == {"was": "viewer", "role": "engineer", "depots": ["Northgate"]}


def test_the_last_administrator_is_told_why_not(browser: Client, admin: User) -> None:
    response = post(browser, f"/users/{admin.pk}/", {"role": "viewer", "all_depots": "on"})

    assert "Somebody must be left" in response.content.decode()
    admin.refresh_from_db()
    assert admin.role == Role.ADMIN


def test_nothing_is_changed_halfway(browser: Client, admin: User) -> None:
    post(browser, f"/users/{admin.pk}/", {"role": "viewer", "all_depots": "on", "first_name": "Other"})

    admin.refresh_from_db()
    assert admin.first_name == ""
    assert not AuditEntry.objects.exists()


def test_a_new_password_is_shown_once(browser: Client) -> None:
    anna = actors.person(Role.VIEWER)

    response = post(browser, f"/users/{anna.pk}/reset-password/", {})

    anna.refresh_from_db()
    assert anna.check_password(secret_on(response))


def test_somebody_is_let_out_and_in_again(browser: Client) -> None:
    anna = actors.person(Role.VIEWER)

    post(browser, f"/users/{anna.pk}/deactivate/", {})
    anna.refresh_from_db()
    assert not anna.is_active

    post(browser, f"/users/{anna.pk}/reactivate/", {})
    anna.refresh_from_db()
    assert anna.is_active


def test_the_last_administrator_does_not_let_himself_out(browser: Client, admin: User) -> None:
    response = browser.post(f"/users/{admin.pk}/deactivate/", follow=True)

    assert "Somebody must be left" in response.content.decode()
    admin.refresh_from_db()
    assert admin.is_active


def test_a_key_is_made_shown_once_and_opens_the_api(browser: Client) -> None:
    depot = make_depot()

    response = post(browser, "/users/keys/add/", {"name": "ERP", "scopes": ["erp"], "depots": [depot.pk]})

    secret = secret_on(response)
    assert actors.program_with(secret).get("/api/v1/vehicles/").status_code == 200
    assert secret not in browser.get("/users/").content.decode()


def test_a_key_is_revoked(browser: Client) -> None:
    key, secret = actors.key()

    post(browser, f"/users/keys/{key.pk}/revoke/", {})

    assert actors.program_with(secret).get("/api/v1/vehicles/").status_code == 401
    assert AuditEntry.objects.get().act == "revoked API key"


def test_a_name_that_a_living_key_has_is_said_beside_the_field(browser: Client) -> None:
    actors.key(name="ERP")

    response = post(browser, "/users/keys/add/", {"name": "ERP", "scopes": ["erp"], "all_depots": "on"})

    assert "There is a key of this name" in response.content.decode()
    assert ApiKey.objects.count() == 1


class TestWhoSeesOneDepot:
    @pytest.fixture
    def limited(self) -> Client:
        return actors.browser_of(actors.person(Role.ADMIN, depots=[make_depot("Here")]))

    def test_is_not_offered_all_depots(self, limited: Client) -> None:
        make_depot("There")

        page = limited.get("/users/add/").content.decode()

        assert "Here" in page
        assert "There" not in page
        assert "Sees all depots" not in page

    def test_gets_them_neither_by_a_forged_form(self, limited: Client) -> None:
        there = make_depot("There")

        post(limited, "/users/add/", {"username": "a", "role": "admin", "all_depots": "on", "depots": [there.pk]})
        post(limited, "/users/keys/add/", {"name": "k", "scopes": ["admin"], "all_depots": "on"})

        assert not User.objects.filter(username="a").exists()
        assert not ApiKey.objects.exists()

    def test_sees_neither_people_nor_keys_beyond(self, limited: Client) -> None:
        actors.person(Role.VIEWER, name="far.away", depots=[make_depot("There")])
        actors.key(name="the far key")

        page = limited.get("/users/").content.decode()

        assert "far.away" not in page
        assert "the far key" not in page


class TestAudit:
    @pytest.fixture
    def deeds(self, admin: User) -> None:
        here = make_depot("Here")
        note(admin, "stopped", make_bay(here, "A07"))
        note(actors.person(Role.DISPATCHER, name="ben"), "=HYPERLINK(1)", make_bay(here, "B12"))

    @pytest.mark.parametrize(
        ("query", "subjects"),
        [("", {"A07", "B12"}), ("who=ben", {"B12"}), ("what=stop", {"A07"}), ("to=b1", {"B12"}),
         ("since=2100-01-01", set()), ("since=tomorrow", set()), ("until=2100-01-01", {"A07", "B12"})],
    )  # fmt: skip
    def test_is_filtered(self, browser: Client, deeds: None, query: str, subjects: set[str]) -> None:
        rows = csv.DictReader(io.StringIO(self.exported(browser, query)))

        assert {row["subject"] for row in rows} == subjects

    def exported(self, browser: Client, query: str = "") -> str:
        return b"".join(browser.get(f"/audit.csv?{query}").streaming_content).decode()  # type: ignore[attr-defined]

    def test_the_page_shows_what_the_export_has(self, browser: Client, deeds: None) -> None:
        page = browser.get("/audit/?who=ben").content.decode()

        assert "B12" in page
        assert "A07" not in page

    def test_no_cell_is_a_formula(self, browser: Client, deeds: None) -> None:
        assert "'=HYPERLINK(1)" in self.exported(browser)

    def test_an_export_is_noted_itself(self, browser: Client, deeds: None) -> None:
        self.exported(browser, "who=ben")

        assert AuditEntry.objects.first().act == "exported audit"  # type: ignore[union-attr]

    def test_long_lists_go_on(self, browser: Client, admin: User) -> None:
        for number in range(101):
            note(admin, "did", f"thing {number}.")

        page = browser.get("/audit/").content.decode()
        before = re.search(r"before=(\d+)", page)
        assert before
        older = browser.get(f"/audit/?before={before[1]}").content.decode()

        assert "thing 0." not in page
        assert "thing 0." in older

    def test_days_are_the_depots_days(self, browser: Client, admin: User) -> None:
        make_depot("Berlin", time_zone="Europe/Berlin")
        note(admin, "did", "late")
        late = clock.now().replace(year=2026, month=3, day=5, hour=23, minute=30) - timedelta(0)
        AuditEntry.objects.update(at=late)

        assert "late" in self.exported(browser, "since=2026-03-06")
        assert "late" not in self.exported(browser, "until=2026-03-05")
