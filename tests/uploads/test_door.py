"""The door for logs: only what was asked for, once, up to its size, whatever it is called."""

import http.client
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chargers.credentials import keyed_hash
from depot.uploads import store
from depot.uploads.models import AwaitedUpload, LogSort
from tests.factories import THURSDAY, make_charger, make_user
from tests.live import LiveDepot

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "k" * 43


@pytest.fixture
def door(live_depot: LiveDepot, tmp_path: Path, settings: object) -> LiveDepot:
    settings.FILES_DIR = str(tmp_path / "files")  # type: ignore[attr-defined]
    return live_depot


def await_upload(**fields: object) -> AwaitedUpload:
    told = {
        "charger": make_charger("CP-1", online=False),
        "sort": LogSort.DIAGNOSTICS,
        "key_hmac": keyed_hash(KEY.encode()),
        "asked_by": make_user("eva"),
        "asked_at": THURSDAY,
        "expires_at": datetime.now(UTC) + timedelta(hours=1),
        "max_bytes": 1000,
    }
    return AwaitedUpload.objects.create(**{**told, **fields})


def bring(depot: LiveDepot, path: str, body: bytes, method: str = "PUT", **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", depot.port, timeout=10)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse().status
    finally:
        connection.close()


def kept(awaited: AwaitedUpload) -> bytes:
    awaited.refresh_from_db()
    return store.path_of(awaited.stored_as).read_bytes()


def test_what_was_asked_for_is_kept(door: LiveDepot) -> None:
    awaited = await_upload()

    status = bring(door, f"/uploads/{KEY}/log.zip", b"the log")

    assert status == 201
    assert kept(awaited) == b"the log"
    assert (awaited.told_name, awaited.size_bytes) == ("log.zip", 7)


def test_a_second_file_is_turned_away(door: LiveDepot) -> None:
    awaited = await_upload()
    bring(door, f"/uploads/{KEY}/log.zip", b"the log")

    status = bring(door, f"/uploads/{KEY}/log.zip", b"another")

    assert status == 404
    assert kept(awaited) == b"the log"


def test_nobody_brings_what_was_not_asked_for(door: LiveDepot) -> None:
    status = bring(door, f"/uploads/{'x' * 43}/log.zip", b"anything")

    assert status == 404
    assert not any(store.folder().iterdir())


def test_what_comes_too_late_is_turned_away(door: LiveDepot) -> None:
    await_upload(expires_at=datetime.now(UTC) - timedelta(seconds=1))

    assert bring(door, f"/uploads/{KEY}/log.zip", b"the log") == 404


def test_more_than_agreed_is_refused_and_nothing_of_it_stays(door: LiveDepot) -> None:
    awaited = await_upload(max_bytes=10)

    status = bring(door, f"/uploads/{KEY}/log.zip", b"eleven byte")

    awaited.refresh_from_db()
    assert status == 413
    assert awaited.received_at is None
    assert not any(store.folder().iterdir())


def test_more_than_agreed_is_noticed_without_being_announced(door: LiveDepot) -> None:
    await_upload(max_bytes=10)
    connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)

    connection.request("PUT", f"/uploads/{KEY}/log.zip", iter([b"eleven", b" byte"]), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})  # fmt: skip
    status = connection.getresponse().status
    connection.close()

    assert status == 413


def test_after_a_refused_one_a_smaller_one_may_come(door: LiveDepot) -> None:
    awaited = await_upload(max_bytes=10)
    bring(door, f"/uploads/{KEY}/log.zip", b"eleven byte")

    status = bring(door, f"/uploads/{KEY}/log.zip", b"ten bytes!")

    assert status == 201
    assert kept(awaited) == b"ten bytes!"


@pytest.mark.parametrize("told", ["bytes 3-6/7", "bytes 0-6/*", "bytes 0-3/7", "nonsense"])
def test_the_rest_of_a_broken_upload_is_not_taken_for_the_whole_and_it_may_begin_anew(
    door: LiveDepot, told: str
) -> None:
    awaited = await_upload()

    piece = bring(door, f"/uploads/{KEY}/log.zip", b" log", Content_Range=told)
    whole = bring(door, f"/uploads/{KEY}/log.zip", b"the log", Content_Range="bytes 0-6/7")

    assert (piece, whole) == (400, 201)
    assert kept(awaited) == b"the log"


@pytest.mark.parametrize("told", ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "a%5cb%5cpasswd", "%00passwd"])
def test_a_name_is_never_a_path(door: LiveDepot, told: str) -> None:
    awaited = await_upload()

    bring(door, f"/uploads/{KEY}/{told}", b"root")

    awaited.refresh_from_db()
    assert awaited.told_name == "passwd"
    assert [each.name for each in store.folder().iterdir()] == [awaited.stored_as]


def test_a_form_is_opened_and_its_file_kept(door: LiveDepot) -> None:
    awaited = await_upload()
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="C:\\\\logs\\\\a.zip"\r\n\r\n'
    body = head + b"the log\r\n--b--\r\n"

    status = bring(door, f"/uploads/{KEY}/", body, "POST", Content_Type="multipart/form-data; boundary=b")

    assert status == 201
    assert kept(awaited) == b"the log"
    assert awaited.told_name == "a.zip"


def test_a_form_without_a_file_is_refused_and_may_come_again(door: LiveDepot) -> None:
    awaited = await_upload()
    body = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n'

    status = bring(door, f"/uploads/{KEY}/", body, "POST", Content_Type="multipart/form-data; boundary=b")

    awaited.refresh_from_db()
    assert (status, awaited.receiving_since) == (400, None)
    assert not any(store.folder().iterdir())


def test_nothing_is_read_here(door: LiveDepot) -> None:
    awaited = await_upload()
    bring(door, f"/uploads/{KEY}/log.zip", b"the log")

    assert awaited.pk
    assert bring(door, f"/uploads/{KEY}/log.zip", b"", "GET") == 405
