"""The tables of the field's deviations and of its users' complaints are whole: each row has tests that exist."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
QUIRKS = ROOT / "docs" / "quirks.md"
COMPLAINTS = ROOT / "docs" / "complaints.md"


@dataclass(frozen=True)
class Row:
    number: str
    seen: str
    verdict: str
    tests: str  # where the answer takes more than one, with commas between


def rows(table: Path) -> Mapping[str, Row]:
    found: dict[str, Row] = {}
    for line in table.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        cells = [cell.strip("| ") for cell in cells]
        if line.startswith("|") and len(cells) == 4 and cells[0].removeprefix("P").isdecimal():
            assert cells[0] not in found, f"row {cells[0]} stands there twice"
            found[cells[0]] = Row(*cells)
    return found


@cache
def names_in(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


@cache
def made() -> frozenset[str]:
    """What `make` can be told, for what takes too long for the suite."""
    return frozenset(re.findall(r"^(\w+):  ##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def is_there(test: str) -> bool:
    if test.startswith("`make "):
        return test.strip("`").removeprefix("make ") in made()
    file, _, name = test.partition("::")
    return name.startswith("test_") and name in names_in(ROOT / file)


def test_every_row_stands_in_its_table() -> None:
    quirks, complaints = set(rows(QUIRKS)), set(rows(COMPLAINTS))

    assert {number for number in quirks if not number.startswith("P")} == {str(n) for n in range(1, 71)}
    assert {number for number in quirks if number.startswith("P")} == {f"P{n}" for n in range(1, 22)}
    assert complaints == {str(n) for n in range(1, 61)}


@pytest.mark.parametrize(
    ("table", "number"),
    [
        pytest.param(table, number, id=f"{table.stem} {number}")
        for table in (QUIRKS, COMPLAINTS)
        for number in sorted(rows(table), key=lambda number: (number[0] == "P", int(number.strip("P"))))
    ],
)
def test_a_row_has_a_verdict_and_tests_that_exist(table: Path, number: str) -> None:
    row = rows(table)[number]

    assert row.seen
    assert row.verdict
    assert [test for test in row.tests.split(", ") if not is_there(test)] == []


def test_no_complaint_rests_on_what_the_suite_leaves_out_alone() -> None:
    """One is shown by a long run only: that idle sockets stay."""
    by_make = [row.number for row in rows(COMPLAINTS).values() if "::" not in row.tests]

    assert by_make == ["5"]


def test_a_tls_link_that_is_dropped_without_a_word_is_explained() -> None:
    """Row 10: no program behind the server hears of it, so that people are told what to look at."""
    text = QUIRKS.read_text(encoding="utf-8")

    assert "## A TLS link that is dropped without a word" in text
    assert "certificate authority" in text.split("## A TLS link")[1]


def test_every_test_that_the_order_after_a_connection_rests_on_exists() -> None:
    order = (
        QUIRKS.read_text(encoding="utf-8").split("## What is asked after a connection, in order")[1].split("\n## ")[0]
    )
    named = re.findall(r"\((tests/[\w/]+\.py)(?:::(\w+))?\)", order)

    assert len(named) == 3
    assert all(not name or name in names_in(ROOT / file) for file, name in named)
