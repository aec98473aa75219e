"""VAT numbers by each country's own form and check digits."""

import pytest

from billing.onsite.vat import Form, form_of

RIGHT = [
    "ATU13585627", "BE0403019261", "CHE107787577MWST", "DE136695976", "DK13585628", "EL094259216", "ESB64717838",
    "FI20774740", "FR40303265045", "GB980780684", "IE6433435F", "IT00743110157", "LU15027442", "NL004495445B01",
    "NL123456789B13", "NO995525828MVA", "PL8567346215", "PT501964843", "SE123456789701",
]  # fmt: skip


@pytest.mark.parametrize("number", RIGHT)
def test_a_number_that_can_be_is_right(number: str) -> None:
    assert form_of(number) is Form.RIGHT


@pytest.mark.parametrize("number", ["DE136695975", "ATU13585628", "IT00743110158", "PL8567346216", "FI20774741"])
def test_a_digit_mistyped_is_wrong(number: str) -> None:
    assert form_of(number) is Form.WRONG


@pytest.mark.parametrize("number", ["", "12345", "DE12", "BE2403019261", "NL00449544501"])
def test_what_has_no_such_form_is_wrong(number: str) -> None:
    assert form_of(number) is Form.WRONG


def test_a_country_that_is_not_known_is_not_taken_for_right() -> None:
    assert form_of("US123456789") is Form.UNKNOWN


def test_blanks_dots_and_small_letters_do_not_matter() -> None:
    assert form_of("che-107.787.577 mwst") is Form.RIGHT


def test_greece_may_be_written_as_on_its_passports() -> None:
    assert form_of("GR094259216") is Form.RIGHT
