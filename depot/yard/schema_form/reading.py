"""PURE: what was typed into the boxes, as the payload of the call; what cannot be read is named by its box."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from depot.yard.schema_form.fields import Field, Kind

Typed = Mapping[str, str]
YES, NO = "yes", "no"
SEPARATOR = "."


class _Absent:
    """Nothing was typed: the member is left out."""


ABSENT = _Absent()


@dataclass(slots=True)
class Misread:
    """Each box that cannot be read, by its name, with what is wrong."""

    errors: dict[str, str] = field(default_factory=dict)


def read_form(root: Field, typed: Typed, zone: ZoneInfo) -> tuple[dict[str, Any], Misread]:
    """The payload, and what could not be read; what is left out where it is needed is named too.

    A moment without an offset is the depot's time.
    """
    misread = Misread()
    payload = _read(root, "", typed, zone, misread)
    return ({} if isinstance(payload, _Absent) else payload), misread


def _read(wanted: Field, path: str, typed: Typed, zone: ZoneInfo, misread: Misread) -> Any:
    if wanted.kind is Kind.GROUP:
        return _read_group(wanted, path, typed, zone, misread)
    if wanted.kind is Kind.ROWS:
        return _read_rows(wanted, path, typed, zone, misread)
    text = typed.get(path, "")
    if wanted.kind is not Kind.TEXT:
        text = text.strip()
    if text == "":
        # An empty text may be meant; where it is needed, the empty one is what was typed.
        return "" if wanted.is_required and wanted.kind is Kind.TEXT and path in typed else ABSENT
    try:
        return _value(wanted, text, zone)
    except ValueError as error:
        misread.errors[path] = str(error)
        return ABSENT


def _read_group(wanted: Field, path: str, typed: Typed, zone: ZoneInfo, misread: Misread) -> Any:
    if not wanted.is_required and not _is_typed(path, typed):
        return ABSENT
    told = {}
    for member in wanted.members:
        place = joined(path, member.name)
        value = _read(member, place, typed, zone, misread)
        if not isinstance(value, _Absent):
            told[member.name] = value
        elif member.is_required and place not in misread.errors:
            misread.errors[place] = "This is needed."
    return told


def _read_rows(wanted: Field, path: str, typed: Typed, zone: ZoneInfo, misread: Misread) -> Any:
    places = [joined(path, number) for number in range(rows_typed(path, typed))]
    rows = [_read(wanted.item, place, typed, zone, misread) for place in places if _is_typed(place, typed)]
    rows = [row for row in rows if not isinstance(row, _Absent)]
    if not rows:
        return ABSENT
    if len(rows) < wanted.at_least:
        misread.errors[path] = f"At least {wanted.at_least} of them."
    if wanted.at_most is not None and len(rows) > wanted.at_most:
        misread.errors[path] = f"At most {wanted.at_most} of them."
    return rows


def _value(wanted: Field, text: str, zone: ZoneInfo) -> Any:
    """Raises ValueError with words for whoever typed it."""
    match wanted.kind:
        case Kind.CHOICE:
            if text not in wanted.choices:
                raise ValueError(f"One of {', '.join(wanted.choices)}.")
            return text
        case Kind.SWITCH:
            if text not in (YES, NO):
                raise ValueError("Yes or no.")
            return text == YES
        case Kind.INTEGER | Kind.NUMBER:
            return _number(wanted, text)
        case Kind.MOMENT:
            return _moment(text, zone)
        case Kind.JSON:
            try:
                return json.loads(text)
            except (json.JSONDecodeError, RecursionError) as error:
                raise ValueError(f"This is not JSON: {getattr(error, 'msg', 'too deep')}.") from error
    if wanted.longest is not None and len(text) > wanted.longest:
        raise ValueError(f"At most {wanted.longest} characters; these are {len(text)}.")
    return text


def _number(wanted: Field, text: str) -> int | float:
    try:
        number: int | float = int(text) if wanted.kind is Kind.INTEGER or text.isdecimal() else float(text)
    except ValueError:
        raise ValueError("A whole number." if wanted.kind is Kind.INTEGER else "A number.") from None
    if number != number or abs(number) == float("inf"):
        raise ValueError("A number.")
    if wanted.lowest is not None and number < wanted.lowest:
        raise ValueError(f"At least {wanted.lowest:g}.")
    if wanted.highest is not None and number > wanted.highest:
        raise ValueError(f"At most {wanted.highest:g}.")
    return number


def _moment(text: str, zone: ZoneInfo) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("A moment as 2027-03-28 22:00, in the depot's time, or with Z in UTC.") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def rows_typed(path: str, typed: Typed) -> int:
    """How many rows of this list stand on the page."""
    inside = f"{path}{SEPARATOR}"
    numbers = [name[len(inside) :].split(SEPARATOR)[0] for name in typed if name.startswith(inside)]
    return max((int(number) + 1 for number in numbers if number.isdecimal() and len(number) < 4), default=0)


def _is_typed(path: str, typed: Typed) -> bool:
    """Stands anything in this box, or in one inside it?"""
    inside = f"{path}{SEPARATOR}"
    return any(value.strip() for name, value in typed.items() if name == path or name.startswith(inside))


def joined(path: str, name: str | int) -> str:
    return f"{path}{SEPARATOR}{name}" if path else str(name)
