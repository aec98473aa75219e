"""Every case that is wanted of a central system of 1.6 has its test, or says why it has none."""

from tests.certification.cases import read_proofs
from tests.certification.v16.wanted import MANDATORY, NOT_DONE


def test_every_case_has_a_test_or_a_reason() -> None:
    answered = {proof.case_id for proof in read_proofs() if proof.version == "1.6"}

    assert answered | set(NOT_DONE) == set(MANDATORY)
    assert not answered & set(NOT_DONE)
    assert all(NOT_DONE.values())
