"""The rules of the house that no checker knows by itself."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
# From the ground up; who stands here may use what stands to the left.
FLOORS = ("chargers", "sessions", "billing", "depot")
# Names that say a function has no room.
NO_ROOM = {"utils.py", "helpers.py", "signals.py", "exceptions.py", "misc.py", "common.py"}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


def our_apps() -> list[str]:
    return [config.label for config in apps.get_app_configs() if Path(config.path).is_relative_to(ROOT)]


def test_the_import_rules_hold() -> None:
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"

    done = subprocess.run(
        [sys.executable, "-c", lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


def accessors_from_above(floor: str) -> set[str]:
    """Names by which a row of this floor or below would reach a row of a floor above it."""
    above = FLOORS[FLOORS.index(floor) + 1 :]
    names = set()
    for model in apps.get_models():
        if model.__module__.split(".")[0] not in FLOORS[: FLOORS.index(floor) + 1]:
            continue
        for relation in model._meta.related_objects:
            name = relation.get_accessor_name()
            if name and relation.related_model.__module__.split(".")[0] in above:
                names |= {name, relation.name}
    return names


def words_used(path: Path) -> Iterator[tuple[int, str]]:
    """Attributes, and the first part of what is asked of the database by name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.keyword) and node.arg and "__" in node.arg:
            yield node.value.lineno, node.arg.split("__")[0]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "__" in node.value:
            yield node.lineno, node.value.split("__")[0]


@pytest.mark.parametrize("floor", FLOORS[:-1])
def test_no_floor_reaches_up_through_a_reverse_accessor(floor: str) -> None:
    forbidden = accessors_from_above(floor)

    reached = [
        f"{path.relative_to(ROOT)}:{line} {word}"
        for path in sources(floor)
        for line, word in words_used(path)
        if word in forbidden
    ]

    assert forbidden
    assert reached == []


def test_every_room_with_rows_has_its_migrations() -> None:
    # `makemigrations --check` passes over an app that has no migrations folder at all.
    without = [
        label
        for label in our_apps()
        if list(apps.get_app_config(label).get_models())
        and not list(Path(apps.get_app_config(label).path, "migrations").glob("0*.py"))
    ]

    assert without == []


@pytest.mark.django_db
def test_the_migrations_say_what_the_models_say() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=1)


def test_every_function_has_a_room() -> None:
    assert [path for path in sources(*FLOORS, "simulator") if path.name in NO_ROOM] == []


def test_no_fault_is_swallowed() -> None:
    swallowed = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources(*FLOORS, "simulator")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
    ]

    assert swallowed == []


def test_pages_load_nothing_from_elsewhere() -> None:
    loads = re.compile(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//|@import|url\(\s*["']?(?:https?:)?//""")

    elsewhere = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for folder in ("templates", "static")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".html", ".css", ".js"}
        for found in loads.finditer(path.read_text())
    ]

    assert elsewhere == []


@pytest.mark.parametrize("layer", ["runtime", "test", "dev"])
def test_requirements_are_pinned_and_name_no_address(layer: str) -> None:
    lines = (ROOT / "requirements" / f"{layer}.txt").read_text().splitlines()

    pin = re.compile(r"[a-z0-9-]+==[\w.]+( ; .+)?|-r \w+\.txt|#.*")
    assert [line for line in lines if not pin.fullmatch(line)] == []
    assert [line for line in lines if "//" in line] == []


def test_the_runtime_stays_under_70_packages() -> None:
    pins = [line for line in (ROOT / "requirements" / "runtime.txt").read_text().splitlines() if "==" in line]

    assert 30 < len(pins) < 70


@pytest.mark.parametrize("layer", ["runtime", "test", "dev"])
def test_every_wanted_package_is_pinned(layer: str) -> None:
    below = {"runtime": ["runtime"], "test": ["runtime", "test"], "dev": ["runtime", "test", "dev"]}[layer]
    pinned = {
        line.split("==")[0]
        for name in below
        for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    }
    wanted = [
        re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", line)[0]).lower()
        for line in (ROOT / "requirements" / f"{layer}.in").read_text().splitlines()
        if line and not line.startswith("#")
    ]

    assert wanted
    assert [name for name in wanted if name not in pinned] == []


def test_what_runs_robustly_after_a_commit_has_a_name() -> None:
    """Django names the function that failed in its log; a partial has no name, and the fault breaks the caller."""
    robust = re.compile(r"on_commit\(\s*(?:functools\.)?partial\([^\n]*\n?[^\n]*robust=True")

    found = [path.name for path in sources(*FLOORS) if robust.search(path.read_text())]

    assert found == []
