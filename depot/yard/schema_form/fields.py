"""PURE: what a schema asks for, as a tree of fields."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from chargers.ocpp import schemas

Schema = dict[str, Any]
# A schema that holds itself would go on for ever; what is deeper is typed as JSON. No call of OCPP goes deeper.
DEEPEST = 14
# Room for what makers agree on by themselves: as JSON, at the end.
CUSTOM = "customData"
WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Kind(StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    INTEGER = "integer"
    NUMBER = "number"
    SWITCH = "switch"
    MOMENT = "moment"
    JSON = "json"  # whatever the schema leaves open
    GROUP = "group"  # an object
    ROWS = "rows"  # a list


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str  # on the wire
    kind: Kind
    is_required: bool = False
    choices: tuple[str, ...] = ()
    longest: int | None = None
    lowest: float | None = None
    highest: float | None = None
    at_least: int = 0  # rows
    at_most: int | None = None
    members: tuple["Field", ...] = ()  # of a group; of rows the one that repeats
    means: str = ""

    @property
    def label(self) -> str:
        """The wire's word, spaced: `evseId` is "Evse id"."""
        return WORDS.sub(" ", self.name).capitalize() if self.name else ""

    @property
    def item(self) -> "Field":
        return self.members[0]


@cache
def fields_of(protocol: str, action: str) -> Field:
    """The whole call as one group. Raises KeyError for an action that the version does not have."""
    schema = schemas.schema(protocol, action)
    return _field("", schema, schema, is_required=True, depth=0)


def _field(name: str, schema: Schema, root: Schema, *, is_required: bool, depth: int) -> Field:
    schema = _resolved(schema, root)
    told: dict[str, Any] = {"name": name, "is_required": is_required, "means": _means(schema)}
    if "enum" in schema:
        return Field(kind=Kind.CHOICE, choices=tuple(schema["enum"]), **told)
    kind = schema.get("type", "object" if "properties" in schema else None)
    if depth >= DEEPEST or name == CUSTOM:
        return Field(kind=Kind.JSON, **told)
    match kind:
        case "object" if schema.get("properties"):
            return Field(kind=Kind.GROUP, members=_members(schema, root, depth), **told)
        case "array":
            item = _field("", schema.get("items", {}), root, is_required=True, depth=depth + 1)
            rows: dict[str, Any] = {"at_least": schema.get("minItems", 0), "at_most": schema.get("maxItems")}
            return Field(kind=Kind.ROWS, members=(item,), **rows, **told)
        case "boolean":
            return Field(kind=Kind.SWITCH, **told)
        case "integer" | "number":
            bounds: dict[str, Any] = {"lowest": schema.get("minimum"), "highest": schema.get("maximum")}
            return Field(kind=Kind(kind), **bounds, **told)
        case "string" if schema.get("format") == "date-time":
            return Field(kind=Kind.MOMENT, **told)
        case "string":
            return Field(kind=Kind.TEXT, longest=schema.get("maxLength"), **told)
    return Field(kind=Kind.JSON, **told)


def _members(schema: Schema, root: Schema, depth: int) -> tuple[Field, ...]:
    """What is needed first, and what makers agree on by themselves last."""
    required = set(schema.get("required", ()))
    fields = [
        _field(name, member, root, is_required=name in required, depth=depth + 1)
        for name, member in schema["properties"].items()
    ]
    return tuple(sorted(fields, key=lambda field: (field.name == CUSTOM, not field.is_required)))


def _resolved(schema: Schema, root: Schema) -> Schema:
    """2.x keeps its types under "definitions" and points at them; what stands beside the pointer counts too."""
    reference = schema.get("$ref", "")
    if not reference.startswith("#/"):
        return schema
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return {**found, **{key: value for key, value in schema.items() if key != "$ref"}}


def _means(schema: Schema) -> str:
    """The schema's own description, without its references to a model that nobody here reads."""
    lines = str(schema.get("description", "")).splitlines()
    told = [line.strip() for line in lines if line.strip() and "urn:x-" not in line]
    return " ".join(told)[:300]
