"""Signing in, and how often somebody may guess."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from depot import duties
from depot.access import signin
from depot.access.models import AuditEntry, Role, SignInTry
from depot.access.retention import prune
from depot.access.services import the_depot
from tests.access import actors
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def sign_in(client: Client, name: str = "anna", password: str = PASSWORD, **extra: str) -> int:
    return client.post("/sign-in/", {"username": name, "password": password}, **extra).status_code


def is_signed_in(client: Client) -> bool:
    return client.get("/password/").status_code == 200


def test_the_right_password_lets_in(client: Client) -> None:
    actors.person(name="anna")

    response = client.post("/sign-in/?next=/audit/", {"username": "anna", "password": PASSWORD, "next": "/audit/"})

    assert response.headers["Location"] == "/audit/"
    assert AuditEntry.objects.get().act == "signed in"


def test_nobody_is_sent_to_a_strangers_address(client: Client) -> None:
    actors.person(name="anna")

    response = client.post(
        "/sign-in/", {"username": "anna", "password": PASSWORD, "next": "https://elsewhere.example/"}
    )

    assert response.headers["Location"] == "/"


def test_a_wrong_password_does_not(client: Client) -> None:
    actors.person(name="anna")

    sign_in(client, password="wrong")

    assert not is_signed_in(client)


def test_a_deactivated_person_is_out_at_once(client: Client) -> None:
    user = actors.person(name="anna")
    sign_in(client)
    user.is_active = False
    user.save()

    assert not is_signed_in(client)


def test_a_service_account_is_not_let_in(client: Client) -> None:
    account = the_depot()
    account.set_password(PASSWORD)
    account.save()

    sign_in(client, account.username)

    assert not is_signed_in(client)


def test_after_five_tries_even_the_right_password_waits(client: Client) -> None:
    actors.person(name="anna")
    for _ in range(signin.TRIES_PER_PERSON):
        sign_in(client, password="wrong")

    response = client.post("/sign-in/", {"username": "anna", "password": PASSWORD})

    assert "Too many tries" in response.content.decode()
    assert not is_signed_in(client)


def test_another_address_is_not_locked_out(client: Client) -> None:
    actors.person(name="anna")
    for _ in range(signin.TRIES_PER_PERSON + 1):
        sign_in(client, password="wrong", REMOTE_ADDR="10.0.0.6")

    sign_in(client, REMOTE_ADDR="10.0.0.7")

    assert is_signed_in(client)


def test_the_case_of_a_name_makes_no_other_person() -> None:
    for number in range(signin.TRIES_PER_PERSON):
        signin.begin_try("Anna" if number % 2 else "ANNA", address="a", now=NOW)

    with pytest.raises(signin.TooManyTries):
        signin.begin_try("anna", address="a", now=NOW)


def test_many_names_from_one_address_are_bounded_too() -> None:
    for number in range(signin.TRIES_PER_ADDRESS):
        signin.begin_try(f"name {number}", address="a", now=NOW)

    with pytest.raises(signin.TooManyTries):
        signin.begin_try("one more", address="a", now=NOW)


def test_after_a_quarter_of_an_hour_one_may_try_again() -> None:
    for _ in range(signin.TRIES_PER_PERSON):
        signin.begin_try("anna", address="a", now=NOW)

    signin.begin_try("anna", address="a", now=NOW + signin.WINDOW + timedelta(seconds=1))


def test_refused_tries_do_not_fill_the_table() -> None:
    for _ in range(signin.TRIES_PER_PERSON):
        signin.begin_try("anna", address="a", now=NOW)
    for _ in range(20):
        with pytest.raises(signin.TooManyTries):
            signin.begin_try("anna", address="a", now=NOW)

    assert SignInTry.objects.count() == signin.TRIES_PER_PERSON


def test_who_signed_in_has_tried_nothing(client: Client) -> None:
    actors.person(name="anna")
    for _ in range(signin.TRIES_PER_PERSON - 1):
        sign_in(client, password="wrong")

    sign_in(client)

    assert SignInTry.objects.count() == 0


def test_old_tries_are_pruned() -> None:
    SignInTry.objects.create(user_name="a", address="a", at=datetime.now(UTC) - signin.KEPT_FOR - timedelta(hours=1))
    recent = SignInTry.objects.create(user_name="a", address="a", at=datetime.now(UTC))

    prune(now=NOW)

    assert list(SignInTry.objects.all()) == [recent]


def test_the_depots_own_pruning_prunes_them_too() -> None:
    SignInTry.objects.create(user_name="a", address="a", at=datetime.now(UTC) - signin.KEPT_FOR - timedelta(hours=1))

    duties.prune(NOW)

    assert not SignInTry.objects.exists()


def test_signing_out_takes_a_post(client: Client) -> None:
    actors.person(name="anna")
    sign_in(client)

    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert not is_signed_in(client)


def test_the_own_password_is_changed_and_other_browsers_are_signed_out(client: Client) -> None:
    actors.person(Role.VIEWER, name="anna")
    elsewhere = Client()
    sign_in(client)
    sign_in(elsewhere)
    new = "a yard of lorries"

    client.post("/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    assert sign_in(Client(), password=new) == 302
