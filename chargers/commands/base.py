"""What a command is, how one is kept in a row, and the raw call that needs no word of ours."""

import dataclasses
import types
import typing
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, ClassVar

KINDS: dict[str, type["Command"]] = {}
AS_THEY_ARE = frozenset({str, int, float, bool})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something we ask of a charger. `effect_within_s` is the business time by which it should show, if it shows."""

    kind: ClassVar[str] = ""
    effect_within_s: ClassVar[int | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super(Command, cls).__init_subclass__(**kwargs)
        if cls.kind:
            KINDS[cls.kind] = cls


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RawCall(Command):
    """Any action of the charger's version, checked against its schema only."""

    kind: ClassVar[str] = "raw"
    action: str
    payload: dict[str, Any]


def command_to_row(command: Command) -> dict[str, Any]:
    """The command as JSON-able values; `command_from_row` is the way back."""
    return to_row(command)


def to_row(value: Any) -> dict[str, Any]:
    """Any dataclass of ours that is made of plain values, as JSON-able ones; `from_row` is the way back."""
    row: dict[str, Any] = _plain(value)
    return row


def _plain(value: Any) -> Any:
    if value is None or type(value) in AS_THEY_ARE:
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(getattr(value, name)) for name in _names_of(type(value))}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


@cache
def _names_of(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def command_from_row(kind: str, row: dict[str, Any]) -> Command:
    """Raises KeyError for a kind this version of the program does not know."""
    command: Command = from_row(KINDS[kind], row)
    return command


def from_row(kind: type[Any], row: dict[str, Any]) -> Any:
    return _built(kind, row)


@cache
def _hints_of(kind: type[Any]) -> dict[str, Any]:
    """The types of a dataclass's fields; to read them out takes longer than all the rest."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _built(wanted: Any, value: Any) -> Any:
    """`value` as the annotated type `wanted`: the inverse of `_plain`, for the types that commands are made of."""
    if value is None:
        return None
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        (inner,) = [argument for argument in arguments if argument is not type(None)]
        return _built(inner, value)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_built(arguments[0], item) for item in value)
        return tuple(_built(inner, item) for inner, item in zip(arguments, value, strict=True))
    if dataclasses.is_dataclass(wanted) and isinstance(wanted, type):
        hints = _hints_of(wanted)
        return wanted(**{name: _built(hints[name], item) for name, item in value.items() if name in hints})
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return wanted(value)
    if wanted is datetime:
        return datetime.fromisoformat(value)
    if wanted is Decimal:
        return Decimal(value)
    return value
