"""API keys: shown once, stored as HMAC, noted when used, revoked."""

from datetime import timedelta

import pytest

from chargers.credentials import keyed_hash
from depot.access import keys
from depot.access.models import ApiKey, Scope
from tests.access import actors
from tests.access.actors import NOON
from tests.conftest import BusinessTime
from tests.factories import make_depot

pytestmark = pytest.mark.django_db


def test_a_new_key_opens_the_api() -> None:
    _, secret = actors.key(Scope.READ)

    assert actors.program_with(secret).get("/api/v1/depots/").status_code == 200


def test_the_secret_is_stored_nowhere() -> None:
    key, secret = actors.key()

    stored = repr(list(ApiKey.objects.filter(pk=key.pk).values())) + repr(key.user.__dict__)
    assert secret not in stored
    assert key.hmac == keyed_hash(secret.encode())


def test_a_key_is_told_from_others_by_its_beginning() -> None:
    key, secret = actors.key()

    assert secret.startswith(key.hint)
    assert len(key.hint) < len(secret) / 2


def test_a_key_acts_as_an_account_of_its_own_which_cannot_sign_in() -> None:
    key, _ = actors.key(name="ERP")

    assert key.user.is_service
    assert not key.user.has_usable_password()
    assert "ERP" in key.user.username


def test_a_key_sees_its_depots_only() -> None:
    here = make_depot("Here")
    make_depot("There")
    _, secret = actors.key(Scope.READ, depots=[here])

    rows = actors.program_with(secret).get("/api/v1/depots/").json()["results"]

    assert [row["name"] for row in rows] == ["Here"]


@pytest.mark.parametrize("presented", ["", "dk_", "dk_unknown", "Bearer", "\u00e9", "x" * 5000])
def test_an_unknown_key_opens_nothing(presented: str) -> None:
    actors.key()

    assert keys.find_key(presented) is None


def test_a_wrong_key_is_answered_with_how_to_sign_in() -> None:
    response = actors.program_with("dk_wrong").get("/api/v1/depots/")

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="depot"'
    assert response.headers["Content-Type"] == "application/problem+json"


def test_the_scheme_is_read_whatever_its_case() -> None:
    _, secret = actors.key()
    client = actors.browser_of(None)

    assert client.get("/api/v1/depots/", HTTP_AUTHORIZATION=f"bearer {secret}").status_code == 200


def test_a_revoked_key_opens_nothing() -> None:
    key, secret = actors.key()

    keys.revoke_key(key, now=NOON)

    assert actors.program_with(secret).get("/api/v1/depots/").status_code == 401


def test_a_key_revoked_twice_keeps_the_first_moment() -> None:
    key, _ = actors.key()

    keys.revoke_key(key, now=NOON)
    again = keys.revoke_key(key, now=NOON + timedelta(days=1))

    assert again.revoked_at == NOON


def test_two_living_keys_have_two_names() -> None:
    first, _ = actors.key(name="ERP")

    with pytest.raises(keys.KeyNameTaken):
        actors.key(name="ERP")

    keys.revoke_key(first, now=NOON)
    assert actors.key(name="ERP")[0].name == "ERP"


def test_a_key_without_a_scope_is_not_made() -> None:
    with pytest.raises(keys.NoScope):
        keys.make_key("nothing", scopes=[], made_by=None, now=NOON)


def test_use_is_noted_once_a_minute(business_time: BusinessTime) -> None:
    key, secret = actors.key()
    client = actors.program_with(secret)
    first = business_time.now()

    client.get("/api/v1/depots/")
    business_time.move(seconds=59)
    client.get("/api/v1/depots/")
    key.refresh_from_db()
    assert key.last_used_at == first

    business_time.move(seconds=2)
    client.get("/api/v1/depots/", REMOTE_ADDR="10.0.0.9")
    key.refresh_from_db()
    assert (key.last_used_at, key.last_used_from) == (business_time.now(), "10.0.0.9")


def test_use_is_noted_after_the_clock_was_set_back(business_time: BusinessTime) -> None:
    key, secret = actors.key()
    client = actors.program_with(secret)
    client.get("/api/v1/depots/")

    business_time.move(days=-1)
    client.get("/api/v1/depots/")

    key.refresh_from_db()
    assert key.last_used_at == business_time.now()
