"""One embedded depot per folder: two of them would share a database whose writers know nothing of each other."""

import os
from pathlib import Path
from typing import IO, Self

try:
    import fcntl
except ImportError:  # Windows has no such locks; two starts are not noticed there.
    fcntl = None  # type: ignore[assignment]


class AlreadyRunning(Exception):
    """Another process runs this depot; its address is the message."""


class InstallLock:
    """Held while the depot runs; the file tells the address, and is empty after an orderly stop."""

    def __init__(self, var_dir: Path) -> None:
        self.path = var_dir / "running"
        self.was_cut_off = False
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        self._file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+")
        said = self._file.read()
        if fcntl:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                self._file.close()
                raise AlreadyRunning(said.strip()) from error
        self.was_cut_off = bool(said)
        return self

    def tell(self, url: str) -> None:
        self._write(url)

    def __exit__(self, *error: object) -> None:
        self._write("")
        assert self._file
        self._file.close()

    def _write(self, text: str) -> None:
        assert self._file
        self._file.seek(0)
        self._file.truncate()
        self._file.write(text)
        self._file.flush()
