"""What a charger shows to who holds a card to it."""

from decimal import Decimal

import pytest

from chargers.events import Token, TokenDecision, TokenStatus
from sessions.authorization import KnownToken, decide
from sessions.display_words import CREDIT, LANGUAGES, WORDS, spoken
from sessions.place import Place
from tests.factories import THURSDAY

CARD = Token("CARD7", type="ISO14443")


def judged(known: KnownToken, *, language: str = "") -> TokenDecision:
    return decide(CARD, known, place=Place(currency="EUR", language=language), now=THURSDAY)


def test_who_has_no_credit_left_reads_it_in_the_language_of_the_depot() -> None:
    decision = judged(KnownToken(credit=Decimal(0)), language="de")

    assert (decision.message, decision.message_language) == ("Kein Guthaben mehr", "de")


def test_a_card_with_a_language_of_its_own_is_spoken_to_in_it() -> None:
    decision = judged(KnownToken(is_blocked=True, language="fr-CH"), language="de")

    assert (decision.message, decision.message_language) == ("Cette carte est bloquée", "fr")


def test_who_is_let_in_with_credit_reads_how_much_is_left() -> None:
    assert judged(KnownToken(credit=Decimal("12.5"))).message == "Credit: 12.50 EUR"
    assert judged(KnownToken(credit=Decimal("12.5")), language="nl").message == "Tegoed: 12,50 EUR"


def test_who_is_simply_let_in_reads_nothing() -> None:
    decision = judged(KnownToken(), language="de")

    assert (decision.status, decision.message, decision.message_language) == (TokenStatus.ACCEPTED, "", "")


@pytest.mark.parametrize(("wished", "found"), [(("pl", "de"), "de"), (("", ""), "en"), (("EN-gb",), "en")])
def test_the_first_language_that_we_have_words_in_is_spoken(wished: tuple[str, ...], found: str) -> None:
    assert spoken(*wished) == found


def test_every_language_has_every_word() -> None:
    for words in (CREDIT, *WORDS.values()):
        assert words.keys() == LANGUAGES.keys()
        assert len(set(words.values())) == len(words)
