#!/usr/bin/env python3
"""Starts the depot on a machine that has Python and nothing else; also runs its tests and its checks.

    python3 run.py                  make .venv, install, start the depot with a demo yard
    python3 run.py test [...]       install what the tests need and run them; the rest goes to pytest
    python3 run.py check            install what the checks need and run them

Standard library only. It stays readable for old Pythons, so that they can say what to do instead of failing.
"""

import sys

OLDEST = (3, 11)
if sys.version_info < OLDEST:
    sys.exit(
        "Python %d.%d or newer is needed; this one is %s (%s).\n"
        "Try a newer one by its name, such as:  python3.11 run.py\n"
        "On Debian and Ubuntu:  apt-get install python3.11 python3.11-venv"
        % (OLDEST[0], OLDEST[1], sys.version.split()[0], sys.executable)
    )

import argparse
import hashlib
import importlib.util
import os
import platform
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
VAR = Path(os.environ.get("DEPOT_VAR") or HERE / "var").resolve()
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
REQUIREMENTS = HERE / "requirements"
# Each layer's file names the one below it, so one install brings all of them.
LAYERS = {"runtime": ("runtime",), "test": ("runtime", "test"), "dev": ("runtime", "test", "dev")}
# A run of pytest in which nothing matched; for the second pass of a chosen few tests that is no failure.
NO_TESTS = 5
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class CannotGoOn(Exception):
    """What a person has to do first; shown as it stands."""


def main() -> int:
    commands = {
        "test": test,
        "check": check,
        "bench": bench,
        "chaos": chaos,
        "soak": soak,
        "nights": nights,
        "manage": manage_only,
        "install": install_only,
        "pins": pins,
    }
    arguments = sys.argv[1:]
    try:
        if arguments and arguments[0] in commands:
            return commands[arguments[0]](arguments[1:])
        return run(arguments)
    except CannotGoOn as reason:
        print(f"\n{reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def run(arguments: list[str]) -> int:
    """Install what is missing, bring the database up to date, and become the depot's own process."""
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__.split("\n\n")[0], epilog=COMMANDS_HELP)
    parser.add_argument("--port", type=int, default=8000, help="where to listen, or the next free one (8000)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at; 0.0.0.0 for all (127.0.0.1)")
    parser.add_argument("--no-demo", action="store_true", help="without the yard of virtual chargers")
    asked = parser.parse_args(arguments)
    install("runtime")
    environment = embedded_environment()
    if asked.host not in LOOPBACK:
        # Opened to the network on purpose: under which name people reach it we cannot know.
        environment.setdefault("ALLOWED_HOSTS", "*")
    prepare(environment)
    command = [str(PYTHON), "manage.py", "rundepot", "--host", asked.host, "--port", str(asked.port)]
    if not asked.no_demo:
        command.append("--demo")
    say("Starting")
    sys.stdout.flush()
    if os.name == "posix":
        os.chdir(HERE)
        # From here on this very process is the depot: signals need no handing on.
        os.execve(command[0], command, environment)
    return subprocess.run(command, cwd=HERE, env=environment, check=False).returncode


COMMANDS_HELP = (
    "Also: run.py test [pytest's own arguments], run.py check, run.py bench, run.py chaos, run.py soak [minutes], "
    "run.py nights, "
    "run.py install [runtime|test|dev], run.py pins"
)


def test(arguments: list[str]) -> int:
    """The whole suite as the embedded depot runs, then what touches storage on PostgreSQL and a Redis server."""
    install("test")
    # Some dozens of programs are started: none of them shall compile what another one has compiled.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # An install's own settings are none of the tests' business.
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    # One more than there are cores: a good part of the tests waits for sockets and other processes.
    workers = min(8, (os.cpu_count() or 1) + 1)
    pytest = [str(PYTHON), "-m", "pytest", "-n", str(workers)]
    say("The tests, on SQLite and in one process")
    first = subprocess.run([*pytest, *arguments], cwd=HERE, env=environment, check=False).returncode
    say("What touches storage, locks or the channel layer, on PostgreSQL and a Redis-protocol server")
    second = subprocess.run([*pytest, "--servers", "-m", "storage", *arguments], cwd=HERE, check=False).returncode
    if arguments and second == NO_TESTS:
        say("None of those tests touches storage")
        second = 0
    return first or second


