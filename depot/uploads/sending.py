"""A stored file as an answer, whole or from where a download broke off (RFC 9110 §14)."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from depot.uploads.store import CHUNK_BYTES

ONE_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


def send_file(request: HttpRequest, path: Path, name: str) -> HttpResponseBase:
    """`name` is what it is called for whoever saves it. Chargers fetch firmware over bad links, piece by piece."""
    size = path.stat().st_size
    wanted = _wanted(request.headers.get("Range", ""), size)
    if wanted is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    first, after = wanted
    is_part = (first, after) != (0, size)
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Length": str(after - first),
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
    }
    if is_part:
        headers["Content-Range"] = f"bytes {first}-{after - 1}/{size}"
    status = 206 if is_part else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(_pieces(path, first, after), status=status, headers=headers)


def _wanted(header: str, size: int) -> tuple[int, int] | None:
    """From, and up to but not including; the whole where no range is asked for that we know; None for an impossible."""
    found = ONE_RANGE.match(header)
    if found is None or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    if not first:
        begin, after = max(0, size - int(last)), size
    else:
        begin, after = int(first), min(size, int(last) + 1 if last else size)
    return (begin, after) if begin < after else None


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


async def _pieces(path: Path, first: int, after: int) -> AsyncIterator[bytes]:
    # Asynchronous, for Django would read a synchronous one into memory as a whole.
    file = await sync_to_async(_open, thread_sensitive=False)(path)
    try:
        file.seek(first)
        left = after - first
        while left and (piece := await sync_to_async(file.read, thread_sensitive=False)(min(CHUNK_BYTES, left))):
            left -= len(piece)
            yield piece
    finally:
        file.close()
