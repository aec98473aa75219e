"""A provider by HTTP: a small contract of our own (docs/plug-and-charge.md), for an adapter to a real contract pool."""

import base64
import binascii
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chargers.commands import CertificateHash
from chargers.commands.base import to_row
from depot.plug_and_charge.provider import (
    ACCEPTED,
    BROKEN,
    EXPIRED,
    FAILED,
    GOOD,
    REVOKED,
    UNKNOWN,
    WAS_REVOKED,
    Installation,
    NotGiven,
    ProviderAway,
    Standing,
)

# A vehicle gives up after five seconds (ISO 15118-2, CertificateInstallationReq and PaymentDetailsReq).
ANSWERS_WITHIN_S = 4.0
LONGEST_ANSWER = 200_000
VERDICTS = (ACCEPTED, EXPIRED, WAS_REVOKED, BROKEN)
STATES = (GOOD, REVOKED, UNKNOWN, FAILED)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **more: Any) -> None:
        """The key is for the address that was set, and for no other."""
        return


_opener = urllib.request.build_opener(_NoRedirects)


class WebProvider:
    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.key = key

    def install(self, request: bytes, *, schema: str, update: bool) -> Installation:
        told = self._ask(
            "contract-certificates",
            {
                "exi_request": base64.b64encode(request).decode(),
                "schema_version": schema,
                "action": "update" if update else "install",
            },
        )
        return Installation(_bytes(told, "exi_response"), int(told.get("remaining") or 0))

    def check_contract(self, emaid: str, chain: str, hashes: Sequence[CertificateHash]) -> str:
        told = self._ask("contract-checks", {"emaid": emaid, "chain": chain, "hashes": [to_row(one) for one in hashes]})
        return _one_of(told, "status", VERDICTS)

    def standing_of(self, certificate: CertificateHash, responder_url: str, source: str) -> Standing:
        told = self._ask(
            "certificate-status",
            {"certificate": to_row(certificate), "responder_url": responder_url, "source": source},
        )
        state = _one_of(told, "state", STATES)
        response = _bytes(told, "ocsp_response") if told.get("ocsp_response") else None
        try:
            until = datetime.fromisoformat(told["next_update"]) if told.get("next_update") else None
        except (TypeError, ValueError) as error:
            raise ProviderAway(f"next_update: {error}") from error
        return Standing(state, response, until)

    def sign_station(self, request: str, kind: str) -> str:
        chain = self._ask("station-certificates", {"request": request, "kind": kind}).get("chain")
        if not isinstance(chain, str):
            raise ProviderAway("chain is missing in its answer")
        return chain

    def _ask(self, path: str, payload: dict[str, Any]) -> dict[str, Any]:
        """A POST of JSON; 422 with a `reason` is a refusal, everything else than 200 is no answer."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        request = urllib.request.Request(
            f"{self.base_url}/{path}", json.dumps(payload).encode(), headers, method="POST"
        )
        try:
            with _opener.open(request, timeout=ANSWERS_WITHIN_S) as response:
                told = json.loads(response.read(LONGEST_ANSWER))
        except urllib.error.HTTPError as error:
            if error.code == 422:
                raise NotGiven(_reason(error.read(LONGEST_ANSWER))) from error
            raise ProviderAway(f"HTTP {error.code}") from error
        except (OSError, ValueError) as error:
            raise ProviderAway(str(error)) from error
        if not isinstance(told, dict):
            raise ProviderAway("Its answer is no JSON object")
        return told


def _reason(body: bytes) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return "Refused"
    return str(told.get("reason") or "Refused") if isinstance(told, dict) else "Refused"


def _bytes(told: dict[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(told[name], validate=True)
    except (KeyError, TypeError, binascii.Error) as error:
        raise ProviderAway(f"{name} is missing in its answer, or no base64") from error


def _one_of(told: dict[str, Any], name: str, words: Sequence[str]) -> str:
    word = told.get(name)
    if word not in words:
        raise ProviderAway(f"{name} {word!r} is none of {', '.join(words)}")
    return str(word)
