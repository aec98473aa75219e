"""Files of a charger: the log that it brings, the firmware that it fetches and proves. The transport carries them."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from simulator import remote
from simulator.clock import write_moment
from simulator.settings import SETTINGS
from simulator.surroundings import Errand

if TYPE_CHECKING:
    from simulator.charger import Charger

Tell = Callable[[str], Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Seal:
    """By which a maker's firmware is proven (2.x L01, 1.6 security white paper)."""

    certificate: str
    signature: str

    def fits(self, content: bytes) -> bool:
        try:
            key = x509.load_pem_x509_certificate(self.certificate.encode()).public_key()
            signature = base64.b64decode(self.signature, validate=True)
            if isinstance(key, rsa.RSAPublicKey):
                salted = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
                key.verify(signature, content, salted, hashes.SHA256())
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, content, ec.ECDSA(hashes.SHA256()))
            else:
                return False
        except (ValueError, binascii.Error, InvalidSignature):
            return False
        return True


def bring_log(charger: "Charger", location: str, name: str, tell: Tell, *, failed: str) -> None:
    def bring() -> None:
        url = f"{location.rstrip('/')}/{quote(name)}"
        charger.carry(Errand(url, write_log(charger)), lambda came: tell("Uploaded" if came is not None else failed)())

    remote.go_through(charger, [tell("Uploading"), bring])


def write_log(charger: "Charger") -> bytes:
    """What a maker's service would look at: who it is, how it stands, and its settings."""
    lines = [
        f"{write_moment(charger.own_time())} {charger.identity} {charger.plan.vendor} {charger.plan.model}",
        f"firmware {charger.firmware}",
        f"powered since {write_moment(charger.powered_since)}",
        f"registration {charger.registration or 'none'}",
        *(f"EVSE {evse.number}: {evse.power_w:.0f} W, register {evse.register_wh:.0f} Wh" for evse in charger.evses),
        *(
            f"{name} = {value}"
            for name, value in sorted(charger.settings.values().items())
            if not SETTINGS[name].is_writeonly
        ),
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def fetch_firmware(
    charger: "Charger",
    location: str,
    tell: Tell,
    *,
    at: float,
    seal: Seal | None,
    before: Sequence[str],
    after: Sequence[str] = (),
) -> None:
    """Fetch it, prove it where it is sealed, say `before`, boot as it, and then say `after`."""

    def fetch() -> None:
        charger.carry(Errand(location), install)

    def install(content: bytes | None) -> None:
        if content is None:
            return tell("DownloadFailed")()
        if seal is not None and not seal.fits(content):
            return remote.go_on(charger, [tell("Downloaded"), tell("InvalidSignature")])
        words = ["Downloaded", *(["SignatureVerified"] if seal else []), *before]
        stages = [*map(tell, words), lambda: remote.install_firmware(charger, location)]
        if after:
            # Long enough for the reboot: the good news comes from the new firmware.
            stages += [lambda: None] * 8
        return remote.go_on(charger, [*stages, *map(tell, after)])

    remote.go_through(charger, [tell("Downloading"), fetch], at=at)
