from datetime import UTC, datetime

import pytest

from chargers.commands import ClearCache
from chargers.events import Token, TokenDecision, TokenPresented, TokenStatus
from chargers.ocpp.dialect import Call, Dialect
from tests.chargers.ocpp.v2x.wire import answer, ask, hear, tell


def test_a_card_is_presented_with_its_type(dialect: Dialect) -> None:
    payload = {"idToken": {"idToken": "04E2B1A9C35F80", "type": "ISO14443"}}

    presented = tell(dialect, "Authorize", payload)

    assert presented == TokenPresented(token=Token("04E2B1A9C35F80", "ISO14443"))


def test_a_start_button_presents_a_blank_token(dialect: Dialect) -> None:
    payload = {"idToken": {"idToken": "", "type": "NoAuthorization"}}

    presented = tell(dialect, "Authorize", payload)

    assert presented == TokenPresented(token=Token("", "NoAuthorization"))


@pytest.mark.parametrize("status", TokenStatus)
def test_every_judgement_of_a_token_has_its_word(dialect: Dialect, status: TokenStatus) -> None:
    payload = answer(dialect, "Authorize", TokenDecision(status))

    assert payload == {"idTokenInfo": {"status": status.value}}


def test_a_token_is_answered_with_its_expiry_and_group(dialect: Dialect) -> None:
    expires_at = datetime(2027, 1, 1, tzinfo=UTC)
    decision = TokenDecision(TokenStatus.ACCEPTED, expires_at=expires_at, group="VANS")

    payload = answer(dialect, "Authorize", decision)

    assert list(payload["idTokenInfo"].items()) == [
        ("status", "Accepted"),
        ("cacheExpiryDateTime", "2027-01-01T00:00:00.000Z"),
        ("groupIdToken", {"idToken": "VANS", "type": "Central"}),
    ]


def test_a_group_too_long_for_the_wire_is_not_cut_to_another_group(dialect: Dialect) -> None:
    decision = TokenDecision(TokenStatus.ACCEPTED, group="G" * 37)

    payload = answer(dialect, "Authorize", decision)

    assert payload == {"idTokenInfo": {"status": "Accepted"}}


def test_the_cache_is_cleared(dialect: Dialect) -> None:
    call = ask(dialect, ClearCache())

    accepted, rejected = (hear(dialect, call, {"status": word}).accepted for word in ("Accepted", "Rejected"))

    assert call == Call("ClearCache", {})
    assert (accepted, rejected) == (True, False)


def test_what_the_holder_is_to_read_goes_with_its_language(dialect: Dialect) -> None:
    decision = TokenDecision(TokenStatus.NO_CREDIT, message="Kein Guthaben mehr", message_language="de")

    payload = answer(dialect, "Authorize", decision)

    told = {"format": "UTF8", "language": "de", "content": "Kein Guthaben mehr"}
    assert payload["idTokenInfo"] == {"status": "NoCredit", "personalMessage": told}
