"""Payloads for property tests: as a JSON schema of OCPP allows them, and as a careless charger writes them."""

from collections.abc import Callable
from datetime import UTC
from functools import cache
from typing import Any

from hypothesis import strategies as st

from chargers.ocpp import schemas

Payload = dict[str, Any]

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
MOMENTS = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat().replace("+00:00", "Z"))
# What JSON as we read it can hold.
WHOLE = st.integers(-(2**63), 2**63 - 1)
NUMBERS = st.one_of(st.integers(0, 10**6), WHOLE, st.floats(allow_nan=False, allow_infinity=False))
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXT, st.sampled_from(["", "0", " 12,5", "1e3", "null", "Zeus"])),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXT, inner, max_size=2)),
    max_leaves=4,
)


@cache
def payloads(subprotocol: str, action: str, *, response: bool = False) -> st.SearchStrategy[Payload]:
    """Everything that the schema of a message allows, small."""
    schema = schemas.schema(subprotocol, action, response)
    return _strategy(schema, schema.get("definitions", {}))


def _strategy(schema: Payload, definitions: dict[str, Payload]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _strategy(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    made = BUILDERS.get(schema.get("type", ""))
    return made(schema, definitions) if made else ANYTHING


def _object(schema: Payload, definitions: dict[str, Payload]) -> st.SearchStrategy[Payload]:
    members = {
        name: _strategy(member, definitions)
        for name, member in schema.get("properties", {}).items()
        if name != "customData"
    }
    required = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: member for name, member in members.items() if name in required},
        optional={name: member for name, member in members.items() if name not in required},
    )


def _array(schema: Payload, definitions: dict[str, Payload]) -> st.SearchStrategy[list[Any]]:
    least = schema.get("minItems", 0)
    most = min(schema.get("maxItems", least + 2), least + 2)
    return st.lists(_strategy(schema["items"], definitions), min_size=least, max_size=most)


def _string(schema: Payload, definitions: dict[str, Payload]) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return st.one_of(MOMENTS, TEXT)  # formats are not checked
    longest = schema.get("maxLength", 12)
    return st.one_of(TEXT.map(lambda text: text[:longest]), st.just("x" * longest))


def _integer(schema: Payload, definitions: dict[str, Payload]) -> st.SearchStrategy[int | float]:
    least, most = int(schema.get("minimum", -(2**63))), int(schema.get("maximum", 2**63 - 1))
    near = st.integers(max(least, 0), min(most, 5))
    # 3.0 is a whole number to a JSON schema.
    return st.one_of(near, near.map(float), st.integers(least, most))


def _number(schema: Payload, definitions: dict[str, Payload]) -> st.SearchStrategy[float]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return st.floats(least, most)
    return NUMBERS.filter(lambda amount: amount <= schema["maximum"]) if most is not None else NUMBERS


BUILDERS: dict[str, Callable[[Payload, dict[str, Payload]], st.SearchStrategy[Any]]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": lambda schema, definitions: st.booleans(),
}


@st.composite
def careless(draw: st.DrawFn, subprotocol: str, action: str) -> Payload:
    """A valid payload in which up to three things went wrong: left out, of another type, misspelt, surplus."""
    payload: Payload = draw(payloads(subprotocol, action))
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(_places(payload) or [(payload, "surplus")]))
        slip = draw(st.sampled_from(["text", "other", "gone", "surplus"]))
        if slip == "text":
            holder[key] = str(holder.get(key)) if isinstance(holder, dict) else str(holder[key])
        elif slip == "other":
            holder[key] = draw(ANYTHING)
        elif slip == "gone" and key in holder:
            del holder[key]
        elif slip == "surplus" and isinstance(holder, dict):
            holder[draw(TEXT)] = draw(ANYTHING)
    return payload


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every member and item in a payload, as what holds it and where."""
    if isinstance(value, dict):
        found = [(value, key) for key in value]
    elif isinstance(value, list):
        found = [(value, index) for index in range(len(value))]
    else:
        return []
    return found + [place for holder, key in found for place in _places(holder[key])]
