"""What the line itself tells of who knocks: encrypted or not, from where, with which client certificate.

TLS is ours or a proxy's. A proxy's word is taken from configured addresses only; from elsewhere it is a lie.
"""

import ipaddress
import ssl
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from chargers.certificates.papers import read_header

ENCRYPTED = (b"https", b"wss")


@dataclass(frozen=True, slots=True)
class Channel:
    address: str
    is_encrypted: bool = False
    certificate: bytes | None = None  # DER; whoever shows it has its key, for TLS asked for that
    is_spoofed: bool = False


def read_channel(scope: dict[str, Any], transport: Any) -> Channel:
    """`transport`: the server's, which knows more than ASGI tells; None where it has none to show."""
    headers: list[tuple[bytes, bytes]] = scope.get("headers") or []
    client = scope.get("client") or ("", 0)
    peer = _peer(transport) or str(client[0])
    claimed = _last(headers, settings.CLIENT_CERTIFICATE_HEADER.lower().encode())
    tls = transport.get_extra_info("ssl_object") if transport is not None else None
    if _is_trusted(peer):
        address = _forwarded_for(headers) or peer
        if tls is None and _last(headers, b"x-forwarded-proto").lower() in ENCRYPTED:
            return Channel(address, True, read_header(claimed))
        return Channel(address, tls is not None, _own_certificate(tls))
    if claimed.strip():
        return Channel(peer, tls is not None, is_spoofed=True)
    return Channel(str(client[0]) or peer, tls is not None, _own_certificate(tls))


def _own_certificate(tls: ssl.SSLObject | None) -> bytes | None:
    return tls.getpeercert(binary_form=True) if tls is not None else None


def _peer(transport: Any) -> str:
    """Who is really at the other end: a server may have put what a header claims into the scope."""
    told = transport.get_extra_info("peername") if transport is not None else None
    return str(told[0]) if isinstance(told, tuple) else ""


def _is_trusted(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in settings.TRUSTED_PROXIES)


def _forwarded_for(headers: list[tuple[bytes, bytes]]) -> str:
    """The last hop before our own proxies: what stands further left anyone may have written."""
    told = [value for name, value in headers if name.lower() == b"x-forwarded-for"]
    hops = [hop.strip().decode("latin-1") for value in told for hop in value.split(b",") if hop.strip()]
    while len(hops) > 1 and _is_trusted(hops[-1]):
        hops.pop()
    return hops[-1][:60] if hops else ""


def _last(headers: list[tuple[bytes, bytes]], wanted: bytes) -> bytes:
    """The last of that name: ours is the proxy that wrote it."""
    return next((value for name, value in reversed(headers) if name.lower() == wanted), b"")
