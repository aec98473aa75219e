"""PURE: what has to be typed into a charger so that it connects here, in every form that a maker's page may ask for."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

STEVE_PATH = "/steve/websocket/CentralSystemService/"
SUBPROTOCOLS = ("ocpp2.1", "ocpp2.0.1", "ocpp1.6")
DEFAULT_PORTS = {"ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Door:
    """Where chargers reach us: "wss", "depot.example.com:8443", "/ocpp/"."""

    scheme: str
    host: str
    path: str

    @property
    def is_encrypted(self) -> bool:
        return self.scheme == "wss"

    @property
    def host_alone(self) -> str:
        return urlsplit(f"//{self.host}").hostname or self.host

    @property
    def port(self) -> int:
        return urlsplit(f"//{self.host}").port or DEFAULT_PORTS[self.scheme]


def door_of(public_url: str, *, page_host: str, page_is_secure: bool) -> Door:
    """The door as PUBLIC_CHARGER_URL says it; where it says nothing, at the address this page was asked from."""
    if public_url:
        parts = urlsplit(public_url if "://" in public_url else f"wss://{public_url}")
        scheme = {"https": "wss", "http": "ws"}.get(parts.scheme, parts.scheme)
        path = parts.path.rstrip("/") or "/ocpp"
        return Door(scheme if scheme in DEFAULT_PORTS else "wss", parts.netloc, f"{path}/")
    return Door("wss" if page_is_secure else "ws", page_host, "/ocpp/")


@dataclass(frozen=True, slots=True)
class Card:
    """Everything to type for one charger; `password` is None where none is known here (kept as a digest) or needed."""

    door: Door
    identity: str
    subprotocol: str  # the pinned one, or "" where the charger chooses
    password: str | None = None

    @property
    def written_identity(self) -> str:
        """The identity as it must stand in an address."""
        return quote(self.identity, safe="-._~!$&'()*+,;=:@")

    @property
    def url(self) -> str:
        return f"{self.url_without_identity}{self.written_identity}"

    @property
    def url_without_identity(self) -> str:
        """For chargers that put their identity behind it themselves."""
        return f"{self.door.scheme}://{self.door.host}{self.door.path}"

    @property
    def without_scheme(self) -> str:
        return f"{self.door.host}{self.door.path}{self.written_identity}"

    @property
    def steve_url(self) -> str:
        return f"{self.door.scheme}://{self.door.host}{STEVE_PATH}{self.written_identity}"

    @property
    def steve_path(self) -> str:
        return f"{STEVE_PATH}{self.written_identity}"

    @property
    def subprotocols(self) -> str:
        return self.subprotocol or ", ".join(SUBPROTOCOLS)