def check(arguments: list[str]) -> int:
    """Style, types, import rules and migrations; every one is run, whatever the one before it said."""
    install("dev")
    with tempfile.TemporaryDirectory() as var:
        keys = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "CREDENTIAL_KEY")}
        environment = {**os.environ, **keys, "DEPOT_VAR": var}
        failed = []
        for name, command in CHECKS.items():
            say(name)
            if subprocess.run([str(PYTHON), *command], cwd=HERE, env=environment, check=False).returncode:
                failed.append(name)
    say("Failed: " + ", ".join(failed) if failed else "All checks passed")
    return 1 if failed else 0


CHECKS = {
    "ruff": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy", "."],
    "import rules": ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
    "migrations": ["manage.py", "makemigrations", "--check", "--dry-run"],
    "Django's own checks": ["manage.py", "check"],
}


def bench(arguments: list[str]) -> int:
    """What a message costs, on this machine."""
    install("test")
    return subprocess.run([str(PYTHON), "-m", "bench", *arguments], cwd=HERE, check=False).returncode


def manage_only(arguments: list[str]) -> int:
    """Django's command line on this install's own database and keys, such as: run.py manage make_admin."""
    install("runtime")
    command = [str(PYTHON), "manage.py", *arguments]
    return subprocess.run(command, cwd=HERE, env=embedded_environment(), check=False).returncode


def chaos(arguments: list[str]) -> int:
    """The server killed and the database taken away in the middle of things, many times; takes a quarter of an hour."""
    os.environ.setdefault("CHAOS_ROUNDS", "15")
    os.environ.setdefault("CHAOS_EXAMPLES", "300")
    os.environ.setdefault("CHAOS_SEED", str(secrets.randbelow(1_000_000)))
    say("To do the same again: CHAOS_SEED=" + os.environ["CHAOS_SEED"])
    return test(["tests/chaos", "tests/processes", "tests/depot/test_any_order.py", *arguments])


def soak(arguments: list[str]) -> int:
    """Everything that production has, for so many minutes (30), while one part after the other is struck."""
    install("test")
    minutes = arguments[0] if arguments else "30"
    environment = {"CHAOS_SEED": str(secrets.randbelow(1_000_000)), **os.environ, "SOAK_MINUTES": minutes}
    say("To do the same again: CHAOS_SEED=" + environment["CHAOS_SEED"])
    command = [str(PYTHON), "-m", "pytest", "--servers", "-s", "tests/chaos/test_soak.py"]
    return subprocess.run(command, cwd=HERE, env=environment, check=False).returncode


def nights(arguments: list[str]) -> int:
    """Whole nights of a yard over real sockets, struck at random; its own power log against every circuit."""
    install("test")
    environment = {"NIGHTS_SEED": str(secrets.randbelow(1_000_000)), **os.environ, "NIGHTS": "1"}
    for name in ("DATABASE_URL", "REDIS_URL"):
        environment.pop(name, None)
    say("To do the same again: NIGHTS_SEED=" + environment["NIGHTS_SEED"])
    command = [str(PYTHON), "-m", "pytest", "-s", "tests/nights", *arguments]
    return subprocess.run(command, cwd=HERE, env=environment, check=False).returncode


def install_only(arguments: list[str]) -> int:
    install(arguments[0] if arguments else "runtime")
    return 0


def pins(arguments: list[str]) -> int:
    """Ask the package index for the newest versions that `requirements/*.in` allow, and write them down."""
    make_venv()
    return subprocess.run([str(PYTHON), str(REQUIREMENTS / "pin.py")], check=False).returncode


def install(layer: str) -> None:
    """Into `.venv`, once for each state of the requirement files."""
    if layer not in LAYERS:
        raise CannotGoOn(f"{layer!r} is none of {', '.join(LAYERS)}")
    make_venv()
    wanted = {name: digest(name) for name in LAYERS[layer]}
    if all(stamp(name).is_file() and stamp(name).read_text() == wanted[name] for name in wanted):
        return
    began = time.monotonic()
    say(f"Installing what the depot needs ({layer}) into {VENV}")
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    command += ["--no-warn-script-location", "--prefer-binary", "-r", str(REQUIREMENTS / f"{layer}.txt")]
    # As root pip warns against installing for the whole machine; into a .venv it does not.
    if subprocess.run(command, env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}, check=False).returncode:
        raise CannotGoOn("pip could not install the packages; its words above say why. Then run this again.")
    for name, value in wanted.items():
        stamp(name).write_text(value)
    say(f"Installed in {time.monotonic() - began:.0f} s")


