"""PURE: a call's JSON to begin with, from its schema: every required member, with a value of the right kind."""

from typing import Any

Schema = dict[str, Any]


def skeleton(schema: Schema) -> Any:
    """The smallest payload that shows what is wanted: enums by their first word, texts empty, times as a pattern."""
    return _value(schema, schema, 0)


def _value(schema: Schema, root: Schema, depth: int) -> Any:
    schema = _resolved(schema, root)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    # A schema that holds itself would go on for ever; no call needs more than this.
    if kind == "object":
        wanted = schema.get("required", []) if depth < 8 else []
        members = schema.get("properties", {})
        return {name: _value(members.get(name, {}), root, depth + 1) for name in wanted}
    if kind == "array":
        least = max(1, schema.get("minItems", 1)) if depth < 8 else 0
        return [_value(schema.get("items", {}), root, depth + 1) for _ in range(least)]
    if kind == "boolean":
        return False
    if kind in ("integer", "number"):
        return max(0, schema.get("minimum", 0))
    return "2030-01-01T00:00:00Z" if schema.get("format") == "date-time" else ""


def _resolved(schema: Schema, root: Schema) -> Schema:
    """2.x keeps its types under "definitions" and points at them."""
    reference = schema.get("$ref", "")
    if not reference.startswith("#/"):
        return schema
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part, {})
    return found if isinstance(found, dict) else {}


def optional_members(schema: Schema) -> list[str]:
    """What may be added to the skeleton at its top, in the schema's own words."""
    required = set(schema.get("required", []))
    return [name for name in schema.get("properties", {}) if name not in required and name != "customData"]
