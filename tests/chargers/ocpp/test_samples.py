"""One of each command, in every version: it keeps its schema, and survives its row."""

import json

import pytest

from chargers.commands import Command, command_from_row, command_to_row
from chargers.ocpp import schemas
from chargers.ocpp.coverage import SAMPLES
from chargers.ocpp.dialect import CommandNotSpoken, Dialect
from chargers.ocpp.dialects import DIALECTS

SPOKEN: list[tuple[Dialect, Command]] = [
    (dialect, sample) for dialect in DIALECTS.values() for sample in SAMPLES if type(sample) in dialect.askers
]


@pytest.mark.parametrize(
    ("dialect", "command"), SPOKEN, ids=[f"{dialect.version} {sample.kind}" for dialect, sample in SPOKEN]
)
def test_a_command_keeps_its_schema(dialect: Dialect, command: Command) -> None:
    call = dialect.say(command)

    assert schemas.check(dialect.subprotocol, call.action, call.payload) is None


@pytest.mark.parametrize("command", SAMPLES, ids=[sample.kind for sample in SAMPLES])
def test_a_command_survives_its_row(command: Command) -> None:
    row = json.loads(json.dumps(command_to_row(command)))

    assert command_from_row(command.kind, row) == command


def test_what_only_one_version_has_is_not_said_by_the_others() -> None:
    (diagnostics,) = [sample for sample in SAMPLES if sample.kind == "upload_diagnostics"]

    with pytest.raises(CommandNotSpoken):
        DIALECTS["ocpp2.1"].say(diagnostics)
