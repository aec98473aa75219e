"""How chargers in the field knock, and what comes of it; the numbers are those of the list of field quirks."""

import base64
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from chargers import gateway
from chargers.admission import Admitted, TurnedAway, admit, read_knock
from chargers.choices import Refusal, Standing
from chargers.credentials import keyed_hash
from chargers.models import Charger, RefusedHandshake
from depot.embedded import make_server
from tests.factories import make_charger

pytestmark = pytest.mark.django_db
PASSWORD = "23456789abcdef23456789abcdef2345"


@pytest.fixture(autouse=True)
def _own_lease(db: None) -> None:
    gateway.forget()


@pytest.fixture
def charger(db: None) -> Charger:
    return make_charger("CP-A01", online=False, password_hmac=keyed_hash(PASSWORD.encode()), protocol="")


def knock(
    path: str = "/ocpp/CP-A01",
    *,
    password: bytes | None = PASSWORD.encode(),
    user: bytes = b"CP-A01",
    offers: tuple[str, ...] = ("ocpp1.6",),
) -> Admitted:
    headers = []
    if password is not None:
        headers.append((b"authorization", b"Basic " + base64.b64encode(user + b":" + password)))
    scope: dict[str, Any] = {
        "raw_path": path.encode(),
        "path": path,
        "headers": headers,
        "subprotocols": list(offers),
        "client": ("192.0.2.1", 4711),
    }
    return admit(read_knock(scope), "somewhere", 0)


def refusal(**how: Any) -> Refusal:
    with pytest.raises(TurnedAway) as turned_away:
        knock(**how)
    return turned_away.value.reason


def test_quirk_1_one_that_offers_no_version_is_refused_unless_a_person_set_its_version(charger: Charger) -> None:
    assert refusal(offers=()) == Refusal.NO_SUBPROTOCOL

    Charger.objects.update(pinned_protocol="ocpp1.6")

    let_in = knock(offers=())
    assert (let_in.caller.protocol, let_in.subprotocol) == ("ocpp1.6", "")


@pytest.mark.parametrize(
    "path", ["/ocpp/CP-A01", "/ocpp/CP-A01/", "/ocpp//CP-A01", "/ocpp/CP%2DA01", "/ocpp/1.6/CP-A01"]
)
def test_quirk_3_the_identity_is_the_last_part_of_any_address(charger: Charger, path: str) -> None:
    assert knock(path).caller.charger_id == charger.pk


@pytest.mark.parametrize("path", ["/ocpp/", "/ocpp//", "/ocpp/%00", "/ocpp/" + "x" * 49])
def test_quirk_3_what_cannot_be_an_identity_is_none(path: str) -> None:
    assert refusal(path=path) in (Refusal.BAD_PATH, Refusal.BAD_IDENTITY)


def test_quirk_4_an_identity_is_known_in_any_case_and_keeps_its_spelling(charger: Charger) -> None:
    let_in = knock("/ocpp/cp-a01", user=b"cp-a01")

    assert let_in.caller.identity == "CP-A01"


def test_quirk_4_two_that_differ_by_case_alone_cannot_be(charger: Charger) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_charger("cp-a01", online=False)


def test_quirk_5_a_stranger_waits_and_is_never_trusted_by_itself() -> None:
    let_in = knock("/ocpp/NEW-1", password=b"offered", user=b"NEW-1")

    assert let_in.caller.standing == Standing.WAITING
    assert Charger.objects.get().password_hmac == ""


def test_quirk_6_a_refused_handshake_is_kept_with_its_reason(charger: Charger) -> None:
    refusal(password=b"wrong")

    kept = RefusedHandshake.objects.get()
    assert (kept.identity, kept.address, kept.reason) == ("CP-A01", "192.0.2.1", Refusal.WRONG_PASSWORD)


@pytest.mark.parametrize("password", [b"", None])
def test_quirk_7_an_empty_password_proves_nothing_unless_nothing_is_to_be_proved(
    charger: Charger, password: bytes | None
) -> None:
    assert refusal(password=password) == Refusal.NO_PASSWORD

    Charger.objects.update(trust="nothing")

    assert knock(password=password).caller.charger_id == charger.pk


@pytest.mark.parametrize("password", [PASSWORD.encode(), PASSWORD.upper().encode(), bytes.fromhex(PASSWORD)])
def test_quirk_8_a_key_may_come_as_its_digits_or_as_the_bytes_they_stand_for(charger: Charger, password: bytes) -> None:
    assert knock(password=password).caller.charger_id == charger.pk


def test_quirk_12_another_version_at_the_next_connection_is_spoken_on_that_one(charger: Charger) -> None:
    first, second = knock(offers=("ocpp1.6",)), knock(offers=("ocpp2.0.1", "ocpp1.6"))

    assert (first.caller.protocol, second.caller.protocol) == ("ocpp1.6", "ocpp2.0.1")
    assert Charger.objects.get().protocol == "ocpp2.0.1"


def test_quirk_13_the_server_pings_every_half_minute_and_waits_as_long_for_the_pong() -> None:
    config = make_server("127.0.0.1", 0).config

    assert (config.ws_ping_interval, config.ws_ping_timeout) == (30, 30)
