"""The table of the field's deviations is whole: every row has its verdict and a test that exists."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "quirks.md"


@dataclass(frozen=True)
class Row:
    number: str
    seen: str
    verdict: str
    test: str


def rows() -> Mapping[str, Row]:
    found: dict[str, Row] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
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


def test_every_row_stands_in_the_table() -> None:
    numbers = set(rows())

    assert {number for number in numbers if not number.startswith("P")} == {str(n) for n in range(1, 71)}
    assert {number for number in numbers if number.startswith("P")} == {f"P{n}" for n in range(1, 22)}


@pytest.mark.parametrize("number", sorted(rows(), key=lambda number: (number[0] == "P", int(number.strip("P")))))
def test_a_row_has_a_verdict_and_a_test_that_exists(number: str) -> None:
    row = rows()[number]

    assert row.seen
    assert row.verdict
    file, _, name = row.test.partition("::")
    assert name in names_in(ROOT / file)


def test_a_tls_link_that_is_dropped_without_a_word_is_explained() -> None:
    """Row 10: no program behind the server hears of it, so that people are told what to look at."""
    text = TABLE.read_text(encoding="utf-8")

    assert "## A TLS link that is dropped without a word" in text
    assert "certificate authority" in text.split("## A TLS link")[1]


def test_every_test_that_the_order_after_a_connection_rests_on_exists() -> None:
    order = (
        TABLE.read_text(encoding="utf-8").split("## What is asked after a connection, in order")[1].split("\n## ")[0]
    )
    named = re.findall(r"\((tests/[\w/]+\.py)(?:::(\w+))?\)", order)

    assert len(named) == 3
    assert all(not name or name in names_in(ROOT / file) for file, name in named)
