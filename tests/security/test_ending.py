"""A certificate that ends and that nobody has renewed is told of; one of ours that was renewed serves by itself."""

import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from chargers import tls
from chargers.certificates.models import Authority, GivenState, Profile, Security
from chargers.certificates.services import authorities, signing
from depot.notices.models import Notice
from depot.security.ending import tell_of_ending
from tests.factories import THURSDAY, make_charger
from tests.papers import OWNER, now, request_for, root, signed_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def authority(db: None) -> Authority:
    return authorities.make_authority(OWNER, at=now())


def told(*days: float) -> list[str]:
    """What is told when so many days have gone by, one after the other."""
    for day in days:
        tell_of_ending(THURSDAY, now() + timedelta(days=day, minutes=1))
    return list(Notice.objects.order_by("pk").values_list("text", flat=True))


def needs_its_certificate(days: float, *, came_by: int = Profile.CERTIFICATE, automation_on: bool = True) -> None:
    charger = make_charger("CP-A01", automation_on=automation_on)
    signed = signing.sign_for_charger(charger, request_for("CP-A01"), request_id=None, is_proven=True, at=now())
    signed.given_state, signed.not_after = GivenState.ACCEPTED, now() + timedelta(days=days)
    signed.save()
    Security.objects.create(charger=charger, came_by=came_by)


@pytest.mark.usefixtures("authority")
def test_a_charger_that_did_not_renew_its_only_proof_is_told_of_three_times(settings: Any) -> None:
    settings.CHARGER_CERTIFICATE_DAYS = 40
    needs_its_certificate(40)

    texts = told(20, 27, 27.5, 36, 38, 39.5, 41, 42)

    assert [text.partition(" ends")[0] == "CP-A01's certificate" for text in texts] == [True, True, False]
    assert ["in 12 days" in texts[0], "in 2 days" not in texts[1], "ended on" in texts[2]] == [True, True, True]
    assert all("it was asked to renew it" in text for text in texts)


@pytest.mark.usefixtures("authority")
def test_that_it_was_not_asked_is_said(settings: Any) -> None:
    settings.CHARGER_CERTIFICATE_DAYS = 10
    needs_its_certificate(10, automation_on=False)

    assert "with automation off it was not asked" in told(1)[0]


@pytest.mark.usefixtures("authority")
def test_of_a_charger_that_comes_in_by_its_password_nothing_is_told(settings: Any) -> None:
    settings.CHARGER_CERTIFICATE_DAYS = 10
    needs_its_certificate(10, came_by=Profile.TLS)

    assert told(1, 9, 11) == []


def test_a_makers_certificate_by_which_it_came_is_told_of_too(db: None) -> None:
    paper = signed_by(root(), "CP-B01", days=30)
    Security.objects.create(charger=make_charger("CP-B01"), came_by=Profile.CERTIFICATE, certificate=paper.pem)

    assert len(told(1, 17)) == 1


def test_the_end_of_our_own_servers_certificate_is_told_in_time(
    authority: Authority, tmp_path: Path, settings: Any
) -> None:
    chain, _ = authorities.sign_server(["depot.example"], at=now())
    (tmp_path / "server.pem").write_text(chain)
    settings.TLS_CERTIFICATES = [str(tmp_path / "server.pem"), str(tmp_path / "gone.pem")]

    texts = told(300, 340, 341, 352, 363, 366)

    assert len(texts) == 4
    assert "server.pem" in texts[0]
    assert "From then on no charger comes in by TLS" in texts[0]
    assert Notice.objects.first().subject == "This server"  # type: ignore[union-attr]


def served_by(context: ssl.SSLContext) -> int:
    """The serial number of the certificate that the server shows now."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller, server = client.wrap_bio(back, there), context.wrap_bio(there, back, server_side=True)
    for line in (caller, server, caller):
        try:
            line.do_handshake()
        except ssl.SSLWantReadError:
            continue
    shown = caller.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown).serial_number


def test_a_certificate_that_was_renewed_serves_without_a_restart(authority: Authority, tmp_path: Path) -> None:
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    pairs = [authorities.sign_server(["depot.example"], at=now()) for _ in range(2)]
    serials = [x509.load_pem_x509_certificate(chain.encode()).serial_number for chain, _ in pairs]
    certificate.write_text(pairs[0][0])
    key.write_text(pairs[0][1])
    context = tls.make_context([str(certificate)], [str(key)])
    keeper = tls.TrustKeeper(context, [(str(certificate), str(key))])
    served = []

    for path, text in ((certificate, pairs[1][0]), (key, pairs[1][1])):
        path.write_text(text)
        keeper.take_renewed()
        served.append(served_by(context))

    # With the new certificate and the old key the old pair goes on to serve.
    assert served == serials
