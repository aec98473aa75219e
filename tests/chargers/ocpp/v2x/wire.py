"""Speaks with a dialect as the line does: what goes in and out keeps its schema, or the test fails."""

from datetime import UTC, datetime
from typing import Any

from chargers.commands import Command
from chargers.events import Event
from chargers.ocpp import schemas
from chargers.ocpp.dialect import Call, Dialect, Hearing

NOON = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)
NOON_TEXT = "2026-11-19T12:00:00.000Z"

Payload = dict[str, Any]


def tell(dialect: Dialect, action: str, payload: Payload, heard_at: datetime = NOON) -> Event[Any]:
    """The event of a message that a charger may send."""
    assert schemas.check(dialect.subprotocol, action, payload) is None
    return dialect.read(action, payload, heard_at)


def answer(dialect: Dialect, action: str, decision: object) -> Payload:
    """What goes back."""
    payload = dialect.reply(action, decision)
    assert schemas.check(dialect.subprotocol, action, payload, response=True) is None
    return payload


def ask(dialect: Dialect, command: Command) -> Call:
    """The command on the wire."""
    call = dialect.say(command)
    assert schemas.check(dialect.subprotocol, call.action, call.payload) is None
    return call


def hear(dialect: Dialect, call: Call, response: Payload) -> Hearing:
    """What the charger's answer to a call comes to."""
    assert schemas.check(dialect.subprotocol, call.action, response, response=True) is None
    return dialect.hear(call.action, call.payload, response, NOON)
