"""What the line tells of who knocks: our own TLS, a trusted proxy's word, and what anybody else claims."""

import base64
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import serialization
from django.test import override_settings

from chargers.certificates.shown import Channel, read_channel
from tests import papers

OWN = papers.signed_by(papers.root(), "CP-A01")
DER = OWN.certificate.public_bytes(serialization.Encoding.DER)
PROXY, STRANGER = "10.1.2.3", "203.0.113.9"


def knock(peer: str, **headers: bytes) -> Channel:
    told = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    scope: dict[str, Any] = {"client": (peer, 4711), "headers": told}
    with override_settings(TRUSTED_PROXIES=_networks("10.0.0.0/8")):
        return read_channel(scope, None)


def _networks(text: str) -> tuple[Any, ...]:
    from ipaddress import ip_network

    return (ip_network(text),)


@pytest.mark.parametrize(
    "written",
    [
        quote(OWN.pem, safe="").encode(),
        base64.b64encode(DER),
        b":" + base64.b64encode(DER) + b":",
    ],
    ids=["nginx: PEM in percent-encoding", "Caddy: DER in base64", "RFC 9440"],
)
def test_a_trusted_proxy_hands_the_certificate_on_in_any_of_the_usual_forms(written: bytes) -> None:
    shown = knock(PROXY, x_forwarded_proto=b"https", x_client_certificate=written)

    assert (shown.is_encrypted, shown.certificate, shown.is_spoofed) == (True, DER, False)


def test_a_client_certificate_from_anywhere_else_is_a_lie() -> None:
    shown = knock(STRANGER, x_forwarded_proto=b"https", x_client_certificate=base64.b64encode(DER))

    assert (shown.is_spoofed, shown.certificate, shown.is_encrypted) == (True, None, False)


def test_that_it_came_encrypted_is_believed_of_a_proxy_only() -> None:
    assert knock(PROXY, x_forwarded_proto=b"wss").is_encrypted
    assert not knock(STRANGER, x_forwarded_proto=b"https").is_encrypted


def test_without_encryption_before_the_proxy_its_certificate_header_counts_for_nothing() -> None:
    shown = knock(PROXY, x_client_certificate=base64.b64encode(DER))

    assert (shown.certificate, shown.is_encrypted) == (None, False)


@pytest.mark.parametrize("written", [b"", b"  ", b"{http.request.tls.client.certificate_der_base64}"])
def test_a_header_of_nothing_is_no_certificate(written: bytes) -> None:
    """The last is what Caddy writes for a charger that showed none."""
    assert knock(PROXY, x_forwarded_proto=b"wss", x_client_certificate=written).certificate is None


def test_the_address_is_the_last_hop_before_our_own_proxies() -> None:
    told = b"1.1.1.1, 203.0.113.9, 10.9.9.9"

    assert knock(PROXY, x_forwarded_for=told).address == "203.0.113.9"
    assert knock(STRANGER, x_forwarded_for=told).address == STRANGER


def test_the_peer_counts_and_not_what_a_server_made_of_a_header() -> None:
    class Transport:
        def get_extra_info(self, name: str) -> Any:
            return {"peername": (STRANGER, 1)}.get(name)

    # A server that heeds X-Forwarded-For has put the proxy's own address there.
    scope: dict[str, Any] = {"client": (PROXY, 1), "headers": [(b"x-client-certificate", base64.b64encode(DER))]}
    with override_settings(TRUSTED_PROXIES=_networks("10.0.0.0/8")):
        shown = read_channel(scope, Transport())

    assert shown.is_spoofed
