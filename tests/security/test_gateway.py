"""The gateway as production runs it, with TLS of its own, as a process."""

import sys
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from websockets.exceptions import InvalidStatus

from chargers.certificates.models import Profile
from chargers.certificates.services import authorities, upgrading
from chargers.credentials import keyed_hash
from tests.factories import make_charger
from tests.live import DepotProcess
from tests.papers import OWNER, client_context, now
from tests.servers import free_port, is_listening, wait_until
from tests.wire import dial

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storage]
PASSWORD = "23456789abcdef23456789abcdef2345"


async def test_a_charger_reaches_it_by_tls_and_by_nothing_else_where_that_is_required(tmp_path: Path) -> None:
    root = await sync_to_async(prepare)(tmp_path)
    port, tls_port = free_port(), free_port()
    gateway = DepotProcess(
        [sys.executable, "manage.py", "rungateway", "--port", str(port), "--only-tls"],
        port=port,
        TLS_CERTIFICATES=str(tmp_path / "server.pem"),
        TLS_KEYS=str(tmp_path / "server.key"),
        TLS_PORT=str(tls_port),
    )
    gateway.start()
    try:
        wait_until(lambda: is_listening(tls_port), within_s=30, what="the port for TLS")
        async with dial(f"wss://127.0.0.1:{tls_port}", "CP-A01", password=PASSWORD, ssl=client_context(root)) as wire:
            assert "currentTime" in await wire.call("Heartbeat")
        with pytest.raises(InvalidStatus):
            async with dial(f"ws://127.0.0.1:{port}", "CP-A01", password=PASSWORD):
                raise AssertionError("it was let in")
    finally:
        gateway.end_somehow()


def prepare(folder: Path) -> str:
    """A charger that must come encrypted, and our server's certificate; the root that the charger has."""
    authority = authorities.make_authority(OWNER, at=now())
    chain, key = authorities.sign_server(["127.0.0.1"], at=now())
    (folder / "server.pem").write_text(chain)
    (folder / "server.key").write_text(key)
    charger = make_charger("CP-A01", online=False, password_hmac=keyed_hash(PASSWORD.encode()), protocol="")
    upgrading.require_profile(charger, Profile.TLS)
    return authority.certificate
