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
