"""The JSON schemas of the three versions, as the `ocpp` package brings them, behind a fast validator.

Formats are not checked: a vendor's odd timestamp is repaired where it is read, and never costs the message.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

Payload = dict[str, Any]

FOLDERS = {"ocpp1.6": "v16", "ocpp2.0.1": "v201", "ocpp2.1": "v21"}
# In 1.6 the request's schema has the bare name; 2.x adds Request.
REQUEST_SUFFIX = {"ocpp1.6": "", "ocpp2.0.1": "Request", "ocpp2.1": "Request"}
# Messages without an answer, told by SEND; their schema has the bare name (2.1 part 4 §4.2.5).
SENDS: dict[str, frozenset[str]] = {"ocpp2.1": frozenset({"NotifyPeriodicEventStream"})}
# Which error code of OCPP-J a broken rule is (2.x part 4 §4.3; 1.6 has the same with one in its own spelling).
CODES = {
    "required": "OccurrenceConstraintViolation",
    "minItems": "OccurrenceConstraintViolation",
    "maxItems": "OccurrenceConstraintViolation",
    "type": "TypeConstraintViolation",
    "additionalProperties": "FormatViolation",
    "enum": "PropertyConstraintViolation",
}
PLACES = {"evseId", "connectorId"}
LARGEST_PLACE = 32_767  # what a column of the books holds; no charger counts so far
# Numbers that chargers echo or make up; some are of 64 bits, and cost no message (quirks, section 4).
LONG_NUMBERS = {"requestId", "remoteStartId", "reservationId"}
METER_READINGS_16 = {"meterStart", "meterStop"}
SPELLING_16 = {
    # 1.6 OCPP-J §4.2.3 spells these two as they stand here.
    "OccurrenceConstraintViolation": "OccurenceConstraintViolation",
    "FormatViolation": "FormationViolation",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A payload that breaks its schema: the OCPP-J error code, where, and what in words."""

    code: str
    path: tuple[str | int, ...]
    text: str
    rule: str


@cache
def actions(subprotocol: str) -> frozenset[str]:
    """Every action that the version's schemas know, both directions; 1.6 with its security extension."""
    folder = files("ocpp") / FOLDERS[subprotocol] / "schemas"
    suffix = REQUEST_SUFFIX[subprotocol] + ".json"
    names = (file.name for file in folder.iterdir())
    return frozenset(
        name.removesuffix(suffix)
        for name in names
        if name.endswith(suffix) and not (suffix == ".json" and name.endswith("Response.json"))
    )


def is_sent(subprotocol: str, action: str) -> bool:
    """Is this told without waiting for an answer?"""
    return action in SENDS.get(subprotocol, ())


@cache
def schema(subprotocol: str, action: str, response: bool = False) -> Payload:
    """The JSON schema of a request or a response. Raises KeyError for an action that the version does not have."""
    is_send = is_sent(subprotocol, action) and not response
    if action not in actions(subprotocol) and not is_send:
        raise KeyError(action)
    suffix = "" if is_send else "Response" if response else REQUEST_SUFFIX[subprotocol]
    name = f"{action}{suffix}"
    path = files("ocpp") / FOLDERS[subprotocol] / "schemas" / f"{name}.json"
    read: Payload = json.loads(path.read_text(encoding="utf-8-sig"))
    _bound_whole_numbers(read)
    return read


def _bound_whole_numbers(node: Any, name: str = "") -> None:
    """What the schemas leave to the text: no whole number is longer than 32 bits (2.x part 2 §2.1.4), nor any place.

    A 1.6 meter may tell more watt-hours than that, which are a fact and kept; requests have the numbers that they have.
    """
    if isinstance(node, list):
        for each in node:
            _bound_whole_numbers(each, name)
    if not isinstance(node, dict):
        return
    if node.get("type") == "integer" and name not in METER_READINGS_16:
        bits = 63 if name in LONG_NUMBERS else 31
        least, most = (0, LARGEST_PLACE) if name in PLACES else (-(2**bits), 2**bits - 1)
        node["minimum"] = max(least, node.get("minimum", least))
        node["maximum"] = min(most, node.get("maximum", most))
    for key, below in node.items():
        # The number of an EVSE stands in a type of its own.
        is_evse = key == "id" and name == "EVSEType"
        _bound_whole_numbers(below, "evseId" if is_evse else name if key == "properties" else key)


@cache
def _validator(subprotocol: str, action: str, response: bool) -> Any:
    return jsonschema_rs.validator_for(schema(subprotocol, action, response), validate_formats=False)


def is_valid(subprotocol: str, action: str, payload: object, *, response: bool = False) -> bool:
    kept: bool = _validator(subprotocol, action, response).is_valid(payload)
    return kept


def errors(subprotocol: str, action: str, payload: object, *, response: bool = False) -> list[Any]:
    """The validator's own errors, all of them."""
    return list(_validator(subprotocol, action, response).iter_errors(payload))


def check(subprotocol: str, action: str, payload: object, *, response: bool = False) -> Broken | None:
    """None when the payload keeps its schema, else what it breaks first."""
    if is_valid(subprotocol, action, payload, response=response):
        return None
    return broken(subprotocol, errors(subprotocol, action, payload, response=response)[0])


def broken(subprotocol: str, error: Any) -> Broken:
    """An error of the validator in the words of OCPP-J."""
    rule = error.kind.name
    code = CODES.get(rule, "PropertyConstraintViolation" if rule.startswith(("m", "pattern")) else "FormatViolation")
    if subprotocol == "ocpp1.6":
        code = SPELLING_16.get(code, code)
    path = tuple(error.instance_path)
    where = "/".join(map(str, path)) or "the payload"
    return Broken(code, path, f"{where}: {error.message}"[:255], rule)
