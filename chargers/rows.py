"""Many rows at once, as cheaply as the database can: COPY and unnest on PostgreSQL, executemany on SQLite.

For the batch path alone, where the ORM's cost per row would be most of the cost of a message (ARCHITECTURE,
"Two kinds of rows"). Values are what the columns hold: numbers, strings, aware datetimes, None.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import connection, models


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Add `rows`; `columns` are the model's field names in the order of the values. Joins the caller's atomic block."""
    if not rows:
        return
    names = ", ".join(_column(model, name) for name in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", [_plain(row) for row in rows])


def update_rows(
    model: type[models.Model], key: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], where: str = ""
) -> None:
    """Set `columns` of the rows whose `key` is the first value of each of `rows`; the other values follow in order.

    Rows are written in key order, so that two writers never wait for each other in a ring. `where` is a condition
    in SQL on the table's own columns, joined with AND.
    """
    if not rows:
        return
    rows = sorted(rows, key=lambda row: row[0])
    table = connection.ops.quote_name(model._meta.db_table)
    key_column = _column(model, key)
    condition = f" AND {where}" if where else ""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            types = [_type(model, name) for name in (key, *columns)]
            arrays = ", ".join(f"%s::{kind}[]" for kind in types)
            values = ", ".join(f"v{n}" for n in range(len(columns) + 1))
            assignments = ", ".join(f"{_column(model, name)} = v{n + 1}" for n, name in enumerate(columns))
            cursor.execute(
                f"UPDATE {table} SET {assignments} FROM unnest({arrays}) AS given({values})"
                f" WHERE {table}.{key_column} = v0{condition}",
                [list(column) for column in zip(*rows, strict=True)],
            )
        else:
            assignments = ", ".join(f"{_column(model, name)} = %s" for name in columns)
            cursor.executemany(
                f"UPDATE {table} SET {assignments} WHERE {key_column} = %s{condition}",
                [_plain((*row[1:], row[0])) for row in rows],
            )


@cache
def _column(model: type[models.Model], name: str) -> str:
    column: str = connection.ops.quote_name(_field(model, name).column or name)
    return column


@cache
def _type(model: type[models.Model], name: str) -> str:
    field = _field(model, name)
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    kind = (field.cast_db_type(connection) or "text").split("(")[0]
    return {"serial": "integer", "bigserial": "bigint"}.get(kind, kind)


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    return field


def _plain(row: Iterable[Any]) -> list[Any]:
    """SQLite keeps moments as text in UTC without a zone, in Django's own form."""
    return [
        value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ") if isinstance(value, datetime) else value
        for value in row
    ]
