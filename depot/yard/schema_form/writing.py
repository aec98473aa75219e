"""PURE: the boxes of a form with what stands in them, and a payload as what would have been typed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from depot.yard.schema_form.fields import Field, Kind
from depot.yard.schema_form.reading import NO, YES, Typed, joined, rows_typed


@dataclass(frozen=True, slots=True)
class Box:
    """One field on the page: where it stands, what is in it, and what is wrong with that."""

    field: Field
    name: str  # of the input
    label: str
    value: str = ""
    error: str = ""
    boxes: tuple["Box", ...] = ()
    beside: str = ""  # a moment in UTC

    @property
    def is_open(self) -> bool:
        """Is it shown unfolded? What is needed, and what has something in it."""
        return self.field.is_required or self.is_told

    @property
    def is_told(self) -> bool:
        return bool(self.value or self.error) or any(box.is_told for box in self.boxes)

    @property
    def may_grow(self) -> bool:
        return self.field.at_most is None or len(self.boxes) < self.field.at_most


def boxes_of(root: Field, typed: Typed, errors: Mapping[str, str], zone: ZoneInfo) -> tuple[Box, ...]:
    """Everything that the call may hold; a list has the rows that were typed, and at least those that it needs."""
    return _box(root, "", "", typed, errors, zone).boxes


def _box(field: Field, name: str, label: str, typed: Typed, errors: Mapping[str, str], zone: ZoneInfo) -> Box:
    error = errors.get(name, "")
    if field.kind is Kind.GROUP:
        inner = tuple(
            _box(member, joined(name, member.name), member.label, typed, errors, zone) for member in field.members
        )
        return Box(field, name, label, error=error, boxes=inner)
    if field.kind is Kind.ROWS:
        least = max(1, field.at_least) if field.is_required else field.at_least if rows_typed(name, typed) else 0
        count = max(rows_typed(name, typed), least)
        rows = tuple(
            _box(field.item, joined(name, number), f"{label} {number + 1}", typed, errors, zone)
            for number in range(count)
        )
        return Box(field, name, label, error=error, boxes=rows)
    value = typed.get(name, "")
    return Box(field, name, label, value, error, beside=_in_utc(value, zone) if field.kind is Kind.MOMENT else "")


def _in_utc(text: str, zone: ZoneInfo) -> str:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return ""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def values_of(root: Field, payload: Any, zone: ZoneInfo) -> dict[str, str]:
    """What would have to be typed for `payload`; members that the schema does not know are left out."""
    return dict(_typed(root, "", payload, zone))


def _typed(field: Field, path: str, value: Any, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    if field.kind is Kind.GROUP and isinstance(value, dict):
        for member in field.members:
            if member.name in value:
                yield from _typed(member, joined(path, member.name), value[member.name], zone)
    elif field.kind is Kind.ROWS and isinstance(value, list):
        for number, row in enumerate(value):
            yield from _typed(field.item, joined(path, number), row, zone)
    else:
        yield path, _text(field, value, zone)


def _text(field: Field, value: Any, zone: ZoneInfo) -> str:
    if field.kind is Kind.JSON:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return YES if value else NO
    if field.kind is Kind.MOMENT and isinstance(value, str):
        try:
            return datetime.fromisoformat(value).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        except ValueError:
            return value
    return value if isinstance(value, str) else json.dumps(value)
