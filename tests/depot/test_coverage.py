"""The table of what OCPP is done: true to the dialects, and what it declares is there."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

from chargers.commands import RawCall
from chargers.commands.base import KINDS
from chargers.ocpp import coverage as table
from chargers.ocpp import schemas
from chargers.ocpp.coverage import Direction
from chargers.ocpp.dialect import Dialect
from chargers.ocpp.dialects import DIALECTS
from depot import coverage
from depot.api.urls import v1
from depot.coverage import Effect, Line, Page, Rest
from depot.management.commands.ocppcoverage import DOCUMENT

LINES = coverage.lines()
ROOT = Path(settings.BASE_DIR)
COUNTS = {"1.6": 39, "2.0.1": 64, "2.1": 90}


def lines_of(dialect: Dialect) -> dict[str, Line]:
    return {line.spoken.action: line for line in LINES if line.spoken.version == dialect.version}


@cache
def names_in(path: str) -> frozenset[str]:
    nodes = ast.walk(ast.parse((ROOT / path).read_text()))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@cache
def rest_fields(name: str) -> frozenset[str]:
    """The fields that the address of this name answers with."""
    (route,) = [route for route in v1 if getattr(route, "name", None) == name]
    view: Any = route.callback.cls  # type: ignore[union-attr]
    return frozenset(view.serializer_class().get_fields())


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
def test_every_action_of_the_schemas_has_its_line(dialect: Dialect) -> None:
    actions = set(lines_of(dialect))

    # A SEND is no request: its schema is found by itself.
    assert actions - schemas.SENDS.get(dialect.subprotocol, frozenset()) == schemas.actions(dialect.subprotocol)
    assert len(schemas.actions(dialect.subprotocol)) == COUNTS[dialect.version]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
def test_who_reads_an_action_is_who_the_dialect_says(dialect: Dialect) -> None:
    read = {action: line.spoken.teller for action, line in lines_of(dialect).items() if line.spoken.teller}

    assert read == dialect.tellers


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
def test_every_command_that_a_version_says_stands_at_its_action(dialect: Dialect) -> None:
    commands = {command for line in lines_of(dialect).values() for command in line.spoken.commands}

    assert commands == set(dialect.askers)


def test_every_command_has_its_sample() -> None:
    assert {type(sample) for sample in table.SAMPLES} == set(KINDS.values()) - {RawCall}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
def test_chargers_tell_what_we_read_and_we_ask_what_we_say(dialect: Dialect) -> None:
    for line in lines_of(dialect).values():
        assert line.spoken.teller is None or line.spoken.direction is not Direction.DOWN
        assert not line.spoken.commands or line.spoken.direction is not Direction.UP


@pytest.mark.parametrize(
    "line", [line for line in LINES if line.spoken.teller], ids=lambda line: str(line).split(" |")[0]
)
def test_whatever_is_told_has_who_handles_it(line: Line) -> None:
    handled = {*coverage.BY_THE_BATCH, *coverage.ONE_AT_A_TIME}

    assert set(coverage.events_of(line.spoken)) <= handled


@pytest.mark.parametrize("effect", coverage.EFFECTS.values(), ids=list(coverage.EFFECTS))
def test_a_declared_effect_is_there(effect: Effect) -> None:
    label, model, field = effect.changes.split(".")
    path, _, name = effect.test.partition("::")

    assert apps.get_model(label, model)._meta.get_field(field).name == field
    match effect.shown:
        case Rest():
            assert effect.shown.field in rest_fields(effect.shown.name)
        case Page():
            assert effect.shown.variable in (ROOT / "templates" / effect.shown.template).read_text()
    assert name in names_in(path)


def test_at_most_ten_actions_are_only_stored_and_each_says_why() -> None:
    stored = {action: effect for action, effect in coverage.EFFECTS.items() if effect.changes in coverage.STORED_IN}

    assert len(stored) <= 10, sorted(stored)
    assert {action for action, effect in coverage.EFFECTS.items() if effect.only_stored} == set(stored)


def test_every_line_is_complete() -> None:
    assert [str(line) for line in LINES if not line.is_done] == []


def test_no_effect_is_declared_for_what_is_not_done() -> None:
    done = {line.spoken.action for line in LINES if line.is_done}
    half = {line.spoken.action for line in LINES if line.done_by and not line.is_done}

    assert set(coverage.EFFECTS) - done - half == set()


def test_a_line_begins_with_version_and_action(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("ocppcoverage")

    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(LINES)
    assert all(
        text.startswith(f"{line.spoken.version} {line.spoken.action} | ")
        for text, line in zip(printed, LINES, strict=True)
    )


def test_what_is_not_done_is_said_to_be_so() -> None:
    assert all((coverage.NOT_YET in str(line)) is not line.is_done for line in LINES)


def test_the_document_is_up_to_date() -> None:
    assert (ROOT / DOCUMENT).read_text() == coverage.as_document(), "python manage.py ocppcoverage --write"
