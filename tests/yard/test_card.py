"""What to type into a charger."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.yard.card import Card, door_of


def card(identity: str = "CP-A07", public_url: str = "wss://depot.example.com") -> Card:
    return Card(door_of(public_url, page_host="10.0.0.5:8000", page_is_secure=False), identity, "ocpp1.6", "secret")


def test_the_card_shows_every_form_that_a_charger_may_ask_for() -> None:
    shown = card()

    assert shown.url == "wss://depot.example.com/ocpp/CP-A07"
    assert shown.url_without_identity == "wss://depot.example.com/ocpp/"
    assert shown.without_scheme == "depot.example.com/ocpp/CP-A07"
    assert shown.steve_url == "wss://depot.example.com/steve/websocket/CentralSystemService/CP-A07"
    assert (shown.door.host_alone, shown.door.port, shown.door.is_encrypted) == ("depot.example.com", 443, True)


@pytest.mark.parametrize(
    ("secure", "url"), [(True, "wss://10.0.0.5:8000/ocpp/X"), (False, "ws://10.0.0.5:8000/ocpp/X")]
)
def test_without_a_public_address_the_page_s_own_is_shown(secure: bool, url: str) -> None:
    door = door_of("", page_host="10.0.0.5:8000", page_is_secure=secure)

    assert Card(door, "X", "").url == url


@pytest.mark.parametrize(
    "public_url",
    ["https://depot.example.com", "wss://depot.example.com/", "depot.example.com", "wss://depot.example.com/ocpp"],
)
def test_the_public_address_may_be_written_in_several_ways(public_url: str) -> None:
    assert card(public_url=public_url).url == "wss://depot.example.com/ocpp/CP-A07"


def test_a_path_in_front_of_the_door_is_kept() -> None:
    assert card(public_url="wss://example.com/fleet/ocpp/").url == "wss://example.com/fleet/ocpp/CP-A07"


def test_a_charger_without_a_pinned_version_may_offer_any() -> None:
    shown = Card(door_of("", page_host="h", page_is_secure=True), "X", "")

    assert shown.subprotocols == "ocpp2.1, ocpp2.0.1, ocpp1.6"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=48))
def test_any_identity_comes_back_from_its_address(identity: str) -> None:
    address = urlsplit(card(identity).url)

    assert not address.query
    assert not address.fragment
    assert unquote(address.path.removeprefix("/ocpp/")) == identity
    assert "/" not in address.path.removeprefix("/ocpp/")
