"""A virtual charger brings its log and fetches its firmware for good, and installs none that its maker did not sign."""

import base64
import threading
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from chargers.certificates import building
from simulator.surroundings import Done, Errand
from simulator.transport import exchange_file
from tests.papers import Paper, now, root
from tests.simulator.desk import Desk
from tests.simulator.yards import VERSIONS

LOCATION = "http://app:9/fw-9.bin"
AT = "2026-11-19T16:30:00Z"
FIRMWARE = b"what the maker made"


@cache
def ec_root() -> Paper:
    return root()


@cache
def rsa_root() -> Paper:
    key = building.make_key("rsa")
    return Paper(building.make_authority(key, building.name_of("Maker", "Maker"), at=now(), days=9), key)


def sign(maker: Paper, content: bytes) -> str:
    if isinstance(maker.key, rsa.RSAPrivateKey):
        salted = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
        return base64.b64encode(maker.key.sign(content, salted, hashes.SHA256())).decode()
    assert isinstance(maker.key, ec.EllipticCurvePrivateKey)
    return base64.b64encode(maker.key.sign(content, ec.ECDSA(hashes.SHA256()))).decode()


def carried(desk: Desk, answer: bytes | None) -> list[Errand]:
    """From now on the charger's errands come back so; those that it was sent on."""
    errands: list[Errand] = []

    def carry(errand: Errand, done: Done) -> None:
        errands.append(errand)
        done(answer)

    desk.charger.carry = carry
    return errands


def ask_for_log(desk: Desk) -> str:
    asked = {"log": {"remoteLocation": "http://app:9/up/k/"}, "logType": "SecurityLog", "requestId": 4}
    return str(desk.ask("GetLog", asked)["filename"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("answer", "last"), [(b"", "Uploaded"), (None, "UploadFailure")])
def test_a_log_is_brought_to_where_it_was_asked_to(version: str, answer: bytes | None, last: str) -> None:
    desk = Desk(version, settings={"AuthorizationKey": "secret"}).connect()
    errands = carried(desk, answer)

    name = ask_for_log(desk)
    desk.run(5)

    [errand] = errands
    assert errand.url == f"http://app:9/up/k/{name}"
    assert errand.body is not None
    assert b"HeartbeatInterval = " in errand.body
    assert b"secret" not in errand.body
    assert [told["status"] for told in desk.heard("LogStatusNotification", requestId=4)] == ["Uploading", last]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("make", [ec_root, rsa_root])
@pytest.mark.parametrize(("content", "runs"), [(FIRMWARE, "fw-9"), (FIRMWARE + b"!", "1.0")])
def test_firmware_that_its_maker_did_not_sign_is_not_installed(
    version: str, make: Callable[[], Paper], content: bytes, runs: str
) -> None:
    desk, maker = Desk(version).connect(), make()
    carried(desk, content)
    firmware = {
        "location": LOCATION, "retrieveDateTime": AT,
        "signingCertificate": maker.pem, "signature": sign(maker, FIRMWARE),
    }  # fmt: skip
    action = "SignedUpdateFirmware" if version == "1.6" else "UpdateFirmware"

    desk.ask(action, {"requestId": 8, "firmware": firmware})
    desk.run(60)

    told = "SignedFirmwareStatusNotification" if version == "1.6" else "FirmwareStatusNotification"
    stages = [each["status"] for each in desk.heard(told, requestId=8)]
    assert desk.charger.firmware == runs
    assert ("SignatureVerified" in stages, "InvalidSignature" in stages) == (runs == "fw-9", runs != "fw-9")
    assert stages[-1] == ("Installed" if runs == "fw-9" else "InvalidSignature")


@pytest.mark.parametrize("version", VERSIONS)
def test_firmware_that_cannot_be_fetched_is_said_to_be_so(version: str) -> None:
    desk = Desk(version).connect()
    carried(desk, None)
    asked = {"location": LOCATION, "retrieveDate": AT}
    if version != "1.6":
        asked = {"requestId": 8, "firmware": {"location": LOCATION, "retrieveDateTime": AT}}  # type: ignore[dict-item]

    desk.ask("UpdateFirmware", asked)
    desk.run(60)

    stages = [each["status"] for each in desk.heard("FirmwareStatusNotification")]
    assert (stages, desk.charger.firmware) == (["Downloading", "DownloadFailed"], "1.0")


class Shelf(BaseHTTPRequestHandler):
    brought: list[tuple[str, bytes]]

    def do_GET(self) -> None:
        self.answer(200 if self.path == "/fw.bin" else 404, FIRMWARE)

    def do_PUT(self) -> None:
        self.brought.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(201, b"")

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def shelf() -> Iterator[str]:
    Shelf.brought = []
    server = HTTPServer(("127.0.0.1", 0), Shelf)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_files_go_by_http(shelf: str) -> None:
    exchange_file(Errand(f"{shelf}/log.txt", b"what happened"))

    assert Shelf.brought == [("/log.txt", b"what happened")]
    assert exchange_file(Errand(f"{shelf}/fw.bin")) == FIRMWARE
    with pytest.raises(OSError, match="404"):
        exchange_file(Errand(f"{shelf}/other.bin"))


def test_no_other_address_is_gone_to() -> None:
    with pytest.raises(ValueError, match="HTTP"):
        exchange_file(Errand("file:///etc/hostname"))
