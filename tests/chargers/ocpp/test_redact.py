"""Secrets leave no trace."""

import pytest

from chargers.ocpp.redact import HIDDEN, needs_it, redacted

UPLOAD = "ftp://depot:s3cret@logs.example/in/"


def test_a_login_within_an_address_is_hidden() -> None:
    assert redacted({"log": {"remoteLocation": UPLOAD}}) == {
        "log": {"remoteLocation": f"ftp://{HIDDEN}@logs.example/in/"}
    }
    assert needs_it({}, f'{{"location":"{UPLOAD}"}}')


@pytest.mark.parametrize(
    "address", ["https://logs.example/in/", "https://logs.example/@home", "wss://a.example:443/b@c"]
)
def test_an_address_without_a_login_stays_as_it_is(address: str) -> None:
    assert redacted({"location": address}) == {"location": address}


def test_a_code_that_somebody_typed_never_shows() -> None:
    """2.x C04.FR.04; a card's number is no secret: people find a vehicle by it."""
    assert redacted({"idToken": {"idToken": "4711", "type": "KeyCode"}}) == {
        "idToken": {"idToken": HIDDEN, "type": "KeyCode"}
    }
    assert redacted({"idToken": {"idToken": "VAN12", "type": "ISO14443"}})["idToken"]["idToken"] == "VAN12"
    assert needs_it({}, '{"idToken":{"idToken":"4711","type":"KeyCode"}}')
