"""Files of ours under names of ours: what a charger or a person calls a file never becomes a path."""

import hashlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    name: str
    size_bytes: int
    md5: str
    sha256: str


def folder() -> Path:
    kept = Path(settings.FILES_DIR)
    kept.mkdir(parents=True, exist_ok=True)
    return kept


def path_of(name: str) -> Path:
    """Raises ValueError for a name that is none of ours."""
    if len(name) != 32 or set(name) - set("0123456789abcdef"):
        raise ValueError(f"{name!r} is not a name that we give")
    return folder() / name


def new_name() -> str:
    return secrets.token_hex(16)


def open_part(name: str) -> BinaryIO:
    """Where a file grows; it gets its name when it is whole."""
    return open(path_of(name).with_suffix(".part"), "xb")


def drop_part(name: str) -> None:
    path_of(name).with_suffix(".part").unlink(missing_ok=True)


def keep(name: str, file: BinaryIO) -> Stored:
    """On the disk for good, power cut or not, before anybody is told so."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
    part = path_of(name).with_suffix(".part")
    size_bytes, md5, sha256 = part.stat().st_size, hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with part.open("rb") as read:
        while chunk := read.read(CHUNK_BYTES):
            md5.update(chunk)
            sha256.update(chunk)
    part.rename(path_of(name))
    directory = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return Stored(name, size_bytes, md5.hexdigest(), sha256.hexdigest())


def keep_chunks(chunks: Iterable[bytes]) -> Stored:
    """A whole file from its pieces; nothing is left of one that breaks off."""
    name = new_name()
    file = open_part(name)
    try:
        for chunk in chunks:
            file.write(chunk)
        return keep(name, file)
    except BaseException:
        file.close()
        drop_part(name)
        raise


def drop_old_parts(before: datetime) -> int:
    """What a process that was killed amid a file left behind: nobody goes on with it."""
    old = [part for part in folder().glob("*.part") if part.stat().st_mtime < before.timestamp()]
    for part in old:
        part.unlink(missing_ok=True)
    return len(old)


def forget(name: str) -> None:
    path_of(name).unlink(missing_ok=True)
