"""Where chargers bring their logs: an ASGI door of its own, for Django would take the whole body before asking whose.

`PUT` or `POST` to /uploads/<key>/<what the charger calls it>; the body is the file, or a form with the file in it.
"""

import logging
import re
from typing import Any
from urllib.parse import unquote

from chargers.database import in_database
from depot.uploads import store
from depot.uploads.models import AwaitedUpload
from depot.uploads.multipart import NoFileInForm, file_in_form
from depot.uploads.services import NotAwaited, begin_receiving, break_off, finish_receiving

logger = logging.getLogger(__name__)

PATH = re.compile(r"^/uploads/([^/]+)(?:/(.*))?$", re.DOTALL)
WHOLE = re.compile(r"bytes 0-(\d{1,15})/(\d{1,15})", re.IGNORECASE)


class TooBig(Exception):
    """More than was agreed to."""


class BrokenOff(Exception):
    """The charger went away amid it."""


def is_upload(path: str) -> bool:
    return path.startswith("/uploads/")


def is_whole(content_range: str) -> bool:
    """A charger that goes on where an upload broke off would have its last piece kept for the whole file."""
    if not content_range.strip():
        return True
    found = WHOLE.fullmatch(content_range.strip())
    return found is not None and int(found[1]) + 1 == int(found[2])


async def receive_upload(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers 201, 400, 404, 405 or 413."""
    if scope["method"] not in ("PUT", "POST"):
        return await _answer(send, 405, "PUT or POST", (b"allow", b"PUT, POST"))
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if not is_whole(headers.get(b"content-range", "")):
        return await _answer(send, 400, "Only whole files are taken: begin anew")
    found = PATH.match(scope["path"])
    try:
        awaited = await in_database(begin_receiving, found.group(1) if found else "")
    except NotAwaited:
        return await _answer(send, 404, "Nothing is awaited here")
    told_name = unquote((found and found.group(2)) or "")
    try:
        await _take(awaited, headers, told_name, receive)
    except TooBig:
        await in_database(break_off, awaited)
        return await _answer(send, 413, f"At most {awaited.max_bytes} bytes", (b"connection", b"close"))
    except NoFileInForm as error:
        await in_database(break_off, awaited)
        return await _answer(send, 400, str(error))
    except NotAwaited:
        return await _answer(send, 404, "Nothing is awaited here any more")
    except BrokenOff:
        logger.info("upload %s of charger %s broke off", awaited.pk, awaited.charger_id)
        await in_database(break_off, awaited)
        return None
    except BaseException:
        await in_database(break_off, awaited)
        raise
    return await _answer(send, 201, "Taken")


async def _take(awaited: AwaitedUpload, headers: dict[bytes, str], told_name: str, receive: Any) -> None:
    length = headers.get(b"content-length", "")
    if length.isdecimal() and int(length) > awaited.max_bytes:
        raise TooBig
    name = store.new_name()
    file = store.open_part(name)
    try:
        taken = 0
        async for chunk in _body(receive):
            taken += len(chunk)
            if taken > awaited.max_bytes:
                raise TooBig
            await in_database(file.write, chunk)
        stored = await in_database(store.keep, name, file)
    except BaseException:
        file.close()
        store.drop_part(name)
        raise
    content_type = headers.get(b"content-type", "")
    if content_type.startswith("multipart/form-data"):
        stored, told_name = await in_database(_unpack, stored, content_type)
    try:
        await in_database(finish_receiving, awaited, stored, told_name)
    except BaseException:
        store.forget(stored.name)
        raise


def _unpack(form: store.Stored, content_type: str) -> tuple[store.Stored, str]:
    try:
        told_name, chunks = file_in_form(content_type, form.size_bytes, store.path_of(form.name))
        return store.keep_chunks(chunks), told_name
    finally:
        store.forget(form.name)


async def _body(receive: Any) -> Any:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BrokenOff
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body"):
            return


async def _answer(send: Any, status: int, words: str, *headers: tuple[bytes, bytes]) -> None:
    body = f"{words}\n".encode()
    told = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})
