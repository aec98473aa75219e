"""Every case that is wanted of a central system of 2.0.1 has its test, or says why it has none."""

from tests.certification.cases import read_proofs
from tests.certification.v201.wanted import DECLARED, MANDATORY, NOT_DONE, OPTIONAL


def test_every_case_has_a_test_or_a_reason() -> None:
    answered = {proof.case_id for proof in read_proofs() if proof.version == "2.0.1"}

    assert answered | set(NOT_DONE) == {*MANDATORY, *DECLARED, *OPTIONAL}
    assert not answered & set(NOT_DONE)
    assert all(NOT_DONE.values())


def test_no_case_is_counted_twice() -> None:
    wanted = [*MANDATORY, *DECLARED, *OPTIONAL]

    assert len(MANDATORY) == 147
    assert len(set(wanted)) == len(wanted)
