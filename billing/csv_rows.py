"""Transactions as CSV: the columns of the JSON, its objects spread over columns of their own."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.renderers import BaseRenderer

# Spreadsheets run a cell that begins so as a formula, whoever wrote the unit number in it.
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")
# A negative amount begins like a formula and is none.
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


class CsvRenderer(BaseRenderer):
    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> str:
        """The rows of a page, or the one row of a detail, under the columns that `view.csv_columns` names."""
        columns: Sequence[str] = (renderer_context or {})["view"].csv_columns
        written = io.StringIO()
        writer = csv.writer(written)
        writer.writerow(columns)
        for row in data.get("results", [data]):
            writer.writerow([cell(value_at(row, column)) for column in columns])
        return written.getvalue()


def columns_of(serializer: serializers.Serializer[Any], prefix: str = "") -> Iterator[str]:
    """The fields in their order; those of a nested object as `vehicle.vin`. A list is one column."""
    for name, field in serializer.fields.items():
        if isinstance(field, serializers.Serializer):
            yield from columns_of(field, f"{prefix}{name}.")
        else:
            yield prefix + name


def value_at(row: Mapping[str, Any], column: str) -> Any:
    value: Any = row
    for name in column.split("."):
        value = None if value is None else value[name]
    return value


def cell(value: Any) -> str:
    """One value as text that no spreadsheet runs as a formula; lists as JSON, nothing where nothing is known."""
    if value is None:
        return ""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_BEGINS) and not NUMBER.fullmatch(text) else text
