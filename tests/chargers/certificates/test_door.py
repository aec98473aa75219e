"""The chargers' door by TLS of our own: real sockets, real certificates, and the reasons kept in words."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import override_settings
from websockets.exceptions import InvalidMessage, InvalidStatus

from chargers.certificates import building
from chargers.certificates.models import Authority, Profile, Security, SignedCertificate, TlsTrouble
from chargers.certificates.papers import read_pem
from chargers.certificates.services import authorities, signing, upgrading
from chargers.choices import Refusal
from chargers.credentials import keyed_hash
from chargers.models import Charger, RefusedHandshake
from tests import papers
from tests.certification.cases import case_16
from tests.factories import make_charger
from tests.live import LiveDepot
from tests.papers import OWNER, Paper, client_context, now
from tests.polling import until
from tests.wire import dial

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "23456789abcdef23456789abcdef2345"
BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}


@pytest.fixture
def charger(db: None) -> Charger:
    return make_charger("CP-A01", online=False, password_hmac=keyed_hash(PASSWORD.encode()), protocol="", serial="SN-1")


@pytest.fixture
def authority(db: None) -> Authority:
    return authorities.make_authority(OWNER, at=now())


@pytest.fixture
def server_root(authority: Authority) -> str:
    return authority.certificate


@pytest.fixture
def tls_depot(authority: Authority, tmp_path: Path) -> Iterator["TlsDepot"]:
    chain, key = authorities.sign_server(["127.0.0.1"], at=now())
    (tmp_path / "server.pem").write_text(chain)
    (tmp_path / "server.key").write_text(key)
    files = {"TLS_CERTIFICATES": [str(tmp_path / "server.pem")], "TLS_KEYS": [str(tmp_path / "server.key")]}
    with override_settings(**files):
        depot = TlsDepot()
        depot.start()
        try:
            yield depot
        finally:
            depot.stop()


class TlsDepot(LiveDepot):
    @property
    def tls_url(self) -> str:
        assert self.server
        assert self.server.tls_door  # type: ignore[attr-defined]
        return f"wss://127.0.0.1:{self.server.tls_door.port}"  # type: ignore[attr-defined]

    def prepare(self) -> None:
        from depot.embedded import bind
        from depot.tls_door import TlsDoor

        assert self.server
        self.server.tls_door = TlsDoor(bind("127.0.0.1", 0, tries=1))  # type: ignore[attr-defined]
        # Who leaves in the middle of the handshake is counted at once.
        self.server.tls_door.keeper.patience_s = 0  # type: ignore[attr-defined]


def signed_for(charger: Charger, name: str = "CP-A01") -> tuple[Paper, SignedCertificate]:
    """What the charger asked for, with the key that never left it."""
    key = building.make_key()
    request = papers.request_for(name, key=key)
    signed = signing.sign_for_charger(charger, request, request_id=None, is_proven=True, at=now())
    return Paper(read_pem(signed.certificate), key), signed


async def knock(depot: TlsDepot, context: ssl.SSLContext, identity: str = "CP-A01", **how: Any) -> str:
    async with dial(depot.tls_url, identity, ssl=context, **how) as wire:
        answer = await wire.call("BootNotification", BOOT)
    return str(answer["status"])


async def refused(depot: TlsDepot, context: ssl.SSLContext, **how: Any) -> RefusedHandshake:
    """It is turned away with a status; what was kept of it."""
    with pytest.raises(InvalidStatus) as status:
        await knock(depot, context, **how)
    kept = await RefusedHandshake.objects.alatest("pk")
    assert kept.answered_with == status.value.response.status_code
    return kept


async def require(charger: Charger, profile: Profile) -> None:
    await sync_to_async(upgrading.require_profile)(charger, profile)


@case_16("TC_086")
async def test_a_charger_comes_in_by_tls_with_its_password(
    tls_depot: TlsDepot, charger: Charger, server_root: str
) -> None:
    await require(charger, Profile.TLS)

    assert await knock(tls_depot, client_context(server_root), password=PASSWORD) == "Accepted"

    assert (await Security.objects.aget()).came_by == Profile.TLS


async def test_a_charger_that_must_come_encrypted_is_refused_over_an_open_line(
    tls_depot: TlsDepot, charger: Charger
) -> None:
    await require(charger, Profile.TLS)

    with pytest.raises(InvalidStatus) as status:
        async with dial(tls_depot.socket_url, "CP-A01", password=PASSWORD):
            raise AssertionError("it was let in")

    kept = await RefusedHandshake.objects.aget()
    assert status.value.response.status_code == kept.answered_with == 403
    assert kept.reason == Refusal.NOT_ENCRYPTED


@case_16("TC_087")
async def test_a_client_certificate_of_ours_needs_no_password(
    tls_depot: TlsDepot, charger: Charger, server_root: str, tmp_path: Path
) -> None:
    await require(charger, Profile.CERTIFICATE)
    own, signed = await sync_to_async(signed_for)(charger)

    assert await knock(tls_depot, client_context(server_root, own.save(tmp_path, "own"))) == "Accepted"

    await signed.arefresh_from_db()
    security = await Security.objects.aget()
    assert signed.first_used_at
    assert (security.came_by, security.certificate) == (Profile.CERTIFICATE, signed.certificate)


async def test_the_serial_number_is_as_good_a_name_as_the_identity(
    tls_depot: TlsDepot, charger: Charger, server_root: str, tmp_path: Path
) -> None:
    await require(charger, Profile.CERTIFICATE)
    own, _ = await sync_to_async(signed_for)(charger, "SN-1")

    assert await knock(tls_depot, client_context(server_root, own.save(tmp_path, "own"))) == "Accepted"


async def test_without_the_certificate_that_it_must_have_it_is_refused_whatever_its_password(
    tls_depot: TlsDepot, charger: Charger, server_root: str
) -> None:
    await require(charger, Profile.CERTIFICATE)

    kept = await refused(tls_depot, client_context(server_root), password=PASSWORD)

    assert kept.reason == Refusal.NO_CERTIFICATE


async def test_another_charger_s_certificate_is_refused_in_words(
    tls_depot: TlsDepot, charger: Charger, server_root: str, tmp_path: Path
) -> None:
    await require(charger, Profile.CERTIFICATE)
    other = await sync_to_async(make_charger)("CP-B02", online=False)
    own, _ = await sync_to_async(signed_for)(other, "CP-B02")

    kept = await refused(tls_depot, client_context(server_root, own.save(tmp_path, "own")))

    assert (kept.reason, kept.identity) == (Refusal.CERTIFICATE_OTHER, "CP-A01")
    assert "CP-B02" in kept.detail


async def test_a_revoked_certificate_closes_the_line_that_it_opened_and_is_refused_in_words(
    tls_depot: TlsDepot, charger: Charger, server_root: str, tmp_path: Path
) -> None:
    await require(charger, Profile.CERTIFICATE)
    own, signed = await sync_to_async(signed_for)(charger)
    mine = client_context(server_root, own.save(tmp_path, "own"))

    async with dial(tls_depot.tls_url, "CP-A01", ssl=mine) as wire:
        await wire.call("BootNotification", BOOT)
        await sync_to_async(authorities.revoke)(signed, because="Stolen from the yard", by=None, at=now())
        await wire.socket.wait_closed()
    kept = await refused(tls_depot, mine)

    assert kept.reason == Refusal.CERTIFICATE_REVOKED
    assert "Stolen from the yard" in kept.detail


async def accept(paper: Paper, organization: str = "") -> None:
    await sync_to_async(authorities.accept_authority)(paper.pem, organization=organization, at=now())


async def look_again(depot: TlsDepot) -> None:
    """The door hears of a newly accepted authority, which by itself it does every ten seconds."""
    door = depot.server.tls_door  # type: ignore[union-attr]
    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(door.keeper.look(), depot.loop))


async def test_an_expired_certificate_is_refused_with_its_day(
    tls_depot: TlsDepot, charger: Charger, server_root: str, tmp_path: Path
) -> None:
    maker = papers.root()
    await require(charger, Profile.CERTIFICATE)
    await accept(maker)
    await look_again(tls_depot)
    own = papers.signed_by(maker, "SN-1", days=10, began_days_ago=20)

    kept = await refused(tls_depot, client_context(server_root, own.save(tmp_path, "own")))

    assert kept.reason == Refusal.CERTIFICATE_EXPIRED
    assert f"{own.certificate.not_valid_after_utc:%Y-%m-%d}" in kept.detail


async def test_an_accepted_maker_s_certificate_lets_in_by_its_serial_number(
    tls_depot: TlsDepot, charger: Charger, server_root: str, tmp_path: Path
) -> None:
    maker = papers.root()
    await require(charger, Profile.CERTIFICATE)
    await accept(maker)
    await look_again(tls_depot)
    own = papers.signed_by(maker, "SN-1", "Maker")

    assert await knock(tls_depot, client_context(server_root, own.save(tmp_path, "own"))) == "Accepted"


async def test_a_certificate_of_another_owner_is_refused_where_an_owner_is_wanted(
    tls_depot: TlsDepot, charger: Charger, server_root: str, tmp_path: Path
) -> None:
    maker = papers.root()
    await require(charger, Profile.CERTIFICATE)
    await accept(maker, OWNER)
    await look_again(tls_depot)
    own = papers.signed_by(maker, "SN-1", "Somebody else")

    kept = await refused(tls_depot, client_context(server_root, own.save(tmp_path, "own")))

    assert kept.reason == Refusal.CERTIFICATE_OWNER


async def test_a_certificate_of_a_retired_authority_is_refused_though_tls_still_knows_it(
    tls_depot: TlsDepot, charger: Charger, server_root: str, tmp_path: Path
) -> None:
    maker = papers.root()
    await require(charger, Profile.CERTIFICATE)
    await accept(maker)
    await look_again(tls_depot)
    await Authority.objects.filter(use="foreign").aupdate(retired_at=now())
    own = papers.signed_by(maker, "SN-1", "Maker")

    kept = await refused(tls_depot, client_context(server_root, own.save(tmp_path, "own")))

    assert kept.reason == Refusal.CERTIFICATE_FOREIGN


async def test_a_certificate_of_an_unknown_authority_ends_in_tls_and_is_counted_with_its_reason(
    tls_depot: TlsDepot, charger: Charger, server_root: str, tmp_path: Path
) -> None:
    own = papers.signed_by(papers.root(), "CP-A01")

    with pytest.raises((InvalidMessage, ConnectionError)):
        await knock(tls_depot, client_context(server_root, own.save(tmp_path, "own")), open_timeout=5)

    assert "nobody who is accepted" in await trouble(tls_depot)


async def test_a_charger_without_our_root_is_counted_with_what_mends_it(tls_depot: TlsDepot, charger: Charger) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        await knock(tls_depot, client_context(papers.root().pem), password=PASSWORD)

    assert "root for our certificate may be missing" in await trouble(tls_depot)


async def test_plain_text_at_the_port_for_tls_is_counted_as_such(tls_depot: TlsDepot, charger: Charger) -> None:
    with pytest.raises((InvalidMessage, ConnectionError)):
        async with dial(tls_depot.tls_url.replace("wss", "ws"), "CP-A01", password=PASSWORD, open_timeout=5):
            raise AssertionError("it was let in")

    assert "ws:// instead of wss://" in await trouble(tls_depot)


async def trouble(depot: TlsDepot) -> str:
    async def is_counted() -> bool:
        await look_again(depot)
        return await TlsTrouble.objects.aexists()

    await until(is_counted)
    counted = await TlsTrouble.objects.aget()
    assert counted.count == 1
    return counted.reason


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
async def test_tls_before_1_2_is_not_spoken(tls_depot: TlsDepot, charger: Charger, server_root: str) -> None:
    old = client_context(server_root)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises((ssl.SSLError, ConnectionError)):
        await knock(tls_depot, old, password=PASSWORD)

    assert "before 1.2" in await trouble(tls_depot)


@pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"])
async def test_the_cipher_suites_that_must_be_spoken_are(
    tls_depot: TlsDepot, charger: Charger, server_root: str, cipher: str
) -> None:
    narrow = client_context(server_root)
    narrow.set_ciphers(cipher)
    narrow.maximum_version = ssl.TLSVersion.TLSv1_2

    assert await knock(tls_depot, narrow, password=PASSWORD) == "Accepted"


async def test_a_charger_on_its_way_to_certificates_may_come_by_one_and_not_back(
    tls_depot: TlsDepot, charger: Charger, server_root: str, tmp_path: Path
) -> None:
    await Security.objects.acreate(charger=charger, required_profile=Profile.TLS, asked_profile=Profile.CERTIFICATE)
    own, _ = await sync_to_async(signed_for)(charger)

    assert await knock(tls_depot, client_context(server_root), password=PASSWORD) == "Accepted"
    assert (
        await knock(tls_depot, client_context(server_root, own.save(tmp_path, "own")), password=PASSWORD) == "Accepted"
    )
    kept = await refused(tls_depot, client_context(server_root), password=PASSWORD)

    security = await Security.objects.aget()
    assert (security.required_profile, security.asked_profile) == (Profile.CERTIFICATE, None)
    assert kept.reason == Refusal.NO_CERTIFICATE
