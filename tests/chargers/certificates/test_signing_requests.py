"""What a charger asks to have signed, and why it may be refused."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chargers.certificates.signing_requests import RequestRefused, check_subject, read_request
from tests.papers import OWNER, request_for

NAMES = ("CP-A01", "SN-1")


def test_the_serial_number_and_the_identity_are_names_of_it() -> None:
    assert check_subject(read_request(request_for("SN-1")), NAMES, OWNER) == "SN-1"
    assert check_subject(read_request(request_for("cp-a01")), NAMES, OWNER) == "cp-a01"


@pytest.mark.parametrize(
    ("name", "owner", "why"),
    [
        ("CP-B02", OWNER, "neither its serial number nor its name"),
        ("", OWNER, "names nobody"),
        ("10.0.0.7", OWNER, "names 10.0.0.7"),
        ("wss://cpms.example", OWNER, "names wss://"),
        ("CP-A01", "Somebody else", "names Somebody else as owner"),
        ("CP-A01", "", "names nobody as owner"),
    ],
)
def test_a_request_for_somebody_else_is_refused_in_words(name: str, owner: str, why: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        check_subject(read_request(request_for(name, owner)), NAMES, OWNER)

    assert why in refused.value.words


def test_an_owner_whose_name_holds_ours_will_do() -> None:
    assert check_subject(read_request(request_for("CP-A01", f"{OWNER} GmbH")), NAMES, OWNER)


@pytest.mark.parametrize(
    "text", ["", "MIIB", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"]
)
def test_what_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(RequestRefused):
        read_request(text)


def test_a_request_that_its_key_did_not_sign_is_refused() -> None:
    lines = request_for("CP-A01").splitlines()
    middle = lines[2]
    lines[2] = ("B" if middle[0] != "B" else "C") + middle[1:]

    with pytest.raises(RequestRefused):
        read_request("\n".join(lines))


def test_a_weak_key_is_refused() -> None:
    with pytest.raises(RequestRefused) as small:
        read_request(request_for("CP-A01", key=rsa.generate_private_key(65537, 1024)))
    with pytest.raises(RequestRefused):
        read_request(request_for("CP-A01", key=ec.generate_private_key(ec.SECP192R1())))

    assert "1024 bits" in small.value.words
