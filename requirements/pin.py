"""Writes the pins: for each `*.in` beside this file the whole closure with exact versions, and no addresses.

`python requirements/pin.py` asks the package index for the newest versions that fit; standard library only.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# Each layer stands on the one before it and never changes its versions.
LAYERS = ("runtime", "test", "dev")


def main() -> None:
    pinned: dict[str, str] = {}
    below = ""
    for layer in LAYERS:
        wanted = wanted_of(layer)
        versions = resolve([without_marker(line) for line in wanted], pinned)
        markers = {canonical(line): line.split(";", 1)[1].strip() for line in wanted if ";" in line}
        lines = [f"# Made from {layer}.in by `make pins`."]
        if below:
            lines.append(f"-r {below}.txt")
        for name in sorted(versions.keys() - pinned.keys()):
            marker = f" ; {markers[name]}" if name in markers else ""
            lines.append(f"{name}=={versions[name]}{marker}")
        (HERE / f"{layer}.txt").write_text("\n".join(lines) + "\n")
        pinned |= versions
        below = layer
        sys.stdout.write(f"{layer}: {len(versions)} packages\n")


def wanted_of(layer: str) -> list[str]:
    lines = (line.strip() for line in (HERE / f"{layer}.in").read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def resolve(wanted: list[str], pinned: dict[str, str]) -> dict[str, str]:
    """The closure of `wanted` on top of what is pinned already: name -> version."""
    asked = [*wanted, *(f"{name}=={version}" for name, version in pinned.items())]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
    command += ["--quiet", "--dry-run", "--ignore-installed", "--report", "-", *asked]
    report: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    found = (item["metadata"] for item in report["install"])
    return {canonical(package["name"]): package["version"] for package in found}


def without_marker(line: str) -> str:
    # A package for other machines is pinned all the same; its marker goes into the pin.
    return line.split(";", 1)[0].strip()


def canonical(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name.group()).lower()


if __name__ == "__main__":
    main()
