"""Our own server's certificate, made by one line."""

import stat
from pathlib import Path

import pytest
from cryptography import x509
from django.core.management import CommandError, call_command

from chargers.certificates.papers import read_chain
from chargers.certificates.services import authorities
from chargers.tls import make_context
from tests.papers import OWNER, now

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("more", "name"), [([], "server"), (["--rsa"], "server-rsa")])
def test_it_is_signed_by_our_authority_for_every_name(tmp_path: Path, more: list[str], name: str) -> None:
    authorities.make_authority(OWNER, at=now())

    call_command("servercertificate", "cpms.example", "10.0.0.5", "--out", str(tmp_path), *more)

    leaf, root = read_chain((tmp_path / f"{name}.pem").read_text())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    leaf.verify_directly_issued_by(root)
    assert names.get_values_for_type(x509.DNSName) == ["cpms.example"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.5"]
    assert stat.S_IMODE((tmp_path / f"{name}.key").stat().st_mode) == 0o600
    assert make_context([str(tmp_path / f"{name}.pem")], [str(tmp_path / f"{name}.key")])


def test_without_an_authority_it_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="make one on the page Certificates"):
        call_command("servercertificate", "cpms.example")
