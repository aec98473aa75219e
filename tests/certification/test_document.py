"""The published list of cases is the one that the decorators say."""

import re
from datetime import date

from tests.certification.cases import read_proofs
from tests.certification.document import DOCUMENT, as_document


def test_the_published_list_is_what_the_tests_say() -> None:
    published = DOCUMENT.read_text()
    day = re.search(r"on (\d{4}-\d{2}-\d{2})\.", published)

    assert day
    assert published == as_document(date.fromisoformat(day[1]), read_proofs()), "run `make certification`"
