"""The table of models, read from the files that stand beside this one."""

import tomllib
import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from chargers.quirks.models import Model

FOLDER = Path(__file__).parent


class BadModel(Exception):
    """A file of the table says what it cannot say."""


@cache
def all_models() -> tuple[Model, ...]:
    return tuple(model for file in sorted(FOLDER.glob("*.toml")) for model in read_file(file))


def model_for(vendor: str, model: str, firmware: str = "") -> Model | None:
    """The model that boots with these words; one for this very firmware before one for any."""
    found = [entry for entry in all_models() if entry.match is not None and entry.match.fits(vendor, model, firmware)]
    return max(found, key=lambda entry: len(entry.match.firmware_begins) if entry.match else 0, default=None)


def read_file(file: Path) -> list[Model]:
    """Raises BadModel for what is missing, unknown or of another kind than it should be."""
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    if set(told) != {"vendor", "model"}:
        raise BadModel(f"{file.name}: a vendor and models are told, not {sorted(told)}")
    models = []
    for entry in told["model"]:
        try:
            models.append(_read(Model, {"vendor": told["vendor"], **entry}))
        except (TypeError, ValueError) as error:
            raise BadModel(f"{file.name}: {entry.get('name')}: {error}") from error
    return models


def _read(wanted: Any, told: Any) -> Any:
    """`told` as the annotated type `wanted`; nothing is guessed and nothing passed over."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is types.UnionType:
        (inner,) = [argument for argument in arguments if argument is not types.NoneType]
        return _read(inner, told)
    if origin is tuple:
        if not isinstance(told, list):
            raise TypeError(f"{told!r} is no list")
        return tuple(_read(arguments[0], item) for item in told)
    if is_dataclass(wanted) and isinstance(wanted, type):
        return _read_fields(wanted, told)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return wanted(told)
    if wanted is float and isinstance(told, int) and not isinstance(told, bool):
        return float(told)
    if wanted in (str, int, float, bool, date) and type(told) is wanted:
        return told
    raise TypeError(f"{told!r} is no {wanted}")


def _read_fields(wanted: Any, told: Any) -> Any:
    hints = typing.get_type_hints(wanted)
    unknown = set(told) - set(hints)
    needed = {field.name for field in fields(wanted) if field.default is MISSING}
    if unknown or needed - set(told):
        raise TypeError(f"unknown {sorted(unknown)}, missing {sorted(needed - set(told))}")
    return wanted(**{name: _read(hints[name], value) for name, value in told.items()})