def digest(layer: str) -> str:
    return hashlib.sha256((REQUIREMENTS / f"{layer}.txt").read_bytes()).hexdigest()


def stamp(layer: str) -> Path:
    return VENV / f"installed-{layer}"


def make_venv() -> None:
    if PYTHON.exists():
        answer = subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False)
        if answer.returncode == 0:
            return
    if importlib.util.find_spec("ensurepip") is None:
        raise CannotGoOn(
            f"This Python came without ensurepip, which makes a .venv. This mends it:\n\n  {mending_line()}"
        )
    say(f"Making {VENV} with Python {platform.python_version()}")
    # One that is there but does not answer was copied from elsewhere, or its Python is gone.
    if VENV.exists():
        shutil.rmtree(VENV)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if made.returncode:
        raise CannotGoOn(f"Making {VENV} failed:\n{made.stdout}{made.stderr}\nThis may mend it:\n\n  {mending_line()}")


def mending_line() -> str:
    """The line that brings ensurepip, for the system we are on."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    sudo = "" if not hasattr(os, "geteuid") or os.geteuid() == 0 else "sudo "
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        system = {}
    family = f"{system.get('ID', '')} {system.get('ID_LIKE', '')}".split()
    if "debian" in family or "ubuntu" in family:
        return f"{sudo}apt-get update && {sudo}apt-get install -y python{version}-venv"
    if "fedora" in family or "rhel" in family:
        return f"{sudo}dnf install -y python3-pip"
    if "suse" in family or "opensuse" in family:
        return f"{sudo}zypper install -y python{version.replace('.', '')}-pip"
    if "alpine" in family:
        return f"{sudo}apk add py3-pip"
    return f"install the package of Python {version} that holds its module ensurepip, or Python from python.org"


def embedded_environment() -> dict[str, str]:
    """What the depot's processes get; the keys of this install stand in a file of their own."""
    VAR.mkdir(parents=True, exist_ok=True)
    keys = VAR / "secret.env"
    if not keys.exists():
        lines = [f"{name}={secrets.token_urlsafe(48)}\n" for name in ("SECRET_KEY", "CREDENTIAL_KEY")]
        with os.fdopen(os.open(keys, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(lines)
        say(f"Made this install's keys in {keys}: they belong into your backup, and to nobody else")
    return {**os.environ, "DEPOT_VAR": str(VAR), "DJANGO_SETTINGS_MODULE": "depot.settings", "PYTHONUNBUFFERED": "1"}


def prepare(environment: dict[str, str]) -> None:
    """The database up to date, and the files for browsers in one folder."""
    say("Bringing the database up to date")
    manage(["migrate", "--noinput", "-v", "0"], environment)
    now = digest_of_static_files()
    collected = VAR / "static-files-of"
    if not collected.is_file() or collected.read_text() != now:
        say("Collecting the files for browsers")
        manage(["collectstatic", "--noinput", "--clear", "-v", "0"], environment)
        collected.write_text(now)


def digest_of_static_files() -> str:
    """Changes with each of our own static files, and with the installed packages, which bring the others."""
    found = hashlib.sha256(digest("runtime").encode())
    for folder, folders, files in os.walk(HERE):
        # Sorted, so that the digest is one; hidden folders (.venv, .git) and what an install made are no source.
        folders[:] = sorted(name for name in folders if not name.startswith(".") and Path(folder, name) != VAR)
        if "static" in Path(folder).relative_to(HERE).parts:
            for name in sorted(files):
                found.update(f"{folder}/{name}".encode() + Path(folder, name).read_bytes())
    return found.hexdigest()


def manage(arguments: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run([str(PYTHON), "manage.py", *arguments], cwd=HERE, env=environment, check=False)
    if done.returncode:
        raise CannotGoOn(f"manage.py {' '.join(arguments)} failed; its words above say why.")


def say(what: str) -> None:
    print(f"== {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
