"""Which test answers for which of the published test cases: the decorators, and the list that is read from them.

The list is read from the source, not from a run, so that making it needs neither Django nor a database.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
DECORATORS = {"case_16": "1.6", "case_201": "2.0.1"}


def case_16(*case_ids: str) -> pytest.MarkDecorator:
    """The test answers for these cases of OCPP 1.6: `@case_16("TC_003")`, or `marks=case_16("TC_003")` of a param."""
    return pytest.mark.case("1.6", *case_ids)


def case_201(*case_ids: str) -> pytest.MarkDecorator:
    """The test answers for these cases of OCPP 2.0.1: `@case_201("TC_E_03")`, or as marks of a param."""
    return pytest.mark.case("2.0.1", *case_ids)


@dataclass(frozen=True, slots=True, order=True)
class Proof:
    """One case and a test that answers for it."""

    version: str
    case_id: str
    module: str  # from the checkout's root
    test: str

    @property
    def words(self) -> str:
        return self.test.removeprefix("test_").replace("_", " ")


def read_proofs(folder: Path = TESTS) -> list[Proof]:
    """Every case that a test names in its decorators, those of its params too."""
    return sorted(proof for path in folder.rglob("test_*.py") for proof in _in_module(path))


def _in_module(path: Path) -> Iterator[Proof]:
    text = path.read_text()
    if not any(name in text for name in DECORATORS):
        return
    module = str(path.relative_to(TESTS.parent))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            for version, case_id in _named(node.decorator_list):
                yield Proof(version, case_id, module, node.name)


def _named(decorators: list[ast.expr]) -> Iterator[tuple[str, str]]:
    for decorator in decorators:
        for node in ast.walk(decorator):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if version := DECORATORS.get(node.func.id):
                for argument in node.args:
                    yield version, ast.literal_eval(argument)
