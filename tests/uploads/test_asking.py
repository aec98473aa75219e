"""A log asked for over REST, in each version, brought by the charger to where it was told, and fetched by a person."""

import http.client
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from depot.access.models import Role
from depot.uploads import store
from depot.uploads.models import AwaitedUpload
from depot.uploads.services import forget_old_uploads
from tests.access import actors
from tests.flows.scene import PASSWORD, set_scene
from tests.live import LiveDepot
from tests.wire import Wire, dial

pytestmark = pytest.mark.django_db(transaction=True)

ACTIONS = {
    ("ocpp1.6", "diagnostics"): "GetDiagnostics",
    ("ocpp1.6", "security"): "GetLog",
    ("ocpp2.0.1", "diagnostics"): "GetLog",
    ("ocpp2.1", "security"): "GetLog",
}


def location_in(asked: dict[str, Any]) -> str:
    found: str = asked["location"] if "location" in asked else asked["log"]["remoteLocation"]
    return found


def put(location: str, body: bytes) -> int:
    parts = urlsplit(location)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request("PUT", f"{parts.path}CP-A01.log", body)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize(("protocol", "sort"), ACTIONS)
async def test_a_charger_brings_the_log_that_it_was_asked_for(
    live_depot: LiveDepot, tmp_path: Path, settings: Any, protocol: str, sort: str
) -> None:
    settings.FILES_DIR = str(tmp_path)
    settings.PUBLIC_FILES_URL = live_depot.url
    await sync_to_async(set_scene)()
    person = await sync_to_async(actors.person)(Role.ENGINEER)
    client = Client()
    await sync_to_async(client.force_login)(person)
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(protocol,)) as wire:
        answers(wire)

        asked = await sync_to_async(client.post)(
            "/api/v1/chargers/CP-A01/logs/", {"sort": sort}, content_type="application/json"
        )
        told = await wire.is_asked(ACTIONS[protocol, sort])
        status = await sync_to_async(put)(location_in(told), b"what happened")

    assert asked.status_code == 201, asked.content
    assert status == 201
    row = (await sync_to_async(client.get)(f"/api/v1/uploads/{asked.json()['id']}/")).json()
    assert (row["is_here"], row["size_bytes"], row["told_name"]) == (True, 13, "CP-A01.log")
    page = await sync_to_async(client.get)(f"/api/v1/uploads/{asked.json()['id']}/file/")
    assert await body_of(page) == b"what happened"


def answers(wire: Wire) -> None:
    wire.answers |= {"GetDiagnostics": {"fileName": "CP-A01.log"}, "GetLog": {"status": "Accepted"}}


async def body_of(page: Any) -> bytes:
    if not page.streaming:
        return bytes(page.content)
    pieces = page.streaming_content
    if hasattr(pieces, "__aiter__"):
        return b"".join([piece async for piece in pieces])
    return b"".join(pieces)


def test_old_uploads_are_forgotten_with_their_files(tmp_path: Path, settings: Any) -> None:
    from tests.uploads.test_door import await_upload

    settings.FILES_DIR = str(tmp_path)
    stored = store.keep_chunks([b"old"])
    awaited = await_upload(stored_as=stored.name)

    forgotten = forget_old_uploads(awaited.expires_at + timedelta(days=settings.UPLOADS_KEPT_DAYS, seconds=1))

    assert forgotten == 1
    assert not AwaitedUpload.objects.exists()
    assert not any(tmp_path.iterdir())


def test_what_a_killed_process_left_of_a_file_is_dropped_after_a_day(tmp_path: Path, settings: Any) -> None:
    settings.FILES_DIR = str(tmp_path)
    store.open_part(store.new_name()).close()

    left = []
    for hours in (1, 25):
        forget_old_uploads(datetime.now(UTC) + timedelta(hours=hours))
        left.append(len(list(tmp_path.iterdir())))

    assert left == [1, 0]
