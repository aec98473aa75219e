"""What vendors get wrong that is not worth a message: repaired towards the schema, named, counted, never silent.

Leniency ends where it would change who a station is, a limit or a stop's meaning (see `field` tests): repairs touch
spelling, types and surplus members, and what remains broken is refused with the schema's own error.
"""

from typing import Any

from chargers.ocpp import schemas
from chargers.ocpp.values import number

Payload = dict[str, Any]
# Rounds of repair: each heals all errors that the validator lists, so nested slips need more than one.
ROUNDS = 4
REQUIRED_TEXT_DEFAULTS = {"chargePointVendor": "unknown", "chargePointModel": "unknown", "vendorName": "unknown"}
# JSON as we read and write it knows no greater whole number.
LARGEST_WHOLE = 2**63
# These members may be too long: an id token is matched as it was told, and who cuts it loses the vehicle.
MAY_BE_LONG = ("idTag", "idToken")
# And these may be empty: a sign of life without data (quirk 17).
MAY_BE_EMPTY = ("meterValue", "sampledValue", "transactionData")


def repair(
    subprotocol: str, action: str, payload: Payload, *, response: bool = False
) -> tuple[Payload, list[str], schemas.Broken | None]:
    """The payload made to keep its schema where that loses no meaning, what was repaired, and what is still broken."""
    if schemas.is_valid(subprotocol, action, payload, response=response):
        return payload, [], None
    if response:
        decided = [error for error in schemas.errors(subprotocol, action, payload, response=True) if _decides(error)]
        if decided:
            return payload, [], schemas.broken(subprotocol, decided[0])
    known = schemas.schema(subprotocol, action, response).get("properties")
    if payload and known and payload.keys().isdisjoint(known):
        # Nothing of this version is in it: it is said in another's words (quirk 12), and mending would invent it all.
        errors = schemas.errors(subprotocol, action, payload, response=response)
        surplus = (error for error in errors if error.kind.name == "additionalProperties")
        return payload, [], schemas.broken(subprotocol, next(surplus, errors[0]))
    healed: Payload = _copied(payload)
    notes: list[str] = []
    tolerated: set[str] = set()
    for _ in range(ROUNDS):
        errors = schemas.errors(subprotocol, action, healed, response=response)
        tolerated |= {note for error in errors if (note := _tolerated(error, action))}
        rest = [error for error in errors if not _tolerated(error, action)]
        done = [note for error in rest if (note := _heal(healed, error, action))]
        notes += done
        if not done:
            break
    left = next((error for error in rest if not _tolerated(error, action)), None)
    return healed, [*dict.fromkeys(notes), *sorted(tolerated)], schemas.broken(subprotocol, left) if left else None


def _decides(error: Any) -> bool:
    """What a charger answers to a wish of ours is read as it stands, or not at all."""
    return "status" in error.instance_path or (error.kind.name == "required" and error.kind.property == "status")


def _tolerated(error: Any, action: str) -> str:
    """A word that the version does not know stays as it was told: the dialect reads it as unknown and keeps it raw."""
    name = next((step for step in reversed(list(error.instance_path)) if isinstance(step, str)), "")
    rule = error.kind.name
    is_long, is_empty = rule == "maxLength" and name in MAY_BE_LONG, rule == "minItems" and name in MAY_BE_EMPTY
    return f"{action}.{name}: {rule}" if rule == "enum" or is_long or is_empty else ""


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value


def _heal(payload: Payload, error: Any, action: str) -> str:
    """Mend one broken rule in place; the name of the repair, or "" where there is none."""
    path = list(error.instance_path)
    rule = error.kind.name
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    where = f"{action}.{name}" if name else action
    if rule == "additionalProperties":
        holder = _at(payload, path)
        for extra in error.kind.unexpected:
            holder.pop(extra, None)
        return f"{where}: unknown member {', '.join(sorted(error.kind.unexpected))[:60]}"
    if rule == "required":
        holder, missing = _at(payload, path), error.kind.property
        if missing in REQUIRED_TEXT_DEFAULTS:
            holder[missing] = REQUIRED_TEXT_DEFAULTS[missing]
            return f"{where}: {missing} missing"
        return ""
    if not path:
        return ""
    holder, key = _at(payload, path[:-1]), path[-1]
    value = holder[key]
    mended = _mended(value, rule, error, name)
    if mended is _UNMENDED:
        return ""
    if mended is None and isinstance(holder, dict):
        del holder[key]
    else:
        holder[key] = mended
    return f"{where}: {rule}"


_UNMENDED = object()


def _mended(value: Any, rule: str, error: Any, name: str) -> Any:
    if rule == "type":
        return _typed(value, error.kind.types)
    if rule == "maxLength" and isinstance(value, str) and name != "transactionId":
        return value[: error.kind.limit]
    if rule == "minLength" and name in REQUIRED_TEXT_DEFAULTS:
        return REQUIRED_TEXT_DEFAULTS[name]
    if rule == "multipleOf" and isinstance(value, int | float):
        return round(value, 1)
    return _UNMENDED


def _typed(value: Any, types: list[str]) -> Any:
    if value is None:
        return None
    if "array" in types and isinstance(value, dict):
        return [value]
    if "boolean" in types and value in (0, 1, "0", "1", "true", "false", "True", "False"):
        return value in (1, "1", "true", "True")
    if "integer" in types and (amount := number(value)) is not None and abs(amount) < LARGEST_WHOLE:
        return round(amount)
    if "number" in types and (amount := number(value)) is not None:
        return amount
    if "integer" in types or "number" in types:
        return None if value == "" else _UNMENDED
    if "string" in types and isinstance(value, int | float | bool):
        return str(value)
    return _UNMENDED


def _at(payload: Any, path: list[Any]) -> Any:
    for step in path:
        payload = payload[step]
    return payload
