"""The provider by HTTP, against a real server that keeps its side of the contract, or does not."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from chargers.commands import CertificateHash
from depot.plug_and_charge.provider import NotGiven, ProviderAway
from depot.plug_and_charge.web import WebProvider
from tests.flows.scene import PASSWORD, set_scene
from tests.live import LiveDepot
from tests.wire import dial

NAMED = CertificateHash(algorithm="SHA256", issuer_name_hash="aa", issuer_key_hash="bb", serial_number="1")


class Pool:
    """Somebody's contract pool: answers what it is told to, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.answers: dict[str, tuple[int, Any]] = {}
        pool = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                pool.asked.append((self.path, self.headers["Authorization"], body))
                status, answer = pool.answers.get(self.path, (404, {}))
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/v1/elsewhere")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: Any) -> None:
                """Not on the console."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def provider(pool: Pool) -> WebProvider:
    return WebProvider(pool.url, "the-key")


def test_a_vehicle_s_request_goes_there_and_the_answer_comes_back(pool: Pool, provider: WebProvider) -> None:
    pool.answers["/v1/contract-certificates"] = (
        200,
        {
            "exi_response": base64.b64encode(b"answer").decode(),
            "remaining": 1,
        },
    )

    given = provider.install(b"request", schema="urn:iso:15118:2:2013:MsgDef", update=True)

    ((path, key, body),) = pool.asked
    assert (given.response, given.remaining) == (b"answer", 1)
    assert (path, key) == ("/v1/contract-certificates", "Bearer the-key")
    assert (base64.b64decode(body["exi_request"]), body["action"]) == (b"request", "update")


def test_a_refusal_comes_with_its_reason(pool: Pool, provider: WebProvider) -> None:
    pool.answers["/v1/contract-certificates"] = 422, {"reason": "NoContract"}

    with pytest.raises(NotGiven, match="NoContract"):
        provider.install(b"request", schema="s", update=False)


def test_a_contract_is_checked_there(pool: Pool, provider: WebProvider) -> None:
    pool.answers["/v1/contract-checks"] = 200, {"status": "CertificateRevoked"}

    status = provider.check_contract("DE8AAC1", "", [NAMED])

    assert status == "CertificateRevoked"
    assert pool.asked[0][2]["hashes"][0]["serial_number"] == "1"


def test_whether_a_certificate_holds_comes_with_the_responder_s_answer(pool: Pool, provider: WebProvider) -> None:
    pool.answers["/v1/certificate-status"] = (
        200,
        {
            "state": "Good",
            "ocsp_response": base64.b64encode(b"der").decode(),
            "next_update": "2026-12-01T00:00:00Z",
        },
    )

    standing = provider.standing_of(NAMED, "http://ocsp.example", "OCSP")

    assert (standing.state, standing.response) == ("Good", b"der")
    assert standing.next_update is not None
    assert standing.next_update.day == 1


def test_a_charger_s_certificate_is_signed_there(pool: Pool, provider: WebProvider) -> None:
    pool.answers["/v1/station-certificates"] = 200, {"chain": "-----BEGIN CERTIFICATE-----"}

    assert provider.sign_station("csr", "V2GCertificate").startswith("-----BEGIN")


@pytest.mark.parametrize(
    "answer",
    [(500, {}), (200, b"no json"), (200, []), (200, {"status": "Fine"}), (302, {"status": "Accepted"}), (404, {})],
    ids=["failed", "no JSON", "no object", "a word of its own", "sends elsewhere", "not there"],
)
def test_what_is_not_as_agreed_counts_as_no_answer(pool: Pool, provider: WebProvider, answer: tuple[int, Any]) -> None:
    pool.answers["/v1/contract-checks"] = answer
    pool.answers["/v1/elsewhere"] = 200, {"status": "Accepted"}

    with pytest.raises(ProviderAway):
        provider.check_contract("DE8AAC1", "chain", [])


def test_one_that_is_not_there_counts_as_no_answer(pool: Pool) -> None:
    pool.server.server_close()

    with pytest.raises(ProviderAway):
        WebProvider(pool.url, "k").check_contract("DE8AAC1", "chain", [])


@pytest.mark.django_db(transaction=True)
async def test_a_charger_s_question_reaches_the_provider_and_its_answer_the_charger(
    live_depot: LiveDepot, pool: Pool, settings: Any
) -> None:
    settings.PLUG_AND_CHARGE = pool.url
    await sync_to_async(set_scene)()
    pool.answers["/v1/contract-checks"] = 200, {"status": "CertificateRevoked"}
    pool.answers["/v1/contract-certificates"] = 200, {"exi_response": base64.b64encode(b"exi").decode()}

    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=("ocpp2.0.1",)) as wire:
        shown = await wire.call(
            "Authorize", {"idToken": {"idToken": "DE8AAC1", "type": "eMAID"}, "certificate": "-----BEGIN"}
        )
        wanted = await wire.call(
            "Get15118EVCertificate",
            {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "gJgC"},
        )

    assert (shown["idTokenInfo"]["status"], shown["certificateStatus"]) == ("Invalid", "CertificateRevoked")
    assert (wanted["status"], base64.b64decode(wanted["exiResponse"])) == ("Accepted", b"exi")
